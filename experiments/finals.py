"""Freezing a stopped phase whose windows have closed: its tallies change no more, and a checksum proves it."""

import hashlib
from datetime import datetime, timedelta

from django.db import connection, transaction

from experiments.computing import compute
from experiments.models import Phase
from experiments.phases import hold_project, last_window_closes, plan_of
from experiments.queries import tallied
from tracking import dues

# Events may arrive this late, so the numbers wait as long.
LATENESS = timedelta(days=7)

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
    return sum(_finalise(phase, now) for phase in stopped.select_related("experiment__project", "result"))


def _finalise(phase: Phase, now: datetime) -> bool:
    plan = plan_of(phase.plan)
    if phase.ended_at is None or last_window_closes(plan, phase.ended_at) + LATENESS > now:
        return False
    with transaction.atomic():
        hold_project(phase.experiment.project_id)
        if dues.oldest(phase.experiment.project_id):
            return False
        compute(phase, now)
        phase.checksum, phase.finalised_at = checksum(phase.id), now
        phase.save(update_fields=["checksum", "finalised_at"])
    return True


def checksum(phase_id: int) -> str:
    """SHA-256 over tallies and person totals; equal only while neither has changed."""
    with connection.cursor() as cursor:
        cursor.execute(TOTALS, [phase_id])
        totals = cursor.fetchone()
    return hashlib.sha256(f"{tallied(phase_id).digest}|{totals}".encode()).hexdigest()
