"""Who has which part of an exclusion group, and what of it is free."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import QuerySet

from experiments.bucketing import Range
from experiments.entry import namespace_seed
from experiments.models import Experiment, Namespace, Phase
from experiments.moves import LIVE
from experiments.namespaces import largest_gap
from experiments.phases import plan_of
from experiments.plan import Plan
from tracking.models import Project


@dataclass(frozen=True, slots=True)
class Open:
    """An experiment that runs or is paused, with the plan of its open phase."""

    experiment: Experiment
    plan: Plan


@dataclass(frozen=True, slots=True)
class Part:
    """``limits``: from and to, of 0 to 1."""

    experiment: Experiment
    limits: Range


def open_tests(projects: Iterable[Project | int]) -> list[Open]:
    phases: QuerySet[Phase] = Phase.objects.filter(experiment__status__in=LIVE, ended_at=None)
    phases = phases.filter(experiment__project__in=projects)
    rows = phases.select_related("experiment__project").order_by("experiment__name", "id")
    return [Open(phase.experiment, plan_of(phase.plan)) for phase in rows]


def parts_of(group: Namespace, tests: Iterable[Open]) -> list[Part]:
    """In the order in which they lie."""
    seed = namespace_seed(group.key)
    members = (one for one in tests if one.experiment.namespace_id == group.pk)
    found = [
        Part(one.experiment, limits)
        for one in members
        for filtered in one.plan.filters
        if filtered.reason == "outside_namespace" and filtered.seed == seed
        for limits in filtered.ranges
    ]
    return sorted(found, key=lambda part: part.limits)


def free_in(group: Namespace, tests: Iterable[Open], *, but: int | None = None) -> float:
    """The largest free piece, not counting what the experiment ``but`` has."""
    return largest_gap(part.limits for part in parts_of(group, tests) if part.experiment.pk != but)
