"""What a closer look is made of: parts with a heading, sentences, tables and charts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from experiments.figures import lift, lifts

Body = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Pair:
    """One treatment in one goal; ``variant`` is its name where there are several treatments, else empty."""

    goal: Body
    against: Body
    variant: str

    @property
    def name(self) -> str:
        name: str = self.goal["name"]
        return f"{name} · {self.variant}" if self.variant else name


@dataclass(frozen=True, slots=True)
class Table:
    """``words``: the last column holds sentences, not numbers."""

    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    title: str = ""
    words: bool = False


@dataclass(frozen=True, slots=True)
class Chart:
    """``name`` of its specification."""

    name: str
    caption: str


@dataclass(frozen=True, slots=True)
class Part:
    title: str
    says: Sequence[str]
    tables: Sequence[Table] = ()
    charts: Sequence[Chart] = ()


def change_of(numbers: Body) -> str:
    return lift(numbers["lift"])


def interval_of(numbers: Body) -> str:
    ends = numbers["lift_ci"]
    return lifts(None if ends is None else (ends[0], ends[1]))
