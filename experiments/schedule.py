"""Starts and ends that come by themselves."""

import logging
from collections.abc import Callable
from datetime import datetime

from django.db import OperationalError, transaction

from experiments.enrolling import start, stop
from experiments.models import Experiment, Phase, Status
from experiments.moves import LIVE, AlreadyMoved, IllegalMove, NotReady, move
from experiments.phases import hold_project
from experiments.readiness import problems_before_schedule

log = logging.getLogger(__name__)


def schedule(experiment: Experiment, *, now: datetime) -> None:
    """Let it start by itself at ``starts_at``. Until then everything may still change, and is looked at once more."""
    with transaction.atomic():
        hold_project(experiment.project_id)
        move(experiment, Status.SCHEDULED)
        fresh = Experiment.objects.select_related("project").get(id=experiment.id)
        if problems := problems_before_schedule(fresh, now=now):
            raise NotReady(problems)
        Experiment.objects.filter(id=experiment.id).update(schedule_problem="")
    experiment.status, experiment.schedule_problem = Status.SCHEDULED, ""


def unschedule(experiment: Experiment) -> None:
    with transaction.atomic():
        move(experiment, Status.DRAFT)
    experiment.status = Status.DRAFT


def keep_schedule(now: datetime) -> int:
    """Stop what is over and start what is due: how many. Stops come first, since they make room for starts."""
    over = Phase.objects.filter(
        ended_at=None, planned_end__lte=now, experiment__stops_by_itself=True, experiment__status__in=LIVE
    )
    due = Experiment.objects.filter(status=Status.SCHEDULED, starts_at__lte=now)
    return sum(
        _safely(_stop_over, found, now) for found in over.order_by("planned_end", "id").values_list("id", flat=True)
    ) + sum(_safely(_start_due, found, now) for found in due.order_by("starts_at", "id").values_list("id", flat=True))


def _safely(keep: Callable[[int, datetime], bool], row_id: int, now: datetime) -> bool:
    try:
        return keep(row_id, now)
    except OperationalError:
        raise
    except (AlreadyMoved, IllegalMove):
        return False
    except Exception:
        # The edge of the loop: one that fails hinders no other, and is tried again.
        log.exception("the schedule of %s %d was not kept", keep.__name__, row_id)
        return False


def _stop_over(phase_id: int, now: datetime) -> bool:
    phase = Phase.objects.select_related("experiment").get(id=phase_id)
    with transaction.atomic():
        hold_project(phase.experiment.project_id)
        # Another worker, or a person, may have been faster.
        current = Phase.objects.select_related("experiment").get(id=phase_id)
        if current.ended_at is not None or current.planned_end is None or not current.experiment.stops_by_itself:
            return False
        # When it was meant to end, and not when a worker came by: the plan counts on it.
        stop(current.experiment, at=current.planned_end, now=now)
    return True


def _start_due(experiment_id: int, now: datetime) -> bool:
    project_id = Experiment.objects.values_list("project_id", flat=True).get(id=experiment_id)
    with transaction.atomic():
        hold_project(project_id)
        due = Experiment.objects.filter(id=experiment_id, status=Status.SCHEDULED, starts_at__lte=now).first()
        if due is None:
            return False
        try:
            # Now, and not when it was meant to: before this nobody was served anything.
            start(due, at=now)
        except NotReady as missing:
            move(due, Status.DRAFT)
            Experiment.objects.filter(id=due.id).update(schedule_problem="\n".join(missing.problems))
            return False
    return True
