"""Compute a phase's result from its tallies and store it. Worker side: loads scipy; web asks by the task's name."""

import hashlib
import logging
from dataclasses import replace
from datetime import datetime

from django.db import OperationalError, connection, transaction

from experiments import looks, refining, results
from experiments.analysis import analyse
from experiments.decisions import FEWEST_DAYS
from experiments.models import Phase
from experiments.phases import plan_of
from experiments.progress import progress_of
from experiments.queries import arrivals, share_rebuilt, tallied
from experiments.rows import Case
from tracking import dues

log = logging.getLogger(__name__)
# Goes up when the same tallies give another body: then results that have not changed are computed again too.
VERSION = 2
# First half of the advisory lock's key; the second is the phase's id.
COMPUTE_LOCK = 7302


def compute_open_phases(now: datetime) -> int:
    """Bring the results of all phases that may still change up to date; how many were computed anew."""
    ids = Phase.objects.filter(finalised_at=None).order_by("id").values_list("id", flat=True)
    return sum(_compute_safely(phase_id, now) for phase_id in ids)


def _compute_safely(phase_id: int, now: datetime) -> bool:
    try:
        return compute(phase_id, now)
    except OperationalError:
        raise
    except Exception as error:
        # The edge of the loop: one phase that cannot be computed keeps its last result, says so, and stops no other.
        log.exception("result of phase %d not computed", phase_id)
        results.record_failure(phase_id, repr(error))
        return False


def compute(phase_id: int, now: datetime, *, wait: bool = False) -> bool:
    """Whether it was computed anew; False when it was still right, or another worker is at it and we do not wait."""
    with transaction.atomic():
        if not _locked(phase_id, wait=wait):
            return False
        # Read behind the lock, and before the tallies: the plan is never older than the numbers.
        phase = Phase.objects.select_related("experiment__project", "result").get(id=phase_id)
        project = phase.experiment.project
        # Before the tallies: what is settled between the two is in them, and not the other way round.
        waiting_since = dues.oldest(project.id)
        through = results.data_through(waiting_since)
        sums = replace(tallied(phase.id), set_aside=dues.count_set_aside(project.id))
        progress = _progress(phase)
        case = Case(
            plan=plan_of(phase.plan),
            tallied=sums,
            standing=results.standing_of(phase, sums.people, now),
            sights=looks.sights_of(phase.id),
            refined=refining.latest(phase.id),
            progress=progress,
        )
        known = getattr(phase, "result", None)
        unchanged = known is not None and known.digest == _digest(phase, case, now)
        tallies = looks.Tallies(waiting_since, known.computed_at if known and unchanged else None)
        if case.standing.planned and looks.may_be_taken(phase, tallies, now):
            case = looks.take(phase.id, case)
        digest = _digest(phase, case, now)
        if known is not None and known.digest == digest:
            results.confirm(phase, through=through)
            return False
        body = analyse(case)
        body |= {
            "alpha": case.plan.alpha,
            "currency": project.currency,
            "looks": looks.told(phase.id),
            "refined_at": (case.refined or {}).get("computed_at"),
            "outlook": None if case.standing.status == "stopped" else progress_of(case, arrivals(phase.id), now),
        }
        results.save(phase, body, tallies=case.tallied.digest, digest=digest, through=through)
    return True


def _progress(phase: Phase) -> float:
    """How far goals added after the start are computed. Counted once to the end, then remembered."""
    if phase.counted_version == phase.plan_version:
        return 1.0
    nobody_waits = dues.oldest(phase.experiment.project_id) is None
    progress = 1.0 if nobody_waits else share_rebuilt(phase.id, phase.plan_version)
    if progress == 1.0:
        Phase.objects.filter(id=phase.id).update(counted_version=phase.plan_version)
    return progress


def _digest(phase: Phase, case: Case, now: datetime) -> str:
    """Equal while the same body would be computed: numbers, plan, looks, and what time alone decides."""
    standing, refined = case.standing, (case.refined or {}).get("computed_at")
    of_time = (
        standing.status,
        standing.over,
        standing.why_not_over.code,
        standing.days_enrolling >= FEWEST_DAYS,
        now.date(),
    )
    looked = sum(len(sights) for sights in case.sights.values())
    content = (VERSION, case.tallied.digest, phase.plan_version, case.progress, of_time, looked, refined)
    return hashlib.sha256(repr(content).encode()).hexdigest()


def _locked(phase_id: int, *, wait: bool) -> bool:
    function = "pg_advisory_xact_lock" if wait else "pg_try_advisory_xact_lock"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s, %s)", [COMPUTE_LOCK, phase_id])
        return wait or bool(cursor.fetchone()[0])
