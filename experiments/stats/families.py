"""P-values adjusted for being one of many; what could not be computed leaves the family first."""

from collections.abc import Callable, Sequence

from statsmodels.stats.multitest import fdrcorrection


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
