"""Does the effect fade or grow with the day on which people met the variant? Novelty and learning show as a slope."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import erfc, sqrt

import numpy as np
from scipy.special import ndtri

from experiments.stats import means
from experiments.stats.answers import Comparison, Interval, Reason, at_least_smallest, checked_level, held_to_test
from experiments.stats.means import Estimate, compare_estimates
from experiments.stats.moments import Arms, Numbers, reduce_by_arm

# Days with fewer persons in an arm are shown, but their variance is too badly known to weigh them by it.
FEWEST_PERSONS = 20
FEWEST_DAYS = 3
# Below this part of the information on one day, the slope would be that of rounding.
_SPREAD = 1e-12

_TOO_FEW = Reason("too_few_groups", f"Fewer than {FEWEST_DAYS} days have {FEWEST_PERSONS} persons an arm and a spread.")
_ONE_DAY = Reason("too_few_groups", "One day holds nearly all of the information.")


@dataclass(frozen=True, slots=True)
class Cohort:
    """Those exposed first on this day, counted from any day on. Their values cover the same time after exposure."""

    day: int
    control: Estimate
    treatment: Estimate


@dataclass(frozen=True, slots=True)
class Point:
    """One day's own comparison. counted: whether the slope rests on it."""

    day: int
    comparison: Comparison
    counted: bool


@dataclass(frozen=True, slots=True)
class Cohorts:
    """points: in the order of days. slope: change of the difference per day, in the unit of the measure.

    slope_ci, statistic (z), p_value: of "the effect is the same on all days"; p_value < alpha exactly when slope_ci
    leaves out 0. reason: why there is no slope.
    """

    points: tuple[Point, ...]
    slope: float | None = None
    slope_ci: Interval | None = None
    statistic: float | None = None
    p_value: float | None = None
    reason: Reason | None = None


def effect_by_cohort(days: Sequence[Cohort], *, alpha: float) -> Cohorts:
    """Each day's effect, and the straight line through them weighted by 1 / variance.

    days: each day once, in any order, else ValueError; only those whose goal windows have closed, or late days lack
    conversions in both arms and the slope is that of the waiting. alpha: two-sided, from 1e-100 to 1.
    The slope is weighted least squares with known variances (Aitken 1936), z = slope sqrt(sum w (day - mean day)^2).
    Measured on rates of 2 %, 100 to 2,000 persons a day and arm, 3 to 28 days, also with weekends of half the people
    and twice the rate: false in 4 to 6 % (nominal 5). People who came on different days differ, too: a slope says
    that the effect was not the same, not that it wore off on anybody.
    """
    checked_level(alpha)
    if len({each.day for each in days}) < len(days):
        raise ValueError(f"days={[each.day for each in days]}: each day once")
    points = tuple(_point(each, alpha) for each in sorted(days, key=lambda each: each.day))
    counted = [each for each in days if _counts(each)]
    if len(counted) < FEWEST_DAYS:
        return Cohorts(points, reason=_TOO_FEW)
    weights = 1 / np.array([_variance(each) for each in counted])
    top = float(weights.max())
    shares = weights / weights.sum()
    when = np.array([each.day for each in counted], dtype=np.float64)
    apart = when - shares @ when
    effects = np.array([each.treatment.mean - each.control.mean for each in counted])
    spread = float(weights / top @ apart**2)
    if spread < _SPREAD:
        return Cohorts(points, reason=_ONE_DAY)
    slope = float((weights / top * apart) @ (effects - shares @ effects)) / spread
    error = 1 / (sqrt(top) * sqrt(spread))
    p_value = at_least_smallest(erfc(abs(slope / error) / sqrt(2)))
    reach = -float(ndtri(alpha / 2)) * error
    slope_ci = held_to_test((slope - reach, slope + reach), slope, significant=p_value < alpha)
    return Cohorts(points, slope, slope_ci, slope / error, p_value)


def cohorts_of(values: Numbers, arm: Arms, day: Arms) -> list[Cohort]:
    """Persons' values by the day of their exposure.

    values: (n,), finite. arm: (n,), 0 control, 1 treatment, -1 left out. day: (n,) whole numbers. ValueError when
    these are broken.
    """
    if not values.shape == arm.shape == day.shape or (arm.size and arm.max() > 1):
        raise ValueError(f"values {values.shape}, arm {arm.shape}, day {day.shape}: need (n,) each, arms up to 1")
    numbers, place = np.unique(day, return_inverse=True)
    cells = reduce_by_arm(values[:, None], np.where(arm < 0, -1, 2 * place + arm), 2 * max(1, len(numbers)))
    return [
        Cohort(int(number), cells[2 * index].estimate(), cells[2 * index + 1].estimate())
        for index, number in enumerate(numbers)
    ]


def _point(each: Cohort, alpha: float) -> Point:
    comparison = compare_estimates(each.control, each.treatment, alpha=alpha, method=means.METHOD)
    return Point(each.day, comparison, _counts(each))


def _counts(each: Cohort) -> bool:
    return min(each.control.n, each.treatment.n) >= FEWEST_PERSONS and _variance(each) > 0


def _variance(each: Cohort) -> float:
    return each.control.variance / each.control.n + each.treatment.variance / each.treatment.n
