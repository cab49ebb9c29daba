"""The only reader of events, and of the goals that a page listens for."""

import json
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from django.db import connection

from tracking.goals import LONGEST_TEXT, Fact
from tracking.models import Goal

# What somebody has decided about a visitor goes before what the request told; nothing makes a test or a preview count.
EXCLUDED = """CASE
        WHEN m.mark = 'counted' AND e.excluded IN ('bot', 'internal') THEN ''
        WHEN m.mark <> 'counted' AND e.excluded = '' THEN m.mark
        ELSE e.excluded END"""
EVENTS_OF = f"""
SELECT e.visitor_id, e.event_id, e.name, e.occurred_at::text, e.source, {EXCLUDED},
    CASE WHEN jsonb_typeof(e.context -> 'session_id') IN ('string', 'number')
        THEN left(e.context ->> 'session_id', 200) ELSE '' END,
    CASE WHEN e.source <> 'import'
        THEN jsonb_hash_extended(e.properties, hashtextextended(coalesce(e.context ->> 'url', ''), 0)) END,
    CASE WHEN pg_column_size(e.properties) <= %(small)s AND pg_column_compression(e.properties) IS NULL
        THEN e.properties::text ELSE (
        SELECT coalesce(jsonb_object_agg(key, CASE
            WHEN key = %(whole)s AND length(value::text) <= %(longest_whole)s THEN value
            WHEN jsonb_typeof(value) IN ('object', 'array') THEN '[]'
            WHEN length(value #>> '{{}}') > %(longest)s THEN '[]'
            ELSE value END), '{{}}')::text
        FROM (SELECT key, e.properties -> key AS value FROM unnest(%(keys)s::text[]) AS key) AS asked
        WHERE value IS NOT NULL
    ) END
FROM unnest(%(visitors)s::text[]) AS v(visitor_id)
LEFT JOIN tracking_visitor_mark m
    ON m.project_id = %(project)s AND m.visitor_id = v.visitor_id AND m.lifted_at IS NULL
CROSS JOIN LATERAL (
    SELECT * FROM tracking_event
    WHERE project_id = %(project)s AND visitor_id = v.visitor_id
      AND occurred_at >= %(since)s AND name = ANY(%(names)s) AND properties @> %(holding)s::jsonb
    ORDER BY occurred_at LIMIT %(most)s
) e
"""
WHO_SENT = """
SELECT DISTINCT visitor_id FROM tracking_event
WHERE project_id = %s AND name = %s AND occurred_at >= %s AND %s < now() - interval '1 second'
"""
USERS_OF = """
SELECT visitor_id, min(user_id), max(user_id) FROM tracking_event
WHERE project_id = %s AND visitor_id = ANY(%s) AND user_id <> ''
GROUP BY visitor_id
"""
# Read once for both answers. The sample is chosen by a hash: asked twice, it is the same, whatever time people came.
SEEN = """
WITH seen AS MATERIALIZED (
    SELECT visitor_id, min(occurred_at) AS first_at FROM tracking_event
    WHERE project_id = %(project)s AND occurred_at >= %(since)s AND occurred_at < %(until)s AND excluded = ''
      AND (user_id <> '' OR NOT %(with_user)s)
    GROUP BY visitor_id
)
(SELECT visitor_id, first_at, 1 FROM seen ORDER BY hashtextextended(visitor_id, 0), visitor_id LIMIT %(most)s)
UNION ALL
SELECT NULL, date_trunc('day', first_at, 'UTC'), count(*) FROM seen GROUP BY 2
"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Events with one of these names and all of ``holding`` in their properties, at or after ``since``.

    ``most``: of each visitor, the oldest so many. ``keys``: the properties that are read, and no others: what a page
    sends along must not fill a worker's memory. Of those, lists, objects and texts over ``LONGEST_TEXT`` come as an
    empty list, which counts as nothing; only covariates come whole.
    """

    names: Collection[str]
    keys: Collection[str]
    since: datetime
    most: int
    holding: Mapping[str, Any] = field(default_factory=dict)


WHOLE = "covariates"
LONGEST_WHOLE = 4_000


# Properties of so many bytes come whole, and the keys are picked out here: that costs less than doing it in SQL.
SMALL = 400
# Decimal and not float: money is added up exactly.
JSON = json.JSONDecoder(parse_float=Decimal)


def _properties(raw: str) -> dict[str, Any]:
    loaded: dict[str, Any] = JSON.decode(raw)
    return loaded


def _asked_of(raw: str, keys: Collection[str]) -> dict[str, Any]:
    told = JSON.raw_decode(raw)[0]
    return {
        key: [] if isinstance(told[key], dict | list) and key != WHOLE else told[key] for key in keys if key in told
    }


def events_of(project_id: int, visitor_ids: Collection[str], wanted: Wanted) -> dict[str, list[Fact]]:
    """Each visitor's events, oldest first."""
    found: dict[str, list[Fact]] = defaultdict(list)
    values: dict[str, Any] = {
        "project": project_id,
        "visitors": list(visitor_ids),
        "names": list(wanted.names),
        "keys": list(wanted.keys),
        "whole": WHOLE,
        "longest_whole": LONGEST_WHOLE,
        "longest": LONGEST_TEXT,
        "small": SMALL,
        "since": wanted.since,
        "most": wanted.most,
        "holding": json.dumps(wanted.holding),
    }
    with connection.cursor() as cursor:
        cursor.execute(EVENTS_OF, values)
        for visitor_id, event_id, name, moment, source, *told, properties in cursor.fetchall():
            asked, occurred_at = _asked_of(properties, wanted.keys), datetime.fromisoformat(moment)
            found[visitor_id].append(Fact(event_id, name, visitor_id, occurred_at, asked, source, *told))
    return found


def visitors_who_sent(project_id: int, name: str, since: datetime) -> list[str]:
    """Everyone who sent this event since then. A time just now costs nothing: then the table is not even opened."""
    with connection.cursor() as cursor:
        cursor.execute(WHO_SENT, [project_id, name, since, since])
        return [visitor_id for (visitor_id,) in cursor.fetchall()]


def users_of(project_id: int, visitor_ids: Collection[str]) -> dict[str, set[str]]:
    """The users each visitor was seen with: at most two of them, which is all that identity asks."""
    with connection.cursor() as cursor:
        cursor.execute(USERS_OF, [project_id, list(visitor_ids)])
        return {visitor_id: {first, last} for visitor_id, first, last in cursor.fetchall()}


@dataclass(frozen=True, slots=True)
class Seen:
    """Visitors seen in a period, each by the time it was first seen there.

    by_day: of all of them, how many on each day (UTC). sample: some of them with that time.
    """

    by_day: Mapping[date, int]
    sample: Mapping[str, datetime]

    @property
    def people(self) -> int:
        return sum(self.by_day.values())


def visitors_seen(project_id: int, since: datetime, until: datetime, *, most: int, with_user: bool = False) -> Seen:
    """Who did anything that counts in ``since <= t < until``; ``with_user``: logged in. ``most``: in the sample."""
    values: dict[str, Any] = {"project": project_id, "since": since, "until": until}
    by_day: dict[date, int] = {}
    sample: dict[str, datetime] = {}
    with connection.cursor() as cursor:
        cursor.execute(SEEN, values | {"most": most, "with_user": with_user})
        for visitor_id, moment, people in cursor.fetchall():
            if visitor_id is None:
                by_day[moment.astimezone(UTC).date()] = people
            else:
                sample[visitor_id] = moment
    return Seen(by_day, sample)


RECENT_ATTRIBUTES = """
SELECT DISTINCT ON (visitor_id) visitor_id, context -> 'attributes' FROM tracking_event
WHERE project_id = %s AND occurred_at >= %s AND excluded = '' AND visitor_id IN (
    SELECT visitor_id FROM tracking_event
    WHERE project_id = %s AND occurred_at >= %s AND excluded = '' AND context ? 'attributes'
    GROUP BY visitor_id ORDER BY hashtextextended(visitor_id, 0) LIMIT %s
) AND context ? 'attributes'
ORDER BY visitor_id, occurred_at DESC
"""


def recent_attributes(project_id: int, since: datetime, *, most: int) -> list[dict[str, Any]]:
    """Of a sample of the visitors seen since then, what their newest event told of them."""
    with connection.cursor() as cursor:
        cursor.execute(RECENT_ATTRIBUTES, [project_id, since, project_id, since, most])
        rows = cursor.fetchall()
    return [{**attributes, "id": visitor_id} for visitor_id, attributes in _loaded(rows) if attributes]


def _loaded(rows: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
    # Django has its cursors give jsonb as text.
    return [(visitor_id, json.loads(found) if isinstance(found, str) else found) for visitor_id, found in rows]


@dataclass(frozen=True, slots=True)
class ClickGoal:
    """A click on ``selector`` sends ``event``."""

    event: str
    selector: str


def click_goals() -> dict[int, list[ClickGoal]]:
    """By project, the clicks that pages turn into events by themselves."""
    found: dict[int, list[ClickGoal]] = defaultdict(list)
    rows = Goal.objects.exclude(selector="").order_by("id").values_list("project_id", "event", "selector")
    for project_id, event, selector in rows:
        found[project_id].append(ClickGoal(event, selector))
    return found


# How many smallest hashes stand for a crowd: two crowds that share 95 of 100 people are told from two that share 85.
SAMPLE = 256
USE_OF = """
WITH one AS MATERIALIZED (
    SELECT name, visitor_id, max(occurred_at) AS last_at, hashtextextended(visitor_id, 0) AS place
    FROM tracking_event
    WHERE project_id = %(project)s AND occurred_at >= %(since)s AND excluded = ''
    GROUP BY name, visitor_id
)
SELECT name, max(last_at), count(*) FILTER (WHERE last_at >= %(lately)s),
       (array_agg(place ORDER BY place) FILTER (WHERE last_at >= %(lately)s))[1:%(sample)s]
FROM one WHERE name = ANY(%(names)s) GROUP BY name
UNION ALL
SELECT NULL, NULL, count(DISTINCT place) FILTER (WHERE last_at >= %(lately)s), NULL FROM one
"""


@dataclass(frozen=True, slots=True)
class EventUse:
    """``visitors``: who sent it lately, and ``sample``: their smallest hashes, the same people for every event."""

    last_at: datetime
    visitors: int
    sample: frozenset[int]


def use_of_events(
    project_id: int, names: Collection[str], *, since: datetime, lately: datetime
) -> tuple[dict[str, EventUse], int]:
    """By name, of those that came since then, and how many visitors were there lately at all."""
    found: dict[str, EventUse] = {}
    everybody = 0
    values: dict[str, Any] = {"project": project_id, "names": list(names), "since": since, "lately": lately}
    with connection.cursor() as cursor:
        cursor.execute(USE_OF, values | {"sample": SAMPLE})
        for name, last_at, visitors, sample in cursor.fetchall():
            if name is None:
                everybody = visitors
            else:
                found[name] = EventUse(last_at, visitors, frozenset(sample or ()))
    return found, everybody


# The index gives a visitor's newest; the rest of its events is not read.
NEWEST_OF = f"""
SELECT e.event_id, e.name, e.occurred_at, e.received_at, e.source, {EXCLUDED}, e.properties::text
FROM tracking_event e LEFT JOIN tracking_visitor_mark m
    ON m.project_id = e.project_id AND m.visitor_id = e.visitor_id AND m.lifted_at IS NULL
WHERE e.project_id = %s AND e.visitor_id = %s ORDER BY e.occurred_at DESC, e.event_id LIMIT %s
"""


@dataclass(frozen=True, slots=True)
class Arrived:
    """``text``: the properties as JSON."""

    fact: Fact
    received_at: datetime
    text: str


def newest_of(project_id: int, visitor_id: str, *, most: int) -> list[Arrived]:
    """What one visitor did last, newest first, with whole properties; those that are not counted are among them."""
    with connection.cursor() as cursor:
        cursor.execute(NEWEST_OF, [project_id, visitor_id, most])
        rows = cursor.fetchall()
    return [
        Arrived(Fact(event_id, name, visitor_id, moment, _properties(text), source, excluded), received_at, text)
        for event_id, name, moment, received_at, source, excluded, text in rows
    ]
