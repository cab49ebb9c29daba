"""Which method answers for which measure: a new one is a function and a line."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from experiments.stats import (
    adjustment,
    binary,
    capping,
    margins,
    means,
    posterior,
    quantiles,
    ratio,
)
from experiments.stats.answers import Comparison
from experiments.stats.margins import MarginTest
from experiments.stats.posterior import Reading
from experiments.stats.samples import Sample

Desired = Literal["increase", "decrease"]


class UnknownMeasure(ValueError):
    """No method is registered for a measure of this name."""


@dataclass(frozen=True, slots=True)
class Method:
    """``versions``: the names, each with its number, that its answers carry; the number goes up when the same input
    answers otherwise. ``needs``: what it is computed from.
    """

    versions: tuple[str, ...]
    needs: Literal["tallies", "persons", "values"]
    compare: Callable[..., Any]


METHODS: dict[str, Method] = {
    "score": Method((binary.METHOD, binary.EXACT_METHOD), "tallies", binary.compare_binary),
    "welch": Method((means.METHOD,), "tallies", means.compare_means),
    "score_margin": Method((margins.NOT_WORSE_RATES,), "tallies", margins.not_worse_rates),
    "welch_margin": Method((margins.NOT_WORSE_MEANS,), "tallies", margins.not_worse_means),
    "score_equivalence": Method((margins.EQUIVALENT_RATES,), "tallies", margins.equivalent_rates),
    "welch_equivalence": Method((margins.EQUIVALENT_MEANS,), "tallies", margins.equivalent_means),
    "delta_ratio": Method((ratio.METHOD,), "persons", ratio.compare_ratio),
    "welch_capped": Method((capping.METHOD,), "persons", capping.compare_capped),
    "lin": Method((adjustment.METHOD,), "persons", adjustment.compare_adjusted),
    "quantile_clustered": Method((quantiles.METHOD,), "values", quantiles.compare_quantiles),
}


@dataclass(frozen=True, slots=True)
class Answers:
    """What may be asked of two tallied arms of one measure; see ``binary`` and ``means`` for the arguments."""

    compare: Callable[..., Comparison]
    not_worse: Callable[..., MarginTest]
    equivalent: Callable[..., MarginTest]
    read: Callable[..., Reading]


RATES = Answers(binary.compare_binary, margins.not_worse_rates, margins.equivalent_rates, posterior.read_rates)
MEANS = Answers(means.compare_means, margins.not_worse_means, margins.equivalent_means, posterior.read_means)

MEASURES: dict[str, Answers] = {
    "once": RATES,
    "once_per_session": MEANS,
    "count": MEANS,
    "sum": MEANS,
}


def answers_for(measure: str) -> Answers:
    """UnknownMeasure for a name not in MEASURES."""
    if measure not in MEASURES:
        raise UnknownMeasure(f"{measure!r}: known measures are {', '.join(MEASURES)}")
    return MEASURES[measure]


def compare(measure: str, control: Sample, treatment: Sample, *, alpha: float) -> Comparison:
    """Compare two arms by the method of the measure."""
    return answers_for(measure).compare(control, treatment, alpha=alpha)


def not_worse(measure: str, control: Sample, treatment: Sample, *, margin: float, desired: str) -> MarginTest:
    """Test that treatment is worse than control by more than the relative margin; a small p-value says it is not."""
    return answers_for(measure).not_worse(control, treatment, margin=margin, desired=desired)


def equivalent(measure: str, control: Sample, treatment: Sample, *, margin: float) -> MarginTest:
    """Test that the arms differ by the relative margin or more; a small p-value says they do not."""
    return answers_for(measure).equivalent(control, treatment, margin=margin)


def read(measure: str, control: Sample, treatment: Sample, *, alpha: float, desired: str) -> Reading:
    """The Bayesian reading beside the test."""
    return answers_for(measure).read(control, treatment, alpha=alpha, desired=desired)
