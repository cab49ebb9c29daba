"""Refinements of a phase, kept beside its result: computed from people's own values, so less often than tallies."""

import hashlib
import logging
import time
from datetime import datetime, timedelta
from typing import Any

from django.db import OperationalError, connection, transaction

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
    phases = Phase.objects.filter(finalised_at=None, result__people__gt=0).order_by("id")
    return sum(_refine_safely(phase, now) for phase in phases.select_related("refinement", "result"))


def refine(phase_id: int, now: datetime) -> None:
    """Once more before the phase is frozen; what is only shown beside must not keep it from being frozen."""
    phase = Phase.objects.select_related("result").get(id=phase_id)
    try:
        with transaction.atomic():
            _refine(phase, now, wait=True)
    except OperationalError:
        raise
    except Exception:
        log.exception("phase %d not refined before it is frozen", phase_id)


def _refine_safely(phase: Phase, now: datetime) -> bool:
    known = getattr(phase, "refinement", None)
    if known is not None and (
        known.tallies_digest == _digest(phase, now)
        or now < known.computed_at + max(AT_LEAST, PATIENCE * timedelta(seconds=known.seconds))
    ):
        return False
    try:
        return _refine(phase, now, wait=False)
    except OperationalError:
        raise
    except Exception:
        # The edge of the loop: a phase that cannot be refined keeps what it had, and stops no other.
        log.exception("phase %d not refined", phase.id)
        return False


def _digest(phase: Phase, now: datetime) -> str:
    """Equal while nothing new would be computed: numbers, and the day, since windows close as time goes by."""
    content = (VERSION, phase.result.tallies_digest, now.date())
    return hashlib.sha256(repr(content).encode()).hexdigest()


def _refine(phase: Phase, now: datetime, *, wait: bool) -> bool:
    began = time.monotonic()
    with transaction.atomic():
        if not _locked(phase.id, wait=wait):
            return False
        plan = plan_of(phase.plan)
        body = refinement.refine(plan, persons_of(phase.id, plan), today=now.astimezone(plan.zone).date())
        Refinement.objects.update_or_create(
            phase=phase,
            defaults={
                "body": body,
                "tallies_digest": _digest(phase, now),
                "computed_at": now,
                "seconds": time.monotonic() - began,
            },
        )
    return True


def _locked(phase_id: int, *, wait: bool) -> bool:
    function = "pg_advisory_xact_lock" if wait else "pg_try_advisory_xact_lock"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s, %s)", [REFINE_LOCK, phase_id])
        return wait or bool(cursor.fetchone()[0])
