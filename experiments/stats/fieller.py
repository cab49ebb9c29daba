"""Fieller's confidence set for a ratio of two means, written for the relative change.

Fieller 1954, Journal of the Royal Statistical Society B 16, 175: a change r is kept when the test of
"treatment = (1 + r) control" keeps it. The kept ones solve a r^2 - 2 b r + c <= 0 and form one of three sets:

bounded     control's own mean is clearly not 0 (a > 0): an interval.
exclusive   it is not (a <= 0): everything but a gap. Two rays, one of them holding the estimate; the other one
            needs a control mean of the opposite sign. We report the estimate's ray, unbounded at its far end.
whole line  neither mean is clearly not 0: nothing is left out.
"""

from math import copysign, inf, isfinite, sqrt

from experiments.stats.answers import Interval


def lift_interval(
    control_mean: float, diff: float, noises: tuple[float, float], quantile: float, *, significant: bool
) -> Interval:
    """The relative changes diff / control_mean that a test at ``quantile`` does not reject; None is unbounded.

    control_mean: not 0. diff: treatment minus control.
    noises: variance of the mean of control and of treatment, >= 0, not both 0.
    quantile: of t or z, two-sided, >= 0. significant: whether that test rejects "no difference"; it decides about 0.
    """
    edge_c, edge_t = quantile * sqrt(noises[0]), quantile * sqrt(noises[1])
    # Ratios do not know units: bring the largest number to 1, so that no square under- or overflows.
    unit = max(abs(control_mean), abs(diff), edge_c, edge_t)
    base, change, noise_c, noise_t = control_mean / unit, diff / unit, (edge_c / unit) ** 2, (edge_t / unit) ** 2
    a = base * base - noise_c
    b = change * base + noise_c
    c = _sure_sign(change * change - noise_c - noise_t, positive=significant)
    # b^2 - a c, with what cancels left out.
    discriminant = noise_c * (base + change) ** 2 + noise_t * a
    if a <= 0 and discriminant <= 0:
        return None, None
    root_sum = b + copysign(sqrt(max(discriminant, 0.0)), b)
    if root_sum == 0:
        return 0.0, 0.0
    near, far = c / root_sum, root_sum / a if a else copysign(inf, root_sum)
    ends = min(near, far), max(near, far)
    return _finite(*(ends if a >= 0 else _ray_beside_gap(*ends, change / base, zero_is_kept=not significant)))


def _sure_sign(value: float, *, positive: bool) -> float:
    """The value, unless rounding put it on the other side of 0 than the test did."""
    return max(value, 0.0) if positive else min(value, 0.0)


def _ray_beside_gap(low: float, high: float, estimate: float, *, zero_is_kept: bool) -> tuple[float, float]:
    """The ray that holds the estimate; the whole line when the test keeps 0 and only the other ray holds it."""
    ray = (high, inf) if estimate >= high else (-inf, low)
    return (-inf, inf) if zero_is_kept and not ray[0] <= 0 <= ray[1] else ray


def _finite(low: float, high: float) -> Interval:
    return low if isfinite(low) else None, high if isfinite(high) else None
