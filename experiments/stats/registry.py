"""Which method compares which measure: a new one is a function and a line."""

from dataclasses import dataclass
from typing import Protocol

from experiments.stats import binary, means
from experiments.stats.answers import Comparison
from experiments.stats.samples import Sample


class UnknownMeasure(ValueError):
    """No method is registered for a measure of this name."""


class Compare(Protocol):
    """What every method looks like; see ``binary.compare_binary`` for the arguments."""

    def __call__(self, control: Sample, treatment: Sample, *, alpha: float) -> Comparison: ...


@dataclass(frozen=True, slots=True)
class Method:
    """``version``: the name with its number, as answers carry it. It goes up when the same input answers otherwise."""

    version: str
    compare: Compare


METHODS: dict[str, Method] = {
    "score": Method(binary.METHOD, binary.compare_binary),
    "welch": Method(means.METHOD, means.compare_means),
}

METHOD_OF_MEASURE: dict[str, str] = {
    "once": "score",
    "count": "welch",
    "sum": "welch",
}


def compare(measure: str, control: Sample, treatment: Sample, *, alpha: float) -> Comparison:
    """Compare two arms by the method of the measure. UnknownMeasure for a name not in METHOD_OF_MEASURE."""
    if measure not in METHOD_OF_MEASURE:
        raise UnknownMeasure(f"{measure!r}: known measures are {', '.join(METHOD_OF_MEASURE)}")
    return METHODS[METHOD_OF_MEASURE[measure]].compare(control, treatment, alpha=alpha)
