"""The only writer of events. What it answers ``stored`` is committed, and so is the mark that work is due.

What became of each event is counted in the same transaction: no count without its event, and none twice. Several
batches may share a transaction (``tracking.committing``); each gets its own answer.
"""

from collections.abc import Collection, Sequence
from typing import Any

import psycopg
from django.db import DataError, Error, IntegrityError, OperationalError, connection
from django.db.backends.utils import CursorWrapper

from tracking.batches import Identity, Prepared, Receipt, aside_of, prepared, receipts_of, without
from tracking.committing import Committer, Unanswered
from tracking.outcomes import APPEND, KEEP, TOLD, Aside, values
from tracking.wire.native import Incoming

# One statement, so one commit, and one argument: read from JSON, a row costs PostgreSQL and us a tenth of what ten
# arrays cost. Rows go in by event id: two batches with the same ids cannot wait for each other in a circle.
STORED = """
WITH incoming AS MATERIALIZED (
    SELECT t.*, EXISTS (
        SELECT FROM tracking_erased AS e WHERE e.project_id = t.p AND e.digest = ANY(ARRAY[t.dv, t.du])
    ) AS erased
    FROM jsonb_to_recordset(%(events)s::jsonb) AS t(
        p bigint, s text, i text, n text, v text, u text, t timestamptz, x text, pr jsonb, c jsonb, dv text, du text
    )
), stored AS (
    INSERT INTO tracking_event
        (project_id, source, event_id, name, visitor_id, user_id, occurred_at, excluded, properties, context)
    SELECT p, s, i, n, v, u, t, x, pr, c FROM incoming WHERE NOT erased ORDER BY p, i
    ON CONFLICT DO NOTHING
    RETURNING project_id, event_id, visitor_id, excluded
), due AS (
    INSERT INTO tracking_due (project_id, visitor_id) SELECT DISTINCT project_id, visitor_id FROM stored
), told(project_id, outcome, reason, n) AS (
    SELECT project_id, 'stored', excluded, count(*) FROM stored GROUP BY project_id, excluded
    UNION ALL SELECT p, 'filtered', 'erased', count(*) FROM incoming WHERE erased GROUP BY p
    UNION ALL SELECT p, 'duplicate', '', sum(n)
        FROM (SELECT p, 1 AS n FROM incoming WHERE NOT erased UNION ALL SELECT project_id, -1 FROM stored) AS both_of
        GROUP BY p
"""
# Mostly nothing: all were stored.
FOUND = """SELECT p, i, erased FROM incoming
WHERE NOT EXISTS (SELECT FROM stored WHERE stored.project_id = incoming.p AND stored.event_id = incoming.i)"""
# Most groups hold nothing but events to store, and the shorter statement is done sooner.
STORE = f"{STORED}), counted AS ({APPEND}) {FOUND}"
STORE_AND_TELL = f"{STORED} UNION ALL {TOLD}), counted AS ({APPEND}), rejected AS ({KEEP}) {FOUND}"
# A lock that somebody holds, a disk that hangs: senders are told to come again before they give up.
PATIENCE = "SET lock_timeout = '2s'; SET statement_timeout = '5s'"


def capture(project_id: int, batch: Sequence[Incoming], source: str) -> list[Receipt]:
    """Store a batch, exactly once by (project, event id); one receipt for each event, in order.

    Raises ``django.db.Error`` when PostgreSQL cannot commit: then nothing of the batch is stored, or nothing is known
    of it, and sent again it counts once.
    """
    if not batch:
        return []
    ready = prepared(project_id, batch, source)
    if not COMMITTER.is_running:
        return _stored_alone(ready)
    try:
        return COMMITTER.submit(ready)
    except Unanswered as error:
        raise OperationalError("the database has not answered in time") from error


def _stored_group(group: Sequence[Prepared]) -> Sequence[list[Receipt] | Exception]:
    """One transaction for all; where that cannot be, one for each. In the committer's thread, on its connection."""
    try:
        _be_patient()
        return _stored_together(group)
    except (DataError, IntegrityError):
        # One of them spoils it for all.
        return [_result_alone(batch) for batch in group]
    except Error as error:
        _let_go()
        return [error] * len(group)


def _be_patient() -> None:
    """On a connection that is new."""
    if connection.connection is None:
        with connection.cursor() as cursor:
            cursor.execute(PATIENCE)


def _let_go() -> None:
    """Closed and not only given back: another who took it from the pool would be as impatient as we are."""
    if connection.connection is not None:
        connection.connection.close()
    connection.close()


def _bytes_of(batch: Prepared) -> int:
    return sum(map(len, batch.rows.values()))


def _result_alone(batch: Prepared) -> list[Receipt] | Exception:
    try:
        _be_patient()
        return _stored_alone(batch)
    except Error as error:
        if isinstance(error, OperationalError):
            _let_go()
        return error


def _stored_alone(batch: Prepared) -> list[Receipt]:
    try:
        (receipts,) = _stored_together([batch])
    except DataError:
        return _stored_carefully(batch)
    return receipts


def _stored_together(group: Sequence[Prepared]) -> list[list[Receipt]]:
    rows: dict[Identity, bytes] = {}
    asides = []
    for batch in group:
        fresh = {(batch.project_id, event_id): row for event_id, row in batch.rows.items()}
        aside = aside_of(batch, again=len(fresh.keys() & rows.keys()))
        rows = fresh | rows
        if aside.deltas:
            asides.append((batch.project_id, aside))
    unstored = _unstored(rows.values(), asides)
    return [receipts_of(batch, unstored) for batch in group]


def _unstored(rows: Collection[bytes], asides: Sequence[tuple[int, Aside]] = ()) -> dict[Identity, bool]:
    """What was there before (False), and what must not be kept, since its person was erased (True)."""
    events = {"events": "[" + b",".join(rows).decode() + "]"}
    with _prepared_cursor() as cursor:
        cursor.execute(STORE_AND_TELL if asides else STORE, values(asides) | events)
        return {(project_id, event_id): erased for project_id, event_id, erased in cursor.fetchall()}


def _prepared_cursor() -> CursorWrapper:
    """Sends arguments apart from the statement, which is planned once a connection; Django's writes them into it."""
    connection.ensure_connection()
    raw = connection.connection
    raw.prepare_threshold = 0
    cursor: Any = psycopg.Cursor(raw)
    return connection.make_debug_cursor(cursor) if connection.queries_logged else connection.make_cursor(cursor)


def _stored_carefully(batch: Prepared) -> list[Receipt]:
    """Halved until it is alone, an event that PostgreSQL cannot hold does not refuse its neighbours."""
    unstored, unstorable = _stored_in_parts(batch.rows)
    # Each part has told of its own events; what is left to tell comes last.
    rest = without(batch, unstorable)
    _stored_together([rest])
    return receipts_of(rest, unstored)


def _stored_in_parts(rows: dict[str, bytes]) -> tuple[dict[Identity, bool], set[str]]:
    """What ``_unstored`` says of all, and the ids that cannot be stored."""
    try:
        return _unstored(rows.values()), set()
    except DataError:
        if len(rows) == 1:
            return {}, set(rows)
    ids, half = list(rows), len(rows) // 2
    first, bad = _stored_in_parts({event_id: rows[event_id] for event_id in ids[:half]})
    second, worse = _stored_in_parts({event_id: rows[event_id] for event_id in ids[half:]})
    return first | second, bad | worse


# ``config.wsgi`` starts it; elsewhere each batch is stored in the thread and the transaction of its caller.
COMMITTER: Committer[Prepared, list[Receipt]] = Committer(_stored_group, weigh=_bytes_of, ended=_let_go)
