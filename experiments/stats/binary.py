"""Two rates compared: the score test (pooled z), held back by mid-p where cells are small, with its own intervals."""

from math import copysign, erfc, inf, sqrt

from scipy.special import ndtri

from experiments.stats.answers import Comparison, Interval, Reason, at_least_smallest, checked_level, held_to_test
from experiments.stats.exact import mid_p_value
from experiments.stats.newcombe import newcombe_interval
from experiments.stats.samples import Sample
from experiments.stats.score_limits import difference_limits, lift_limits

METHOD = "score/2"
EXACT_METHOD = "score+mid_p/1"

# Cochran 1954, Biometrics 10, 417: below it the normal curve is no good approximation to a count.
FEWEST_EXPECTED = 5
# The first term of Edgeworth's series moves a tail of 2.5 % by skewness / 6 (z^2 - 1) phi(z) = skewness x 2.8 points:
# 0.14 points at this skewness.
MOST_SKEWNESS = 0.05


def compare_binary(control: Sample, treatment: Sample, *, alpha: float) -> Comparison:
    """Compare the shares of persons who converted; only ``n`` and ``converted`` are read.

    alpha: two-sided, from 1e-100 to 1, else ValueError. Any n up to 1e9, any rate from 0 to 1.
    statistic: pooled z without continuity correction (Pearson 1900); None when nobody or everybody converted in
        both arms, since then there is nothing to test.
    p_value: that z's, ``score/2``. Where the normal curve is a poor approximation (``is_far_from_normal``) the
        larger of it and Fisher's mid-p (``exact.mid_p_value``), ``score+mid_p/1``: both must reject. Without
        any effect at 1 %, 9000 persons against 1000, nominal 2.5 % each way, every table enumerated: the pooled z
        says "worse" in 1.7 % and "better" in 3.2 %, the two together in 1.7 % and 2.4 %.
    diff_ci: Mee 1984. lift_ci: Koopman 1984. Both hold exactly what the score test does not reject, and reach to 0
        where only mid-p keeps 0. As the larger p decides, no interval is ever cut.
    newcombe_ci: Newcombe 1998, Statistics in Medicine 17, 873, method 10.
    Reasons: empty_arm (no number at all), no_conversions, all_converted, control_is_zero (no lift).
    """
    z_limit = -float(ndtri(checked_level(alpha) / 2))
    if not control.n or not treatment.n:
        return Comparison(method=METHOD, reason=_EMPTY_ARM)
    diff = _cross_difference(control, treatment) / (control.n * treatment.n)
    z = pooled_z(control, treatment)
    method, p_value = (METHOD, None) if z is None else _tested(control, treatment, z)
    significant = p_value is not None and p_value < alpha
    lift, lift_ci = _lift(control, treatment, z_limit, significant=significant)
    return Comparison(
        method=method,
        diff=diff,
        diff_ci=held_to_test(difference_limits(control, treatment, z_limit), diff, significant=significant),
        newcombe_ci=newcombe_interval(control, treatment, z_limit),
        lift=lift,
        lift_ci=lift_ci,
        statistic=z,
        p_value=p_value,
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


def is_far_from_normal(control: Sample, treatment: Sample) -> bool:
    """Whether a cell expects fewer than 5, or the pooled z's skewness under equal rates is beyond 0.05 either way.

    Skewness: (n_c - n_t) / sqrt(N n_c n_t) (1 - 2p) / sqrt(p (1 - p)), p pooled: none with equal arms, and most
    with a small arm and a rare conversion. Somebody must have converted, and somebody not.
    """
    n_c, n_t = control.n, treatment.n
    persons, converted = n_c + n_t, control.converted + treatment.converted
    missed = persons - converted
    if min(n_c, n_t) * min(converted, missed) < FEWEST_EXPECTED * persons:
        return True
    skewness_squared = ((n_c - n_t) * (missed - converted)) ** 2 / (persons * n_c * n_t * converted * missed)
    return skewness_squared > MOST_SKEWNESS**2


def _tested(control: Sample, treatment: Sample, z: float) -> tuple[str, float]:
    score_p = at_least_smallest(erfc(abs(z) / sqrt(2)))
    if not is_far_from_normal(control, treatment):
        return METHOD, score_p
    return EXACT_METHOD, max(score_p, mid_p_value(control, treatment))


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


_EMPTY_ARM = Reason("empty_arm", "An arm has no persons yet.")
_NO_CONVERSIONS = Reason("no_conversions", "Nobody has converted in either arm, so there is nothing to test.")
_ALL_CONVERTED = Reason("all_converted", "Everybody has converted in both arms, so there is nothing to test.")
_CONTROL_IS_ZERO = Reason("control_is_zero", "Nobody in control has converted, so there is no relative change.")


def _reason(control: Sample, treatment: Sample) -> Reason | None:
    converted = control.converted + treatment.converted
    if converted == 0:
        return _NO_CONVERSIONS
    if converted == control.n + treatment.n:
        return _ALL_CONVERTED
    return None if control.converted else _CONTROL_IS_ZERO
