"""Who must be rebuilt. Capture appends a row with the events; a rollup claims rows and deletes just those it claimed.

Rows are appended and never merged: a merged row could be deleted by a worker that had not seen the newest event.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import QuerySet

from tracking.models import Due

# After so many failures a row waits for a person to look at it; the others go on.
MOST_TRIES = 5
# A visit's events arrive within so many rows, even where hundreds of visits go on at the same time.
SOON = 20_000


ASIDE = """
SELECT visitor_id, min(created_at) AS since, (array_agg(error ORDER BY id DESC))[1]
FROM tracking_due WHERE project_id = %s AND tries >= %s GROUP BY visitor_id ORDER BY since, visitor_id LIMIT %s
"""


class Aside(NamedTuple):
    """``since``: when what could not be counted arrived; ``error``: the last one."""

    visitor_id: str
    since: datetime
    error: str


class Claim(NamedTuple):
    id: int
    project_id: int
    visitor_id: str


def claim(limit: int) -> list[Claim]:
    """Up to ``limit`` of the oldest rows that no other worker holds, locked until the transaction ends.

    With them come more rows of the same visitors, those that follow soon and those that were set aside: what settles
    the one settles the other.
    """
    claimed = _claimed("tries < %s ORDER BY id LIMIT %s", [MOST_TRIES, limit])
    if not claimed:
        return []
    last, visitors = claimed[-1].id, {(due.project_id, due.visitor_id) for due in claimed}
    names = [visitor_id for _, visitor_id in visitors]
    soon = _claimed(
        "tries < %s AND id > %s AND id <= %s AND visitor_id = ANY(%s) ORDER BY id",
        [MOST_TRIES, last, last + SOON, names],
    )
    aside = _claimed("tries >= %s AND visitor_id = ANY(%s) ORDER BY id LIMIT %s", [MOST_TRIES, names, limit])
    return claimed + [due for due in soon + aside if (due.project_id, due.visitor_id) in visitors]


def claim_one(due_id: int) -> list[Claim]:
    return claim_these([due_id])


def claim_these(due_ids: Collection[int]) -> list[Claim]:
    """Those of them that are still there and that no other worker holds."""
    return _claimed("id = ANY(%s::bigint[]) ORDER BY id", [list(due_ids)])


def _claimed(which: str, values: Sequence[Any]) -> list[Claim]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id, project_id, visitor_id FROM tracking_due WHERE {which} FOR UPDATE SKIP LOCKED", values
        )
        return [Claim(*row) for row in cursor.fetchall()]


def settle(claimed: Collection[Claim]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM tracking_due WHERE id = ANY(%s::bigint[])", [[due.id for due in claimed]])


def record_failure(due_id: int, error: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE tracking_due SET tries = tries + 1, error = %s WHERE id = %s", [error[:1000], due_id])


def mark(project_id: int, visitor_ids: Collection[str]) -> None:
    if not visitor_ids:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO tracking_due (project_id, visitor_id) SELECT %s, unnest(%s::text[])",
            [project_id, list(visitor_ids)],
        )


def oldest(project_id: int) -> datetime | None:
    """When the longest-waiting row was appended; None when nobody waits. Rows set aside do not count."""
    row = Due.objects.filter(project_id=project_id, tries__lt=MOST_TRIES).order_by("id").first()
    return row.created_at if row else None


def waiting(project_id: int) -> int:
    return Due.objects.filter(project_id=project_id, tries__lt=MOST_TRIES).count()


def any_before(project_id: int, moment: datetime) -> bool:
    """Whether anybody still waits since before then, those set aside included."""
    return Due.objects.filter(project_id=project_id, created_at__lt=moment).exists()


def set_aside(project_id: int) -> dict[str, str]:
    """The last error of each visitor whose row failed too often."""
    rows = Due.objects.filter(project_id=project_id, tries__gte=MOST_TRIES).order_by("id")
    return dict(rows.values_list("visitor_id", "error"))


def aside(project_id: int, most: int) -> list[Aside]:
    """Visitors whose row failed too often, those that have waited longest first. A visitor may have several rows."""
    with connection.cursor() as cursor:
        cursor.execute(ASIDE, [project_id, MOST_TRIES, most])
        return [Aside(*row) for row in cursor.fetchall()]


def count_set_aside(project_id: int) -> int:
    rows = Due.objects.filter(project_id=project_id, tries__gte=MOST_TRIES)
    return rows.values("visitor_id").distinct().count()


def retry_set_aside() -> int:
    """Give every row that was set aside one more try: what was wrong may have been put right. How many."""
    return _retry(Due.objects.all())


def retry(project_id: int, visitor_ids: Collection[str]) -> int:
    """The same for the rows of these visitors alone."""
    return _retry(Due.objects.filter(project_id=project_id, visitor_id__in=visitor_ids))


def _retry(rows: QuerySet[Due]) -> int:
    return rows.filter(tries__gte=MOST_TRIES).update(tries=MOST_TRIES - 1)
