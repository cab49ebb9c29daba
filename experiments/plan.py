"""The frozen plan of a phase, pure: what was decided before the start and does not change while it runs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from experiments.bucketing import Range, bucket, choose
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

    ``minimum_effect``: the smallest relative change worth having, where one was declared.
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

    @property
    def external(self) -> bool:
        return self.kind == "external"

    @property
    def control(self) -> PlannedVariant:
        return next(variant for variant in self.variants if variant.is_control)

    def variant_of(self, unit_id: str) -> PlannedVariant | None:
        """The variant this unit is assigned; None outside the coverage."""
        index = choose(bucket(self.seed, unit_id), [variant.bounds for variant in self.variants])
        return None if index is None else self.variants[index]


@dataclass(frozen=True, slots=True)
class Assignment:
    """``variant`` is what to show: the control for everyone who is not in the experiment."""

    variant: PlannedVariant
    in_experiment: bool
    reason: str


def assign(plan: Plan, visitor_id: str, user_id: str) -> Assignment:
    """A pure function of plan and ids; writes nothing, counts nobody."""
    unit_id = user_id if plan.unit == "user" else visitor_id
    if not unit_id:
        return Assignment(plan.control, in_experiment=False, reason="no_user_id")
    variant = plan.variant_of(unit_id)
    if variant is None:
        return Assignment(plan.control, in_experiment=False, reason="outside_coverage")
    return Assignment(variant, in_experiment=True, reason="assigned")
