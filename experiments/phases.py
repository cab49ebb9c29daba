"""Reading phases with their frozen plans, and the lock between rollups and changes of a plan."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec
from django.db import connection

from experiments.models import Phase
from experiments.plan import Plan
from experiments.rebuild import Pause, Span

# First half of the advisory lock's key; the second is the project's id.
PLAN_LOCK = 7301


@dataclass(frozen=True, slots=True)
class OpenPhase:
    id: int
    plan_version: int
    span: Span


def to_json(plan: Plan) -> dict[str, Any]:
    content: dict[str, Any] = msgspec.to_builtins(plan)
    return content


def plan_of(content: dict[str, Any]) -> Plan:
    """The plan stored in ``Phase.plan``. Raises ``msgspec.ValidationError`` when someone has tampered with it."""
    return msgspec.convert(content, Plan)


def span_of(phase: Phase) -> Span:
    plan, pauses = plan_of(phase.plan), tuple(pauses_of(phase))
    return Span(plan, phase.number, phase.started_at, phase.ended_at, pauses, phase.handed_over)


def pauses_of(phase: Phase) -> list[Pause]:
    """When nobody was enrolled, oldest first; the last one may still go on."""
    return [(datetime.fromisoformat(start), until and datetime.fromisoformat(until)) for start, until in phase.pauses]


def open_phases(project_id: int) -> list[OpenPhase]:
    """Phases whose numbers may still change: running, or stopped with windows that are still open."""
    rows = Phase.objects.filter(experiment__project_id=project_id, finalised_at=None).order_by("id")
    return [OpenPhase(phase.id, phase.plan_version, span_of(phase)) for phase in rows]


def share_project(project_id: int) -> None:
    """Taken by every rollup until it commits: no plan changes under it. PostgreSQL serves these locks in turn."""
    _lock("pg_advisory_xact_lock_shared", project_id)


def hold_project(project_id: int) -> None:
    """Taken by a change of plans until it commits: waits for the rollups under way, then holds back the next ones."""
    _lock("pg_advisory_xact_lock", project_id)


def _lock(function: str, project_id: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s, %s)", [PLAN_LOCK, project_id])


def last_window_closes(plan: Plan, ended_at: datetime) -> datetime:
    """When the last conversion can count: an exposure just before the end plus the longest window."""
    days = max((goal.window for goal in plan.goals), default=0)
    return ended_at + timedelta(days=days)
