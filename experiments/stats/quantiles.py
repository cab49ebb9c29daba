"""Two quantiles of single values compared, as the 90th percentile of waiting times, where persons were randomised."""

from dataclasses import dataclass
from math import floor, sqrt

import numpy as np
from numpy.typing import NDArray

from experiments.stats.answers import Comparison, Reason, checked_level
from experiments.stats.means import Estimate, compare_estimates
from experiments.stats.moments import Moments, Numbers, reduce_by_arm
from experiments.stats.ratio import ratio_estimate

METHOD = "quantile_clustered/1"

# How far around the quantile its density is read, in standard errors of a share. Fixed at two-sided 5 %: were it that
# of alpha, the p-value would depend on alpha.
_Z = 1.959963984540054
# About _Z squared: with fewer values per odds of the quantile, the reading would leave the data.
_VALUES_PER_ODDS = 4

_EMPTY = Reason("empty_arm", "An arm has no values yet.")
_TIED = Reason("tied_values", "Too many values are equal to the quantile: how far it may be off is not known.")
_FLAT = Reason("no_variation", "In an arm all persons have the same share of values below the quantile.")
_FEW_PERSONS = Reason("too_few_persons", "An arm's values come from fewer than two persons in effect.")


@dataclass(frozen=True, slots=True, eq=False)
class Values:
    """One arm's single values, of which a person may have several or none.

    values: (m,), finite. person: (m,), a whole number for whose each is. ValueError when these are broken.
    """

    values: Numbers
    person: NDArray[np.integer]

    def __post_init__(self) -> None:
        if self.values.ndim != 1 or self.values.shape != self.person.shape:
            raise ValueError(f"values {self.values.shape} and person {self.person.shape}: need (m,) and (m,)")
        if not np.issubdtype(self.person.dtype, np.integer):
            raise ValueError(f"person holds {self.person.dtype}: need whole numbers")
        if not np.isfinite(self.values).all():
            raise ValueError("values must be finite numbers")


def compare_quantiles(control: Values, treatment: Values, *, quantile: float, alpha: float) -> Comparison:
    """Compare a quantile of all values (not of the persons' means); persons without a value do not count.

    quantile: between 0 and 1; by linear interpolation (Hyndman and Fan 1996, definition 7). alpha: two-sided, from
    1e-100 to 1. ValueError when these are broken. diff: in the unit of the values.
    Standard error: (Q(v + h) - Q(v - h)) / 2z with h = z sqrt(v (1 - v) / m), as if the m values were independent,
    times sqrt(Var_cluster(I) / Var_iid(I)), where I says that a value is not above the quantile and Var_cluster is
    the delta method's over persons (Yao, Li and Lu 2024, arXiv 2401.14549; Deng, Knoblich and Lu 2018, section 5).
    Test and lift: ``means.compare_estimates``. Its degrees of freedom are those of the error: the density is read from
    the share J of values between the two outer quantiles, and a deviation whose square has the relative variance
    4 Var_cluster(J) / J^2 is one of J^2 / (2 Var_cluster(J)) degrees of freedom.
    Reasons: empty_arm (no number at all); without a test too_few_values (m <= 4 v / (1 - v) or 4 (1 - v) / v),
        tied_values (Q(v - h) or Q(v + h) equals Q(v): counts and rounded values; the error would come out as 0 or
        as the step of the rounding), no_variation, too_few_persons; control_is_zero (no lift).
    """
    checked_level(alpha)
    if not 0 < quantile < 1:
        raise ValueError(f"quantile={quantile}: need a number between 0 and 1")
    if not control.values.size or not treatment.values.size:
        return Comparison(method=METHOD, reason=_EMPTY)
    arms = _estimate(control, quantile), _estimate(treatment, quantile)
    known = [arm for arm in arms if isinstance(arm, Estimate)]
    if len(known) == 2:
        return compare_estimates(*known, alpha=alpha, method=METHOD)
    reason = next(arm for arm in arms if isinstance(arm, Reason))
    q_c, q_t = (float(np.quantile(arm.values, quantile)) for arm in (control, treatment))
    return Comparison(method=METHOD, diff=q_t - q_c, lift=(q_t - q_c) / q_c if q_c else None, reason=reason)


def _estimate(arm: Values, quantile: float) -> Estimate | Reason:
    """The quantile with its variance, scaled to one of the persons it rests on in effect; or why that is not known."""
    count, odds = arm.values.size, quantile / (1 - quantile)
    if count <= _VALUES_PER_ODDS * max(odds, 1 / odds):
        return Reason("too_few_values", f"An arm has {count} values: too few for the {quantile:g} quantile.")
    reach = _Z * sqrt(quantile * (1 - quantile) / count)
    below, middle, above = np.quantile(arm.values, [quantile - reach, quantile, quantile + reach]).tolist()
    if below == middle or middle == above:
        return _TIED
    up_to, between = _shares(arm, middle, (below, above))
    if up_to.n < 2:
        return _FEW_PERSONS
    if up_to.variance == 0:
        return _FLAT
    independent = ((above - below) / (2 * _Z)) ** 2
    clustered = (up_to.variance / up_to.n) / (up_to.mean * (1 - up_to.mean) / count)
    noise = between.variance / between.n
    known_by = floor(between.mean**2 / (2 * noise)) + 1 if noise else up_to.n
    persons = max(2, min(up_to.n, known_by))
    return Estimate(persons, middle, independent * clustered * persons)


def _shares(arm: Values, middle: float, ends: tuple[float, float]) -> tuple[Estimate, Estimate]:
    """The shares of values not above the middle, and between the ends, as ratios of the persons' counts."""
    _, person = np.unique(arm.person, return_inverse=True)
    marks = arm.values <= middle, (arm.values > ends[0]) & (arm.values <= ends[1])
    counts = [np.bincount(person, mark) for mark in (*marks, np.ones(len(person)))]
    whole = reduce_by_arm(np.column_stack(counts), np.zeros(len(counts[0]), dtype=np.int64), 1)[0]
    up_to, between = (Moments(whole.n, whole.means[[k, 2]], whole.products[np.ix_([k, 2], [k, 2])]) for k in range(2))
    return ratio_estimate(up_to), ratio_estimate(between)
