"""Means compared after taking out what was known of each person before the test: CUPED, in its general form."""

from dataclasses import dataclass, replace
from math import copysign, sqrt

import numpy as np
from scipy.special import stdtr, stdtrit

from experiments.stats import means
from experiments.stats.answers import Comparison, Interval, Reason, held_to_test
from experiments.stats.covariates import Completed, completed
from experiments.stats.fieller import lift_interval
from experiments.stats.means import Estimate, compare_estimates
from experiments.stats.moments import Arms, Numbers, reduce_by_arm

METHOD = "lin_hc2/1"

# A column whose variation the others explain but for this part is theirs in other words.
_COLLINEAR = 1e-10
_NEARLY_EXPLAINED = 0.01
# Above it the regression passes through one person's outcome whatever it is, and HC2 divides by nothing.
_MOST_LEVERAGE = 0.99
# Squares of residuals below this part of the outcome's are rounding.
_EXPLAINED = 1e-20
# The smallest part of control's error that the difference is said to share; see _ratio_interval.
_LEAST_SHARED = 1e-9

_UNUSABLE = Reason("no_usable_covariate", "No covariate varies in both arms: the numbers are the unadjusted ones.")
_FLAT = Reason("no_variation", "In an arm all persons have the same outcome: there is nothing to adjust.")
_CONTROL_IS_ZERO = Reason("control_is_zero", "Control's mean is 0: there is no relative change.")


@dataclass(frozen=True, slots=True)
class Adjusted:
    """Both numbers, and what the adjustment was worth.

    comparison: adjusted; the unadjusted one when there was nothing to adjust with. unadjusted: Welch's.
    variance_reduction: 1 - adjusted / unadjusted variance of the difference. 0.3 is worth 43 % more persons; 0 when
    nothing was adjusted; below 0 when covariates that explain nothing cost more than they gave.
    covariates_used: their columns, in ascending order; one counts as used also when only its gaps told something.
    reason: why nothing was adjusted. None when something was.
    """

    comparison: Comparison
    unadjusted: Comparison
    variance_reduction: float
    covariates_used: tuple[int, ...]
    reason: Reason | None


@dataclass(frozen=True, slots=True)
class _Fit:
    """One arm's mean where all covariates are at the mean of both arms, with its HC2 variance.

    shared: covariance of that mean with the arm's plain one.
    """

    estimate: Estimate
    shared: float


def compare_adjusted(outcome: Numbers, covariates: Numbers, arm: Arms, *, treatment: int, alpha: float) -> Adjusted:
    """Compare mean outcomes between arm 0 and arm ``treatment``, adjusted for what was known before exposure.

    outcome: (n,), finite. covariates: (n, k), NaN where missing; measured before exposure, or the answer is wrong.
    arm: (n,) whole numbers; other arms than the two are left out. alpha: two-sided. ValueError when these are broken.

    diff: the coefficient of treatment in a regression with every covariate centred on the mean over both arms and
    interacted with treatment, its variance HC2 (Lin 2013, Annals of Applied Statistics 7, 295). With one covariate
    and equal slopes it is CUPED (Deng, Xu, Kohavi and Walker 2013, WSDM, 123). Gaps: see ``covariates.completed``.
    Left out: a covariate that is constant in an arm, that the ones before it explain, or that hangs on one person.
    statistic, df, p_value, diff_ci: as ``means.compare_estimates`` for the two adjusted means, df less by the
    covariates; without covariates HC2 is Welch's variance, so the two are one test.
    lift: diff over control's plain mean, which is what the percentage is of; lift_ci: Fieller's set for that pair
    with their covariance, so that it leaves out 0 exactly when diff_ci does.
    Reasons of the comparison: those of ``means.compare_estimates``.
    """
    both = (arm == 0) | (arm == treatment)
    pair = (arm[both] != 0).astype(np.int64)
    if treatment < 1 or outcome.shape != arm.shape or covariates.shape[:1] != arm.shape:
        raise ValueError(f"outcome {outcome.shape}, covariates {covariates.shape}, arm {arm.shape}, {treatment=}")
    return _adjusted(outcome[both], completed(covariates[both]), pair, alpha)


def _adjusted(outcome: Numbers, known: Completed, pair: Arms, alpha: float) -> Adjusted:
    plain_c, plain_t = (arm.estimate() for arm in reduce_by_arm(outcome[:, None], pair, 2))
    unadjusted = compare_estimates(plain_c, plain_t, alpha=alpha, method=means.METHOD)
    if unadjusted.p_value is None:
        return Adjusted(unadjusted, unadjusted, 0.0, (), unadjusted.reason)
    if not plain_c.variance or not plain_t.variance:
        return Adjusted(unadjusted, unadjusted, 0.0, (), _FLAT)
    where = np.flatnonzero(pair == 0), np.flatnonzero(pair == 1)
    bases, used = _bases(known, where)
    if not used:
        return Adjusted(unadjusted, unadjusted, 0.0, (), _UNUSABLE)
    # Less control's mean, so that an offset of the outcome costs no digit.
    moved = outcome - plain_c.mean
    fits = _fit(moved[where[0]], *bases[0]), _fit(moved[where[1]], *bases[1])
    comparison = compare_estimates(fits[0].estimate, fits[1].estimate, alpha=alpha, method=METHOD)
    gain = 1 - _variance(fits[0].estimate, fits[1].estimate) / _variance(plain_c, plain_t)
    return Adjusted(_with_lift(comparison, plain_c, fits, alpha), unadjusted, gain, used, None)


def _variance(control: Estimate, treatment: Estimate) -> float:
    return control.variance / control.n + treatment.variance / treatment.n


def _bases(known: Completed, where: tuple[Arms, Arms]) -> tuple[list[tuple[Numbers, Numbers]], tuple[int, ...]]:
    """Per arm an orthonormal basis (a row per direction) of 1 and the columns used, and how to read the intercept.

    Gram and Schmidt; a column enters both arms' bases or neither.
    """
    room = len(known.columns) + 1
    bases = [np.full((room, len(rows)), 1 / sqrt(len(rows))) for rows in where]
    triangles = [np.eye(room) * sqrt(len(rows)) for rows in where]
    used: list[int] = []
    for column, source in zip(known.columns, known.source, strict=True):
        size = len(used) + 1
        added = [_next_direction(basis[:size], column[rows]) for basis, rows in zip(bases, where, strict=True)]
        if any(direction is None for direction, _ in added):
            continue
        for side, (direction, parts) in enumerate(added):
            bases[side][size] = direction
            triangles[side][: size + 1, size] = parts
        used.append(source)
    size = len(used) + 1
    reads = [np.linalg.solve(triangle[:size, :size].T, np.eye(size)[0]) for triangle in triangles]
    return [(basis[:size], read) for basis, read in zip(bases, reads, strict=True)], tuple(sorted(set(used)))


def _next_direction(basis: Numbers, column: Numbers) -> tuple[Numbers | None, Numbers]:
    """What the column adds to the basis, of length 1, and the column in terms of the longer basis; None if nothing."""
    whole = float(column @ column)
    parts = basis @ column
    rest = column - parts @ basis
    if rest @ rest < _NEARLY_EXPLAINED * whole:
        # Little is left, and of that a part is rounding: take out once more what the basis holds of it.
        again = basis @ rest
        parts += again
        rest -= again @ basis
    length = sqrt(float(rest @ rest))
    parts = np.append(parts, length)
    if length * length <= _COLLINEAR * whole:
        return None, parts
    rest /= length
    leverage = np.einsum("ij,ij->j", basis, basis) + rest * rest
    return (rest if leverage.max() <= _MOST_LEVERAGE else None), parts


def _fit(outcome: Numbers, basis: Numbers, read: Numbers) -> _Fit:
    """Least squares in this arm; ``read`` turns coordinates into the value where all covariates are 0."""
    n, spent = len(outcome), len(basis) - 1
    coordinates = basis @ outcome
    residuals = outcome - coordinates @ basis
    plain = outcome - outcome.mean()
    if residuals @ residuals <= _EXPLAINED * (plain @ plain):
        residuals = np.zeros(n)
    # Each person's part in the mean's error, less the pull of the line towards them (HC2).
    errors = (read @ basis) * residuals / np.sqrt(1 - np.einsum("ij,ij->j", basis, basis))
    estimate = Estimate(n - spent, float(coordinates @ read), float(errors @ errors) * (n - spent))
    return _Fit(estimate, float(errors @ plain) / sqrt(n * (n - 1)))


def _with_lift(comparison: Comparison, plain: Estimate, fits: tuple[_Fit, _Fit], alpha: float) -> Comparison:
    """The comparison with the change relative to control's plain mean."""
    diff, mean = comparison.diff or 0.0, plain.mean
    if not mean:
        return replace(comparison, lift=None, lift_ci=None, reason=comparison.reason or _CONTROL_IS_ZERO)
    if comparison.p_value is None or comparison.df is None:
        return replace(comparison, lift=diff / mean)
    noise = _variance(fits[0].estimate, fits[1].estimate)
    welch_p = 2 * float(stdtr(comparison.df, -abs(diff) / sqrt(noise)))
    quantile = -float(stdtrit(comparison.df, alpha / 2))
    errors = plain.variance / plain.n, noise, fits[0].shared
    limits = _ratio_interval(mean, diff, errors, quantile, significant=welch_p < alpha)
    lift_ci = held_to_test(limits, diff / mean, significant=comparison.p_value < alpha)
    return replace(comparison, lift=diff / mean, lift_ci=lift_ci, reason=None)


def _ratio_interval(
    mean: float, diff: float, errors: tuple[float, float, float], quantile: float, *, significant: bool
) -> Interval:
    """Fieller's set for diff / mean. errors: variance of the mean, of diff, and minus their covariance.

    The error of diff is -k times that of the mean and an independent rest. ``lift_interval`` is written for k = 1;
    it gives the set for diff / (k mean), and this one is k times that.
    """
    noise, noise_of_diff, shared = errors
    k = copysign(max(abs(shared) / noise, _LEAST_SHARED), shared)
    rest = max(noise_of_diff - k * k * noise, 0.0)
    ends = lift_interval(k * mean, diff, (k * k * noise, rest), quantile, significant=significant)
    low, high = (None if end is None else k * end for end in ends)
    return (low, high) if k > 0 else (high, low)
