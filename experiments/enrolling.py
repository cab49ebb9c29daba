"""Start, pause, resume, stop: whether new people are enrolled. And one more goal for those who are."""

from dataclasses import replace
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from experiments import snapshot
from experiments.models import Experiment, ExperimentGoal, Phase, Status
from experiments.moves import UNBEGUN, NotReady, move
from experiments.phase_ends import TICK, close_phase, mark_enrolled, mark_exposed_since, open_phase
from experiments.phases import hold_project, pauses_of, plan_of, to_json
from experiments.plan_building import planned_goal
from experiments.readiness import problems_before_showing, problems_before_start


def start(experiment: Experiment, *, at: datetime) -> Phase:
    """Open the first phase. ``at`` may lie in the past, for tests that ran elsewhere.

    Raises ``IllegalMove``, ``AlreadyMoved`` or ``NotReady``.
    """
    with transaction.atomic():
        hold_project(experiment.project_id)
        move(experiment, Status.RUNNING, among=UNBEGUN)
        # What was changed since the caller read it is what starts.
        fresh = Experiment.objects.select_related("project", "namespace").get(id=experiment.id)
        if problems := problems_before_start(fresh, at=at):
            raise NotReady(problems)
        phase = open_phase(fresh, at=at)
        Experiment.objects.filter(id=fresh.id).exclude(schedule_problem="").update(schedule_problem="")
        snapshot.publish(experiment.project_id, reason=f"{experiment.key} started")
    experiment.status = Status.RUNNING
    return phase


def pause(experiment: Experiment, *, at: datetime) -> Phase:
    """Nobody new is enrolled from ``at`` on; seed and phase stay, and those enrolled go on counting."""
    with transaction.atomic():
        hold_project(experiment.project_id)
        move(experiment, Status.PAUSED)
        phase = experiment.phases.get(ended_at=None)
        begins = max(at, _last_change(phase) + TICK)
        phase.pauses = [*phase.pauses, [begins.isoformat(), None]]
        phase.save(update_fields=["pauses"])
        mark_enrolled(phase, Q(exposed_at__gte=begins) | Q(excluded="mixed"))
        snapshot.publish(experiment.project_id, reason=f"{experiment.key} paused")
    experiment.status = Status.PAUSED
    return phase


def resume(experiment: Experiment, *, at: datetime) -> Phase:
    """Enrol again, in the same phase under the same seed.

    Raises ``NotReady`` where a variant leads to a host that the project no longer lists.
    """
    with transaction.atomic():
        hold_project(experiment.project_id)
        move(experiment, Status.RUNNING, among=(Status.PAUSED,))
        phase = experiment.phases.get(ended_at=None)
        plan = plan_of(phase.plan)
        if problems := problems_before_showing(plan, plan.variants, experiment.project_id):
            raise NotReady(problems)
        ends = max(at, _last_change(phase) + TICK)
        phase.pauses = [*phase.pauses[:-1], [phase.pauses[-1][0], ends.isoformat()]]
        phase.save(update_fields=["pauses"])
        mark_exposed_since(experiment, ends)
        snapshot.publish(experiment.project_id, reason=f"{experiment.key} resumed")
    experiment.status = Status.RUNNING
    return phase


def stop(experiment: Experiment, *, at: datetime, now: datetime) -> Phase:
    """Close the phase as of ``at``; people met before ``at`` keep counting until their windows close."""
    with transaction.atomic():
        hold_project(experiment.project_id)
        move(experiment, Status.STOPPED, among=(Status.RUNNING, Status.PAUSED))
        phase = experiment.phases.get(ended_at=None)
        close_phase(phase, at=at, now=now)
        snapshot.publish(experiment.project_id, reason=f"{experiment.key} stopped")
    experiment.status = Status.STOPPED
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
        phase.plan = to_json(replace(plan, goals=goals))
        phase.plan_version += 1
        phase.save(update_fields=["plan", "plan_version"])
        snapshot.publish(experiment.project_id, reason=f"{row.goal.key} added to {experiment.key}")
        mark_enrolled(phase, Q())


def _last_change(phase: Phase) -> datetime:
    """The last start, pause or resume: moves keep their order, whatever the clocks of two processes say."""
    moments = [moment for pause in pauses_of(phase) for moment in pause if moment is not None]
    return max([phase.started_at, *moments])
