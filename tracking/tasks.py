"""Periodic jobs of this floor; ``config.celery`` says how often. Each may run at any time, and twice at once."""

from celery import shared_task
from django.utils import timezone

from tracking.marks import mark_programs
from tracking.operations import beat_heart
from tracking.outcomes import fold, forget_old
from tracking.privacy.erasing import finish_erasures
from tracking.privacy.retention import purge_expired

FOLDED_AT_ONCE = 5_000


@shared_task(name="tracking.finish_erasures")
def finish_begun_erasures() -> int:
    return finish_erasures(timezone.now())


@shared_task(name="tracking.purge_expired")
def purge_what_has_expired() -> int:
    return sum(purge_expired(timezone.now()).values())


@shared_task(name="tracking.fold_outcomes")
def fold_outcomes() -> None:
    beat_heart(timezone.now())
    while fold(FOLDED_AT_ONCE) == FOLDED_AT_ONCE:
        pass


@shared_task(name="tracking.forget_rejected")
def forget_rejected() -> int:
    return forget_old(timezone.now())


@shared_task(name="tracking.mark_programs")
def mark_who_behaves_as_a_program() -> int:
    return mark_programs(timezone.now())
