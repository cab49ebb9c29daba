"""The Bayesian reading that stands beside a test: chance to be better, expected loss, credible interval of the lift.

It is not protected against repeated looks: who stops when the chance passes 95 % is wrong far more often than 5 %.
Only the sequential rule of the test protects. Priors are proper and the same for every goal, see ``RATES_PRIOR`` and
``MEANS_PRIOR``.
"""

from dataclasses import dataclass
from math import ceil, exp, expm1, log, pi, sqrt
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc, erfcx, expit, gammaln, ndtr, ndtri, psi, zeta

from experiments.stats.answers import Interval, Reason, check_finite
from experiments.stats.samples import Sample

Desired = Literal["increase", "decrease"]
Shape = tuple[float, float]
Floats = NDArray[np.float64]

RATES_PRIOR = "Beta(1/2, 1/2) on each rate"
MEANS_PRIOR = "N(0, 0.1^2) on the log of the ratio of the means"

_BETA_PRIOR = 0.5
_SPREAD_OF_LOG_LIFT = 0.1
# The quadrature answers to 1e-16 of the whole: an interval that leaves out less than this is noise.
_LOWEST_LEVEL = 1e-9
# Below it the log of a mean is no longer nearly normal. A relative error of 1/3 leaves the data a twelfth of the
# weight beside the prior, so what is refused is not worth much.
_FEWEST_ERRORS_FROM_ZERO = 3

# The rule converges exponentially in 1 / step. Half a standard deviation leaves exp(-39) for a bell; the lopsided
# density of an arm with few conversions, known to a factor only, needs 0.3 of the log-odds: exp(-33).
_STEP_IN_SPREADS = 0.5
_STEP = 0.3
# In standard deviations of the log-odds: far enough for the slow tail of an arm without conversions, exp(-x/2).
_REACH = 30.0
_NEGLIGIBLE = 1e-18
# A step this small, in standard deviations, leaves an error below its square.
_NEWTON_STEP = 1e-4
_MOST_NEWTON_STEPS = 50

# Gauss and Legendre's rule with 8 points on [0, 1]: exact to the last digits over a step of at most 0.1.
_NODES, _NODE_WEIGHTS = (nodes / 2 for nodes in np.polynomial.legendre.leggauss(8))
_NODES = _NODES + 0.5
# Misses from which the edge at a rate of 1 is too faint for the trapezoidal rule to notice.
_FAINT_EDGE = 15
# Where the double exponential rule is cut off: its weights are below 1e-15 there.
_EDGE_REACH = 3.2


@dataclass(frozen=True, slots=True)
class Reading:
    """What the posterior says of a treatment. Every number is finite or None; all are None together.

    prior: in words, for whoever checks the numbers.
    chance_to_beat_control: posterior probability in [0, 1] that treatment is better, in the direction desired.
    expected_loss: what choosing treatment costs on average, >= 0, in the unit of the measure per person:
        E[max(m_c - m_t, 0)], or E[max(m_t - m_c, 0)] where a decrease is desired.
    lift: posterior median of m_t / m_c - 1, 0.1 = +10 %. The median, since the mean of a ratio need not exist.
    lift_ci: equal-tailed credible interval of the same, of probability 1 - alpha.
    reason: why there are no numbers.
    """

    prior: str
    chance_to_beat_control: float | None = None
    expected_loss: float | None = None
    lift: float | None = None
    lift_ci: Interval | None = None
    reason: Reason | None = None

    def __post_init__(self) -> None:
        check_finite(self, self.prior)


class Measured(Protocol):
    """An arm with a mean: a ``Sample``, or the estimate of a ratio or of a capped sum."""

    @property
    def n(self) -> int: ...

    @property
    def mean(self) -> float: ...

    @property
    def variance(self) -> float: ...


def read_rates(control: Sample, treatment: Sample, *, alpha: float, desired: Desired = "increase") -> Reading:
    """Shares of persons who converted, as independent posteriors with Jeffreys' prior Beta(1/2, 1/2).

    Only ``n`` and ``converted`` are read. Any n up to 1e9, any rate from 0 to 1.
    alpha: 1e-9 <= alpha < 1, else ValueError. lift: p_t / p_c - 1.
    Miller 2015, "Formulas for Bayesian A/B testing" (chance); Stucchio 2015, "Bayesian A/B testing at VWO" (loss);
    both by quadrature, see ``chance_to_beat``, since the sums are as long as the conversions are many.
    Reasons: empty_arm. Arms without conversions are answered: the prior keeps their rate above 0.
    """
    _check(alpha, desired)
    if not control.n or not treatment.n:
        return Reading(prior=RATES_PRIOR, reason=Reason("empty_arm", "An arm has no persons yet."))
    chance, gain, loss = _margins(_posterior(treatment), _posterior(control))
    probits = float(ndtri(alpha / 2)) * np.array([1.0, 0.0, -1.0])
    low, median, high = np.expm1(_log_ratio_quantiles(_posterior(treatment), _posterior(control), probits)).tolist()
    return Reading(
        prior=RATES_PRIOR,
        chance_to_beat_control=chance if desired == "increase" else 1 - chance,
        expected_loss=loss if desired == "increase" else gain,
        lift=median,
        lift_ci=(low, high),
    )


def read_means(control: Measured, treatment: Measured, *, alpha: float, desired: Desired = "increase") -> Reading:
    """Means per person, by the posterior of the log-lift ln(m_t / m_c) under the prior N(0, 0.1^2).

    The log of the ratio of the observed means is taken as normal with variance v_c / m_c^2 + v_t / m_t^2 (delta
    method) and weighed with the prior by precision. On the log scale, and not on that of the lift, because there
    the two arms play the same part: control beats treatment with the chance that treatment does not beat control.
    Where variance grows with the mean, as in sums of conversions, the chance is within 0.005 of that of two normal
    means under the same prior; where it does not, a change far beyond the prior is read more cautiously.
    expected_loss: the expectation under that log-normal, at control's observed mean.
    alpha: 1e-9 <= alpha < 1, else ValueError.
    Reasons: empty_arm, too_few_persons (an arm of one), no_variation (nobody differs from anybody in their arm),
        mean_near_zero (an arm's mean is less than 3 standard errors above 0: it has no log to speak of).
    """
    _check(alpha, desired)
    if reason := _unreadable(control, treatment):
        return Reading(prior=MEANS_PRIOR, reason=reason)
    centre, spread = _log_lift(control, treatment)
    u, reach = centre / spread, -float(ndtri(alpha / 2)) * spread
    gain, loss = _relative_gain_and_loss(u, spread)
    return Reading(
        prior=MEANS_PRIOR,
        chance_to_beat_control=float(ndtr(u if desired == "increase" else -u)),
        expected_loss=control.mean * (loss if desired == "increase" else gain),
        lift=expm1(centre),
        lift_ci=(expm1(centre - reach), expm1(centre + reach)),
    )


def chance_to_beat(control: Sample, treatment: Sample) -> float:
    """Posterior probability, in [0, 1], that treatment's rate is above control's; both arms need a person.

    The trapezoidal rule over the log-odds of the arm that is known better, whose density is smooth and falls
    off at both ends (Trefethen and Weideman 2014, SIAM Review 56, 385), times the other arm's distribution
    function. Counted in those who converted or did not, whichever are fewer: there doubles are densest.
    """
    return _margins(_posterior(treatment), _posterior(control))[0]


def _check(alpha: float, desired: Desired) -> None:
    if not _LOWEST_LEVEL <= alpha < 1:
        raise ValueError(f"alpha={alpha!r}: write a number between {_LOWEST_LEVEL} and 1")
    if desired not in ("increase", "decrease"):
        raise ValueError(f"desired={desired!r}: write increase or decrease")


def _unreadable(control: Measured, treatment: Measured) -> Reason | None:
    if not control.n or not treatment.n:
        return Reason("empty_arm", "An arm has no persons yet.")
    if min(control.n, treatment.n) < 2:
        return Reason("too_few_persons", "An arm has one person: no spread is known.")
    if control.variance == 0 and treatment.variance == 0:
        return Reason("no_variation", "In each arm all persons have the same value.")
    for name, arm in (("Control", control), ("Treatment", treatment)):
        if arm.mean <= _FEWEST_ERRORS_FROM_ZERO * sqrt(arm.variance / arm.n):
            return Reason("mean_near_zero", f"{name}'s mean is not clearly above 0: its relative change is not known.")
    return None


def _log_lift(control: Measured, treatment: Measured) -> tuple[float, float]:
    """Mean and standard deviation of the posterior of ln(m_t / m_c): precision-weighted with the prior."""
    noise = sum((sqrt(arm.variance / arm.n) / arm.mean) ** 2 for arm in (control, treatment))
    weight = _SPREAD_OF_LOG_LIFT**2 / (_SPREAD_OF_LOG_LIFT**2 + noise)
    return weight * (log(treatment.mean) - log(control.mean)), sqrt(weight * noise)


def _relative_gain_and_loss(u: float, spread: float) -> tuple[float, float]:
    """E[max(e^x - 1, 0)] and E[max(1 - e^x, 0)] for x normal with mean u spread and standard deviation spread.

    For u >= 0 the loss is the small one: a difference of two nearly equal tails, phi(u) (R(u) - R(u + spread)) with
    Mills' ratio R. Since R'(x) = x R(x) - 1 it is an integral that cancels nothing; to first order in the spread it is
    the familiar spread phi(u) - centre Phi(-u). For u < 0 the gain is the same integral from -u - spread.
    """
    mean = expm1(u * spread + spread**2 / 2)
    x = (u if u >= 0 else -u - spread) + spread * _NODES
    slopes = 1 - x * sqrt(pi / 2) * erfcx(x / sqrt(2))
    small = spread * exp(-(u**2) / 2) / sqrt(2 * pi) * float(_NODE_WEIGHTS @ slopes)
    return (mean + small, small) if u >= 0 else (small, small - mean)


def _posterior(arm: Sample) -> Shape:
    return arm.converted + _BETA_PRIOR, arm.n - arm.converted + _BETA_PRIOR


def _margins(first: Shape, second: Shape) -> tuple[float, float, float]:
    """P(first > second), E[max(first - second, 0)] and E[max(second - first, 0)] of two beta distributions (a, b)."""
    if first[0] + second[0] > first[1] + second[1]:
        first, second = second[::-1], first[::-1]
    if _spread(first) > _spread(second):
        below, above_by, below_by = _against(first, second)
        return 1 - below, above_by, below_by
    below, above_by, below_by = _against(second, first)
    return below, below_by, above_by


def _against(wide: Shape, narrow: Shape) -> tuple[float, float, float]:
    """P(wide < narrow), E[max(wide - narrow, 0)] and E[max(narrow - wide, 0)].

    Given narrow's rate p, the last is (p - m) F(p) + g(p) / (a + b), with mean m, distribution function F and density
    of the log-odds g of wide: the recurrence of the incomplete beta function in its first argument (DLMF 8.17.20).
    """
    grid = _grid(narrow)
    below = betainc(*wide, grid.rates)
    distance = grid.rates - wide[0] / sum(wide)
    edge = _log_odds_density(wide, grid.log_odds) / sum(wide)
    return (
        min(float(grid.weights @ below), 1.0),
        float(grid.weights @ np.maximum(edge - distance * (1 - below), 0)),
        float(grid.weights @ np.maximum(edge + distance * below, 0)),
    )


@dataclass(frozen=True, slots=True)
class _Grid:
    """Points for an average over a beta distribution: log-odds, their rates, one minus these; the weights sum to 1."""

    log_odds: Floats
    rates: Floats
    rests: Floats
    weights: Floats


def _grid(shape: Shape) -> _Grid:
    """Equidistant log-odds around the mode.

    Written as a distance from the mode, so that n = 1e9 leaves no cancellation.
    """
    a, b = shape
    spread = _spread(shape)
    step = min(_STEP, _STEP_IN_SPREADS * spread)
    reach = ceil(_REACH * spread / step)
    distance: Floats = step * np.arange(-reach, reach + 1, dtype=np.float64)
    weights = _relative_density(shape, distance)
    kept = weights > _NEGLIGIBLE
    log_odds: Floats = log(a / b) + distance[kept]
    return _Grid(log_odds, expit(log_odds), expit(-log_odds), weights[kept] / weights[kept].sum())


def _relative_density(shape: Shape, distance: Floats) -> Floats:
    """Density of the log-odds at this distance from their mode, as a share of the density there."""
    a, b = shape
    density: Floats = np.exp(a * distance - (a + b) * np.log1p(a / (a + b) * np.expm1(distance)))
    return density


def _log_odds_density(shape: Shape, log_odds: Floats) -> Floats:
    """Density of the log-odds of a beta distribution."""
    a, b = shape
    surplus = _stirling_error(a + b) - _stirling_error(a) - _stirling_error(b)
    peak = sqrt(a / (a + b)) * sqrt(b / (2 * pi)) * exp(surplus)
    return peak * _relative_density(shape, log_odds - log(a / b))


def _stirling_error(x: float) -> float:
    """ln Gamma(x) less Stirling's (x - 1/2) ln x - x + ln(2 pi) / 2: without it no digit is left at 1e9."""
    if x < 20:
        return float(gammaln(x)) - (x - 0.5) * log(x) + x - log(2 * pi) / 2
    square = x * x
    return (1 / 12 - (1 / 360 - (1 / 1260 - (1 / 1680 - 1 / (1188 * square)) / square) / square) / square) / x


def _spread(shape: Shape) -> float:
    """Standard deviation of the log-odds; zeta(2, x) is the trigamma function."""
    return sqrt(float(zeta(2.0, shape[0]) + zeta(2.0, shape[1])))


def _log_ratio_quantiles(top: Shape, bottom: Shape, probits: Floats) -> Floats:
    """Quantiles of ln(top / bottom) for two beta distributions, at these (symmetric) normal quantiles.

    Newton's method on the probits, where the distribution is nearly a straight line, from Cornish and Fisher's start.
    """
    cumulants_top, cumulants_bottom = _log_cumulants(top), _log_cumulants(bottom)
    if cumulants_bottom[1] > cumulants_top[1]:
        # The average is taken over the arm whose log is known better: to it the other's is smooth.
        return -_log_ratio_quantiles(bottom, top, probits)[::-1]
    mean, variance, third, fourth = cumulants_top + cumulants_bottom * np.array([-1.0, 1.0, -1.0, 1.0])
    spread, grid = sqrt(variance), _grid(bottom)
    logs: Floats = mean + spread * _cornish_fisher(probits, third / spread**3, fourth / variance**2)
    lowest, highest = np.full_like(logs, -np.inf), np.full_like(logs, np.inf)
    for _ in range(_MOST_NEWTON_STEPS):
        below, density = _ratio_below(logs, top, bottom, grid)
        missing = probits - ndtri(np.clip(below, 1e-16, 1 - 1e-16))
        lowest, highest = np.where(missing >= 0, logs, lowest), np.where(missing <= 0, logs, highest)
        slopes = density * sqrt(2 * pi) * np.exp((probits - missing) ** 2 / 2)
        newton: Floats = logs + np.clip(missing / np.maximum(slopes, 1e-300), -spread, spread)
        if np.max(np.abs(missing)) < _NEWTON_STEP:
            return newton
        # An arm that nearly always converts bends the line sharply, and Newton's step jumps to and fro: halve instead.
        middle = (lowest + highest) / 2
        inside = (lowest < newton) & (newton < highest) | (newton == logs) | ~np.isfinite(middle)
        logs = np.where(inside, newton, middle)
    return logs


def _log_cumulants(shape: Shape) -> Floats:
    """First four cumulants of the log of a beta variable: differences of polygamma functions."""
    a, whole = shape[0], shape[0] + shape[1]
    orders = np.array([2.0, 3.0, 4.0])
    higher: Floats = np.array([1.0, -2.0, 6.0]) * (zeta(orders, a) - zeta(orders, whole))
    cumulants: Floats = np.concatenate((np.array([float(psi(a) - psi(whole))]), higher))
    return cumulants


def _cornish_fisher(z: Floats, skewness: float, excess: float) -> Floats:
    bend: Floats = skewness * (z**2 - 1) / 6 + excess * (z**3 - 3 * z) / 24 - skewness**2 * (2 * z**3 - 5 * z) / 36
    bent: Floats = z + np.clip(bend, -(z**2) / 2, z**2 / 2)
    return bent


def _ratio_below(logs: Floats, top: Shape, bottom: Shape, grid: _Grid) -> tuple[Floats, Floats]:
    """P(ln(top / bottom) < log) for each log, and its derivative."""
    rates, rests, weights, certain = grid.rates, grid.rests, grid.weights, np.zeros(())
    if top[1] < _FAINT_EDGE and log(rates[-1]) + logs.max() > 0:
        rates, rests, weights, certain = _grid_to_edge(logs, bottom, grid)
    column = logs[:, np.newaxis]
    scaled, scaled_rests = np.minimum(np.exp(column) * rates, 1), np.clip(rests - np.expm1(column) * rates, 1e-17, 1)
    # Counted in the smaller part, as doubles near 1 have no digits for one in a billion.
    below = betainc(*top, scaled) if top[0] <= top[1] else 1 - betainc(*top[::-1], scaled_rests)
    density = _log_odds_density(top, np.log(scaled / scaled_rests)) / scaled_rests
    return certain + (weights * below).sum(axis=-1), (weights * density).sum(axis=-1)


def _grid_to_edge(logs: Floats, bottom: Shape, grid: _Grid) -> tuple[Floats, Floats, Floats, Floats]:
    """Rates, their rests and weights of bottom below exp(-log), where e^log bottom reaches 1; and the chance beyond.

    A rate is never above 1, so the distribution function averaged has an edge there, often a vertical one. One row a
    log, nodes by the double exponential rule, which is made for such ends (Takahasi and Mori 1974, Publ. RIMS 9, 721).
    """
    lowest, highest = grid.log_odds[[0, -1]]
    edges = np.clip(-np.log(np.maximum(np.expm1(logs), 1e-300)), lowest, highest)
    widths = (edges - lowest)[:, np.newaxis]
    # In the middle, where its nodes lie farthest apart, as close as those of the trapezoidal rule.
    step = (grid.log_odds[1] - lowest) / (highest - lowest) * 4 / pi
    steps = np.arange(-_EDGE_REACH, _EDGE_REACH + step, step)
    nodes, rests = expit(pi * np.sinh(steps)), expit(-pi * np.sinh(steps))
    log_odds = lowest + widths * nodes
    weights = widths * (step * pi) * np.cosh(steps) * nodes * rests * _log_odds_density(bottom, log_odds)
    beyond = np.where(edges < highest, betainc(*bottom[::-1], expit(-edges)), 0.0)
    return expit(log_odds), expit(-log_odds), weights, beyond
