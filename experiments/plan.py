"""The frozen plan of a phase, pure: what was decided before the start and does not change while it runs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from zoneinfo import ZoneInfo

from experiments.bucketing import Range, bucket, choose
from experiments.pages import Page
from tracking.goals import Condition, GoalRule


@dataclass(frozen=True, slots=True)
class PlannedVariant:
    key: str
    name: str
    is_control: bool
    weight: float
    bounds: Range
    payload: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Filter:
    """Only units whose bucket under ``seed`` lies in one of the ranges; ``reason`` names what keeps the others out."""

    reason: Literal["holdout", "outside_namespace", "prerequisite"]
    seed: str
    ranges: tuple[Range, ...]
    version: Literal[1, 2] = 2

    def lets_in(self, unit_id: str) -> bool:
        return choose(bucket(self.seed, unit_id, version=self.version), self.ranges) is not None


@dataclass(frozen=True, slots=True)
class PlannedGoal:
    """``exploratory``: added after the start, so it informs and never decides."""

    id: int
    key: str
    name: str
    level: str
    role: str
    event: str
    measure: str
    window: int
    desired: str
    property: str = ""
    currency: str = ""
    leads_to: str | None = None
    margin: float = 0.02
    exploratory: bool = False
    selector: str = ""
    conditions: tuple[Condition, ...] = ()

    def rule(self) -> GoalRule:
        return GoalRule(self.event, self.measure, self.window, self.property, self.currency, self.conditions)


@dataclass(frozen=True, slots=True)
class Plan:
    """``seed`` buckets the unit; ``variants`` keep their order, which is the order of the bucket ranges.

    ``minimum_effect``: the smallest relative change worth having, where one was declared. ``condition``: who is asked,
    in GrowthBook's language; ``groups``: the lists it names, as they were at the start; ``private_groups``: those of
    them that must not leave the server. ``timezone``: the project's, whose days are those of the tallies.
    """

    experiment: str
    kind: str
    unit: str
    seed: str
    coverage: float
    alpha: float
    variants: tuple[PlannedVariant, ...]
    goals: tuple[PlannedGoal, ...]
    minimum_effect: float | None = None
    condition: Mapping[str, Any] = field(default_factory=dict)
    groups: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    private_groups: tuple[str, ...] = ()
    filters: tuple[Filter, ...] = ()
    pages: tuple[Page, ...] = ()
    timezone: str = "UTC"

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @property
    def external(self) -> bool:
        return self.kind == "external"

    @property
    def control(self) -> PlannedVariant:
        return next(variant for variant in self.variants if variant.is_control)

    def variant_of(self, unit_id: str) -> PlannedVariant | None:
        """The variant this unit is assigned, whatever its attributes; None for one outside filters or coverage."""
        if not all(one.lets_in(unit_id) for one in self.filters):
            return None
        index = choose(bucket(self.seed, unit_id), [variant.bounds for variant in self.variants])
        return None if index is None else self.variants[index]
