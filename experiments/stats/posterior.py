"""The chance that one rate is above another, from independent posteriors with Jeffreys' prior Beta(1/2, 1/2)."""

from math import ceil, sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc, expit, polygamma

from experiments.stats.samples import Sample

_PRIOR = 0.5
# The rule converges exponentially in 1 / step. Half a standard deviation leaves exp(-39) for a bell; the lopsided
# density of an arm with few conversions, known to a factor only, needs 0.3 of the log-odds: exp(-33).
_STEP_IN_SPREADS = 0.5
_STEP = 0.3
# In standard deviations of the log-odds: far enough for the slow tail of an arm without conversions, exp(-x/2).
_REACH = 30.0
_NEGLIGIBLE = 1e-18


def chance_to_beat(control: Sample, treatment: Sample) -> float:
    """Posterior probability, in [0, 1], that treatment's rate is above control's; both arms need a person.

    The trapezoidal rule over the log-odds of the arm that is known better, whose density is smooth and falls
    off at both ends (Trefethen and Weideman 2014, SIAM Review 56, 385), times the other arm's distribution
    function. Counted in those who converted or did not, whichever are fewer: there doubles are densest.
    """
    x_c, x_t = control.converted, treatment.converted
    y_c, y_t = control.n - x_c, treatment.n - x_t
    if x_c + x_t > y_c + y_t:
        return _chance_above((y_c + _PRIOR, x_c + _PRIOR), (y_t + _PRIOR, x_t + _PRIOR))
    return _chance_above((x_t + _PRIOR, y_t + _PRIOR), (x_c + _PRIOR, y_c + _PRIOR))


def _chance_above(first: tuple[float, float], second: tuple[float, float]) -> float:
    """P(first > second) for two beta distributions given as (a, b)."""
    if _spread(first) > _spread(second):
        return 1 - _chance_below(first, second)
    return _chance_below(second, first)


def _chance_below(wide: tuple[float, float], narrow: tuple[float, float]) -> float:
    """P(wide < narrow)."""
    rates, weights = _grid(narrow)
    chance = float(np.sum(weights * betainc(*wide, rates)) / np.sum(weights))
    return min(max(chance, 0.0), 1.0)


def _grid(shape: tuple[float, float]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Equidistant log-odds around the mode, as rates, with the density relative to the mode.

    Written as a distance from the mode, so that n = 1e9 leaves no cancellation.
    """
    a, b = shape
    spread = _spread(shape)
    step = min(_STEP, _STEP_IN_SPREADS * spread)
    distance = step * np.arange(-ceil(_REACH * spread / step), ceil(_REACH * spread / step) + 1)
    log_density = a * distance - (a + b) * np.log1p(a / (a + b) * np.expm1(distance))
    weights = np.exp(log_density)
    kept = weights > _NEGLIGIBLE
    return expit(np.log(a / b) + distance[kept]), weights[kept]


def _spread(shape: tuple[float, float]) -> float:
    """Standard deviation of the log-odds."""
    return sqrt(float(polygamma(1, shape[0]) + polygamma(1, shape[1])))
