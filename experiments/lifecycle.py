"""Moves of an experiment: draft → running → stopped. A move is one UPDATE; two clicks at once have one winner."""

import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Max, Q
from django.utils.translation import gettext as _

from experiments import snapshot
from experiments.bucketing import bucket_ranges, shares
from experiments.models import Enrolment, Experiment, ExperimentGoal, Phase, Role, Status, Variant
from experiments.payloads import PAYLOADS
from experiments.phases import hold_project, plan_of, to_json
from experiments.plan import Plan, PlannedGoal, PlannedVariant
from experiments.rebuild import EXPOSURE
from tracking import dues
from tracking.goals import Condition
from tracking.models import Level, Visitor
from tracking.queries import visitors_who_sent

MOVES = {"draft": {"running"}, "running": {"stopped"}, "stopped": set[str]()}


class IllegalMove(Exception):
    """This state has no such move."""


class AlreadyMoved(Exception):
    """Somebody else was faster."""


class NotReady(Exception):
    """The experiment lacks what a start needs; ``problems`` are sentences for the marketer."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__(" ".join(problems))
        self.problems = list(problems)


def word(status: str) -> str:
    """A status inside a sentence."""
    return str(Status(status).label).lower()


def _move(experiment: Experiment, new: str) -> None:
    old = experiment.status
    if new not in MOVES[old]:
        raise IllegalMove(_("This experiment is %(old)s and cannot be %(new)s.") % {"old": word(old), "new": word(new)})
    if not Experiment.objects.filter(id=experiment.id, status=old).update(status=new):
        raise AlreadyMoved(_("Somebody else has just changed this experiment. Reload the page."))


def problems_before_start(experiment: Experiment, *, at: datetime) -> list[str]:
    """What keeps the experiment from starting, in the marketer's words; empty when it may."""
    variants = list(experiment.variants.all())
    roles = list(experiment.goal_roles.select_related("goal"))
    checks = [
        (len(variants) < 2, _("Add at least two variants: the original and one that differs.")),
        (sum(variant.is_control for variant in variants) != 1, _("Mark exactly one variant as the original.")),
        (sum(variant.weight for variant in variants) <= 0, _("Give the variants weights above 0.")),
        (not any(row.role == Role.PRIMARY for row in roles), _("Choose the primary goal: the one that decides.")),
        (
            _is_unguarded(roles),
            _(
                "The primary goal is a micro goal: add the macro goal it serves as a guardrail, "
                "so that more clicks are not bought with fewer sales."
            ),
        ),
        (
            any(row.goal.project_id != experiment.project_id for row in roles),
            _("A goal belongs to another project."),
        ),
        (
            experiment.planned_end is not None and experiment.planned_end <= at,
            _("The planned end lies before the start: choose a later day."),
        ),
    ]
    wrong = [sentence for fails, sentence in checks if fails]
    for variant in variants:
        complaints = PAYLOADS[experiment.kind].complaints(variant.payload, variant.is_control)
        wrong += [f"{variant.name}: {complaint}" for complaint in complaints.values()]
    return wrong


def _is_unguarded(roles: Sequence[ExperimentGoal]) -> bool:
    """A micro goal decides, and no macro goal watches over it."""
    micro = any(row.role == Role.PRIMARY and row.goal.level == Level.MICRO for row in roles)
    guarded = any(row.role == Role.GUARDRAIL and row.goal.level == Level.MACRO for row in roles)
    return micro and not guarded


def start(experiment: Experiment, *, at: datetime) -> Phase:
    """Open a phase under a new seed. ``at`` may lie in the past, for tests that ran elsewhere.

    Raises ``IllegalMove``, ``AlreadyMoved`` or ``NotReady``.
    """
    with transaction.atomic():
        hold_project(experiment.project_id)
        _move(experiment, "running")
        # What was changed since the caller read it is what starts.
        fresh = Experiment.objects.get(id=experiment.id)
        if problems := problems_before_start(fresh, at=at):
            raise NotReady(problems)
        seed = secrets.token_hex(8)
        phase = Phase.objects.create(
            experiment=fresh,
            number=(fresh.phases.aggregate(last=Max("number"))["last"] or 0) + 1,
            seed=seed,
            plan=to_json(_plan(fresh, seed)),
            planned_sample=fresh.planned_sample,
            planned_end=fresh.planned_end,
            started_at=at,
        )
        dues.mark(experiment.project_id, visitors_who_sent(experiment.project_id, EXPOSURE, at))
        snapshot.publish(experiment.project_id, reason=f"{experiment.key} started")
    experiment.status = fresh.status
    return phase


def stop(experiment: Experiment, *, at: datetime, now: datetime) -> Phase:
    """Close the phase as of ``at``; people met before ``at`` keep counting until their windows close."""
    with transaction.atomic():
        hold_project(experiment.project_id)
        _move(experiment, "stopped")
        phase = experiment.phases.get(ended_at=None)
        phase.ended_at = max(at, phase.started_at + timedelta(microseconds=1))
        phase.closed_at = now
        phase.save(update_fields=["ended_at", "closed_at"])
        # Those met too late, and those who were mixed perhaps only by an exposure after the end.
        _mark(phase, Q(exposed_at__gte=phase.ended_at) | Q(excluded="mixed"))
        snapshot.publish(experiment.project_id, reason=f"{experiment.key} stopped")
    experiment.status = "stopped"
    return phase


def add_goal(experiment: Experiment, row: ExperimentGoal) -> None:
    """Ask a running or stopped phase one more question; its answer is computed from past events and is exploratory."""
    with transaction.atomic():
        hold_project(experiment.project_id)
        phase = experiment.phases.filter(finalised_at=None).order_by("-number").first()
        if phase is None:
            return
        plan = plan_of(phase.plan)
        if any(goal.id == row.goal_id for goal in plan.goals):
            return
        goals = (*plan.goals, planned_goal(row, exploratory=True))
        phase.plan = to_json(_with_goals(plan, goals))
        phase.plan_version += 1
        phase.save(update_fields=["plan", "plan_version"])
        snapshot.publish(experiment.project_id, reason=f"{row.goal.key} added to {experiment.key}")
        _mark(phase, Q())


def _mark(phase: Phase, enrolled: Q) -> None:
    people = Enrolment.objects.filter(enrolled, phase=phase).values("person_id")
    visitors = Visitor.objects.filter(person_id__in=people).values_list("visitor_id", flat=True)
    dues.mark(phase.experiment.project_id, list(visitors))


def _with_goals(plan: Plan, goals: tuple[PlannedGoal, ...]) -> Plan:
    return replace(plan, goals=goals)


def _plan(experiment: Experiment, seed: str) -> Plan:
    variants = list(experiment.variants.all())
    parts = shares([variant.weight for variant in variants])
    bounds = bucket_ranges(len(parts), experiment.coverage, parts)
    rows = experiment.goal_roles.select_related("goal", "goal__leads_to")
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
    )


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
