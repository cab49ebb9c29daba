"""How much of the allowed error a test may have spent by each look: Lan and DeMets 1983, Biometrika 70, 659.

Everything is in logs of one side's error: at an early look the share may be too small for a double.
"""

from collections.abc import Callable, Sequence
from math import e, log

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_ndtr, ndtri_exp

Floats = NDArray[np.float64]
# From the log of a side's level and shares of the plan, 0 < share < 1, to the log of what is spent.
Spend = Callable[[float, Floats], Floats]

_LOG_2 = log(2)
# Far below the smallest double, and still finite, so that differences of two such logs are numbers.
_NOTHING = -1e6


def _obrien_fleming(log_level: float, shares: Floats) -> Floats:
    """2 - 2Φ(z / √s), z the upper quantile of half the level: hardly anything early, close to the fixed test's end."""
    return np.asarray(_LOG_2 + log_ndtr(ndtri_exp(log_level - _LOG_2) / np.sqrt(shares)))


def _pocock(log_level: float, shares: Floats) -> Floats:
    """Level times ln(1 + (e - 1) s): nearly the same bound at every look."""
    return np.asarray(log_level + np.log(np.log1p((e - 1) * shares)))


SPENDING: dict[str, Spend] = {
    "obrien_fleming": _obrien_fleming,
    "pocock": _pocock,
}


def log_spent(shares: Sequence[float], log_level: float, *, spending: str) -> Floats:
    """Log of one side's error spent by each look; the whole level from share 1 on. ValueError for an unknown name."""
    if spending not in SPENDING:
        raise ValueError(f"spending={spending!r}: known are {', '.join(SPENDING)}")
    known = np.asarray(shares, dtype=float)
    with np.errstate(over="ignore"):
        spent = SPENDING[spending](log_level, np.minimum(known, 1.0))
    return np.where(known < 1, np.maximum(spent, _NOTHING), log_level)


def log_newly_spent(spent: Floats) -> Floats:
    """Log of what each look adds to the ones before; -inf where it adds nothing."""
    before = np.concatenate([[-np.inf], spent[:-1]])
    with np.errstate(divide="ignore"):
        return np.asarray(spent + np.log(-np.expm1(before - spent)))
