"""Sums with one cap over everybody: the few largest amounts no longer decide. To be shown beside the uncapped ones."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from experiments.stats.answers import Comparison, Reason
from experiments.stats.means import compare_estimates
from experiments.stats.moments import Arms, Numbers, reduce_by_arm

METHOD = "welch_capped/1"

# In an unequal split the skewness of amounts does not cancel in the difference, and fewer payers do not average it out.
FEWEST_PAYERS = 400
# 100 and 80 persons count as an equal split.
_EQUAL_SPLIT = 0.8


@dataclass(frozen=True, slots=True)
class Cap:
    """value: what larger amounts are read as, > 0. percentile: of the payers' amounts. payers: they, in all arms."""

    value: float
    percentile: float
    payers: int


@dataclass(frozen=True, slots=True)
class Capped:
    """The comparison of capped values; pairs are (control, treatment).

    cap: None when nobody paid: nothing is capped. people_capped: persons with more than the cap. payers: persons with
    an amount above 0. mean_removed: what the cap took from the mean per person, in units of the value, >= 0.
    caution: few_payers when the arms are unequal and the smaller one has fewer than 400: read p-values near alpha
    with care. None otherwise.
    """

    comparison: Comparison
    cap: Cap | None
    people_capped: tuple[int, int]
    payers: tuple[int, int]
    mean_removed: tuple[float, float]
    caution: Reason | None


def cap_of(values: Numbers, arm: Arms, *, percentile: float = 0.99) -> Cap | None:
    """One cap for all arms: this percentile of the amounts above 0 of everybody in the test.

    values: (n,), an amount per person; refunds may be below 0 and are left as they are. arm: (n,) whole numbers, -1
    is out of the test; which other arm a person is in makes no difference, or the cap itself would favour one.
    percentile: above 0, up to 1, by linear interpolation (Hyndman and Fan 1996, definition 7). ValueError when these
    are broken. None when nobody paid.
    """
    if not 0 < percentile <= 1:
        raise ValueError(f"percentile={percentile}: need a number above 0, up to 1")
    if values.ndim != 1 or values.shape != arm.shape:
        raise ValueError(f"values {values.shape} and arm {arm.shape}: need (n,) and (n,)")
    paid = values[(arm >= 0) & ~(values <= 0)]
    if not np.isfinite(paid).all():
        raise ValueError("values must be finite numbers")
    return Cap(float(np.quantile(paid, percentile)), percentile, len(paid)) if len(paid) else None


def compare_capped(
    values: Numbers, arm: Arms, treatment_index: int, *, percentile: float = 0.99, alpha: float
) -> Capped:
    """Compare capped amounts per exposed person, zeros included, between arm 0 and arm ``treatment_index``.

    The cap is that of ``cap_of``, over all arms, also those not compared here. The test is that of
    ``means.compare_estimates``, with its reasons. What it tests is the capped mean: a treatment that moves only the
    largest amounts shows in the uncapped comparison alone. ValueError as in ``cap_of``, or for an index below 1.
    """
    if treatment_index < 1:
        raise ValueError(f"treatment_index={treatment_index}: need at least 1, 0 is control")
    cap = cap_of(values, arm, percentile=percentile)
    capped = values if cap is None else np.minimum(values, cap.value)
    pair = np.where(arm == 0, 0, np.where(arm == treatment_index, 1, -1))
    control, treatment = reduce_by_arm(np.column_stack([capped, values - capped]), pair, 2)
    payers = _count(values > 0, pair)
    return Capped(
        comparison=compare_estimates(control.estimate(), treatment.estimate(), alpha=alpha, method=METHOD),
        cap=cap,
        people_capped=_count(values > capped, pair),
        payers=payers,
        mean_removed=(float(control.means[1]), float(treatment.means[1])),
        caution=_caution((control.n, treatment.n), payers),
    )


def _count(marked: NDArray[np.bool_], pair: Arms) -> tuple[int, int]:
    return int(np.count_nonzero(marked & (pair == 0))), int(np.count_nonzero(marked & (pair == 1)))


def _caution(people: tuple[int, int], payers: tuple[int, int]) -> Reason | None:
    small = people.index(min(people))
    if people[small] >= _EQUAL_SPLIT * people[1 - small] or payers[small] >= FEWEST_PAYERS:
        return None
    return Reason("few_payers", f"The smaller arm has {payers[small]} payers: fewer than {FEWEST_PAYERS}.")
