"""Periodic jobs; ``config.celery`` says how often. Each may run at any time, twice, or on several workers at once."""

from celery import shared_task
from django.utils import timezone

from experiments.computing import compute_open_phases
from experiments.finals import finalise_due_phases
from experiments.forecasting import answer_asked
from experiments.lifecycle import keep_schedule
from experiments.refining import refine_open_phases
from experiments.rollups import roll_up
from tracking import dues

# Long enough to work off a backlog in few tasks, short enough to let the other jobs in.
BUDGET = 15


@shared_task(name="experiments.roll_up")
def roll_up_events() -> int:
    return roll_up(seconds=BUDGET)


@shared_task(name="experiments.compute_results")
def compute_results() -> int:
    computed = compute_open_phases(timezone.now())
    # Here too, and in no job of its own: somebody waits in front of a page, and this one comes by every few seconds.
    return computed + answer_asked(timezone.now())


@shared_task(name="experiments.refine")
def refine() -> int:
    return refine_open_phases(timezone.now())


@shared_task(name="experiments.keep_schedule")
def keep_the_schedule() -> int:
    return keep_schedule(timezone.now())


@shared_task(name="experiments.retry_set_aside")
def retry_set_aside() -> int:
    return dues.retry_set_aside()


@shared_task(name="experiments.finalise")
def finalise() -> int:
    return finalise_due_phases(timezone.now())
