"""Two rates compared: the score test (pooled z) with the intervals that belong to it."""

from math import copysign, erfc, inf, sqrt
from typing import cast

from scipy.special import ndtri
from statsmodels.stats.proportion import confint_proportions_2indep

from experiments.stats.answers import Comparison, Interval, Reason, at_least_smallest, checked_level, held_to_test
from experiments.stats.posterior import chance_to_beat
from experiments.stats.samples import Sample
from experiments.stats.score_limits import difference_limits, lift_limits

METHOD = "score/1"


def compare_binary(control: Sample, treatment: Sample, *, alpha: float) -> Comparison:
    """Compare the shares of persons who converted; only ``n`` and ``converted`` are read.

    alpha: two-sided, between 0 and 1, else ValueError. Any n up to 1e9, any rate from 0 to 1.
    statistic, p_value: pooled z without continuity correction (Pearson 1900); None when nobody or everybody
        converted in both arms, since then there is nothing to test.
    diff_ci: Mee 1984. lift_ci: Koopman 1984. Both hold exactly what that test does not reject.
    newcombe_ci: Newcombe 1998, Statistics in Medicine 17, 873, method 10.
    chance_to_beat_control: Beta(1/2, 1/2) priors, see ``posterior.chance_to_beat``.
    Reasons: empty_arm (no number at all), no_conversions, all_converted, control_is_zero (no lift).
    """
    z_limit = -float(ndtri(checked_level(alpha) / 2))
    if not control.n or not treatment.n:
        return Comparison(method=METHOD, reason=Reason("empty_arm", "An arm has no persons yet."))
    diff = _cross_difference(control, treatment) / (control.n * treatment.n)
    z = pooled_z(control, treatment)
    p_value = None if z is None else at_least_smallest(erfc(abs(z) / sqrt(2)))
    significant = p_value is not None and p_value < alpha
    lift, lift_ci = _lift(control, treatment, z_limit, significant=significant)
    return Comparison(
        method=METHOD,
        diff=diff,
        diff_ci=held_to_test(difference_limits(control, treatment, z_limit), diff, significant=significant),
        newcombe_ci=_newcombe(control, treatment, alpha),
        lift=lift,
        lift_ci=lift_ci,
        statistic=z,
        p_value=p_value,
        chance_to_beat_control=chance_to_beat(control, treatment),
        reason=_reason(control, treatment),
    )


def pooled_z(control: Sample, treatment: Sample) -> float | None:
    """(p_t - p_c) / sqrt(p (1 - p) (1/n_c + 1/n_t)), p pooled; None when p is 0 or 1. Both arms need a person."""
    persons = control.n + treatment.n
    converted = control.converted + treatment.converted
    if converted in (0, persons):
        return None
    cross = _cross_difference(control, treatment)
    # Integers until the one division, so that n = 1e9 and rates of 1e-6 lose nothing.
    z_squared = (persons * cross**2) / (control.n * treatment.n * converted * (persons - converted))
    return copysign(sqrt(z_squared), cross)


def _cross_difference(control: Sample, treatment: Sample) -> int:
    """(p_t - p_c) n_c n_t, exact."""
    return treatment.converted * control.n - control.converted * treatment.n


def _lift(
    control: Sample, treatment: Sample, z_limit: float, *, significant: bool
) -> tuple[float | None, Interval | None]:
    if not control.converted and not treatment.converted:
        return None, None
    limits = lift_limits(control, treatment, z_limit)
    if not control.converted:
        return None, held_to_test(limits, inf, significant=significant)
    lift = _cross_difference(control, treatment) / (control.converted * treatment.n)
    return lift, held_to_test(limits, lift, significant=significant)


def _newcombe(control: Sample, treatment: Sample, alpha: float) -> Interval:
    low, high = cast(
        tuple[float, float],
        confint_proportions_2indep(
            treatment.converted, treatment.n, control.converted, control.n, method="newcomb", alpha=alpha
        ),
    )
    return max(-1.0, float(low)), min(1.0, float(high))


def _reason(control: Sample, treatment: Sample) -> Reason | None:
    converted = control.converted + treatment.converted
    if converted == 0:
        return Reason("no_conversions", "Nobody has converted in either arm, so there is nothing to test.")
    if converted == control.n + treatment.n:
        return Reason("all_converted", "Everybody has converted in both arms, so there is nothing to test.")
    if control.converted == 0:
        return Reason("control_is_zero", "Nobody in control has converted, so there is no relative change.")
    return None
