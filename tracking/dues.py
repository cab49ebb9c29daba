"""Who must be rebuilt. Capture appends a row with the events; a rollup claims rows and deletes just those it claimed.

Rows are appended and never merged: a merged row could be deleted by a worker that had not seen the newest event.
"""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from django.db import connection
from django.db.models import QuerySet

from tracking.models import Due

# After so many failures a row waits for a person to look at it; the others go on.
MOST_TRIES = 5


class Claim(NamedTuple):
    id: int
    project_id: int
    visitor_id: str


def claim(limit: int) -> list[Claim]:
    """Up to ``limit`` of the oldest rows that no other worker holds, locked until the transaction ends.

    With them come the rows of the same visitors that were set aside: what settles the one settles the other.
    """
    claimed = _claimed(Due.objects.filter(tries__lt=MOST_TRIES).order_by("id"), limit)
    aside = Due.objects.filter(tries__gte=MOST_TRIES, visitor_id__in={due.visitor_id for due in claimed})
    visitors = {(due.project_id, due.visitor_id) for due in claimed}
    also = _claimed(aside.order_by("id"), limit) if claimed else []
    return claimed + [due for due in also if (due.project_id, due.visitor_id) in visitors]


def claim_one(due_id: int) -> list[Claim]:
    return _claimed(Due.objects.filter(id=due_id), 1)


def _claimed(rows: QuerySet[Due], limit: int) -> list[Claim]:
    locked = rows.select_for_update(skip_locked=True).values_list("id", "project_id", "visitor_id")[:limit]
    return [Claim(*row) for row in locked]


def settle(claimed: Collection[Claim]) -> None:
    Due.objects.filter(id__in=[due.id for due in claimed]).delete()


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


def count_set_aside(project_id: int) -> int:
    rows = Due.objects.filter(project_id=project_id, tries__gte=MOST_TRIES)
    return rows.values("visitor_id").distinct().count()


def retry_set_aside() -> int:
    """Give every row that was set aside one more try: what was wrong may have been put right. How many."""
    return Due.objects.filter(tries__gte=MOST_TRIES).update(tries=MOST_TRIES - 1)
