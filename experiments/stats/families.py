"""P-values adjusted for being one of many; what could not be computed leaves the family first."""

from collections.abc import Sequence

from statsmodels.stats.multitest import multipletests  # type: ignore[import-untyped]  # ships no types


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """Adjusted p-values, in the same order, that bound the chance of any false claim in the family.

    None stays None and does not count. p-values lie in [0, 1], else ValueError.
    Holm 1979, Scandinavian Journal of Statistics 6, 65.
    """
    return _adjusted(p_values, "holm")


def benjamini_hochberg(p_values: Sequence[float | None]) -> list[float | None]:
    """Adjusted p-values, in the same order, that bound the expected share of false claims among the claims made.

    None stays None and does not count. p-values lie in [0, 1], else ValueError.
    Benjamini and Hochberg 1995, Journal of the Royal Statistical Society B 57, 289; for independent or positively
    dependent tests.
    """
    return _adjusted(p_values, "fdr_bh")


def _adjusted(p_values: Sequence[float | None], method: str) -> list[float | None]:
    known = [p for p in p_values if p is not None]
    # statsmodels takes NaN for a member of the family, and answers an empty family with an error.
    if not all(0 <= p <= 1 for p in known):
        raise ValueError(f"p_values={p_values}: need numbers between 0 and 1, or None")
    if not known:
        return list(p_values)
    adjusted = iter(multipletests(known, method=method)[1].tolist())
    return [None if p is None else next(adjusted) for p in p_values]
