"""Two ratios of sums compared, as clicks per session, where the person and not the session was randomised."""

from dataclasses import replace
from math import floor

from experiments.stats.answers import Comparison, Reason, checked_level
from experiments.stats.means import Estimate, compare_estimates
from experiments.stats.moments import Moments

METHOD = "delta_ratio/1"

# What is left of the residual variance below this part of its terms is rounding.
_ROUNDING = 1e-13

_REASONS = {
    "too_few_persons": Reason("too_few_persons", "An arm's denominator rests on fewer than two persons in effect."),
    "no_variation": Reason("no_variation", "In each arm all persons have the same ratio."),
}


def compare_ratio(control: Moments, treatment: Moments, *, alpha: float) -> Comparison:
    """Compare sum of numerators / sum of denominators; persons without either count in neither sum.

    control, treatment: moments of two columns, (numerator, denominator), a row per exposed person; else ValueError.
    alpha: two-sided, from 1e-100 to 1, else ValueError. diff: in units of numerator per denominator.
    The variance is that of the delta method over persons (Deng, Knoblich and Lu 2018, arXiv 1803.06336, section 4),
    the test that of ``means.compare_estimates``. Its degrees of freedom count the persons the denominator rests on,
    (sum of d)^2 / sum of d^2 (Kish 1965, Survey Sampling), not all persons: a ratio over a thousand exposed of whom
    five ever had a denominator is a mean of five. Measured without any effect, 1,000 persons an arm: with 5, 10 and 25
    such persons a test with the degrees of freedom of all is wrong in 18, 11 and 7 % (nominal 5), this one in 2 to
    5 %. Where each denominator is 1, it is Welch's test of the numerators.
    Reasons: empty_arm, zero_denominator (no number at all), too_few_persons (fewer than two in that sense),
        no_variation (likewise no test), control_is_zero (no lift).
    """
    checked_level(alpha)
    arms = _checked(control), _checked(treatment)
    if any(arm.n and not arm.estimate(1).mean for arm in arms):
        return Comparison(method=METHOD, reason=Reason("zero_denominator", "The denominators of an arm sum to 0."))
    answer = compare_estimates(*(ratio_estimate(arm) for arm in arms), alpha=alpha, method=METHOD)
    if answer.reason is None:
        return answer
    return replace(answer, reason=_REASONS.get(answer.reason.code, answer.reason))


def ratio_estimate(moments: Moments) -> Estimate:
    """The ratio of sums, with n the persons it rests on in effect and the variance scaled to one of those.

    So variance / n is that of the ratio. ValueError when persons' denominators sum to 0.
    """
    if not moments.n:
        return Estimate(0, 0.0, 0.0)
    carried = max(1, _carriers(moments))
    variance = unit_variance(moments) * (carried / moments.n) if moments.n > 1 else 0.0
    return Estimate(carried, _ratio(moments), variance)


def unit_variance(moments: Moments) -> float:
    """What one exposed person adds to the ratio's variance: (s_m^2 - 2 r s_md + r^2 s_d^2) / mean of d, squared.

    ValueError below two persons, or when their denominators sum to 0.
    """
    (numerators, mixed), (_, denominators) = _checked(moments).covariance.tolist()
    ratio = _ratio(moments)
    terms = numerators, -2 * ratio * mixed, ratio * ratio * denominators
    variance = sum(terms)
    if variance <= _ROUNDING * sum(map(abs, terms)):
        return 0.0
    return float(variance / float(moments.means[1]) ** 2)


def _carriers(moments: Moments) -> int:
    mean = float(moments.means[1])
    spread = float(moments.products[1, 1]) / (moments.n * mean * mean)
    # Ten persons with the same denominator are ten, also after rounding.
    return floor(moments.n / (1 + spread) * (1 + _ROUNDING))


def _ratio(moments: Moments) -> float:
    numerator, denominator = moments.estimate(0).mean, moments.estimate(1).mean
    if not denominator:
        raise ValueError("the denominators sum to 0: there is no ratio")
    return numerator / denominator


def _checked(moments: Moments) -> Moments:
    if len(moments.means) != 2:
        raise ValueError(f"{len(moments.means)} columns: need two, numerator and denominator")
    return moments
