"""How an installation stands: what waits to be counted and since when, what was set aside, who answers.

Asked every few seconds by machines, so a question costs about the same however much waits: beyond ``MOST`` rows it is
"at least so many".
"""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.db import Error, connection, connections, transaction
from redis.exceptions import RedisError

from tracking.dues import MOST_TRIES
from tracking.limits import valkey

log = logging.getLogger(__name__)
MOST = 100_000
# A question that takes longer is given up: what watches an installation must not weigh on it.
LONGEST_MS = 3_000
HEARTBEAT = "heartbeat:worker"
# Kept for so many seconds; after that nobody knows when it last beat.
REMEMBERED = 7 * 86_400
VALKEY_SECONDS = 0.5
# Waiting for a database that hangs.
READY_SECONDS = 2.0

# The oldest come first: the age of the oldest is exact even where the number is not.
BACKLOG = f"""
SELECT p.key, count(w.project_id), min(w.created_at)
FROM tracking_project AS p LEFT JOIN LATERAL (
    SELECT project_id, created_at FROM tracking_due
    WHERE project_id = p.id AND tries < {MOST_TRIES} ORDER BY id LIMIT {MOST}
) AS w ON true
GROUP BY p.key ORDER BY p.key
"""
SET_ASIDE = f"""
SELECT p.key, count(DISTINCT a.visitor_id) FROM tracking_project AS p LEFT JOIN LATERAL (
    SELECT visitor_id FROM tracking_due WHERE project_id = p.id AND tries >= {MOST_TRIES} LIMIT {MOST}
) AS a ON true
GROUP BY p.key ORDER BY p.key
"""
# By project, since that is how both tables are indexed.
THIS_HOUR = f"""
SELECT found.outcome, found.reason, sum(found.count)::bigint
FROM tracking_project AS p CROSS JOIN LATERAL (
    SELECT outcome, reason, count FROM tracking_outcome
    WHERE project_id = p.id AND hour = date_trunc('hour', now(), 'UTC')
    UNION ALL
    (SELECT outcome, reason, count FROM tracking_outcome_delta
     WHERE project_id = p.id AND hour = date_trunc('hour', now(), 'UTC') LIMIT {MOST})
) AS found GROUP BY found.outcome, found.reason ORDER BY found.outcome, found.reason
"""
UNFOLDED = f"SELECT count(*) FROM (SELECT FROM tracking_outcome_delta LIMIT {MOST}) AS d"
ERASURES = """
SELECT count(*), min(requested_at) FROM tracking_privacy_receipt WHERE kind = 'erasure' AND done_at IS NULL
"""
# Of one project, for people: visitors, not rows.
WAITING = f"""
SELECT count(DISTINCT visitor_id), min(created_at), count(*) FROM (
    SELECT visitor_id, created_at FROM tracking_due
    WHERE project_id = %s AND tries < {MOST_TRIES} ORDER BY id LIMIT {MOST}
) AS w
"""


class Waiting(NamedTuple):
    """``project``: its key. ``since``: None when nothing waits."""

    project: str
    rows: int
    since: datetime | None


class Backlog(NamedTuple):
    """Visitors of one project who wait to be counted; ``more``: at least so many."""

    visitors: int
    since: datetime | None
    more: bool


@dataclass(frozen=True, slots=True)
class Figures:
    """``this_hour``: by outcome and reason. ``heartbeat``: None when nobody knows, because Valkey does not say."""

    now: datetime
    waiting: list[Waiting]
    set_aside: dict[str, int]
    this_hour: dict[tuple[str, str], int]
    unfolded: int
    erasures: int
    erasures_since: datetime | None
    heartbeat: float | None


def backlog(project_id: int) -> Backlog:
    with connection.cursor() as cursor:
        cursor.execute(WAITING, [project_id])
        visitors, since, rows = cursor.fetchone()
    return Backlog(visitors, since, rows >= MOST)


def figures(now: datetime) -> Figures:
    """Five short queries. Raises ``django.db.Error``."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL statement_timeout = {LONGEST_MS}")
        cursor.execute(BACKLOG)
        waiting = [Waiting(*row) for row in cursor.fetchall()]
        cursor.execute(SET_ASIDE)
        set_aside = dict(cursor.fetchall())
        cursor.execute(THIS_HOUR)
        this_hour = {(outcome, reason): count for outcome, reason, count in cursor.fetchall()}
        cursor.execute(UNFOLDED)
        (unfolded,) = cursor.fetchone()
        cursor.execute(ERASURES)
        erasures, since = cursor.fetchone()
    return Figures(now, waiting, set_aside, this_hour, unfolded, erasures, since, heartbeat())


def beat_heart(now: datetime) -> None:
    """Said by the worker whenever it does its shortest job. Valkey may be gone; then nobody knows."""
    try:
        with valkey(seconds=VALKEY_SECONDS) as client:
            client.set(HEARTBEAT, str(now.timestamp()), ex=REMEMBERED)
    except (RedisError, OSError) as error:
        log.debug("no heartbeat: %s", error)


def heartbeat() -> float | None:
    """When the worker last did anything, in seconds since 1970."""
    try:
        with valkey(seconds=VALKEY_SECONDS) as client:
            kept = client.get(HEARTBEAT)
    except (RedisError, OSError):
        return None
    return float(kept) if isinstance(kept, bytes | str) else None


class Probe:
    """Asks in a thread of its own, one question at a time: who wants to know waits no longer than ``seconds``."""

    def __init__(self, ask: Callable[[], None], *, seconds: float) -> None:
        self._ask, self._seconds = ask, seconds
        self._lock = threading.Lock()
        self._asked: Future[None] | None = None

    def answers(self) -> bool:
        with self._lock:
            if self._asked is None or self._asked.done():
                self._asked = Future()
                threading.Thread(target=self._fill, args=[self._asked], name="probe", daemon=True).start()
            asked = self._asked
        try:
            asked.result(self._seconds)
        except TimeoutError:
            return False
        except (Error, RedisError, OSError) as error:
            log.warning("not ready: %s", error)
            return False
        return True

    def _fill(self, asked: "Future[None]") -> None:
        try:
            self._ask()
        except Exception as error:  # noqa: BLE001  # the edge of a thread: who waits for the answer gets it
            asked.set_exception(error)
        else:
            asked.set_result(None)


def _ask_database() -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    finally:
        connections.close_all()


def _ask_valkey() -> None:
    with valkey(seconds=VALKEY_SECONDS) as client:
        client.ping()


DATABASE = Probe(_ask_database, seconds=READY_SECONDS)
VALKEY = Probe(_ask_valkey, seconds=2 * VALKEY_SECONDS)
