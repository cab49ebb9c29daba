"""The shape of every statistical answer: numbers that are finite or absent, with a typed reason when one is absent."""

from dataclasses import dataclass, fields
from math import isfinite, ulp
from typing import Any, Literal

# None at an end: unbounded in that direction.
Interval = tuple[float | None, float | None]

ReasonCode = Literal[
    "empty_arm",
    "no_conversions",
    "all_converted",
    "control_is_zero",
    "control_is_negative",
    "too_few_persons",
    "no_variation",
    "nothing_observed",
    "too_few_live_arms",
    "people_in_closed_arm",
    "zero_denominator",
    "few_payers",
    "too_few_values",
    "tied_values",
    "no_usable_covariate",
    "too_few_groups",
    "mean_near_zero",
    "no_lift",
    "impossible_lift",
    "nobody_comes",
    "longer_than_a_year",
]

# The smallest positive double. A tail beyond it would be stored as 0, and "impossible" is not what a test says.
SMALLEST = ulp(0.0)


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a number is absent: ``code`` for programs, ``detail`` (one English sentence) for people."""

    code: ReasonCode
    detail: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """One treatment against control. Every number is finite or None.

    Numbers present together agree: ``p_value < alpha`` exactly when ``diff_ci`` and ``lift_ci`` leave out 0.

    method: name and version of what computed this, as ``score/1``.
    diff, diff_ci: treatment minus control, in the unit of the measure (a share of persons, or a value per person).
    newcombe_ci: Newcombe's interval for a difference of rates; it may disagree with the test at the margin.
    lift, lift_ci: relative change, 0.1 = +10 %; an end that is None is unbounded.
    statistic, df: z (no df) or t with its degrees of freedom; positive when treatment is higher.
    p_value: two-sided, never 0: what is too small for a double is given as the smallest one (5e-324).
    reason: why the first of the absent numbers is absent. None when nothing is missing or when a number
        does not belong to the method (a z has no df).
    """

    method: str
    diff: float | None = None
    diff_ci: Interval | None = None
    newcombe_ci: Interval | None = None
    lift: float | None = None
    lift_ci: Interval | None = None
    statistic: float | None = None
    df: float | None = None
    p_value: float | None = None
    reason: Reason | None = None

    def __post_init__(self) -> None:
        check_finite(self, self.method)


def check_finite(answer: Any, name: str) -> None:
    """ValueError when a field of the dataclass, or an end of an interval in it, is a float that is not finite."""
    for field in fields(answer):
        value = getattr(answer, field.name)
        for number in value if isinstance(value, tuple) else (value,):
            if isinstance(number, float) and not isfinite(number):
                raise ValueError(f"{name}: {field.name} is {number}; write None and give a reason")


# Below it a quantile of t at one degree of freedom, squared, leaves the range of a double. An interval at it instead of
# at a smaller one errs once in 1e100 looks.
LOWEST_LEVEL = 1e-100


def checked_level(alpha: float) -> float:
    """``alpha`` itself when 1e-100 <= alpha < 1; ValueError otherwise."""
    if not LOWEST_LEVEL <= alpha < 1:
        raise ValueError(f"alpha={alpha!r}: write a number between {LOWEST_LEVEL} and 1")
    return alpha


def at_least_smallest(p_value: float) -> float:
    """A p-value that underflowed to 0, as the smallest positive double."""
    return max(p_value, SMALLEST)


def held_to_test(interval: Interval, estimate: float, *, significant: bool) -> Interval:
    """The interval, with its ends moved by rounding at most, so that it holds ``estimate`` and agrees with the test.

    Test and interval are equal in algebra, but a p-value within 1e-15 of alpha and the end of an interval are
    computed by different roads. The test decides; the end then lies at 0 or at the number next to it.
    ``estimate`` may be infinite (something against nothing).
    """
    low, high = interval
    low = None if low is None else min(low, estimate)
    high = None if high is None else max(high, estimate)
    if not significant:
        return None if low is None else min(low, 0.0), None if high is None else max(high, 0.0)
    if estimate > 0:
        return SMALLEST if low is None else max(low, SMALLEST), high
    return low, -SMALLEST if high is None else min(high, -SMALLEST)
