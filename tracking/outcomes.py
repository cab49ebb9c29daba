"""What became of every event, exactly: received = stored + duplicate + filtered + rejected. The only writer and reader.

The counts of a batch are appended in the transaction that stores its events, so the one is never true without the
other, and no two batches wait for the same row. A periodic job folds what was appended; readers add up both.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Protocol

import msgspec
from django.db import connection
from django.db.backends.utils import CursorWrapper

from tracking.models.outcomes import KEPT_FOR, RejectedEvent
from tracking.privacy.tombstones import user_digest, visitor_digest
from tracking.private_ids import private_id
from tracking.rejecting import Kept, code_of, kept_of
from tracking.wire.native import Refusal

# Of a project: more of the same tell nothing new, and must not fill the disk.
MOST_AN_HOUR = 1_000
# Of one batch: each costs some time to make readable.
MOST_OF_A_BATCH = 100
ONE_PAGE = 50
KEPT_FIELDS = ("reason", "detail", "name", "visitor_id", "body")

# All three are parts of a statement that has ``told(project_id, outcome, reason, n)``. Without a time it is that of the
# transaction, which the events have got, too: then the counts of an hour are those of its rows.
TOLD = """
SELECT project_id, outcome, reason, n
FROM jsonb_to_recordset(%(deltas)s::jsonb) AS d(project_id bigint, outcome text, reason text, n bigint)
"""
APPEND = """
INSERT INTO tracking_outcome_delta (project_id, hour, outcome, reason, count)
SELECT project_id, date_trunc('hour', coalesce(%(received_at)s::timestamptz, now()), 'UTC'), outcome, reason, sum(n)
FROM told GROUP BY project_id, outcome, reason HAVING sum(n) > 0
"""
# Counted and not locked: batches that come at once may keep a few too many for some minutes.
KEEP = """
INSERT INTO tracking_rejected (project_id, received_at, reason, detail, name, visitor_id, body)
SELECT project_id, coalesce(%(received_at)s::timestamptz, now()), reason, detail, name, visitor_id, body
FROM (
    SELECT *, row_number() OVER (PARTITION BY project_id) AS place
    FROM jsonb_to_recordset(%(rejected)s::jsonb)
        AS r(project_id bigint, reason text, detail text, name text, visitor_id text, body text, digests jsonb)
    WHERE NOT EXISTS (
        SELECT FROM tracking_erased AS e WHERE e.project_id = r.project_id AND r.digests ? e.digest
    )
) AS placed
WHERE place <= %(most)s - (SELECT count(*) FROM (
    SELECT FROM tracking_rejected AS there WHERE there.project_id = placed.project_id
      AND received_at >= date_trunc('hour', coalesce(%(received_at)s::timestamptz, now()), 'UTC')
      AND received_at < date_trunc('hour', coalesce(%(received_at)s::timestamptz, now()), 'UTC') + interval '1 hour'
    LIMIT %(most)s
) AS there)
"""
RECORD = f"WITH told AS ({TOLD}), counted AS ({APPEND}) {KEEP}"
# Rows that another worker folds are skipped; rows of a count are taken in one order, so nobody waits in a circle.
FOLD = """
WITH picked AS MATERIALIZED (
    SELECT id FROM tracking_outcome_delta ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED
), taken AS (
    DELETE FROM tracking_outcome_delta AS d USING picked WHERE d.id = picked.id
    RETURNING d.project_id, d.hour, d.outcome, d.reason, d.count
), summed AS (
    INSERT INTO tracking_outcome AS o (project_id, hour, outcome, reason, count)
    SELECT project_id, hour, outcome, reason, sum(count) FROM taken
    GROUP BY project_id, hour, outcome, reason ORDER BY project_id, hour, outcome, reason
    ON CONFLICT (project_id, hour, outcome, reason) DO UPDATE SET count = o.count + excluded.count
)
SELECT count(*) FROM taken
"""
# Of a request that was refused unread nobody knows how many events it held: these count requests and are no outcome of
# an event, but are kept, folded and forgotten as those are.
REFUSED = "refused"
RECORD_REFUSED = f"""
INSERT INTO tracking_outcome_delta (project_id, hour, outcome, reason, count)
SELECT p.id, date_trunc('hour', now(), 'UTC'), '{REFUSED}', 'rate_limited', count
FROM unnest(%s::bigint[], %s::bigint[]) AS refused(project, count) JOIN tracking_project AS p ON p.id = refused.project
"""
# One statement sees one moment: what a worker moves meanwhile is seen in one place and not in two or none.
COUNTS = f"""
SELECT hour, outcome, reason, sum(count)::bigint FROM (
    SELECT hour, outcome, reason, count FROM tracking_outcome
    WHERE project_id = %(project)s AND hour >= %(since)s AND hour < %(until)s
    UNION ALL
    SELECT hour, outcome, reason, count FROM tracking_outcome_delta
    WHERE project_id = %(project)s AND hour >= %(since)s AND hour < %(until)s
) AS every WHERE (outcome = '{REFUSED}') = %(requests)s
GROUP BY hour, outcome, reason ORDER BY hour, outcome, reason
"""
LAST_HOUR = """
SELECT greatest(
    (SELECT max(hour) FROM tracking_outcome WHERE project_id = %(project)s),
    (SELECT max(hour) FROM tracking_outcome_delta WHERE project_id = %(project)s)
)
"""
TOO_OLD = """
DELETE FROM tracking_rejected AS r USING tracking_project AS p WHERE r.project_id = p.id AND r.received_at < %s
"""
TOO_MANY = """
DELETE FROM tracking_rejected WHERE id IN (
    SELECT id FROM (
        SELECT id, row_number() OVER (
            PARTITION BY project_id, date_trunc('hour', received_at, 'UTC') ORDER BY received_at, id
        ) AS place
        FROM tracking_rejected WHERE received_at >= %s
    ) AS placed WHERE place > %s
)
"""


class Told(Protocol):
    """The answer for one event."""

    @property
    def status(self) -> str: ...
    @property
    def reason(self) -> str: ...
    @property
    def excluded(self) -> str: ...


class Delta(NamedTuple):
    """``reason`` is a code; of what is stored it says why it does not count, and is mostly empty."""

    outcome: str
    reason: str
    events: int


class Row(NamedTuple):
    hour: datetime
    outcome: str
    reason: str
    events: int


@dataclass(frozen=True, slots=True)
class Aside:
    """What of a batch is decided without looking at what is stored."""

    deltas: Sequence[Delta] = ()
    rejected: Sequence[Kept] = field(default=())


def deltas_of(receipts: Iterable[Told]) -> list[Delta]:
    """What a batch adds to the counts, in one order."""
    found = Counter((one.status, code_of(one.reason) or (one.excluded or "")) for one in receipts)
    return [Delta(outcome, reason, count) for (outcome, reason), count in sorted(found.items())]


def kept(refusals: Iterable[Refusal]) -> list[Kept]:
    """What is kept of the first of them."""
    return [kept_of(refusal) for _, refusal in zip(range(MOST_OF_A_BATCH), refusals, strict=False)]


def values(asides: Iterable[tuple[int, Aside]], received_at: datetime | None = None) -> dict[str, Any]:
    """The arguments of ``TOLD``, ``APPEND`` and ``KEEP``, from what is to be told of each project."""
    asides = list(asides)
    return {
        "received_at": received_at,
        "most": MOST_AN_HOUR,
        "deltas": _json(
            {"project_id": project_id, "outcome": one.outcome, "reason": one.reason, "n": one.events}
            for project_id, aside in asides
            for one in aside.deltas
        ),
        "rejected": _json(_row_of(project_id, one) for project_id, aside in asides for one in aside.rejected),
    }


def _row_of(project_id: int, one: Kept) -> dict[str, Any]:
    digests = [visitor_digest(project_id, private_id(project_id, name)) for name in one.visitors]
    digests += [user_digest(project_id, private_id(project_id, name)) for name in one.users]
    fields = asdict(one)
    return {"project_id": project_id, "digests": digests, **{name: fields[name] for name in KEPT_FIELDS}}


def _json(rows: Iterable[dict[str, Any]]) -> str:
    return msgspec.json.encode(list(rows)).decode()


def record(cursor: CursorWrapper, project_id: int, received_at: datetime | None, aside: Aside) -> None:
    """In the caller's transaction, one statement. ``tracking.capture`` has it within its own."""
    cursor.execute(RECORD, values([(project_id, aside)], received_at))


def fold(limit: int) -> int:
    """Adds up to ``limit`` of the oldest appended rows to the counts. How many there were; may run anywhere at once."""
    with connection.cursor() as cursor:
        cursor.execute(FOLD, [limit])
        return int(cursor.fetchone()[0])


def counts(project_id: int, since: datetime, until: datetime) -> list[Row]:
    """Of the hours that begin in ``since <= hour < until``, exact at any moment."""
    return _counts(project_id, since, until, requests=False)


def _counts(project_id: int, since: datetime, until: datetime, *, requests: bool) -> list[Row]:
    with connection.cursor() as cursor:
        cursor.execute(COUNTS, {"project": project_id, "since": since, "until": until, "requests": requests})
        return [Row(*row) for row in cursor.fetchall()]


def record_refused_requests(by_project: Mapping[int, int]) -> None:
    """Requests that were refused unread, because their key had sent too many."""
    if by_project:
        with connection.cursor() as cursor:
            cursor.execute(RECORD_REFUSED, [list(by_project), list(by_project.values())])


def refused_requests(project_id: int, since: datetime, until: datetime) -> int:
    """Of the hours that begin in ``since <= hour < until``; those of the last second may be missing."""
    return sum(row.events for row in _counts(project_id, since, until, requests=True))


def last_hour(project_id: int) -> datetime | None:
    """The beginning of the last hour in which anything came; None when nothing ever did."""
    with connection.cursor() as cursor:
        cursor.execute(LAST_HOUR, {"project": project_id})
        found: datetime | None = cursor.fetchone()[0]
        return found


def rejected(
    project_id: int, since: datetime, *, visitor_id: str = "", before: int | None = None, most: int = ONE_PAGE
) -> list[RejectedEvent]:
    """Newest first. ``before``: the id of the last one of the page before."""
    rows = RejectedEvent.objects.filter(project_id=project_id, received_at__gte=since)
    if visitor_id:
        rows = rows.filter(visitor_id=visitor_id)
    if before is not None:
        rows = rows.filter(id__lt=before)
    return list(rows.order_by("-received_at", "-id")[:most])


def forget_old(now: datetime) -> int:
    """Deletes what was kept for a week, and what is too much of the last hours. How many."""
    with connection.cursor() as cursor:
        cursor.execute(TOO_OLD, [now - KEPT_FOR])
        old = cursor.rowcount
        cursor.execute(TOO_MANY, [now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=2), MOST_AN_HOUR])
        return int(old + cursor.rowcount)
