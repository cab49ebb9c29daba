"""The only writer of events. What it answers ``stored`` is committed, and so is the mark that work is due."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import msgspec
from django.db import DataError, connection

from tracking.wire.native import IncomingEvent, Refusal

# One statement, so one commit. Rows go in by event id: two batches with the same ids cannot wait for each other.
STORE = """
WITH incoming AS (
    SELECT * FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::timestamptz[], %s::text[],
                         %s::jsonb[], %s::jsonb[])
        AS t(event_id, name, visitor_id, user_id, occurred_at, excluded, properties, context)
), stored AS (
    INSERT INTO tracking_event
        (project_id, source, event_id, name, visitor_id, user_id, occurred_at, excluded, properties, context)
    SELECT %s, %s, incoming.* FROM incoming ORDER BY event_id
    ON CONFLICT DO NOTHING
    RETURNING event_id, visitor_id
), due AS (
    INSERT INTO tracking_due (project_id, visitor_id) SELECT DISTINCT %s::bigint, visitor_id FROM stored
)
SELECT event_id FROM stored
"""


@dataclass(frozen=True, slots=True)
class Receipt:
    """The answer for one event: ``stored``, ``duplicate`` or ``rejected``."""

    id: str | None
    status: str
    reason: str = ""
    excluded: str = ""

    def as_json(self) -> dict[str, Any]:
        content = asdict(self)
        return {name: value for name, value in content.items() if value or name in {"id", "status"}}


def capture(project_id: int, batch: Sequence[IncomingEvent | Refusal], source: str) -> list[Receipt]:
    """Store a batch, exactly once by (project, event id); one receipt for each event, in order.

    Raises ``django.db.OperationalError`` when PostgreSQL cannot commit; then nothing of the batch is stored.
    """
    first_of: dict[str, IncomingEvent] = {}
    for event in batch:
        if isinstance(event, IncomingEvent):
            first_of.setdefault(event.id, event)
    stored, unstorable = _store_carefully(project_id, list(first_of.values()), source)
    receipts = []
    for event in batch:
        if isinstance(event, Refusal):
            receipts.append(Receipt(event.id, "rejected", event.reason))
        elif event.id in unstorable:
            receipts.append(Receipt(event.id, "rejected", "unstorable"))
        elif first_of[event.id] is event and event.id in stored:
            receipts.append(Receipt(event.id, "stored", excluded=event.excluded))
        else:
            receipts.append(Receipt(event.id, "duplicate"))
    return receipts


def _store_carefully(project_id: int, events: list[IncomingEvent], source: str) -> tuple[set[str], set[str]]:
    """Ids stored, and ids that PostgreSQL cannot hold: one such event must not refuse its neighbours."""
    if not events:
        return set(), set()
    try:
        return _store(project_id, events, source), set()
    except DataError:
        if len(events) == 1:
            return set(), {events[0].id}
    half = len(events) // 2
    left, left_bad = _store_carefully(project_id, events[:half], source)
    right, right_bad = _store_carefully(project_id, events[half:], source)
    return left | right, left_bad | right_bad


def _store(project_id: int, events: list[IncomingEvent], source: str) -> set[str]:
    encode = msgspec.json.encode
    columns: list[list[Any]] = [
        [event.id for event in events],
        [event.name for event in events],
        [event.visitor_id for event in events],
        [event.user_id for event in events],
        [event.occurred_at for event in events],
        [event.excluded for event in events],
        [encode(event.properties).decode() for event in events],
        [encode(event.context).decode() for event in events],
    ]
    with connection.cursor() as cursor:
        cursor.execute(STORE, [*columns, project_id, source, project_id])
        return {row[0] for row in cursor.fetchall()}
