"""Two means per person compared: Welch's t-test with Fieller's interval for the relative change."""

from dataclasses import replace
from fractions import Fraction
from math import sqrt

from scipy.special import stdtr, stdtrit

from experiments.stats.answers import Comparison, Reason, at_least_smallest, checked_level, held_to_test
from experiments.stats.fieller import lift_interval
from experiments.stats.samples import Sample

METHOD = "welch/1"


def compare_means(control: Sample, treatment: Sample, *, alpha: float) -> Comparison:
    """Compare the mean value per exposed person (those without a value count as 0).

    alpha: two-sided, between 0 and 1, else ValueError. Units are those of the values; the answer's lift, statistic,
    df and p_value do not change when the currency does.
    statistic, df, p_value: Welch 1947, Biometrika 34, 28, degrees of freedom by Satterthwaite 1946.
    diff_ci: the same t. lift = diff / mean of control; lift_ci: Fieller 1954, see ``fieller.lift_interval``.
    A negative control mean turns the sign of the lift round: from -10 to -20 is +100 %.
    Reasons: empty_arm (no number at all), too_few_persons (an arm of one: no test, no interval),
        no_variation (nobody differs from anybody in their arm: likewise), control_is_zero (no lift).
    """
    checked_level(alpha)
    if not control.n or not treatment.n:
        return Comparison(method=METHOD, reason=Reason("empty_arm", "An arm has no persons yet."))
    if min(control.n, treatment.n) < 2:
        return _untested(control, treatment, Reason("too_few_persons", "An arm has one person: no spread is known."))
    if control.variance == 0 and treatment.variance == 0:
        return _untested(control, treatment, Reason("no_variation", "In each arm all persons have the same value."))
    return _tested(control, treatment, alpha)


def _untested(control: Sample, treatment: Sample, reason: Reason) -> Comparison:
    difference = treatment.exact_mean - control.exact_mean
    return Comparison(method=METHOD, diff=float(difference), lift=_lift(control, difference), reason=reason)


def _tested(control: Sample, treatment: Sample, alpha: float) -> Comparison:
    difference = treatment.exact_mean - control.exact_mean
    diff, lift = float(difference), _lift(control, difference)
    noises = control.variance / control.n, treatment.variance / treatment.n
    error = sqrt(sum(noises))
    df = _satterthwaite(noises[0] / sum(noises), control.n, treatment.n)
    p_value = at_least_smallest(2 * float(stdtr(df, -abs(diff / error))))
    significant = p_value < alpha
    quantile = -float(stdtrit(df, alpha / 2))
    diff_ci = (diff - quantile * error, diff + quantile * error)
    answer = Comparison(
        method=METHOD,
        diff=diff,
        diff_ci=held_to_test(diff_ci, diff, significant=significant),
        statistic=diff / error,
        df=df,
        p_value=p_value,
    )
    if lift is None:
        return replace(answer, reason=Reason("control_is_zero", "Control's mean is 0: there is no relative change."))
    lift_ci = lift_interval(control.mean, diff, noises, quantile, significant=significant)
    return replace(answer, lift=lift, lift_ci=held_to_test(lift_ci, lift, significant=significant))


def _satterthwaite(share: float, n_c: int, n_t: int) -> float:
    """Degrees of freedom; ``share`` is control's part of the variance of the difference.

    Written in shares, so that neither tiny nor huge units under- or overflow.
    """
    return 1 / (share**2 / (n_c - 1) + (1 - share) ** 2 / (n_t - 1))


def _lift(control: Sample, difference: Fraction) -> float | None:
    return float(difference / control.exact_mean) if control.total else None
