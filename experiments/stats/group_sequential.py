"""Looking early at a planned test: how large |z| must be at each look, so that all looks together keep one level.

The scores at the looks are a random walk in the information gathered. What its path can be without having crossed a
bound is carried from look to look by quadrature (Armitage, McPherson and Rowe 1969, Journal of the Royal Statistical
Society A 132, 235); each bound is set so that crossing it first costs what may be spent there (Lan and DeMets 1983).
Spending may follow one clock and information another (Lan and DeMets 1989, Statistics in Medicine 8, 1191). Textbook:
Jennison and Turnbull 2000, "Group Sequential Methods with Applications to Clinical Trials", chapters 7 and 19.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from math import ceil, exp, inf, isfinite, log, pi, sqrt
from typing import Literal

import numpy as np
from numpy.polynomial.legendre import leggauss
from scipy.optimize import brentq
from scipy.special import log_ndtr, ndtr, ndtri, ndtri_exp

from experiments.stats.answers import LOWEST_LEVEL, SMALLEST, at_least_smallest, checked_level
from experiments.stats.spending import Floats, log_newly_spent, log_spent

Sides = Literal[1, 2]

_LOG_SMALLEST = log(SMALLEST)
# The log of a share of the error that no double can say, whatever is multiplied with it.
_LOG_NOTHING = -750.0
_LOG_DENSITY_AT_0 = -log(2 * pi) / 2
# A look with less growth of information is reckoned with this much. Looks are then taken for less alike than they
# are, which errs to the safe side (Slepian 1962), and the grid need not resolve steps of any smallness.
_LEAST_GROWTH = 1.001
# How far the grid reaches around the paths that matter, in standard deviations: beyond lie 1e-12 of them.
_REACH = 7.0
# Nodes per standard deviation of the smaller step beside a look; the fewest, and their most in one panel.
_DENSITY, _FEWEST, _BLOCK = 1.8, 16, 64
# Standard deviations of a step beyond which (1e-32) it is not made.
_TOO_FAR = 12.0
_PRECISION = 1e-12
_MOST_STEPS = 60
_HAIR = 1e-11
# Just below level 1, whose one-sided bound is minus infinity.
_LOG_HIGHEST = -1e-9
# Above 2Φ(-1) = .317 a side, O'Brien and Fleming's rule can spend the less at a look, the higher the level is.
_LOG_ORDERED = log(0.3)
# Halvings of the range of log alpha for a bracket, and what is added to it against rounding.
_HALVINGS, _SLACK = 14, 1e-6


@dataclass(frozen=True, slots=True)
class Looks:
    """The looks taken so far, in order.

    spent: share of the error that may be spent by each look, > 0, never falling; above 1 counts as 1.
    information: statistical information at each look, 1e-100 to 1e100, in any one unit. A look where it does not
        grow (a merge took people away) brings no new information.
    ValueError when these are broken, or when there is no look.
    """

    spent: tuple[float, ...]
    information: tuple[float, ...]

    def __post_init__(self) -> None:
        if not self.spent or len(self.spent) != len(self.information):
            raise ValueError(
                f"{len(self.spent)} shares for {len(self.information)} looks: need one look, one share each"
            )
        if not all(share > 0 and isfinite(share) for share in self.spent):
            raise ValueError(f"spent={self.spent}: need finite numbers > 0")
        if any(later < earlier for earlier, later in pairwise(self.spent)):
            raise ValueError(f"spent={self.spent}: what is spent does not come back")
        if not all(1e-100 <= known <= 1e100 for known in self.information):
            raise ValueError(f"information={self.information}: need numbers between 1e-100 and 1e100")


def critical_values(
    looks: Looks, *, alpha: float, sides: Sides = 2, spending: str = "obrien_fleming"
) -> list[float | None]:
    """What |z| must exceed at each look (``sides`` 1: what z must exceed, with no lower bound).

    alpha: over all looks, 1e-100 to 1; two-sided it is split evenly and the bounds are symmetric.
    spending: a name in ``spending.SPENDING``. ValueError when these are broken.
    A bound depends on its own and earlier looks only. None: nothing is left to spend at this look, or so little that
    no double can say it. One look with everything spent is the fixed test.
    """
    found = _critical(looks, log(checked_level(alpha)), _checked(sides), spending)
    return [float(bound) if isfinite(bound) else None for bound in found]


def sequential_p_value(
    z: Sequence[float], looks: Looks, *, sides: Sides = 2, spending: str = "obrien_fleming"
) -> tuple[float, int]:
    """The smallest alpha at which some look so far has crossed its bound, and the index of the look that did.

    z: one per look, finite, else ValueError; ``sides`` 2 uses |z|. The p-value is in [5e-324, 1], and p < alpha
    exactly when z exceeds ``critical_values(alpha=alpha)`` at some look, up to a relative error of 1e-10 in p;
    (1, last look) when no alpha is enough. It never rises with a further look, and where that look does not lower it
    it stays the same to the last digit.
    Above 0.6 (``sides`` 1: 0.3), where the bounds of one alpha need not lie inside those of another, it may be more
    than the smallest. Liu and Anderson 2008, Journal of the American Statistical Association 103, 1621.
    """
    if len(z) != len(looks.spent) or not all(map(isfinite, z)):
        raise ValueError(f"z={list(z)}: need a finite number for each of {len(looks.spent)} looks")
    heights = np.abs(z) if _checked(sides) == 2 else np.asarray(z, dtype=float)
    if looks.spent[0] >= 1:
        return min(1.0, at_least_smallest(sides * float(ndtr(-heights[0])))), 0
    p_value, index = _smallest_level(heights, looks, sides, spending)
    if p_value == 1 or index == len(z) - 1:
        return p_value, index
    # Asked again without the later looks, so that they cannot change a digit.
    return sequential_p_value(
        z[: index + 1],
        Looks(looks.spent[: index + 1], looks.information[: index + 1]),
        sides=sides,
        spending=spending,
    )


def nominal_level(critical: float, *, sides: Sides = 2) -> float:
    """The level of the fixed-horizon test or interval with this critical value; at least 1e-100.

    ``sides`` 2: two-sided, 2Φ(-critical). ``sides`` 1: one-sided, Φ(-critical). An interval at this level is the
    repeated confidence interval of Jennison and Turnbull 1989, Journal of the Royal Statistical Society B 51, 305.
    """
    return max(LOWEST_LEVEL, min(1.0, _checked(sides) * float(ndtr(-critical))))


def inflation(spent: Sequence[float], *, alpha: float, power: float, spending: str = "obrien_fleming") -> float:
    """How much larger the planned sample must be than that of the fixed two-sided test with the same power; >= 1.

    spent: share of the plan at each planned look; the last is 1. Information is taken to grow alike.
    alpha: two-sided, over all looks. power: above alpha and below 1. ValueError when these are broken.
    Only crossings to the right side count. Jennison and Turnbull 2000, section 7.2.
    """
    if not alpha < power < 1 or not spent or spent[-1] < 1:
        raise ValueError(f"power={power!r}, spent={list(spent)}: need alpha < power < 1 and a last share of 1")
    shares = tuple(min(1.0, share) for share in spent)
    looks = _crossable(Looks(shares, shares), log(checked_level(alpha)), 2, spending)
    stages = list(_stages(looks, 2))
    if len(stages) == 1:
        return 1.0
    fixed = -float(ndtri(alpha / 2)) + float(ndtri(power))
    drift = float(brentq(lambda drift: _power(drift, stages) - power, 0, 3 * fixed, xtol=_PRECISION))
    return max(1.0, (drift / fixed) ** 2)


@dataclass(frozen=True, slots=True)
class _Crossable:
    """The looks with something to spend: arrays with one entry for each of them.

    places: among all looks. information: never falling, in units of the first. allowed: log of one side's error.
    lows, highs: the range of z that matters for what can still be crossed later.
    """

    places: list[int]
    information: Floats
    allowed: Floats
    lows: Floats
    highs: Floats


@dataclass(frozen=True, slots=True)
class _Stage:
    """A crossable look with its bound, and a grid of the z inside it.

    weights: of the nodes in an integral over z, times the chance of having come to this z without crossing before.
    The normal density of z itself is left out, so that nothing underflows however far out the nodes are.
    """

    place: int
    information: float
    bound: float
    nodes: Floats
    weights: Floats

    def step_to(self, information: float) -> tuple[float, float]:
        """How a later z comes about: the first number times z, plus the second times a standard normal."""
        kept = self.information / information
        return sqrt(kept), sqrt(1 - kept)


def _checked(sides: Sides) -> Sides:
    if sides not in (1, 2):
        raise ValueError(f"sides={sides!r}: write 1 or 2")
    return sides


def _critical(looks: Looks, log_alpha: float, sides: Sides, spending: str) -> Floats:
    """Critical values, inf where a look cannot be crossed."""
    bounds = np.full(len(looks.spent), inf)
    for stage in _stages(_crossable(looks, log_alpha, sides, spending), sides):
        bounds[stage.place] = stage.bound
    return bounds


def _crossable(looks: Looks, log_alpha: float, sides: Sides, spending: str) -> _Crossable:
    spent = log_spent(looks.spent, log_alpha - log(sides), spending=spending)
    allowed = log_newly_spent(spent)
    places = np.flatnonzero(allowed >= _LOG_NOTHING)
    information = _growing(np.asarray(looks.information, dtype=float)[places])
    # A bound is at least what it would be if it alone had spent all by now, and at most if there were no look before.
    least = -ndtri_exp(np.minimum(spent[places] + log(sides), _LOG_HIGHEST))
    most = -ndtri_exp(allowed[places])
    return _Crossable(
        places=places.tolist(),
        information=information,
        allowed=allowed[places],
        lows=_on_the_way(np.minimum, least, information) - _REACH,
        highs=_on_the_way(np.maximum, most, information) + _REACH,
    )


def _growing(information: Floats) -> Floats:
    """Information in units of the first look's, with the least growth from look to look."""
    most = np.maximum.accumulate(information)
    growth = np.maximum(_LEAST_GROWTH, most[1:] / most[:-1])
    return np.cumprod(np.concatenate([np.ones(min(1, len(most))), growth]))


def _on_the_way(extreme: np.ufunc, bounds: Floats, information: Floats) -> Floats:
    """The extreme z now, of those from which a straight path of the score leads to a later look's bound."""
    slopes = extreme.accumulate((bounds / np.sqrt(information))[::-1])[::-1]
    return np.asarray(np.concatenate([slopes[1:], slopes[-1:]]) * np.sqrt(information))


def _stages(looks: _Crossable, sides: Sides) -> Iterator[_Stage]:
    noises = [1.0, *np.sqrt(1 - looks.information[:-1] / looks.information[1:]).tolist(), 1.0]
    before: _Stage | None = None
    for k, place in enumerate(looks.places):
        information, allowed = float(looks.information[k]), float(looks.allowed[k])
        if before is None:
            bound = -float(ndtri_exp(allowed))
        else:
            bound = _bound(before, information, allowed, lowest=0.0 if sides == 2 else -_REACH)
        low = max(-bound, looks.lows[k]) if sides == 2 else min(bound - _REACH, looks.lows[k])
        nodes, weights = _grid(low, min(bound, looks.highs[k]), min(noises[k : k + 2]))
        if before is not None:
            weights = weights * _uncrossed(before, information, nodes)
        before = _Stage(place, information, bound, nodes, weights)
        yield before


def _bound(before: _Stage, information: float, allowed: float, *, lowest: float) -> float:
    """The z whose crossing now, and none before, has probability exp(allowed) on one side.

    Newton's method on the log of that probability. It is concave (Prékopa 1973), so from above no step is too long.
    Next to alpha = 1 rounding leaves less to cross than is allowed; then ``lowest`` ends the search.
    """
    kept, noise = before.step_to(information)
    mass = np.log(np.maximum(before.weights, SMALLEST)) + _LOG_DENSITY_AT_0 - before.nodes**2 / 2
    alone = -float(ndtri_exp(allowed))
    bound = min(alone, kept * before.bound + noise * alone)
    for _ in range(_MOST_STEPS):
        short = (kept * before.nodes - bound) / noise
        beyond = mass + log_ndtr(short)
        peak = float(beyond.max())
        crossing = float(np.exp(beyond - peak).sum())
        here = float(np.exp(mass + (_LOG_DENSITY_AT_0 - peak) - short**2 / 2).sum()) / noise
        step = (peak + log(crossing) - allowed) * crossing / max(here, 1e-300)
        bound = max(lowest, bound + step)
        if abs(step) < _PRECISION or bound == lowest:
            break
    return bound


def _uncrossed(before: _Stage, information: float, nodes: Floats) -> Floats:
    """The chance of not having crossed before, given z now: given both ends, the path between is a bridge."""
    kept, noise = before.step_to(information)
    chances = np.empty_like(nodes)
    for start in range(0, len(nodes), _BLOCK):
        now = nodes[start : start + _BLOCK]
        # Between close looks z moves little: most pairs of nodes are too far apart to matter.
        ends = kept * now[0] - _TOO_FAR * noise, kept * now[-1] + _TOO_FAR * noise
        near = slice(*np.searchsorted(before.nodes, ends).tolist())
        away = (before.nodes[near] - kept * now[:, np.newaxis]) / noise
        density = np.exp(_LOG_DENSITY_AT_0 - away**2 / 2) / noise
        # einsum and not @: for matrices this small, BLAS loses more by waking threads than it gains.
        chances[start : start + _BLOCK] = np.einsum("ij,j", density, before.weights[near])
    return chances


def _grid(low: float, high: float, finest: float) -> tuple[Floats, Floats]:
    """Gauss and Legendre's nodes and weights in panels between two z, for features of the width ``finest``."""
    wanted = _FEWEST + max(0, ceil(_DENSITY * (high - low) / finest))
    panels = ceil(wanted / _BLOCK)
    nodes, weights = _gauss_legendre(_FEWEST * ceil(wanted / panels / _FEWEST))
    half = (high - low) / panels / 2
    starts = low + 2 * half * np.arange(panels)[:, np.newaxis]
    return (starts + half * (1 + nodes)).ravel(), np.tile(half * weights, panels)


@cache
def _gauss_legendre(count: int) -> tuple[Floats, Floats]:
    nodes, weights = leggauss(count)
    return nodes, weights


def _smallest_level(heights: Floats, looks: Looks, sides: Sides, spending: str) -> tuple[float, int]:
    def margins(log_alpha: float) -> Floats:
        return heights - _critical(looks, log_alpha, sides, spending)

    def margin(log_alpha: float) -> float:
        # Where no look can be crossed it is -inf, which a root finder cannot use.
        return max(-1e3, float(margins(log_alpha).max()))

    low, high = _LOG_ORDERED + log(sides), _LOG_HIGHEST
    if margin(low) >= 0:
        low, high = _bracket(heights, looks, sides, spending)
    elif margin(high) < 0:
        return 1.0, len(heights) - 1
    log_p = low if margin(low) >= 0 else float(brentq(margin, low, high, xtol=_PRECISION))
    # A hair above the root, since a look's bound may begin to exist there: z beyond all doubles jump over it.
    reached = margins(log_p + _HAIR)
    return at_least_smallest(exp(log_p)), int(np.argmax(reached >= min(0.0, reached.max())))


def _bracket(heights: Floats, looks: Looks, sides: Sides, spending: str) -> tuple[float, float]:
    """Logs of alpha between which the smallest lies: from what a look needs at least, and what is enough for it."""

    def spent(log_alpha: float) -> Floats:
        return log_spent(looks.spent, log_alpha - log(sides), spending=spending)

    # A height far beyond doubles still needs a bound to cross.
    tails = np.maximum(log_ndtr(-heights), _LOG_NOTHING)
    low, _ = _turning(lambda log_alpha: bool((tails <= spent(log_alpha) + log(sides)).any()), sides)
    _, high = _turning(lambda log_alpha: bool((tails <= log_newly_spent(spent(log_alpha))).any()), sides)
    return max(_LOG_SMALLEST, low - _SLACK), high + _SLACK


def _turning(reached: Callable[[float], bool], sides: Sides) -> tuple[float, float]:
    """Two logs of alpha, close to each other: not reached at the lower one, reached at the upper one."""
    low, high = _LOG_SMALLEST, _LOG_ORDERED + log(sides)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if reached(middle) else (middle, high)
    return low, high


def _power(drift: float, stages: Sequence[_Stage]) -> float:
    """The chance of crossing an upper bound when the last z has the mean ``drift``."""
    roots = [sqrt(stage.information / stages[-1].information) for stage in stages]
    power = float(ndtr(drift * roots[0] - stages[0].bound))
    for (before, this), (root_before, root) in zip(pairwise(stages), pairwise(roots), strict=True):
        kept, noise = before.step_to(this.information)
        here = before.weights * np.exp(_LOG_DENSITY_AT_0 - (before.nodes - drift * root_before) ** 2 / 2)
        ahead = kept * before.nodes + drift * (root - kept * root_before) - this.bound
        power += float(here @ ndtr(ahead / noise))
    return power
