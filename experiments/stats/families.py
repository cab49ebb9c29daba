"""P-values adjusted for being one of many; what could not be computed leaves the family first."""

from collections.abc import Callable, Sequence
from math import exp, inf, log

from statsmodels.stats.multitest import fdrcorrection

from experiments.stats.answers import at_least_smallest, checked_level


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """Adjusted p-values, in the same order, that bound the chance of any false claim in the family.

    None stays None and does not count. p-values lie in [0, 1], else ValueError.
    Holm 1979, Scandinavian Journal of Statistics 6, 65.
    """
    return _adjusted(p_values, _holm)


def benjamini_hochberg(p_values: Sequence[float | None]) -> list[float | None]:
    """Adjusted p-values, in the same order, that bound the expected share of false claims among the claims made.

    None stays None and does not count. p-values lie in [0, 1], else ValueError.
    Benjamini and Hochberg 1995, Journal of the Royal Statistical Society B 57, 289; for independent or positively
    dependent tests.
    """
    return _adjusted(p_values, _benjamini_hochberg)


def e_benjamini_hochberg(log_e_values: Sequence[float | None]) -> list[float | None]:
    """Adjusted p-values from logs of e-values: those below alpha are the claims of e-BH at alpha.

    The expected share of false claims among them is at most alpha for any dependence between the tests and at any
    stopping time, when the e-values are those of confidence sequences. None stays None and does not count. A log may
    be -inf (an e-value of 0); ValueError for NaN and +inf.
    Wang and Ramdas 2022, Journal of the Royal Statistical Society B 84, 822.
    """
    known = [log_e for log_e in log_e_values if log_e is not None]
    if not all(log_e < inf for log_e in known):
        raise ValueError(f"log_e_values={list(log_e_values)}: need numbers below infinity, or None")
    adjusted, lowest = [0.0] * len(known), 0.0
    # From the weakest to the strongest: the k-th strongest of m needs an e-value above m / (k alpha).
    for place, index in enumerate(sorted(range(len(known)), key=known.__getitem__)):
        lowest = min(lowest, log(len(known) / (len(known) - place)) - known[index])
        adjusted[index] = at_least_smallest(exp(lowest))
    in_order = iter(adjusted)
    return [None if log_e is None else next(in_order) for log_e in log_e_values]


def simultaneous_level(alpha: float, comparisons: int) -> float:
    """The level at which as many intervals cover together with probability 1 - alpha (Bonferroni, see Dunn 1961).

    comparisons: >= 1, counted before any is looked at. ValueError for these broken, or alpha outside 1e-100 to 1.
    """
    if comparisons < 1:
        raise ValueError(f"comparisons={comparisons!r}: need at least 1")
    return checked_level(alpha) / comparisons


def selected_level(adjusted: Sequence[float | None], alpha: float) -> float:
    """The level of each member's interval so that, of those rejected, a share of at most alpha is expected to miss.

    adjusted: what ``e_benjamini_hochberg`` (or ``benjamini_hochberg``) gave; those below alpha are rejected. None does
    not count. alpha times rejected (at least 1) over members; alpha itself without members.
    An interval at this level leaves out 0 exactly when its member is rejected. With confidence sequences it holds for
    any dependence and any rule of selection (e-BY: Xu, Wang and Ramdas 2024, Electronic Journal of Statistics 18,
    2292); with fixed-horizon intervals see Benjamini and Yekutieli 2005, Journal of the American Statistical
    Association 100, 71.
    """
    members = [p for p in adjusted if p is not None]
    rejected = sum(p < alpha for p in members)
    return checked_level(alpha) * max(1, rejected) / max(1, len(members))


def _adjusted(p_values: Sequence[float | None], adjust: Callable[[list[float]], list[float]]) -> list[float | None]:
    known = [p for p in p_values if p is not None]
    if not all(0 <= p <= 1 for p in known):
        raise ValueError(f"p_values={list(p_values)}: need numbers between 0 and 1, or None")
    adjusted = iter(adjust(known))
    return [None if p is None else next(adjusted) for p in p_values]


def _holm(known: list[float]) -> list[float]:
    # By hand: statsmodels' own runs the garbage collector at every call, 30 ms for five numbers.
    adjusted, highest = [0.0] * len(known), 0.0
    for place, index in enumerate(sorted(range(len(known)), key=known.__getitem__)):
        highest = max(highest, min(1.0, (len(known) - place) * known[index]))
        adjusted[index] = highest
    return adjusted


def _benjamini_hochberg(known: list[float]) -> list[float]:
    adjusted: list[float] = fdrcorrection(known)[1].tolist() if known else []
    return adjusted
