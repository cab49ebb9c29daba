"""Building the frozen plan of a phase from what stands in the tables at its start."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import msgspec

from experiments.bucketing import bucket_ranges, shares
from experiments.entry import Entry, entry_of
from experiments.models import Experiment, ExperimentGoal, Variant
from experiments.pages import Page
from experiments.plan import Plan, PlannedGoal, PlannedVariant
from tracking.goals import Condition


def plan_for(experiment: Experiment, seed: str) -> Plan:
    """Raises ``NotReady`` where other tests, groups or lists leave this one no place."""
    variants = list(experiment.variants.all())
    parts = shares([variant.weight for variant in variants])
    bounds = bucket_ranges(len(parts), experiment.coverage, parts)
    rows = experiment.goal_roles.select_related("goal", "goal__leads_to")
    entry = Entry() if experiment.kind == "external" else entry_of(experiment)
    return Plan(
        experiment=experiment.key,
        kind=experiment.kind,
        unit=experiment.unit,
        seed=seed,
        coverage=experiment.coverage,
        alpha=experiment.alpha,
        variants=tuple(map(_planned_variant, variants, parts, bounds)),
        goals=tuple(planned_goal(row, exploratory=False) for row in rows),
        minimum_effect=experiment.minimum_effect,
        condition=entry.condition,
        groups=entry.groups,
        private_groups=entry.private_groups,
        filters=entry.filters,
        pages=pages_of(experiment.pages),
        timezone=experiment.project.timezone,
    )


def pages_of(rows: Sequence[Mapping[str, Any]]) -> tuple[Page, ...]:
    """Raises ``msgspec.ValidationError`` for rows that are no pages."""
    return msgspec.convert(rows, tuple[Page, ...])


def with_coverage(plan: Plan, coverage: float) -> Plan:
    """The same plan for more or less of the traffic: each variant's range keeps its start, so nobody moves."""
    bounds = bucket_ranges(len(plan.variants), coverage, [variant.weight for variant in plan.variants])
    variants = tuple(replace(variant, bounds=limits) for variant, limits in zip(plan.variants, bounds, strict=True))
    return replace(plan, coverage=coverage, variants=variants)


def _planned_variant(variant: Variant, share: float, bounds: tuple[float, float]) -> PlannedVariant:
    return PlannedVariant(variant.key, variant.name, variant.is_control, share, bounds, variant.payload)


def planned_goal(row: ExperimentGoal, *, exploratory: bool) -> PlannedGoal:
    goal = row.goal
    return PlannedGoal(
        id=goal.id,
        key=goal.key,
        name=goal.name,
        level=goal.level,
        role="secondary" if exploratory else row.role,
        event=goal.event,
        measure=goal.measure,
        window=goal.window,
        desired=goal.desired,
        property=goal.property,
        currency=goal.currency,
        leads_to=goal.leads_to.key if goal.leads_to else None,
        margin=row.margin,
        exploratory=exploratory,
        selector=goal.selector,
        conditions=tuple(Condition(**condition) for condition in goal.conditions),
    )
