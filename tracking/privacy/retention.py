"""The end of data that has become too old, class by class. Events stay as long as a result may still change by them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, LiteralString

from django.db import connection, transaction

from tracking.models import Project
from tracking.models.outcomes import KEPT_FOR
from tracking.privacy.registry import needed_since

# The longest that regulators let measuring without consent keep raw data (25 months) and its trackers (13 months).
KEPT: Mapping[str, timedelta] = {
    "events": timedelta(days=761),
    "people": timedelta(0),  # beyond their last event nothing of them is kept
    "rejected": KEPT_FOR,
    "names": timedelta(days=2),
    "pages": timedelta(days=396),
    "outcomes": timedelta(days=761),
    "receipts": timedelta(days=1_096),
}
# A step reads so many blocks of 8 KB: some ten thousand events, for as short as nobody notices.
BLOCKS = 500

# Each takes rows of one part of its table that are older than their project's time. Read by place and not by an index:
# one pass over the table, however much there is, and a run that was stopped costs nothing but its reading again.
PLACE: LiteralString = "t.ctid >= %(first)s::tid AND t.ctid < %(last)s::tid"
OF_PROJECT: LiteralString = "unnest(%(projects)s::bigint[], %(before)s::timestamptz[]) AS p(id, before)"
UNSEEN: LiteralString = """
NOT EXISTS (SELECT FROM tracking_event e WHERE e.project_id = t.project_id AND e.visitor_id = t.visitor_id)
AND NOT EXISTS (SELECT FROM tracking_due d WHERE d.project_id = t.project_id AND d.visitor_id = t.visitor_id)
"""
NOBODY: LiteralString = "t.key NOT LIKE 'x:%%' AND NOT EXISTS (SELECT FROM tracking_visitor v WHERE v.person_id = t.id)"
LINK_ANEW = """
INSERT INTO tracking_due (project_id, visitor_id)
SELECT v.project_id, v.visitor_id FROM tracking_visitor v JOIN tracking_person p ON p.id = v.person_id
WHERE p.key LIKE 'x:%'
"""


@dataclass(frozen=True, slots=True)
class Step:
    """``old``: which rows go; ``change``: what becomes of them. ``kind``: the class of data."""

    kind: str
    table: LiteralString
    old: LiteralString
    change: LiteralString = "DELETE FROM"

    def found(self) -> LiteralString:
        return f"SELECT count(*) FROM {self.table} AS t, {OF_PROJECT} WHERE {self._where()}"

    def taken(self) -> LiteralString:
        if self.change == "DELETE FROM":
            return f"DELETE FROM {self.table} AS t USING {OF_PROJECT} WHERE {self._where()}"
        return f"UPDATE {self.table} AS t SET {self.change} FROM {OF_PROJECT} WHERE {self._where()}"

    def _where(self) -> LiteralString:
        return f"t.project_id = p.id AND {self.old} AND {PLACE}"


# In this order: a visitor goes when its last event has gone, and a person becomes nobody's with its last visitor.
STEPS = (
    Step("events", "tracking_event", "t.occurred_at < p.before"),
    Step("people", "tracking_visitor", UNSEEN),
    Step("people", "tracking_visitor_mark", UNSEEN),
    Step("people", "tracking_person", NOBODY, "key = 'x:' || gen_random_uuid()"),
    Step("rejected", "tracking_rejected", "t.received_at < p.before"),
    Step("names", "tracking_event_name", "t.day < p.before"),
    Step("pages", "tracking_pageinventory", "t.seen_at < p.before"),
    Step("outcomes", "tracking_outcome", "t.hour < p.before"),
    Step("receipts", "tracking_privacy_receipt", "t.kind = 'export' AND t.requested_at < p.before"),
)


def purge_expired(
    now: datetime, *, kept: Mapping[str, timedelta] = KEPT, dry_run: bool = False, blocks: int = BLOCKS
) -> dict[str, int]:
    """By table, how many rows went; with ``dry_run``, how many would at once, and nothing is changed.

    Each part of a table is a transaction of its own; stopped anywhere, the next run does the rest.
    """
    changed = {step.table: _run(step, _limits(step.kind, now, kept), dry_run, blocks) for step in STEPS}
    if not dry_run:
        _link_anew()
    return changed


def _link_anew() -> None:
    """Somebody who came back in the very moment in which their old person became nobody's gets a new one."""
    with connection.cursor() as cursor:
        cursor.execute(LINK_ANEW)


def _limits(kind: str, now: datetime, kept: Mapping[str, timedelta]) -> dict[int, datetime]:
    """By project, the time before which data of this kind goes."""
    before = now - kept[kind]
    limits = dict.fromkeys(Project.objects.values_list("pk", flat=True), before)
    if kind != "events":
        return limits
    needed = {project_id: needed_since(project_id) for project_id in limits}
    return {project_id: min(before, needed[project_id] or before) for project_id in limits}


def _run(step: Step, limits: Mapping[int, datetime], dry_run: bool, blocks: int) -> int:
    changed = 0
    for first, last in _parts(step.table, blocks):
        values: dict[str, Any] = {
            "projects": list(limits),
            "before": list(limits.values()),
            "first": first,
            "last": last,
        }
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(step.found() if dry_run else step.taken(), values)
            changed += int(cursor.fetchone()[0]) if dry_run else cursor.rowcount
    return changed


def _parts(table: str, blocks: int) -> Iterator[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_relation_size(%s::regclass) / current_setting('block_size')::int", [table])
        size = int(cursor.fetchone()[0])
    for first in range(0, size, blocks):
        yield f"({first},0)", f"({first + blocks},0)"
