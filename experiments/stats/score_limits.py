"""Score intervals for a difference and a ratio of two rates: the values the pooled z-test does not reject.

Both invert Pearson's statistic at the most likely pair of rates with the given difference (Mee 1984; closed form
of that pair: Farrington and Manning 1990) or the given ratio (Koopman 1984), without the n / (n - 1) of Miettinen
and Nurminen 1985. Instead of searching over the difference and solving a cubic at each step, we walk along the
Lagrange multiplier of the constraint: the pair is then a closed form in it, and the statistic grows strictly with
it, so each end is one root of one monotone function, safe up to n = 1e9 and at every corner. Only lower ends
are written: swapping the arms gives the upper ones.
"""

from collections.abc import Callable
from math import sqrt

from scipy.optimize import brentq

from experiments.stats.samples import Sample

# brentq accepts no relative tolerance below four times the machine's.
_RELATIVE_TOLERANCE = 8.9e-16
_ABSOLUTE_TOLERANCE = 1e-300


def difference_limits(control: Sample, treatment: Sample, z: float) -> tuple[float, float]:
    """Mee's interval for rate of treatment minus rate of control, inside [-1, 1]; both arms need a person.

    z: two-sided normal quantile, > 0. Mee 1984, Biometrics 40, 1175; Farrington and Manning 1990, Statistics in
    Medicine 9, 1447.
    """
    return _lowest_difference(control, treatment, z), -_lowest_difference(treatment, control, z)


def lift_limits(control: Sample, treatment: Sample, z: float) -> tuple[float, float | None]:
    """Koopman's interval for the ratio of rates, minus 1; the upper end is None (unbounded) when control is 0.

    Not defined when nobody converted in either arm: ValueError. z: two-sided normal quantile, > 0.
    Koopman 1984, Biometrics 40, 513.
    """
    if not control.converted and not treatment.converted:
        raise ValueError("no ratio of rates when nobody converted")
    low, high = -1.0, None
    if treatment.converted:
        _, rate_c, gap = _lowest_ratio(control, treatment, z)
        low = gap / rate_c
    if control.converted:
        rate_c, _, gap = _lowest_ratio(treatment, control, z)
        high = -gap / rate_c
    return low, high


def _lowest_difference(control: Sample, treatment: Sample, z: float) -> float:
    if treatment.converted == 0 and control.converted == control.n:
        return -1.0
    rates = _constrained_rates(control, treatment)

    def excess(multiplier: float) -> float:
        rate_c, miss_c, rate_t, miss_t = rates(multiplier)
        return multiplier**2 * (rate_c * miss_c / control.n + rate_t * miss_t / treatment.n) - z * z

    rate_c, miss_c, rate_t, miss_t = rates(_first_root(excess, start=_wald_multiplier(control, treatment, z)))
    # Near 1 the shares that did not convert carry the digits.
    return max(-1.0, rate_t - rate_c if rate_t < 0.5 else miss_c - miss_t)


def _constrained_rates(control: Sample, treatment: Sample) -> Callable[[float], tuple[float, float, float, float]]:
    """multiplier -> (rate, 1 - rate) of control and of treatment: the most likely ones with their difference.

    Likelihood equations: x_t/n_t = p_t + (m/n_t) p_t (1 - p_t) and x_c/n_c = p_c - (m/n_c) p_c (1 - p_c).
    """
    seen_c, unseen_c = control.rate, (control.n - control.converted) / control.n
    seen_t, unseen_t = treatment.rate, (treatment.n - treatment.converted) / treatment.n

    def rates(multiplier: float) -> tuple[float, float, float, float]:
        pull_c, pull_t = multiplier / control.n, multiplier / treatment.n
        return (
            _pulled(seen_c, unseen_c, -pull_c),
            _pulled(unseen_c, seen_c, pull_c),
            _pulled(seen_t, unseen_t, pull_t),
            _pulled(unseen_t, seen_t, -pull_t),
        )

    return rates


def _pulled(seen: float, unseen: float, pull: float) -> float:
    """The root p in [0, 1] of p + pull * p * (1 - p) = seen, where unseen = 1 - seen; no step cancels."""
    span = 1 + pull
    root = sqrt((1 - pull) ** 2 + 4 * pull * unseen if pull > 0 else span**2 - 4 * pull * seen)
    return 2 * seen / (span + root) if span > 0 else (root - span) / (-2 * pull)


def _wald_multiplier(control: Sample, treatment: Sample, z: float) -> float:
    """Where the root would lie if the rates' variances did not move with the constraint."""
    variance = sum(arm.rate * (1 - arm.rate) / arm.n for arm in (control, treatment))
    return z / sqrt(variance) if variance > 0 else float(control.n + treatment.n)


def _first_root(excess: Callable[[float], float], *, start: float) -> float:
    """The root of an increasing function that is negative at 0."""
    low, high = 0.0, start
    while excess(high) < 0:
        low, high = high, 2 * high
    return float(brentq(excess, low, high, xtol=_ABSOLUTE_TOLERANCE, rtol=_RELATIVE_TOLERANCE, maxiter=500))


def _lowest_ratio(control: Sample, treatment: Sample, z: float) -> tuple[float, float, float]:
    """(rate of treatment, rate of control, their difference) at the lowest ratio not rejected; treatment > 0.

    Likelihood equations: p_t = (x_t - m)/(n_t - m), p_c = (x_c + m)/(n_c + m). The difference is formed without
    cancellation: its sign at the end of the interval decides whether the interval holds a lift of 0.
    """
    n_c, x_c, n_t, x_t = control.n, control.converted, treatment.n, treatment.converted
    multiplier = _all_multiplier(control, n_t, z) if x_t == n_t else _some_multiplier(control, treatment, z)
    if multiplier is None:
        rest = z * z - n_t * (n_c - x_c) / n_c * (n_t / (x_c + n_t))
        rate_t, rate_c = n_t / (n_t + rest), (x_c + n_t) / (n_c + n_t)
        return rate_t, rate_c, (n_t * (n_c - x_c) - rest * (x_c + n_t)) / ((n_t + rest) * (n_c + n_t))
    missed = n_c + n_t - x_c - x_t
    gap = (x_t * n_c - x_c * n_t - multiplier * missed) / ((n_t - multiplier) * (n_c + multiplier))
    return (x_t - multiplier) / (n_t - multiplier), (x_c + multiplier) / (n_c + multiplier), gap


def _some_multiplier(control: Sample, treatment: Sample, z: float) -> float:
    """The multiplier when 0 < x_t < n_t: (Pearson's statistic - z^2) * (x_t - m) crosses 0 once in (0, x_t)."""
    miss_c = (control.n - control.converted) / control.n
    miss_t = (treatment.n - treatment.converted) / treatment.n
    x_c, x_t = control.converted, treatment.converted

    def excess(m: float) -> float:
        from_control = m * miss_c * (m / (x_c + m)) if m else 0.0
        return m * m * miss_t + (x_t - m) * (from_control - z * z)

    return float(brentq(excess, 0.0, x_t, xtol=_ABSOLUTE_TOLERANCE, rtol=_RELATIVE_TOLERANCE, maxiter=500))


def _all_multiplier(control: Sample, n_t: int, z: float) -> float | None:
    """The multiplier when all n_t converted; None when treatment's rate, too, leaves 1 (then it is stuck at n_t).

    While treatment's rate stays at 1 only control adds to the statistic: m^2 (1 - x_c/n_c) / (x_c + m) = z^2.
    """
    x_c, missed = control.converted, control.n - control.converted
    if not missed:
        return None
    scaled = z * z * control.n / missed
    multiplier = (scaled + sqrt(scaled * scaled + 4 * scaled * x_c)) / 2
    return multiplier if multiplier < n_t else None
