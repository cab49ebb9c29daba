"""Refinements of a phase, kept beside its result: computed from people's own values, so less often than tallies."""

import logging
import time
from datetime import datetime, timedelta
from typing import Any

from django.db import OperationalError, connection, transaction
from django.db.models import F, Q

from experiments import refinement
from experiments.models import Phase, Refinement
from experiments.persons import persons_of
from experiments.phases import plan_of

log = logging.getLogger(__name__)
# Goes up when the same people give another body.
VERSION = 1
# First half of the advisory lock's key; the second is the phase's id.
REFINE_LOCK = 7303
# The least time between two of one phase, and how many times as long as the last one took it waits: so however large
# a phase is, this costs a worker a fiftieth of its time.
AT_LEAST = timedelta(seconds=30)
PATIENCE = 50


def latest(phase_id: int) -> dict[str, Any] | None:
    """The last body, with when it was computed; None when there is none."""
    found = Refinement.objects.filter(phase_id=phase_id).first()
    return None if found is None else {**found.body, "computed_at": found.computed_at.isoformat()}


def refine_open_phases(now: datetime) -> int:
    """Bring those up to date whose tallies have changed since, each no oftener than it can afford."""
    changed = Q(refinement=None) | ~Q(refinement__tallies_digest=F("result__tallies_digest"))
    phases = Phase.objects.filter(changed, finalised_at=None, result__people__gt=0).order_by("id")
    return sum(_refine_safely(phase, now) for phase in phases.select_related("refinement", "result"))


def refine(phase_id: int, now: datetime) -> None:
    """Once more before the phase is frozen."""
    _refine(Phase.objects.select_related("result").get(id=phase_id), now)


def _refine_safely(phase: Phase, now: datetime) -> bool:
    known = getattr(phase, "refinement", None)
    if known is not None and now < known.computed_at + max(AT_LEAST, PATIENCE * timedelta(seconds=known.seconds)):
        return False
    try:
        return _refine(phase, now)
    except OperationalError:
        raise
    except Exception:
        # The edge of the loop: a phase that cannot be refined keeps what it had, and stops no other.
        log.exception("phase %d not refined", phase.id)
        return False


def _refine(phase: Phase, now: datetime) -> bool:
    began = time.monotonic()
    with transaction.atomic():
        if not _locked(phase.id):
            return False
        plan = plan_of(phase.plan)
        body = refinement.refine(plan, persons_of(phase.id, plan), today=now.date())
        Refinement.objects.update_or_create(
            phase=phase,
            defaults={
                "body": {"version": VERSION, **body},
                "tallies_digest": phase.result.tallies_digest,
                "computed_at": now,
                "seconds": time.monotonic() - began,
            },
        )
    return True


def _locked(phase_id: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [REFINE_LOCK, phase_id])
        return bool(cursor.fetchone()[0])
