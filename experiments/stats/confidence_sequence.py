"""Looking at any time, without a plan: the asymptotic confidence sequence, and the e-value it is made of.

Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas 2021, arXiv 2103.06476 (eq. 9, 155, 161). It is the two-sided normal
mixture of Howard, Ramdas, McAuliffe and Sekhon 2021, Annals of Statistics 49, 1055: the likelihood of the z seen, with
the effect drawn from a normal distribution around 0, against its likelihood without effect. With r = people * rho^2:

    e = exp(z^2 r / (2 (1 + r))) / sqrt(1 + r),   and   e > 1/alpha   exactly when   |z| > critical value

With ``sides`` 1 the effect is drawn from the upper half of that normal distribution: only z > 0 is evidence. As e is
a martingale without effect, it reaches 1/alpha at any time at all with probability alpha at most (Ville 1939).
"""

from math import copysign, exp, log, log1p, sqrt
from typing import Literal

import numpy as np
from numpy.polynomial.laguerre import laggauss
from scipy.special import betaln, erfcx, log_ndtr, ndtr, ndtri_exp

from experiments.stats.answers import LOWEST_LEVEL, Comparison, at_least_smallest, checked_level

Sides = Literal[1, 2]

# The level at which the sequence is narrowest when ``tuned_for`` people are there. Fixed, and not the alpha in use:
# an e-value says the same at every alpha.
_TUNED_AT = 0.05
_TUNING = -2 * log(_TUNED_AT) + log1p(-2 * log(_TUNED_AT))
_LOG_2 = log(2)
# Squares of larger numbers may leave the range of a double; and beside such a square 1 is nothing.
_LARGEST_Z = 1e150
# Below it a p-value loses digits on its way to 0, and its test statistic knows more.
_FEW_DIGITS = 1e-300
# A smooth integral over an exponential tail: twenty nodes leave less than 1e-13.
_TAIL_NODES, _TAIL_WEIGHTS = laggauss(20)


def critical_value(people: int, *, tuned_for: int, alpha: float, sides: Sides = 2) -> float:
    """What |z| (``sides`` 1: z) must exceed for the confidence sequence to leave out 0; > 0.

    people: persons seen by now, in all arms compared. tuned_for: of them at the time when the sequence should be
    narrowest, fixed beforehand. Both >= 1, alpha from 1e-100 to 1, else ValueError.
    """
    r = _ratio(people, tuned_for, sides)
    needed = log1p(r) / 2 - log(checked_level(alpha))
    reach = sqrt(2 * needed) if sides == 2 else _half_normal_reach(needed)
    return reach * sqrt(1 + 1 / r)


def log_e_value(z: float, people: int, *, tuned_for: int, sides: Sides = 2) -> float:
    """Log of the evidence against "no effect" (``sides`` 1: against "no effect or a negative one"), fit for e-BH.

    z: at most 1e150 either way, else ValueError. ``people`` and ``tuned_for``: see ``critical_value``. Always finite.
    """
    if not abs(z) <= _LARGEST_Z:
        raise ValueError(f"z={z!r}: need a number between -{_LARGEST_Z} and {_LARGEST_Z}")
    r = _ratio(people, tuned_for, sides)
    reach = z / sqrt(1 + 1 / r)
    return (reach**2 / 2 if sides == 2 else _log_half_normal(reach)) - log1p(r) / 2


def always_valid_p_value(z: float, people: int, *, tuned_for: int, sides: Sides = 2) -> float:
    """min(1, 1/e), in [5e-324, 1]: below alpha exactly when z exceeds ``critical_value`` at alpha.

    Valid at any look, whatever made one look: Johari, Koomen, Pekelis and Walsh 2022, Operations Research 70, 1806.
    """
    return at_least_smallest(exp(min(0.0, -log_e_value(z, people, tuned_for=tuned_for, sides=sides))))


def nominal_level(people: int, *, tuned_for: int, alpha: float, sides: Sides = 2) -> float:
    """The level at which the fixed-horizon interval is the confidence sequence; at least 1e-100.

    ``sides`` 2: two-sided, 2Φ(-critical). ``sides`` 1: one-sided, Φ(-critical). Below 1e-100, with few of many people
    seen, 1e-100 is given, which all comparisons take: an interval at it errs once in 1e100 looks.
    """
    critical = critical_value(people, tuned_for=tuned_for, alpha=alpha, sides=sides)
    return max(LOWEST_LEVEL, sides * float(ndtr(-critical)))


def signed_z(comparison: Comparison) -> float | None:
    """The z with the comparison's two-sided p-value and the sign of its difference; None without a p-value.

    Where the p-value is below 1e-300 it is taken from the statistic, so that no far tail is cut off. 0 where neither
    a difference nor a statistic gives the sign.
    """
    if comparison.p_value is None:
        return None
    direction = comparison.diff if comparison.diff is not None else comparison.statistic
    if not direction:
        return 0.0
    log_p = log(comparison.p_value)
    if comparison.p_value < _FEW_DIGITS and comparison.statistic is not None:
        if comparison.df is None:
            return copysign(comparison.statistic, direction)
        log_p = _log_two_sided(abs(comparison.statistic), comparison.df)
    return copysign(float(ndtri_exp(log_p - _LOG_2)), direction)


def _ratio(people: int, tuned_for: int, sides: int) -> float:
    """r: how many times more is known by now than the mixture takes for granted."""
    if people < 1 or tuned_for < 1:
        raise ValueError(f"people={people!r}, tuned_for={tuned_for!r}: need at least 1")
    if sides not in (1, 2):
        raise ValueError(f"sides={sides!r}: write 1 or 2")
    return people * _TUNING / tuned_for


def _log_half_normal(reach: float) -> float:
    """log(2 Φ(x) exp(x^2 / 2)), without the cancellation of its two parts where x is far below 0."""
    return _LOG_2 + reach**2 / 2 + float(log_ndtr(reach)) if reach > 0 else log(erfcx(-reach / sqrt(2)))


def _half_normal_reach(needed: float) -> float:
    """The x > 0 with log(2 Φ(x) exp(x^2 / 2)) = needed > 0: Newton on a convex function, from above."""
    reach = sqrt(2 * needed)
    for _ in range(50):
        slope = reach + exp(-(reach**2) / 2 - float(log_ndtr(reach))) / sqrt(2 * np.pi)
        step = (_log_half_normal(reach) - needed) / slope
        reach -= step
        if abs(step) <= 1e-15 * reach:
            break
    return reach


def _log_two_sided(t: float, df: float) -> float:
    """Log of the two-sided p-value of Student's t, for a t so far out that the p-value itself is lost.

    The density times an integral that is smooth in v when the tail is written in u with
    df + u^2 = (df + t^2) exp(2 v / df).
    """
    scaled = t / sqrt(df)
    far = log1p(scaled * scaled) if scaled < _LARGEST_Z else 2 * log(scaled)
    log_density = -(df + 1) / 2 * far - log(df) / 2 - float(betaln(df / 2, 0.5))
    tail = _TAIL_WEIGHTS @ (-np.expm1(-far - 2 * _TAIL_NODES / df)) ** -0.5
    return _LOG_2 + log_density + (log(df) + far) / 2 - log(df) + log(tail)
