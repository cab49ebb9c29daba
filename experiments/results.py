"""Stored results: written by the worker that computed them, read by admin and API. The last good one always stays."""

from datetime import datetime, timedelta
from typing import Any

import orjson
from django.utils import timezone

from experiments.decisions import Standing
from experiments.models import Experiment, Phase, Result
from experiments.phases import pauses_of

# A phase that began so long before it was said to begin ran elsewhere and is read after the fact.
IMPORT_LAG = timedelta(hours=1)
# The jobs run every few seconds; beyond this the numbers on the page are not the numbers of now.
STALE_AFTER = timedelta(seconds=20)


def standing_of(phase: Phase, people: int, now: datetime) -> Standing:
    return Standing(
        status="running" if phase.ended_at is None else "stopped",
        imported=_is_imported(phase),
        started_at=phase.started_at,
        ended_at=phase.ended_at,
        planned_end=phase.planned_end,
        planned_sample=phase.planned_sample,
        people=people,
        now=now,
        paused=_paused(phase, now),
    )


def _paused(phase: Phase, now: datetime) -> timedelta:
    spells = (min(until or now, now) - start for start, until in pauses_of(phase) if start < now)
    return sum(spells, timedelta(0))


def _is_imported(phase: Phase) -> bool:
    """Whether it had ended before it was opened here: then nobody can have stopped it because of what was shown."""
    if phase.experiment.kind != "external" or phase.ended_at is None:
        return False
    return phase.started_at < phase.opened_at - IMPORT_LAG and phase.ended_at <= phase.opened_at


def latest_phase(experiment: Experiment) -> Phase | None:
    return experiment.phases.select_related("experiment__project", "result").order_by("-number").first()


def read(phase: Phase, *, now: datetime) -> dict[str, Any] | None:
    """The last good result in the shape of the API, with its age; None when nothing was ever computed."""
    result = getattr(phase, "result", None)
    if result is None:
        return None
    standing, body = standing_of(phase, result.people, now), orjson.loads(result.body)
    return {
        "experiment": phase.experiment.key,
        "phase": phase.number,
        "status": standing.status,
        "started_at": phase.started_at,
        "ended_at": phase.ended_at,
        "planned_end": phase.planned_end,
        "planned_sample": phase.planned_sample,
        "days_left": _days_left(standing, body),
        "computed_at": result.computed_at,
        "data_through": result.data_through,
        "stale": is_stale(phase, result, now),
        "error": result.error or None,
        **body,
    }


def _days_left(standing: Standing, body: dict[str, Any]) -> int | None:
    """To the planned end; without one, as many as the planned number of people will take."""
    if standing.days_left is not None or standing.status == "stopped":
        return standing.days_left
    return (body.get("outlook") or {}).get("days_left")


def is_stale(phase: Phase, result: Result, now: datetime) -> bool:
    """Whether events may be missing from it: the jobs have not come by for too long. A frozen phase never is."""
    return phase.finalised_at is None and now - result.data_through > STALE_AFTER


def data_through(waiting_since: datetime | None) -> datetime:
    """Every event answered ``stored`` before this moment is in the tallies; visitors set aside are told in health.

    waiting_since: the oldest that is still to be counted, asked just now.
    """
    return waiting_since or timezone.now()


def save(phase: Phase, body: dict[str, Any], *, tallies: str, digest: str, through: datetime) -> None:
    Result.objects.update_or_create(
        phase=phase,
        defaults={
            "body": orjson.dumps(body).decode(),
            "people": body["health"]["enrolled"],
            "verdict": body["verdict"]["code"],
            "tallies_digest": tallies,
            "digest": digest,
            "computed_at": timezone.now(),
            "data_through": through,
            "error": "",
            "failed_at": None,
        },
    )


def confirm(phase: Phase, *, through: datetime) -> None:
    """Nothing has changed since the last computation: it holds through this moment too."""
    Result.objects.filter(phase=phase).update(data_through=through, error="", failed_at=None)


def record_failure(phase_id: int, error: str) -> None:
    Result.objects.filter(phase_id=phase_id).update(error=error[:1000], failed_at=timezone.now())
