"""Compute a phase's result from its tallies and store it. Worker side: loads scipy; web asks by the task's name."""

import hashlib
import logging
from datetime import datetime

from django.db import OperationalError, connection, transaction

from experiments import results
from experiments.analysis import analyse
from experiments.models import Phase
from experiments.phases import plan_of
from experiments.queries import share_rebuilt, tallied

log = logging.getLogger(__name__)
# First half of the advisory lock's key; the second is the phase's id.
COMPUTE_LOCK = 7302


def compute_open_phases(now: datetime) -> int:
    """Bring the results of all phases that may still change up to date; how many were computed anew."""
    phases = Phase.objects.filter(finalised_at=None).select_related("experiment__project", "result").order_by("id")
    return sum(_compute_safely(phase, now) for phase in phases)


def _compute_safely(phase: Phase, now: datetime) -> bool:
    try:
        return compute(phase, now)
    except OperationalError:
        raise
    except Exception as error:
        # The edge of the loop: one phase that cannot be computed keeps its last result, says so, and stops no other.
        log.exception("result of phase %d not computed", phase.id)
        results.record_failure(phase, repr(error))
        return False


def compute(phase: Phase, now: datetime) -> bool:
    """Whether the result was computed anew; False when it was still right or another worker is at it."""
    with transaction.atomic():
        if not _try_lock(phase.id):
            return False
        through = results.data_through(phase.experiment.project_id)
        plan, sums = plan_of(phase.plan), tallied(phase.id)
        progress = share_rebuilt(phase.id, phase.plan_version)
        standing = results.standing_of(phase, sums.people, now)
        inputs = (sums.digest, phase.plan_version, progress, standing.status, standing.final, standing.days >= 7)
        digest = hashlib.sha256(repr(inputs).encode()).hexdigest()
        known = getattr(phase, "result", None)
        if known is not None and known.tallies_digest == digest:
            results.confirm(phase, through=through)
            return False
        body = analyse(plan, sums, standing, progress=progress)
        body |= {"alpha": plan.alpha, "currency": phase.experiment.project.currency}
        results.save(phase, body, digest=digest, through=through)
    return True


def _try_lock(phase_id: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [COMPUTE_LOCK, phase_id])
        return bool(cursor.fetchone()[0])
