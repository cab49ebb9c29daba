"""Covariates made complete: what is missing becomes the mean, and that it was missing a column of its own."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from experiments.stats.moments import Numbers

# Their squares stay inside a double.
_LARGEST = 1e150


@dataclass(frozen=True, slots=True, eq=False)
class Completed:
    """columns: (m, n), a row per column and a column per person; mean 0 and mean square 1 over these persons.

    source: (m,), which covariate each came from. missing: (m,), True where it says who lacked that covariate.
    Values and their indicator stand together; covariates without any variation are not here.
    """

    columns: Numbers
    source: tuple[int, ...]
    missing: tuple[bool, ...]


def completed(covariates: Numbers) -> Completed:
    """The covariates without gaps, on one scale.

    covariates: (n, k), NaN where a person has none (new visitors have no past), else below 1e150 either way;
    ValueError when these are broken. Zhao and Ding 2022, arXiv 2108.00152: with the indicator beside it, what is
    written in the gaps makes no difference to a regression, and being missing may go with the outcome in any way.
    """
    if covariates.ndim != 2:
        raise ValueError(f"covariates {covariates.shape}: need (n, k)")
    columns: list[Numbers] = []
    names: list[tuple[int, bool]] = []
    for index, values in enumerate(covariates.T):
        gaps = np.isnan(values)
        seen = values[~gaps].astype(np.float64, copy=False)
        if not (np.abs(seen) < _LARGEST).all():
            raise ValueError(f"covariate {index} must stay below {_LARGEST}; write NaN for what is missing")
        if seen.size and seen.min() < seen.max():
            columns.append(_filled(seen, gaps))
            names.append((index, False))
        if 0 < seen.size < values.size:
            columns.append(_standard(gaps.astype(np.float64)))
            names.append((index, True))
    stacked = np.array(columns) if columns else np.empty((0, len(covariates)))
    return Completed(stacked, tuple(index for index, _ in names), tuple(gap for _, gap in names))


def _filled(seen: Numbers, gaps: NDArray[np.bool_]) -> Numbers:
    # The mean is 0 after centring: that is what the gaps are filled with.
    column = np.zeros(len(gaps))
    column[~gaps] = _standard(seen) * np.sqrt(len(gaps) / len(seen))
    return column


def _standard(values: Numbers) -> Numbers:
    """Less their mean, over their root mean square. In two steps, so that neither offset nor size costs digits."""
    moved = values - np.median(values[:101])
    moved /= max(moved.max(), -moved.min())
    moved -= moved.mean()
    moved /= np.sqrt(moved @ moved / len(moved))
    return moved
