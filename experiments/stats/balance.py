"""Were the arms alike before the test? If not, assignment or tracking depended on who the person was."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import chdtrc

from experiments.stats.answers import Reason, at_least_smallest
from experiments.stats.covariates import Completed, completed
from experiments.stats.moments import Arms, Numbers

# 0.001 and not 0.05: the check runs again and again, and a false alarm makes a sound test look broken.
BALANCE_ALARM = 0.001
# Below it means per arm are not normal enough for chi-square.
FEWEST_PERSONS = 20
# How far one person may move a column's z by being in the smallest arm; columns of rarer things are left out for the
# same reason. In equal halves nobody can move it farther; at 9 : 1, ten persons must have what is rare.
_MOST_BY_ONE = 1.0
# A column whose variation the others explain but for this part is theirs in other words.
_COLLINEAR = 1e-8


@dataclass(frozen=True, slots=True)
class CovariateBalance:
    """difference: the mean of the arm farthest from the first one less that one's mean, in standard deviations over
    all persons. p_value: chi-square of this covariate alone, not adjusted for being one of many."""

    name: str
    difference: float
    p_value: float


@dataclass(frozen=True, slots=True)
class Balance:
    """All numbers are there or none; reason says why none are.

    p_value: of all covariates at once, never 0; an alarm below BALANCE_ALARM. statistic, df: its chi-square.
    worst: name and difference of the covariate that is farthest apart. covariates: each one tested, in the order
    given; where values are missing, whether they are is one more, "<name> (missing)". left_out: names of those that
    could not be tested: constant, explained by the ones before, or varying with a few persons only.
    """

    statistic: float | None = None
    df: int | None = None
    p_value: float | None = None
    worst: tuple[str, float] | None = None
    covariates: tuple[CovariateBalance, ...] = ()
    left_out: tuple[str, ...] = ()
    reason: Reason | None = None


def check_balance(covariates: Numbers, arm: Arms, *, names: Sequence[str]) -> Balance:
    """Compare what was known of the persons before exposure over all arms that have any.

    covariates: (n, k), NaN where missing (counted at the mean, with an indicator beside it). arm: (n,) whole numbers,
    -1 leaves a person out. names: k. ValueError when these do not fit.
    The statistic is (n - 1) trace(B T^-1), B the sums of squares between arms and T in total: n - 1 times the R^2 of
    the arm on the covariates when there are two arms. Over all ways to assign the same persons it has mean
    df = covariates x (arms - 1) exactly and is close to chi-square (Hansen and Bowers 2008, Statistical Science 23,
    219, section 3; for more arms Pillai 1955). Equal persons per arm are not required.
    Reasons: too_few_live_arms, too_few_persons (an arm below 20), no_usable_covariate.
    """
    if covariates.ndim != 2 or covariates.shape != (len(arm), len(names)):
        raise ValueError(f"covariates {covariates.shape}, {len(arm)} arms, {len(names)} names: do not fit")
    inside = arm >= 0
    _, group, people = np.unique(arm[inside], return_inverse=True, return_counts=True)
    if reason := _too_little(people):
        return Balance(reason=reason)
    known = completed(covariates[inside])
    kept = _usable(known, people.min() / people.sum())
    labels = [f"{names[j]} (missing)" if gap else names[j] for j, gap in zip(known.source, known.missing, strict=True)]
    told = {labels[index] for index in kept}
    left_out = tuple(name for name in dict.fromkeys([*names, *labels]) if name not in told)
    if not kept:
        reason = Reason("no_usable_covariate", "No covariate varies with enough persons to be compared.")
        return Balance(left_out=left_out, reason=reason)
    columns = known.columns[kept]
    means = np.array([columns[:, group == index].mean(axis=1) for index in range(len(people))])
    statistic, df = _chi_square(means, people, columns @ columns.T / columns.shape[1])
    singles = tuple(_single(labels[index], means[:, [place]], people) for place, index in enumerate(kept))
    worst = max(singles, key=lambda each: abs(each.difference))
    return Balance(
        statistic=statistic,
        df=df,
        p_value=at_least_smallest(float(chdtrc(df, statistic))),
        worst=(worst.name, worst.difference),
        covariates=singles,
        left_out=left_out,
    )


def _too_little(people: Arms) -> Reason | None:
    if len(people) < 2:
        return Reason("too_few_live_arms", "Fewer than two arms have persons: there is nothing to compare.")
    if people.min() < FEWEST_PERSONS:
        return Reason("too_few_persons", f"An arm has fewer than {FEWEST_PERSONS} persons.")
    return None


def _usable(known: Completed, smallest: float) -> list[int]:
    """The columns enough persons vary in, and that those before them do not explain. smallest: an arm's share."""
    count = max(1, known.columns.shape[1])
    together = known.columns @ known.columns.T / count
    kept: list[int] = []
    for index, column in enumerate(known.columns):
        held = float((column * column).max()) / count
        if held * (1 - smallest) / smallest > _MOST_BY_ONE**2:
            continue
        shared = together[kept, index]
        rest = together[index, index] - shared @ np.linalg.solve(together[np.ix_(kept, kept)], shared)
        if rest > _COLLINEAR:
            kept.append(index)
    return kept


def _chi_square(means: Numbers, people: Arms, covariance: Numbers) -> tuple[float, int]:
    """means: (arms, columns), 0 over all persons."""
    count = int(people.sum())
    apart = np.sum(means * np.linalg.solve(covariance, means.T).T, axis=1)
    return float(people @ apart) * (count - 1) / count, means.shape[1] * (len(people) - 1)


def _single(name: str, means: Numbers, people: Arms) -> CovariateBalance:
    statistic, df = _chi_square(means, people, np.eye(1))
    differences = (means[1:, 0] - means[0, 0]).tolist()
    return CovariateBalance(name, max(differences, key=abs), at_least_smallest(float(chdtrc(df, statistic))))
