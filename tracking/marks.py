"""The only writer of marks: who is counted or not, whatever the requests told. Results follow, and no event changes."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import connection, transaction
from django.db.models import QuerySet

from tracking import dues
from tracking.models import LookedAt, Mark, VisitorMark
from tracking.quality import FAST, pace_of

JOB = "behaviour"
# A run sees all of a row of ten minutes again, with a minute for what was being stored while the last one looked.
LOOKS_BACK = timedelta(minutes=12)
# After a longer standstill older arrivals are let be: most of them have been seen.
FURTHEST = timedelta(days=1)
# Of one visitor so many times are plenty to judge by.
MOST_TIMES = 5_000

# Whoever has been judged before, by us or by a person, is not judged again: what was lifted stays lifted.
SUSPECTS = """
SELECT s.project_id, s.visitor_id, t.times
FROM (
    SELECT project_id, visitor_id, min(occurred_at) AS first_at FROM tracking_event
    WHERE received_at > %(since)s AND received_at <= %(until)s AND source <> 'import' AND excluded = ''
    GROUP BY project_id, visitor_id HAVING count(*) > %(fast)s
) AS s
CROSS JOIN LATERAL (
    SELECT array_agg(occurred_at) AS times FROM (
        SELECT occurred_at FROM tracking_event e
        WHERE e.project_id = s.project_id AND e.visitor_id = s.visitor_id AND e.occurred_at >= s.first_at
          AND e.source <> 'import' AND e.excluded = ''
        ORDER BY occurred_at DESC LIMIT %(most)s
    ) AS newest
) AS t
WHERE NOT EXISTS (
    SELECT FROM tracking_visitor_mark m WHERE m.project_id = s.project_id AND m.visitor_id = s.visitor_id
)
ORDER BY s.project_id, s.visitor_id
"""


class Decision(NamedTuple):
    """``made_by`` is empty for one of our own, and ``reason`` a code then."""

    mark: Mark
    reason: str
    made_by: str = ""


def make(project_id: int, visitor_id: str, decision: Decision, *, at: datetime) -> None:
    """From now on this holds for all events of the visitor, old and new; what held before ends. Twice is once."""
    made = VisitorMark(
        project_id=project_id,
        visitor_id=visitor_id,
        mark=decision.mark,
        reason=decision.reason[:200],
        created_at=at,
        made_by=decision.made_by[:150],
    )
    with transaction.atomic():
        _end(VisitorMark.objects.filter(project_id=project_id, visitor_id=visitor_id), at)
        VisitorMark.objects.bulk_create([made], ignore_conflicts=True)
        dues.mark(project_id, [visitor_id])


def lift(mark_ids: Collection[int], *, at: datetime) -> int:
    """Count these visitors again as their requests told; how many marks were still held."""
    with transaction.atomic():
        return _end(VisitorMark.objects.filter(id__in=mark_ids), at)


def _end(rows: QuerySet[VisitorMark], at: datetime) -> int:
    held = list(rows.filter(lifted_at=None).select_for_update().order_by("id"))
    for mark in held:
        mark.lifted_at = max(at, mark.created_at)
        dues.mark(mark.project_id, [mark.visitor_id])
    VisitorMark.objects.bulk_update(held, ["lifted_at"])
    return len(held)


def mark_programs(now: datetime) -> int:
    """Mark everybody who lately behaved as only a program does; how many. Costs as much as what arrived lately."""
    with transaction.atomic():
        LookedAt.objects.get_or_create(job=JOB, defaults={"until": now - FURTHEST})
        seen = LookedAt.objects.select_for_update(skip_locked=True).filter(job=JOB).first()
        if seen is None:
            return 0
        suspects = _suspects(max(seen.until, now - FURTHEST) - LOOKS_BACK, now)
        found = [(project_id, visitor_id, pace_of(times)) for project_id, visitor_id, times in suspects]
        programs = [one for one in found if one[2]]
        for project_id, visitor_id, pace in programs:
            make(project_id, visitor_id, Decision(Mark.BOT, pace), at=now)
        LookedAt.objects.filter(job=JOB).update(until=now)
    return len(programs)


def _suspects(since: datetime, until: datetime) -> list[tuple[int, str, list[datetime]]]:
    with connection.cursor() as cursor:
        cursor.execute(SUSPECTS, {"since": since, "until": until, "fast": FAST, "most": MOST_TIMES})
        return list(cursor.fetchall())
