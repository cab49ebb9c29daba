"""How many different names the events of a project may have: its first 500 of a day, by the UTC day of receipt.

Every name is a line in lists and forms, so a page that puts numbers into them would bury the others.
"""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from datetime import date
from threading import Lock
from time import monotonic
from typing import Any

from django.db import OperationalError, connection, transaction

from tracking.models import EventName, Goal
from tracking.rejecting import refused
from tracking.wire.exposures import EXPOSURE
from tracking.wire.incoming import Incoming, IncomingEvent

MOST_NAMES = 500
REASON = "too_many_names"
# Never one too many, whatever else came that day; nor are those that goals ask for.
ALWAYS = frozenset({EXPOSURE, "page_view", "screen_view", "identify", "alias", "group"})
ASKED_AGAIN = 60.0
# Projects whose names of a day are kept in memory: 500 usual names are 70 KB, and few projects have a tenth of that.
MOST_KEPT = 256
# One project's names are taken by one transaction at a time; the lock goes with it.
LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('tracking_event_name', %(project)s))"
# A statement of its own after the lock: what others have taken by then, it sees. The first in a batch come first.
TAKE = """
WITH taken AS (SELECT name FROM tracking_event_name WHERE project_id = %(project)s AND day = %(day)s)
INSERT INTO tracking_event_name (project_id, day, name)
SELECT %(project)s, %(day)s, name FROM unnest(%(names)s::text[]) WITH ORDINALITY AS asked(name, place)
WHERE name NOT IN (SELECT name FROM taken)
ORDER BY place
LIMIT greatest(0, %(most)s - (SELECT count(*) FROM taken))
"""
Names = frozenset[str]
NOTHING: Names = frozenset()


class _Memory:
    """Names that are taken, which they stay all day, of the projects heard of last."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = Lock()
        self._kept: OrderedDict[tuple[int, date], Names] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def names(self, project_id: int, day: date) -> Names:
        with self._lock:
            found = self._kept.get((project_id, day), NOTHING)
            if found:
                self._kept.move_to_end((project_id, day))
            return found

    def add(self, project_id: int, day: date, names: Names) -> None:
        with self._lock:
            # Two threads may have asked one after the other and come here in the other order.
            self._kept[project_id, day] = self._kept.get((project_id, day), NOTHING) | names
            self._kept.move_to_end((project_id, day))
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)

    def clear(self) -> None:
        with self._lock:
            self._kept.clear()


class _Wanted:
    """The names that goals of a project ask for, as of a minute ago at most."""

    def __init__(self) -> None:
        self._kept: dict[int, tuple[float, Names]] = {}

    def of(self, project_id: int) -> Names:
        at, names = self._kept.get(project_id, (-ASKED_AGAIN, NOTHING))
        if monotonic() - at > ASKED_AGAIN:
            # One thread asks; the others go on with what was known.
            self._kept[project_id] = monotonic(), names
            names = frozenset(Goal.objects.filter(project_id=project_id).values_list("event", flat=True))
            if len(self._kept) >= MOST_KEPT:
                self._kept.clear()
            self._kept[project_id] = monotonic(), names
        return names

    def clear(self) -> None:
        self._kept.clear()


WANTED = _Wanted()
MEMORY = _Memory(MOST_KEPT)
ASKING = Lock()
# Seconds; then the database does not answer.
PATIENCE = 2


def admitted(project_id: int, batch: Sequence[Incoming], today: date) -> list[Incoming]:
    """The batch; in place of each event whose name is one too many, its refusal. ``today``: the UTC day of receipt.

    Names that this process has seen today cost no query. Raises ``django.db.OperationalError`` when PostgreSQL does not
    answer.
    """
    # In the order of the batch, each once.
    names: Mapping[str, None] = {event.name: None for event in batch if isinstance(event, IncomingEvent)}
    known = MEMORY.names(project_id, today)
    new = [name for name in names if name not in known and name not in ALWAYS]
    if new:
        wanted = WANTED.of(project_id)
        new = [name for name in new if name not in wanted]
    if new and len(known) < MOST_NAMES:
        known = _asked(project_id, today, new)
    too_many = {name for name in new if name not in known}
    if not too_many:
        return list(batch)
    return [
        refused(event, REASON) if isinstance(event, IncomingEvent) and event.name in too_many else event
        for event in batch
    ]


def _asked(project_id: int, day: date, new: list[str]) -> Names:
    """One thread at a time: when a process has just started, all others want to know the same."""
    if not ASKING.acquire(timeout=PATIENCE):
        raise OperationalError("the names of the day cannot be asked for")
    try:
        known = MEMORY.names(project_id, day)
        if not known.issuperset(new) and len(known) < MOST_NAMES:
            known = _taken(project_id, day, new)
            MEMORY.add(project_id, day, known)
        return known
    finally:
        ASKING.release()


def _taken(project_id: int, day: date, new: list[str]) -> Names:
    """All names of the day, after as many of these were taken as there was room for."""
    # A process that has just started finds here what the others have taken, without waiting for anybody.
    known = _stored(project_id, day)
    if len(known) >= MOST_NAMES or known.issuperset(new):
        return known
    told: dict[str, Any] = {"project": project_id, "day": day, "names": new, "most": MOST_NAMES}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(LOCK, told)
        cursor.execute(TAKE, told)
        return _stored(project_id, day)


def _stored(project_id: int, day: date) -> Names:
    return frozenset(EventName.objects.filter(project_id=project_id, day=day).values_list("name", flat=True))
