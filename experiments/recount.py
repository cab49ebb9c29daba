"""The tallies of a phase computed a second time: in SQL, straight from events, for ``verify`` to hold against rollups.

No step is shared with ``experiments.rebuild`` or ``tracking.goals``: a mistake there must not be repeated here. Only
the hash that assigns a unit comes from Python, since SQL has none. Needs a transaction that is rolled back at its end:
it leaves functions and tables behind that only this connection sees.
"""

import json
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db import connection

from experiments.ledger import Sums, TallyKey
from experiments.phases import OpenPhase
from experiments.plan import Plan, PlannedGoal

UNITS_AT_ONCE = 5000
# Seconds in which an exposure may still name a phase that another one has followed.
HANDING_OVER = 60

# A person's key, empty for none, and whether the visitor is shared.
Link = tuple[str, bool]

# What a condition reads, and what a sum adds up: six decimals, halves to the even neighbour, which round() does not do.
FUNCTIONS = r"""
CREATE FUNCTION pg_temp.plain_text(content jsonb) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN jsonb_typeof(content) IN ('string', 'number', 'boolean') AND length(content #>> '{}') <= 1000
        THEN content #>> '{}' ELSE '' END
$$;
CREATE FUNCTION pg_temp.plain_number(content jsonb) RETURNS numeric LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN abs(scaled - trunc(scaled)) = 0.5 THEN 2 * round(scaled * 0.5) ELSE round(scaled) END * 0.000001
    FROM (
        SELECT 1000000 * CASE jsonb_typeof(content)
            WHEN 'number' THEN content #>> '{}'
            WHEN 'string' THEN substring(content #>> '{}' FROM
                '^[ \t\r\n]*([+-]?(?:[0-9]{1,30}(?:\.[0-9]{0,30})?|\.[0-9]{1,30})(?:[eE][+-]?[0-9]{1,3})?)[ \t\r\n]*$')
        END::numeric AS scaled
    ) AS read
    WHERE abs(scaled) <= 1000000000000000000 AND length(content #>> '{}') <= 1000
$$;
CREATE FUNCTION pg_temp.holds(content jsonb, operator text, wanted text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE operator
        WHEN 'equals' THEN pg_temp.plain_text(content) = wanted
        WHEN 'not_equals' THEN pg_temp.plain_text(content) <> wanted
        WHEN 'contains' THEN strpos(pg_temp.plain_text(content), wanted) > 0
        WHEN 'starts_with' THEN starts_with(pg_temp.plain_text(content), wanted)
        WHEN 'at_least' THEN coalesce(pg_temp.plain_number(content) >= pg_temp.plain_number(to_jsonb(wanted)), false)
        WHEN 'at_most' THEN coalesce(pg_temp.plain_number(content) <= pg_temp.plain_number(to_jsonb(wanted)), false)
    END
$$;
CREATE FUNCTION pg_temp.decided(excluded text, mark text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN mark = 'counted' AND excluded IN ('bot', 'internal') THEN ''
        WHEN mark IN ('bot', 'internal', 'test') AND excluded = '' THEN mark ELSE excluded END
$$;
CREATE FUNCTION pg_temp.bought(name text, told jsonb) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN name = 'purchase'
             AND lower(id) NOT IN ('', '0', 'null', 'undefined', 'none', 'nan', 'false', 'true')
             THEN id END
    FROM (SELECT btrim(pg_temp.plain_text(told), E' \t\r\n') AS id) AS read
$$;
"""
MEASURES = {
    "once": "1",
    "once_per_session": "count(DISTINCT (visitor_id, session)) FILTER (WHERE session <> '')"
    " + count(*) FILTER (WHERE session = '' AND (quiet_for >= interval '30 minutes') IS NOT FALSE)",
    "count": "count(*)",
    "sum": "sum(pg_temp.plain_number(properties -> %(property)s))",
}

VISITORS = """
CREATE TEMP TABLE recount_visitor ON COMMIT DROP AS
SELECT visitor_id, users > 1 AS shared, CASE users WHEN 1 THEN some_user ELSE '' END AS user_id,
       CASE users WHEN 1 THEN 'u:' || some_user ELSE 'v:' || visitor_id END AS person, m.mark
FROM (
    SELECT visitor_id, max(user_id) AS some_user, count(DISTINCT user_id) FILTER (WHERE user_id <> '') AS users
    FROM tracking_event WHERE project_id = %(project)s GROUP BY visitor_id
) AS seen
LEFT JOIN (
    SELECT visitor_id, mark FROM tracking_visitor_mark WHERE project_id = %(project)s AND lifted_at IS NULL
) AS m USING (visitor_id);
CREATE INDEX ON recount_visitor (visitor_id);
CREATE INDEX ON recount_visitor (person);
ANALYZE recount_visitor
"""
MISLINKED = """
SELECT v.visitor_id, coalesce(p.key, ''), coalesce(s.shared, false), v.person, v.shared
FROM recount_visitor v
LEFT JOIN tracking_visitor s ON s.project_id = %(project)s AND s.visitor_id = v.visitor_id
LEFT JOIN tracking_person p ON p.id = s.person_id
WHERE p.key IS DISTINCT FROM v.person OR s.shared IS DISTINCT FROM v.shared
ORDER BY v.visitor_id LIMIT %(most)s
"""

DROP = "DROP TABLE IF EXISTS recount_exposure, recount_assigned, recount_person"
EXPOSURES = """
CREATE TEMP TABLE recount_exposure ON COMMIT DROP AS
SELECT v.person, v.shared, e.event_id, e.occurred_at, e.source, pg_temp.decided(e.excluded, v.mark) AS mark,
       CASE WHEN %(unit)s = 'user' THEN v.user_id ELSE e.visitor_id END AS unit_id,
       CASE WHEN e.properties ->> 'variant' = ANY(%(variants)s::text[])
             AND jsonb_typeof(e.properties -> 'variant') = 'string' THEN e.properties ->> 'variant' END AS claimed
FROM tracking_event e JOIN recount_visitor v ON v.visitor_id = e.visitor_id
WHERE e.project_id = %(project)s AND e.name = 'experiment_viewed'
  AND e.properties -> 'experiment' = to_jsonb(%(experiment)s::text)
  AND e.occurred_at >= %(started)s
  AND CASE coalesce(e.properties -> 'phase', 'null')
      WHEN 'null' THEN e.occurred_at < %(ended)s::timestamptz
      WHEN to_jsonb(%(number)s::int) THEN e.occurred_at < %(ended)s::timestamptz + make_interval(secs => %(late)s)
      ELSE false END
  AND NOT EXISTS (
      SELECT FROM unnest(%(pause_starts)s::timestamptz[], %(pause_ends)s::timestamptz[]) AS pause (began, over)
      WHERE tstzrange(began, over, '[)') @> e.occurred_at
  );
CREATE TEMP TABLE recount_assigned (unit_id text PRIMARY KEY, variant text) ON COMMIT DROP
"""
UNITS = "SELECT DISTINCT unit_id FROM recount_exposure WHERE unit_id <> ''"
ASSIGN = "INSERT INTO recount_assigned SELECT * FROM unnest(%s::text[], %s::text[])"
PERSONS = """
CREATE TEMP TABLE recount_person ON COMMIT DROP AS
WITH judged AS (
    SELECT e.*, CASE
        WHEN e.mark <> '' THEN e.mark
        WHEN %(external)s AND e.source = 'import' AND e.claimed IS NOT NULL THEN ''
        WHEN NOT %(external)s AND a.variant = e.claimed THEN ''
        WHEN NOT %(external)s AND e.unit_id = '' AND e.shared THEN 'shared'
        ELSE 'mismatch' END AS doubt
    FROM recount_exposure e LEFT JOIN recount_assigned a ON a.unit_id = e.unit_id
), earliest AS (
    SELECT DISTINCT ON (person) person, claimed, occurred_at
    FROM judged ORDER BY person, occurred_at, event_id COLLATE "C"
), deciding AS (
    SELECT DISTINCT ON (person) person, shared, claimed, occurred_at, doubt
    FROM judged ORDER BY person, doubt <> '', occurred_at, event_id COLLATE "C"
), believed AS (
    SELECT person, count(DISTINCT claimed) AS variants FROM judged WHERE doubt = '' GROUP BY person
), busy AS (
    SELECT v.person, count(*) > %(most)s AS too_many
    FROM earliest f JOIN recount_visitor v ON v.person = f.person
    JOIN tracking_event e ON e.project_id = %(project)s AND e.visitor_id = v.visitor_id
    WHERE e.name = ANY(%(names)s::text[]) AND e.occurred_at >= %(started)s
    GROUP BY v.person
)
SELECT d.person,
       coalesce(CASE WHEN too_many THEN f.claimed ELSE d.claimed END, '') AS variant,
       CASE WHEN too_many THEN f.occurred_at ELSE d.occurred_at END AS met_at,
       CASE WHEN too_many THEN 'too_many' WHEN d.doubt <> '' THEN d.doubt WHEN d.shared THEN 'shared'
            WHEN b.variants > 1 THEN 'mixed' ELSE '' END AS excluded
FROM deciding d JOIN earliest f USING (person) JOIN busy USING (person) LEFT JOIN believed b USING (person);
CREATE INDEX ON recount_person (person);
ANALYZE recount_person
"""
ENROLLED = """
SELECT variant, excluded, (met_at AT TIME ZONE %(timezone)s)::date, count(*) FROM recount_person GROUP BY 1, 2, 3
"""
# What counts at all; of that each deed once; of that what is inside the window. Hours and not days: a day is longer or
# shorter where clocks change.
SCORES = """
WITH asked AS (
    SELECT p.person, p.variant, p.met_at, e.visitor_id, e.event_id, e.name, e.occurred_at, e.source, e.properties,
           e.context, pg_temp.bought(e.name, e.properties -> 'transaction_id') AS bought
    FROM recount_person p
    JOIN recount_visitor v ON v.person = p.person
    JOIN tracking_event e ON e.project_id = %(project)s AND e.visitor_id = v.visitor_id
    WHERE p.excluded = '' AND pg_temp.decided(e.excluded, v.mark) = '' AND e.name = %(event)s
      AND e.occurred_at >= %(known_since)s
      AND (%(currency)s = '' OR NOT e.properties ? 'currency'
           OR e.properties -> 'currency' = to_jsonb(%(currency)s::text))
      AND NOT EXISTS (
          SELECT FROM jsonb_to_recordset(%(conditions)s::jsonb) AS c (property text, operator text, value text)
          WHERE NOT pg_temp.holds(coalesce(e.properties -> c.property, '""'), c.operator, c.value)
      )
), told AS (
    SELECT *, occurred_at - lag(occurred_at) OVER (
            PARTITION BY visitor_id, source = 'import', properties, coalesce(context ->> 'url', '')
            ORDER BY occurred_at, event_id COLLATE "C"
        ) AS after_its_like,
        row_number() OVER (PARTITION BY person, bought ORDER BY occurred_at, event_id COLLATE "C") AS times_bought
    FROM asked
), counted AS (
    SELECT *, CASE WHEN jsonb_typeof(context -> 'session_id') IN ('string', 'number')
        THEN left(context ->> 'session_id', 200) ELSE '' END AS session
    FROM told
    WHERE (source = 'import' OR (after_its_like < interval '1 second') IS NOT TRUE)
      AND (bought IS NULL OR times_bought = 1)
      AND occurred_at >= met_at AND occurred_at < met_at + make_interval(hours => 24 * %(window)s)
), spaced AS (
    SELECT *, occurred_at - lag(occurred_at) OVER (
        PARTITION BY visitor_id, session = '' ORDER BY occurred_at, event_id COLLATE "C") AS quiet_for
    FROM counted
)
SELECT variant, (met_at AT TIME ZONE %(timezone)s)::date, count(*), sum(value), sum(value * value)
FROM (
    SELECT person, variant, met_at, ({measure})::numeric AS value FROM spaced GROUP BY person, variant, met_at
) AS score
WHERE value IS NOT NULL GROUP BY 1, 2
"""
# Of what was done before the exposure so much is known, in days before the start of the phase.
KNOWN_BEFORE = 28


class Recount:
    """One project, as its events tell it at this moment."""

    def __init__(self, project_id: int) -> None:
        self.project_id = project_id
        _run(FUNCTIONS)
        _run(VISITORS, project=project_id)

    def mislinked(self, most: int) -> list[tuple[str, Link, Link]]:
        """Visitors whose stored link is not what events say: the visitor, the link stored, the link by events."""
        rows = _rows(MISLINKED, project=self.project_id, most=most)
        return [(visitor_id, (key, shared), (person, alone)) for visitor_id, key, shared, person, alone in rows]

    def tallies(self, phase: OpenPhase, *, most_events: int) -> dict[TallyKey, Sums]:
        """Raises ``KeyError`` for a measure that has no SQL here."""
        self._find_persons(phase, most_events)
        tallies: dict[TallyKey, Sums] = {}
        for variant, excluded, day, persons in _rows(ENROLLED, timezone=phase.span.plan.timezone):
            tallies[phase.id, variant, None, excluded, day] = (persons, Decimal(0), Decimal(0))
        for goal in phase.span.plan.goals:
            for variant, day, *sums in _rows(SCORES.format(measure=MEASURES[goal.measure]), **self._asked(goal, phase)):
                tallies[phase.id, variant, goal.id, "", day] = (sums[0], sums[1], sums[2])
        return tallies

    def _find_persons(self, phase: OpenPhase, most_events: int) -> None:
        span, plan = phase.span, phase.span.plan
        values = {
            "project": self.project_id,
            "experiment": plan.experiment,
            "number": span.number,
            "started": span.started_at,
            "ended": span.ended_at.isoformat() if span.ended_at else "infinity",
            "late": HANDING_OVER if span.handed_over else 0,
            "pause_starts": [start for start, _until in span.pauses],
            "pause_ends": [until for _start, until in span.pauses],
            "unit": plan.unit,
            "external": plan.kind == "external",
            "variants": [variant.key for variant in plan.variants],
            "names": ["experiment_viewed", *(goal.event for goal in plan.goals)],
            "most": most_events,
        }
        _run(DROP)
        _run(EXPOSURES, **values)
        _assign(plan)
        _run(PERSONS, **values)

    def _asked(self, goal: PlannedGoal, phase: OpenPhase) -> Mapping[str, Any]:
        conditions = [{"property": c.property, "operator": c.operator, "value": c.value} for c in goal.conditions]
        return {
            "project": self.project_id,
            "event": goal.event,
            "window": goal.window,
            "property": goal.property,
            "currency": goal.currency,
            "conditions": json.dumps(conditions),
            "timezone": phase.span.plan.timezone,
            "known_since": phase.span.started_at - timedelta(days=KNOWN_BEFORE),
        }


def _assign(plan: Plan) -> None:
    with connection.chunked_cursor() as units, connection.cursor() as writer:
        units.execute(UNITS)
        while rows := units.fetchmany(UNITS_AT_ONCE):
            assigned = {unit_id: plan.variant_of(unit_id) for (unit_id,) in rows}
            variants = [variant.key if variant else None for variant in assigned.values()]
            writer.execute(ASSIGN, [list(assigned), variants])


def _run(statements: str, **values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statements, values or None)


def _rows(query: str, **values: Any) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(query, values or None)
        found: list[Any] = cursor.fetchall()
        return found
