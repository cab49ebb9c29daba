"""Score intervals for a difference and a ratio of two rates: the values the pooled z-test does not reject.

Both invert Pearson's statistic at the most likely pair of rates with the given difference (Mee 1984; closed form
of that pair: Farrington and Manning 1990) or the given ratio (Koopman 1984), without the n / (n - 1) of Miettinen
and Nurminen 1985. Instead of searching over the difference and solving a cubic at each step, we walk along the
Lagrange multiplier of the constraint: the pair is then a closed form in it, and the statistic grows strictly with
it, so each end is one root of one monotone function, safe up to n = 1e9 and at every corner. Its square root is
nearly a straight line there, so Newton needs four or five steps. Only lower ends are written: swapping the arms
gives the upper ones.
"""

from collections.abc import Callable
from math import inf, sqrt

from experiments.stats.samples import Sample

# (value, slope) at a point.
Curve = Callable[[float], tuple[float, float]]

# Newton doubles its digits: after a step of this relative size the next one would be below a double's last digit.
_LAST_STEP = 1e-9
# Newton needs five steps, and halving alone a thousand at most to cross all doubles.
_MOST_STEPS = 1100


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
    corner, start, ceiling = _stretch(control, treatment, z)

    def excess(beyond: float) -> tuple[float, float]:
        """multiplier * sqrt(variance of the difference) - z: the statistic is the square of its first part."""
        rate_c, miss_c, turn_c, rate_t, miss_t, turn_t = rates(corner, beyond)
        noise_c, noise_t, multiplier = rate_c * miss_c / control.n, rate_t * miss_t / treatment.n, corner + beyond
        error = sqrt(noise_c + noise_t)
        lean_c, lean_t = (miss_c - rate_c) / (control.n * turn_c), (miss_t - rate_t) / (treatment.n * turn_t)
        growth = noise_c * lean_c - noise_t * lean_t
        return multiplier * error - z, error + multiplier * growth / (2 * error)

    rate_c, miss_c, _, rate_t, miss_t, _ = rates(corner, _root(excess, start=start, ceiling=ceiling))
    # Near 1 the shares that did not convert carry the digits.
    return max(-1.0, rate_t - rate_c if rate_t < 0.5 else miss_c - miss_t)


def _constrained_rates(
    control: Sample, treatment: Sample
) -> Callable[[int, float], tuple[float, float, float, float, float, float]]:
    """(corner, beyond) -> rate, 1 - rate, turn (see ``_pulled``) of control and of treatment: the most likely ones.

    The multiplier m is corner + beyond. Likelihood equations of the rates with a given difference:
    x_t/n_t = p_t + (m/n_t) p_t (1 - p_t) and x_c/n_c = p_c - (m/n_c) p_c (1 - p_c).
    """
    n_c, n_t = control.n, treatment.n
    seen_c, unseen_c = control.converted / n_c, (n_c - control.converted) / n_c
    seen_t, unseen_t = treatment.converted / n_t, (n_t - treatment.converted) / n_t

    def rates(corner: int, beyond: float) -> tuple[float, float, float, float, float, float]:
        multiplier = corner + beyond
        # Control's rate is pulled up as treatment's is pulled down: the same with the names of the cells swapped.
        miss_c, rate_c, turn_c = _pulled(unseen_c, seen_c, multiplier / n_c, (n_c - corner - beyond) / n_c)
        rate_t, miss_t, turn_t = _pulled(seen_t, unseen_t, multiplier / n_t, (n_t - corner - beyond) / n_t)
        return rate_c, miss_c, turn_c, rate_t, miss_t, turn_t

    return rates


def _pulled(seen: float, unseen: float, pull: float, rest: float) -> tuple[float, float, float]:
    """The root p in [0, 1] of p + pull * p * (1 - p) = seen, then 1 - p, and the slope there; no step cancels.

    pull >= 0; rest: 1 - pull, given apart because it may be far smaller than either. unseen = 1 - seen.
    """
    turn = sqrt(rest * rest + 4 * pull * unseen)
    missed = 2 * unseen / (rest + turn) if rest > 0 else (turn - rest) / (2 * pull)
    return 2 * seen / (1 + pull + turn), missed, turn


def _stretch(control: Sample, treatment: Sample, z: float) -> tuple[int, float, float]:
    """(corner, start, ceiling): the root lies between corner and corner + ceiling, and near corner + start.

    An arm where nobody (or everybody) converted stays at that corner until the multiplier reaches its n, and may
    then leave it by a billionth of n: so we search for the distance from there.
    """
    n_c, x_c, n_t, x_t = control.n, control.converted, treatment.n, treatment.converted
    rates = _constrained_rates(control, treatment)
    corner, noise = 0, x_c * (n_c - x_c) / n_c**3 + x_t * (n_t - x_t) / n_t**3
    for further in sorted([n_c] * (x_c == 0) + [n_t] * (x_t == n_t)):
        rate_c, miss_c, _, rate_t, miss_t, _ = rates(further, 0.0)
        noise_there = rate_c * miss_c / n_c + rate_t * miss_t / n_t
        if further * further * noise_there >= z * z:
            ceiling = further - corner
            return corner, min(_first_guess(corner, noise, z), ceiling / 2), ceiling
        corner, noise = further, noise_there
    return corner, _first_guess(corner, noise, z), inf


def _first_guess(corner: int, noise: float, z: float) -> float:
    """Where the root would lie if noise stayed as it is (Wald), or, beyond a corner, grew as it does there at first."""
    if corner == 0:
        return z / sqrt(noise)
    return (z * z - corner * corner * noise) / (1 + 2 * corner * noise)


def _root(curve: Curve, *, start: float, ceiling: float) -> float:
    """Where an increasing curve that is negative at 0 and not at ``ceiling`` (may be infinite) crosses 0.

    Newton's steps, as long as they stay between the closest points known to lie on either side; else halving, or
    doubling while nothing is known above.
    """
    low, high, point = 0.0, ceiling, start
    for _ in range(_MOST_STEPS):
        value, slope = curve(point)
        if value < 0:
            low = point
        else:
            high = point
        target = point - value / slope if slope > 0 else inf
        if abs(target - point) <= _LAST_STEP * point:
            return target
        if not low < target < high:
            target = 2 * point if high == inf else (low + high) / 2
        if target in (low, high):
            return target
        point = target
    return point


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
    """The multiplier when 0 < x_t < n_t: Pearson's statistic m^2 w(m) grows from 0 to infinity over (0, x_t)."""
    x_c, x_t = control.converted, treatment.converted
    miss_c, miss_t = (control.n - x_c) / control.n, (treatment.n - x_t) / treatment.n

    def excess(m: float) -> tuple[float, float]:
        left_t, left_c = x_t - m, x_c + m
        part_t, part_c = miss_t / left_t, miss_c / left_c
        root = sqrt(part_t + part_c)
        return m * root - z, root + m * (part_t / left_t - part_c / left_c) / (2 * root)

    # Close to the root: treatment's part of the statistic, which alone gives a quadratic, has its share of z^2 as at 0.
    ready_t, ready_c = miss_t / x_t, miss_c / (x_c + 1)
    share = z * z * ready_t / (ready_t + ready_c)
    return _root(excess, start=2 * share * x_t / (share + sqrt(share * (share + 4 * miss_t * x_t))), ceiling=x_t)


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
