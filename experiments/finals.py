"""Freezing a stopped phase whose windows have closed: its tallies change no more, and a checksum proves it."""

import hashlib
import logging
from datetime import datetime, timedelta

from django.db import OperationalError, connection, transaction

from experiments.computing import compute
from experiments.models import Phase
from experiments.phases import hold_project, last_window_closes, plan_of
from experiments.refining import refine
from tracking import dues

log = logging.getLogger(__name__)
# Events may arrive this late, so the numbers wait as long.
LATENESS = timedelta(days=7)

TALLIES = """
SELECT count(*), coalesce(sum(hashtextextended(
    concat_ws('|', variant, goal_id, excluded, day, persons, total, squares), 0)::numeric), 0)
FROM experiments_tally WHERE phase_id = %s AND (persons <> 0 OR total <> 0 OR squares <> 0)
"""
TOTALS = """
SELECT count(*), coalesce(sum(hashtextextended(
    concat_ws('|', e.person_id, e.variant, e.excluded, e.exposed_at AT TIME ZONE 'UTC', e.covariates,
              t.goal_id, t.value), 0)::numeric), 0)
FROM experiments_enrolment e LEFT JOIN experiments_goaltotal t ON t.enrolment_id = e.id
WHERE e.phase_id = %s
"""


def finalise_due_phases(now: datetime) -> int:
    """How many phases were frozen."""
    stopped = Phase.objects.filter(finalised_at=None, ended_at__lt=now - LATENESS, closed_at__lt=now - LATENESS)
    return sum(_finalise_safely(phase_id, now) for phase_id in stopped.order_by("id").values_list("id", flat=True))


def _finalise_safely(phase_id: int, now: datetime) -> bool:
    try:
        return _finalise(phase_id, now)
    except OperationalError:
        raise
    except Exception:
        # The edge of the loop: one phase that cannot be frozen stops no other, and is tried again.
        log.exception("phase %d not finalised", phase_id)
        return False


def _finalise(phase_id: int, now: datetime) -> bool:
    with transaction.atomic():
        project_id = Phase.objects.values_list("experiment__project_id", flat=True).get(id=phase_id)
        hold_project(project_id)
        phase = Phase.objects.get(id=phase_id)
        closes = last_window_closes(plan_of(phase.plan), phase.ended_at) + LATENESS if phase.ended_at else now
        # Whoever came later cannot change this phase; whoever came before must be counted first.
        if closes >= now or dues.any_before(project_id, closes):
            return False
        compute(phase_id, now, wait=True)
        refine(phase_id, now)
        compute(phase_id, now, wait=True)
        Phase.objects.filter(id=phase_id).update(checksum=checksum(phase_id), finalised_at=now)
    return True


def checksum(phase_id: int) -> str:
    """SHA-256 over tallies and person totals; equal only while neither has changed."""
    with connection.cursor() as cursor:
        cursor.execute(TALLIES, [phase_id])
        tallies = cursor.fetchone()
        cursor.execute(TOTALS, [phase_id])
        totals = cursor.fetchone()
    return hashlib.sha256(f"{tallies}|{totals}".encode()).hexdigest()
