"""How many people a test needs, how long that takes, and what can be seen by when.

Everything is worked out for the test that the results will use, by its normal approximation, and counts only findings
in the right direction. Exact tests for rare conversions need a little more. Values per person are taken to spread in
treatment as they do in control; rates bring their own spread with them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, exp, inf, isfinite, log, sqrt
from typing import Literal

from scipy.optimize import brentq
from scipy.special import ndtr, ndtri

from experiments.stats.answers import Reason

Kind = Literal["rate", "mean", "ratio"]

# A plan beyond these is as good as none: more people than there are, longer than anybody waits.
_MOST_PEOPLE = 10**18
_MOST_DAYS = 36_500
_DAYS_IN_YEAR = 365
# One person has no spread.
_FEWEST_IN_ARM = 2
# Of the way to a rate of 100 %: a rise so small that 1e18 people do not show it, whatever the rate.
_SMALLEST_SHARE = 1e-20
_NO_MEAN = Reason("mean_near_zero", "The goal's mean is nothing beside its spread.")


@dataclass(frozen=True, slots=True)
class Baseline:
    """What a goal does without a test, from its own history.

    mean: per person; a share of persons for a rate. Finite.
    variance: of one person's value, >= 0. For a ratio the delta method's unit variance, for a capped sum that of the
        capped values. Not read for a rate, whose variance follows from its mean.
    reduction: share of the variance that earlier behaviour explains (rho squared of CUPED), 0 <= reduction < 1.
    ValueError when these are broken.
    """

    mean: float
    variance: float
    kind: Kind
    reduction: float = 0.0

    def __post_init__(self) -> None:
        if self.kind not in ("rate", "mean", "ratio"):
            raise ValueError(f"kind={self.kind!r}: write rate, mean or ratio")
        if not isfinite(self.mean) or (self.kind == "rate" and not 0 <= self.mean <= 1):
            raise ValueError(f"mean={self.mean!r}: need a finite number, and a rate between 0 and 1")
        if not (isfinite(self.variance) and self.variance >= 0):
            raise ValueError(f"variance={self.variance!r}: need a finite number >= 0")
        if not 0 <= self.reduction < 1:
            raise ValueError(f"reduction={self.reduction!r}: need 0 <= reduction < 1")


def rate_baseline(rate: float, *, reduction: float = 0.0) -> Baseline:
    """The baseline of a goal that a person reaches or not."""
    return Baseline(rate, rate * (1 - rate), "rate", reduction)


@dataclass(frozen=True, slots=True)
class Design:
    """How a test is set up.

    shares: of the traffic, control first, all above 0, of sum 1.
    alpha: two-sided, for the whole test (one-sided where a margin is tested); power: 0.5 <= power < 1.
    comparisons: primaries x treatments, >= 1. Each is planned at alpha / comparisons (Bonferroni); Holm's procedure,
        which decides in the end, never needs more.
    inflation: how many times the people of a single look are needed since it is looked at earlier too, >= 1; see
        ``group_sequential.inflation``.
    ValueError when these are broken.
    """

    shares: tuple[float, ...]
    alpha: float = 0.05
    power: float = 0.8
    comparisons: int = 1
    inflation: float = 1.0

    def __post_init__(self) -> None:
        if len(self.shares) < 2 or not all(share > 0 for share in self.shares) or abs(sum(self.shares) - 1) > 1e-9:
            raise ValueError(f"shares={self.shares}: need two or more above 0 that sum to 1")
        if not 0 < self.alpha < 1:
            raise ValueError(f"alpha={self.alpha!r}: need a number between 0 and 1")
        if not 0.5 <= self.power < 1:
            raise ValueError(f"power={self.power!r}: need 0.5 <= power < 1")
        if self.comparisons < 1:
            raise ValueError(f"comparisons={self.comparisons}: need at least 1")
        if not (isfinite(self.inflation) and self.inflation >= 1):
            raise ValueError(f"inflation={self.inflation!r}: need a number of at least 1")

    @property
    def level(self) -> float:
        """What each comparison may spend."""
        return self.alpha / self.comparisons


@dataclass(frozen=True, slots=True)
class Plan:
    """People needed, per arm (control first) and in all; None together, with the reason."""

    people_per_arm: tuple[int, ...] | None = None
    people: int | None = None
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class Detectable:
    """``lift``: relative change upwards, 0.1 = +10 %; None with the reason."""

    lift: float | None = None
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class Days:
    """``days``: None with the reason; longer_than_a_year stands beside the number."""

    days: int | None = None
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class Milestone:
    """What can be seen after so many weeks, with the people who have come by then."""

    weeks: int
    people: int
    detectable: Detectable


@dataclass(frozen=True, slots=True)
class _Contrast:
    """Of one treatment with control: the gap to be seen, and the standard deviations of its estimate times the root
    of all people, where there is no gap (null) and where there is."""

    gap: float
    null: float
    alternative: float


def required_sample(baseline: Baseline, *, lift: float, design: Design) -> Plan:
    """People to detect this relative change (0.1 = +10 %, -0.1 = -10 %) with the design's power.

    Rates: Fleiss, Levin and Paik 2003, Statistical Methods for Rates and Proportions, formula 4.14 for unequal arms
    without continuity correction. Means and ratios: the same with one spread. The treatment that needs most decides;
    with unequal shares that is the smallest one. ValueError unless lift is finite.
    Reasons: control_is_zero, no_variation, impossible_lift (-100 % or less, a rate above 1),
        no_lift (none asked for, or too small for 1e18 people).
    """
    if reason := _unplannable(baseline, lift):
        return Plan(reason=reason)
    return _plan(_people(baseline, lift, design), design)


def detectable_lift(baseline: Baseline, *, people: int, design: Design) -> Detectable:
    """The smallest rise that so many people, in all arms together, show with the design's power.

    The inverse of ``required_sample``. Means and ratios show a fall of the same size, rates a slightly smaller one.
    people: 0 <= people <= 1e18, else ValueError.
    Reasons: control_is_zero, no_variation, mean_near_zero (no finite change would be seen), too_few_persons (an arm
        would be empty, or not even a rate of 100 % would be seen).
    """
    _check_people(people)
    if reason := _unplannable(baseline, 0.0):
        return Detectable(reason=reason)
    if people * min(design.shares) < 1:
        return Detectable(reason=Reason("too_few_persons", "An arm would have nobody."))
    if baseline.kind != "rate":
        lift = sqrt(_people(baseline, 1.0, design) / people)
        return Detectable(lift) if isfinite(lift) else Detectable(reason=_NO_MEAN)
    highest = 1 / baseline.mean - 1
    if _people(baseline, highest, design) > people:
        return Detectable(reason=Reason("too_few_persons", "Not even a rate of 100 % would be seen with so few."))
    # On the logarithm, where people against lift are almost a straight line.
    ends = log(highest * _SMALLEST_SHARE), log(highest)
    root = float(brentq(lambda x: log(_people(baseline, exp(x), design) / people), *ends, xtol=1e-13))
    return Detectable(exp(root))


def power_at(baseline: Baseline, *, lift: float, people: int, design: Design) -> float:
    """The chance, in [0, 1], that so many people in all show this relative change; of several treatments the lowest.

    The design's own power is not read. At no lift it is half of the level: the chance to be wrong in one direction.
    ValueError where ``required_sample`` would say control_is_zero, no_variation or impossible_lift.
    """
    _check_people(people)
    if reason := _unplannable(baseline, lift):
        raise ValueError(f"lift={lift!r} on {baseline}: {reason.detail}")
    root, quantile = sqrt(people / design.inflation), _upper_quantile(design.level / 2)
    contrasts = _contrasts(baseline, lift, design)
    return min(float(ndtr((each.gap * root - quantile * each.null) / each.alternative)) for each in contrasts)


def non_inferiority_sample(
    baseline: Baseline,
    *,
    margin: float,
    design: Design,
    desired: Literal["increase", "decrease"] = "increase",
    lift: float = 0.0,
) -> Plan:
    """People to show that a guardrail is not worse by the relative margin, when in truth it changes by ``lift``.

    margin: 0 < margin < 1. The harm to be ruled out is mean (1 - margin), or mean (1 + margin) where a decrease is
    desired. ``design.alpha`` is one-sided here.
    Blackwelder 1982, Controlled Clinical Trials 3, 345, on the contrast m_t - (1 - margin) m_c; for rates with the
    null spread at the constrained maximum likelihood of Farrington and Manning 1990, Statistics in Medicine 9, 1447.
    Reasons: as ``required_sample``; control_is_negative (a margin has no direction), impossible_lift also when the
        lift is beyond the margin itself.
    """
    if not 0 < margin < 1:
        raise ValueError(f"margin={margin!r}: need a number between 0 and 1")
    if desired not in ("increase", "decrease"):
        raise ValueError(f"desired={desired!r}: write increase or decrease")
    if reason := _unplannable(baseline, lift):
        return Plan(reason=reason)
    if baseline.mean < 0:
        return Plan(reason=Reason("control_is_negative", "The goal's mean is below 0: a margin has no direction."))
    limit = 1 - margin if desired == "increase" else 1 + margin
    if (1 + lift <= limit) if desired == "increase" else (1 + lift >= limit):
        return Plan(reason=Reason("impossible_lift", "The expected change is itself beyond the margin."))
    contrasts = [_margin_contrast(baseline, lift, limit, pair) for pair in _pairs(design)]
    return _plan(_people_for(contrasts, design, _upper_quantile(design.level)), design)


def days_needed(people: int, *, people_per_day: float) -> Days:
    """Whole weeks, at least one, until so many people have come: weekdays differ, so no week is cut.

    people from 0 to 1e18; people_per_day finite and >= 0, new people in all arms together; else ValueError.
    Reasons: nobody_comes (or so few that it takes a century), longer_than_a_year (beside the number).
    """
    _check_people(people)
    return _days(people, _checked_arrivals(people_per_day), whole=7, fewest=7)


def days_left(*, so_far: int, planned: int, arrivals: Sequence[int]) -> Days:
    """Whole days until the planned people have come, at the mean of the arrivals of the last days; 0 when they have.

    so_far, planned: people in all arms, >= 0. arrivals: new people on each of the last days, >= 0, better whole weeks,
    so that no weekend weighs double. ValueError when these are broken. Newcomers thin out as the same people return,
    so early on this is a hopeful number.
    Reasons: nothing_observed (no days given), nobody_comes, longer_than_a_year (beside the number).
    """
    if min(so_far, planned, *arrivals, 0) < 0:
        raise ValueError(f"so_far={so_far}, planned={planned}, arrivals={list(arrivals)}: need numbers >= 0")
    if so_far >= planned:
        return Days(0)
    if not arrivals:
        return Days(reason=Reason("nothing_observed", "No day has passed yet, so nobody knows how many come."))
    return _days(planned - so_far, Fraction(sum(arrivals), len(arrivals)), whole=1, fewest=1)


def timeline(
    baseline: Baseline, *, design: Design, people_per_day: float, weeks: Sequence[int] = range(1, 13)
) -> tuple[Milestone, ...]:
    """The smallest rise that can be seen after each of these numbers of weeks, with people_per_day new people a day.

    people_per_day: finite and >= 0, in all arms; weeks: each >= 0; else ValueError. Reasons: as ``detectable_lift``.
    """
    arrivals = 7 * _checked_arrivals(people_per_day)
    people = [min(int(arrivals * week), _MOST_PEOPLE) for week in weeks]
    return tuple(
        Milestone(week, so_many, detectable_lift(baseline, people=so_many, design=design))
        for week, so_many in zip(weeks, people, strict=True)
    )


def _unplannable(baseline: Baseline, lift: float) -> Reason | None:
    """Why there is no plan; a lift of 0 is for those who ask for the lift."""
    if not isfinite(lift):
        raise ValueError(f"lift={lift!r}: need a finite number")
    if abs(baseline.mean) < 1e-300:
        return Reason("control_is_zero", "The goal's mean is 0, so there is no relative change.")
    if lift <= -1 or (baseline.kind == "rate" and baseline.mean * (1 + lift) > 1):
        return Reason("impossible_lift", "Nothing falls by 100 % or more, and no rate rises above 1.")
    if baseline.kind == "rate" and baseline.mean == 1 and lift == 0:
        return Reason("no_variation", "Everybody converts already: there is nothing to gain.")
    if baseline.variance == 0 and baseline.kind != "rate":
        return Reason("no_variation", "All persons have the same value: any change would be seen at once.")
    return None


def _check_people(people: int) -> None:
    if not 0 <= people <= _MOST_PEOPLE:
        raise ValueError(f"people={people}: need a number from 0 to {_MOST_PEOPLE:.0e}")


def _people(baseline: Baseline, lift: float, design: Design) -> float:
    return _people_for(_contrasts(baseline, lift, design), design, _upper_quantile(design.level / 2))


def _people_for(contrasts: Sequence[_Contrast], design: Design, quantile: float) -> float:
    """People in all arms for the treatment that needs most; infinite when a gap is too small for doubles."""
    reach = _upper_quantile(1 - design.power)
    roots = [(quantile * each.null + reach * each.alternative) / each.gap if each.gap else inf for each in contrasts]
    return design.inflation * max(roots) * max(roots)


def _plan(people: float, design: Design) -> Plan:
    if not people <= _MOST_PEOPLE:
        return Plan(reason=Reason("no_lift", "No change, or one too small to be seen by all people there are."))
    per_arm = tuple(max(_FEWEST_IN_ARM, ceil(people * share)) for share in design.shares)
    return Plan(per_arm, sum(per_arm))


def _pairs(design: Design) -> list[tuple[float, float]]:
    """Shares of control and of each treatment."""
    return [(design.shares[0], share) for share in design.shares[1:]]


def _contrasts(baseline: Baseline, lift: float, design: Design) -> list[_Contrast]:
    return [_contrast(baseline, lift, pair) for pair in _pairs(design)]


def _contrast(baseline: Baseline, lift: float, shares: tuple[float, float]) -> _Contrast:
    gap, kept = abs(baseline.mean * lift), sqrt(1 - baseline.reduction)
    if baseline.kind != "rate":
        spread = kept * sqrt(baseline.variance) * sqrt(1 / shares[0] + 1 / shares[1])
        return _Contrast(gap, spread, spread)
    rates = baseline.mean, baseline.mean * (1 + lift)
    pooled = (shares[0] * rates[0] + shares[1] * rates[1]) / sum(shares)
    return _Contrast(gap, kept * _spread((pooled, pooled), shares), kept * _spread(rates, shares))


def _margin_contrast(baseline: Baseline, lift: float, limit: float, shares: tuple[float, float]) -> _Contrast:
    """Of m_t - limit m_c, whose null is that it is 0."""
    gap, kept = baseline.mean * abs(1 + lift - limit), sqrt(1 - baseline.reduction)
    if baseline.kind != "rate":
        spread = kept * sqrt(baseline.variance) * sqrt(limit**2 / shares[0] + 1 / shares[1])
        return _Contrast(gap, spread, spread)
    rates = baseline.mean, baseline.mean * (1 + lift)
    control = _constrained_rate(rates, limit, shares)
    null = _spread((control, limit * control), shares, weight=limit)
    return _Contrast(gap, kept * null, kept * _spread(rates, shares, weight=limit))


def _constrained_rate(rates: tuple[float, float], limit: float, shares: tuple[float, float]) -> float:
    """Control's most likely rate if treatment's is ``limit`` times it: Farrington and Manning 1990, in shares."""
    converted = shares[0] * rates[0] + shares[1] * rates[1]
    half = (shares[1] * (limit + rates[1]) + shares[0] * (1 + rates[0] * limit)) / 2
    return converted / (half + sqrt(max(half**2 - limit * converted * sum(shares), 0.0)))


def _spread(rates: tuple[float, float], shares: tuple[float, float], weight: float = 1.0) -> float:
    """Standard deviation of p_t - weight p_c, times the root of all people."""
    noises = [max(rate * (1 - rate), 0.0) / share for rate, share in zip(rates, shares, strict=True)]
    return sqrt(weight**2 * noises[0] + noises[1])


def _upper_quantile(tail: float) -> float:
    return -float(ndtri(tail))


def _checked_arrivals(people_per_day: float) -> Fraction:
    if not (isfinite(people_per_day) and people_per_day >= 0):
        raise ValueError(f"people_per_day={people_per_day!r}: need a finite number >= 0")
    # The decimal that was written, so that 0.3 a day is three in ten days and no week is added for rounding.
    return Fraction(str(float(people_per_day)))


def _days(people: int, people_per_day: Fraction, *, whole: int, fewest: int) -> Days:
    """Whole multiples of ``whole`` days, at least ``fewest``."""
    if not people_per_day or people > people_per_day * _MOST_DAYS:
        return Days(reason=Reason("nobody_comes", "Nobody comes, or so few that it would take a century."))
    days = max(fewest, whole * ceil(people / people_per_day / whole))
    if days > _DAYS_IN_YEAR:
        return Days(days, Reason("longer_than_a_year", "It would take longer than a year."))
    return Days(days)
