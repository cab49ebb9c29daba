"""Is the effect another in some group of people? The interaction says so; "significant here, not there" does not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from sys import float_info

import numpy as np
from scipy.special import chdtrc

from experiments.stats import means
from experiments.stats.answers import Comparison, Reason, at_least_smallest
from experiments.stats.binary import compare_binary
from experiments.stats.families import benjamini_hochberg
from experiments.stats.means import Estimate, compare_estimates
from experiments.stats.moments import Arms, Numbers, reduce_by_arm
from experiments.stats.samples import binary

# The largest ones by people; the rest stands together as one.
MOST_VALUES = 20
OTHER = "other"
# A value enters the interaction once its smaller arm should hold this many who converted, at the rate of both arms
# together: below, its variance is badly known and goes along with its effect.
FEWEST_EXPECTED = 20


@dataclass(frozen=True, slots=True)
class Effect:
    """A difference of two arms and the variance of that difference, finite and > 0, else ValueError."""

    diff: float
    variance: float

    def __post_init__(self) -> None:
        if not (isfinite(self.diff) and self.variance > 0 and isfinite(self.variance)):
            raise ValueError(f"diff={self.diff}, variance={self.variance}: need a finite one and a finite one above 0")


@dataclass(frozen=True, slots=True)
class Interaction:
    """The test of "the effect is the same everywhere": chi-square q with df; the numbers are there together.

    i_squared: the part of the variation among effects that chance does not explain, in [0, 1]. p_value: never 0.
    """

    q: float | None = None
    df: int | None = None
    p_value: float | None = None
    i_squared: float | None = None
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class SegmentValue:
    """One value of a segment, as "mobile" of "device". people: of control and treatment.

    adjusted_p_value: Benjamini-Hochberg over all values of all segments read together. in_interaction: whether it
    had enough persons to count there.
    """

    value: str
    people: tuple[int, int]
    comparison: Comparison
    adjusted_p_value: float | None
    in_interaction: bool


@dataclass(frozen=True, slots=True)
class Segment:
    """One way to divide people. values: the most people first, OTHER last.

    adjusted_p_value: of the interaction, Benjamini-Hochberg over the segments read together.
    """

    name: str
    values: tuple[SegmentValue, ...]
    interaction: Interaction
    adjusted_p_value: float | None


@dataclass(frozen=True, slots=True)
class _Group:
    value: str
    people: tuple[int, int]
    comparison: Comparison
    effect: Effect | None


def interaction(effects: Sequence[Effect]) -> Interaction:
    """Cochran's Q of independent effects: the sum of (effect - their weighted mean)^2 / variance.

    Cochran 1954, Biometrics 10, 101; I^2: Higgins and Thompson 2002, Statistics in Medicine 21, 1539. For two effects
    it is the square of the z of their difference. Reason: too_few_groups, below two effects.
    """
    if len(effects) < 2:
        return Interaction(reason=Reason("too_few_groups", "Fewer than two groups have enough people to be compared."))
    variances = np.array([each.variance for each in effects])
    weights = variances.min() / variances
    diffs = np.array([each.diff for each in effects]) - effects[0].diff
    apart = (diffs - weights @ diffs / weights.sum()) / np.sqrt(variances)
    with np.errstate(over="ignore"):
        q, df = min(float(apart @ apart), float_info.max), len(effects) - 1
    return Interaction(q, df, at_least_smallest(float(chdtrc(df, q))), max(0.0, 1 - df / q) if q else 0.0)


def compare_segments(
    values: Numbers, arm: Arms, segments: Mapping[str, Sequence[str]], *, rates: bool, alpha: float
) -> list[Segment]:
    """Compare treatment with control within every value of every segment, and the values with one another.

    values: (n,), finite. arm: (n,), 0 control, 1 treatment, -1 left out. segments: by name, what each of the n
    persons is, known before exposure (or treatment may have moved people between groups). rates: values are 0 and 1,
    compared by ``binary.compare_binary``; otherwise by ``means.compare_estimates``. alpha: two-sided. ValueError when
    these are broken. At most 20 values a segment; the rest, and a value of that name, are grouped as "other".
    Exploratory: what shows here is a question for the next experiment.
    """
    if rates and not ((values == 0) | (values == 1) | (arm < 0)).all():
        raise ValueError("rates need values 0 and 1")
    if values.shape != arm.shape or (arm.size and arm.max() > 1):
        raise ValueError(f"values {values.shape}, arm {arm.shape}: need (n,) and (n,), and arms up to 1")
    found = {name: _groups((values, arm), labels, rates, alpha) for name, labels in segments.items()}
    adjusted = iter(benjamini_hochberg([each.comparison.p_value for groups in found.values() for each in groups]))
    tests = {name: interaction([each.effect for each in groups if each.effect]) for name, groups in found.items()}
    between = benjamini_hochberg([test.p_value for test in tests.values()])
    return [
        Segment(
            name,
            tuple(SegmentValue(g.value, g.people, g.comparison, next(adjusted), g.effect is not None) for g in groups),
            tests[name],
            p_value,
        )
        for (name, groups), p_value in zip(found.items(), between, strict=True)
    ]


def _groups(people: tuple[Numbers, Arms], labels: Sequence[str], rates: bool, alpha: float) -> list[_Group]:
    values, arm = people
    if len(labels) != len(values):
        raise ValueError(f"{len(labels)} labels for {len(values)} persons")
    names, place = _places(labels, arm)
    columns = np.column_stack([values, values != 0])
    cells = reduce_by_arm(columns, np.where(arm < 0, -1, 2 * place + arm), 2 * max(1, len(names)))
    groups = []
    for index, name in enumerate(names):
        pair = cells[2 * index], cells[2 * index + 1]
        control, treatment = (each.estimate() for each in pair)
        converted = round(pair[0].n * pair[0].means[1]), round(pair[1].n * pair[1].means[1])
        if rates:
            comparison = compare_binary(binary(control.n, converted[0]), binary(treatment.n, converted[1]), alpha=alpha)
        else:
            comparison = compare_estimates(control, treatment, alpha=alpha, method=means.METHOD)
        effect = _effect(control, treatment, sum(converted), rates)
        groups.append(_Group(name, (control.n, treatment.n), comparison, effect))
    return groups


def _places(labels: Sequence[str], arm: Arms) -> tuple[list[str], Arms]:
    """The names of the groups, in order, and for each person which one; those left out do not count."""
    codes: dict[str, int] = {}
    # Sorting a million words takes a second, this a tenth.
    which = np.array([codes.setdefault(label, len(codes)) for label in labels], dtype=np.int64)
    people = np.bincount(which[arm >= 0], minlength=len(codes))
    known = [name for name in sorted(codes) if people[codes[name]] and name != OTHER]
    kept = sorted(known, key=lambda name: -people[codes[name]])[:MOST_VALUES]
    place = np.full(len(codes), len(kept), dtype=np.int64)
    place[[codes[name] for name in kept]] = np.arange(len(kept))
    rest = people.sum() > sum(people[codes[name]] for name in kept)
    return kept + [OTHER] * bool(rest), place[which]


def _effect(control: Estimate, treatment: Estimate, converted: int, rates: bool) -> Effect | None:
    """The difference with its variance; None where that is not known well enough."""
    people = control.n + treatment.n
    rare = min(converted, people - converted) if rates else converted
    if not people or rare * min(control.n, treatment.n) < FEWEST_EXPECTED * people:
        return None
    variance = control.variance / control.n + treatment.variance / treatment.n
    return Effect(treatment.mean - control.mean, variance) if variance else None
