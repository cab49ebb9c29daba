"""Events by the million, written in SQL in the shape that capture gives them, and what standing rollups say of them.

Ten events a visitor, in two visits, at places far apart in the table. Nothing is drawn: a number's hash decides.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import psycopg

from tests.benchmarks.scale.scene import EXPERIMENT, GOALS

DAYS = 30

FUNCTIONS = """
CREATE FUNCTION chance(n bigint, salt bigint) RETURNS float8 LANGUAGE sql IMMUTABLE AS $$
    SELECT (hashint8extended(n, salt) & 1048575) / 1048576.0
$$;
CREATE FUNCTION visitor_of(n bigint) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT md5('v' || n)::uuid::text $$
"""
# What an event carries, by its name; contexts as a browser's request is enriched with.
EVENTS = """
INSERT INTO tracking_event
    (project_id, source, event_id, name, visitor_id, user_id, occurred_at, received_at, properties, context)
SELECT %(project)s, 'import', gen_random_uuid()::text, name, visitor_of(v),
       CASE WHEN v %% 10 = 0 THEN 'user-' || v ELSE '' END, occurred_at, occurred_at,
       CASE name
           WHEN 'experiment_viewed' THEN jsonb_build_object('experiment', %(experiment)s::text,
               'variant', CASE WHEN chance(v, 1) < 0.5 THEN 'original' ELSE 'green' END)
           WHEN 'purchase' THEN jsonb_build_object(
               'value', round(5 + 195 * chance(v, 2)::numeric, 2), 'currency', 'EUR', 'transaction_id', 'T-' || n,
               'items', jsonb_build_array(jsonb_build_object('item_id', sku, 'quantity', 1 + n %% 3)))
           WHEN 'add_to_cart' THEN jsonb_build_object(
               'item_id', sku, 'value', round(5 + 95 * chance(n, 3)::numeric, 2), 'currency', 'EUR')
           WHEN 'page_view' THEN jsonb_build_object('page_path', '/products/' || sku, 'page_title', 'Product ' || sku)
           ELSE jsonb_build_object(
               'element', 'a#product-' || sku, 'text', 'Have a look', 'page_path', '/products/' || sku)
       END,
       jsonb_build_object('attributes', jsonb_build_object(
           'deviceType', 'desktop', 'browser', 'Chrome', 'os', 'Windows', 'country', 'PL', 'channel', 'Organic Search',
           'referrer', 'https://www.google.com/', 'host', 'shop.example', 'path', '/products/' || sku,
           'utmSource', 'newsletter', 'utmMedium', 'email', 'utmCampaign', 'spring-' || n %% 50,
           'returning', n %% 3 = 0))
FROM (SELECT *, 'SKU-' || n %% 5000 AS sku FROM ({moments}) AS numbered) AS moment
"""
# A visitor's k-th event: two before the exposure (k = 2), the others up to ten days after it.
PAST = """
    SELECT n, v, CASE
               WHEN k = 2 THEN 'experiment_viewed'
               WHEN k IN (1, 5) THEN 'cta_click'
               WHEN k = 6 AND chance(v, 16) < 0.5 THEN 'form_start'
               WHEN k = 7 AND chance(v, 17) < 0.4 THEN 'add_to_cart'
               WHEN k = 8 AND chance(v, 18) < 0.3 THEN 'file_download'
               WHEN k = 9 AND chance(v, 19) < 0.1 THEN 'purchase'
               ELSE 'page_view' END AS name,
           CASE WHEN k <= 2 THEN met_at - (2 - k) * interval '1 day'
                ELSE met_at + least(interval '10 days', now - met_at) * (k - 2 + chance(n, 4)) / 9 END AS occurred_at
    FROM (
        SELECT n, k, v, now, now - interval '1 day' * (0.1 + 29.8 * chance(v, 5)) AS met_at
        FROM (SELECT n, n / %(visitors)s AS k, n %% %(visitors)s AS v, %(now)s::timestamptz AS now
              FROM generate_series(0, %(visitors)s::bigint * 10 - 1) AS n) AS numbered
    ) AS met
"""
# So many visits go on at the same time.
AT_ONCE = 400
# What comes in now. Most of it is asked for by some goal; the visitors are spread over the whole history.
NEW = """
    SELECT n, ((n / (%(at_once)s * %(each)s) * %(at_once)s + n %% %(at_once)s) * 7919) %% %(visitors)s AS v,
           CASE WHEN chance(n, 6) < 0.5 THEN 'cta_click' WHEN chance(n, 6) < 0.7 THEN 'add_to_cart'
                WHEN chance(n, 6) < 0.8 THEN 'purchase' ELSE 'page_view' END AS name,
           %(now)s::timestamptz + interval '1 millisecond' * (n - %(first)s) AS occurred_at
    FROM generate_series(%(first)s::bigint, %(first)s::bigint + %(count)s - 1) AS n
"""
DUE = """
INSERT INTO tracking_due (project_id, visitor_id)
SELECT %(project)s, visitor_of(v) FROM (SELECT DISTINCT n / 20 AS batch, v FROM ({moments}) AS m) AS d ORDER BY batch
"""
# What a goal counts, in SQL: null where nothing counted.
MEASURES = {
    "once": "nullif(least(count(*) FILTER (WHERE {asked}), 1), 0)",
    "count": "nullif(count(*) FILTER (WHERE {asked}), 0)",
    "sum": "sum((properties ->> 'value')::numeric) FILTER (WHERE {asked})",
}
AFTER = "occurred_at >= met_at AND occurred_at < met_at + interval '{window} days'"
BEFORE = "occurred_at < met_at AND occurred_at >= met_at - interval '28 days'"


def measured(span: str, prefix: str = "") -> str:
    """A column for each goal, named as its event."""
    asked = {event: f"name = '{event}' AND {span.format(window=goal['window'])}" for event, goal in GOALS.items()}
    return ", ".join(
        f"{MEASURES[goal['measure']].format(asked=asked[event])} AS {prefix}{event}" for event, goal in GOALS.items()
    )


# One reading of all that is asked for, each visitor's exposure beside it: faster than joining exposures and events.
SCORE = """
WITH seen AS (
    SELECT visitor_id, name, occurred_at, properties, min(occurred_at) FILTER (WHERE {met}) OVER visitor AS met_at,
           min(properties ->> 'variant') FILTER (WHERE {met}) OVER visitor AS variant
    FROM tracking_event
    WHERE project_id = %(project)s AND excluded = '' AND occurred_at >= %(since)s AND name = ANY(%(names)s)
    WINDOW visitor AS (PARTITION BY visitor_id)
), score AS (
    SELECT visitor_id, variant, met_at, {measured}
    FROM seen WHERE met_at IS NOT NULL GROUP BY visitor_id, variant, met_at
)
"""
MET = "name = 'experiment_viewed' AND properties ->> 'experiment' = %(experiment)s AND occurred_at >= %(started)s"
SUMS = ", ".join(f"count({event}), coalesce(sum({event}), 0), coalesce(sum({event} * {event}), 0)" for event in GOALS)
STORED_SUMS = ", ".join(
    f"coalesce(sum({column}) FILTER (WHERE goal_id = (%(goals)s::jsonb ->> '{event}')::bigint), 0)"
    for event in GOALS
    for column in ("persons", "total", "squares")
)
# The best plain SQL for the same tallies.
ONE_PASS = f"""
{SCORE.format(measured=measured(AFTER), met=MET)}
SELECT variant, (met_at AT TIME ZONE 'UTC')::date, count(*), {SUMS} FROM score GROUP BY 1, 2
"""
MARK = """
INSERT INTO tracking_due (project_id, visitor_id)
SELECT %(project)s, visitor_of(n * 7919 %% %(visitors)s) FROM generate_series(1, %(count)s::bigint) AS n
"""
DIGEST = """
SELECT (SELECT sum(hashtextextended(n::text, 0)) FROM experiments_enrolment n)
     + (SELECT sum(hashtextextended(t::text, 0)) FROM experiments_goaltotal t)
"""
TALLIES = f"""
SELECT variant, day, sum(persons) FILTER (WHERE goal_id IS NULL), {STORED_SUMS}
FROM experiments_tally WHERE phase_id = %(phase)s AND excluded = '' GROUP BY 1, 2
"""
SEEN = """
(SELECT DISTINCT visitor_id, CASE WHEN user_id = '' THEN 'v:' || visitor_id ELSE 'u:' || user_id END AS key
 FROM tracking_event WHERE project_id = %(project)s) AS seen
"""
PERSONS = f"""
INSERT INTO tracking_person (project_id, key) SELECT %(project)s, key FROM {SEEN};
INSERT INTO tracking_visitor (project_id, visitor_id, person_id, shared)
SELECT %(project)s, visitor_id, p.id, false
FROM {SEEN} JOIN tracking_person p ON p.project_id = %(project)s AND p.key = seen.key
"""
PAST_OF = ", ".join(f"(%(goals)s::jsonb ->> '{event}'), before_{event}::float8" for event in GOALS)
TOTALS = ", ".join(f"((%(goals)s::jsonb ->> '{event}')::bigint, {event}::numeric)" for event in GOALS)
STANDING = f"""
CREATE TEMP TABLE standing ON COMMIT DROP AS
{SCORE.format(measured=f"{measured(AFTER)}, {measured(BEFORE, 'before_')}", met=MET)} SELECT * FROM score;
INSERT INTO experiments_enrolment (phase_id, plan_version, person_id, variant, exposed_at, excluded, covariates)
SELECT %(phase)s, 1, v.person_id, variant, met_at, '',
       CASE WHEN past = '{{}}' THEN past ELSE jsonb_build_object('_before', past) END
FROM standing JOIN tracking_visitor v ON v.project_id = %(project)s AND v.visitor_id = standing.visitor_id
CROSS JOIN LATERAL (SELECT jsonb_strip_nulls(jsonb_build_object({PAST_OF})) AS past) AS own;
INSERT INTO experiments_goaltotal (enrolment_id, goal_id, value)
SELECT n.id, own.goal_id, own.value
FROM standing JOIN tracking_visitor v ON v.project_id = %(project)s AND v.visitor_id = standing.visitor_id
JOIN experiments_enrolment n ON n.phase_id = %(phase)s AND n.person_id = v.person_id
CROSS JOIN LATERAL (VALUES {TOTALS}) AS own (goal_id, value) WHERE own.value IS NOT NULL;
INSERT INTO experiments_tally (phase_id, variant, goal_id, excluded, day, persons, total, squares)
SELECT %(phase)s, variant, NULL::bigint, '', (exposed_at AT TIME ZONE 'UTC')::date, count(*), 0, 0
FROM experiments_enrolment WHERE phase_id = %(phase)s GROUP BY 2, 5
UNION ALL
SELECT %(phase)s, n.variant, t.goal_id, '', (exposed_at AT TIME ZONE 'UTC')::date,
       count(*), sum(value), sum(value * value)
FROM experiments_enrolment n JOIN experiments_goaltotal t ON t.enrolment_id = n.id
WHERE phase_id = %(phase)s GROUP BY 2, 3, 5
"""
CONSTRAINTS = """
SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint
WHERE conrelid = 'tracking_event'::regclass AND contype IN ('p', 'f')
"""
INDEXES = "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'tracking_event' AND indexname <> ALL(%s)"


@dataclass
class History:
    """``visitors`` of ten events each; ``now``: when the last of them came. ``sent``: what has come in since."""

    dsn: str
    ids: Mapping[str, Any]
    visitors: int
    now: datetime
    sent: int = 0

    @property
    def values(self) -> dict[str, Any]:
        goals = self.ids["goals"]
        return {
            "project": self.ids["project"],
            "phase": self.ids["phase"],
            "experiment": EXPERIMENT,
            "started": self.now - timedelta(days=DAYS),
            "now": self.now,
            "visitors": self.visitors,
            "since": self.now - timedelta(days=DAYS + 28),
            "goals": json.dumps(goals),
            "names": ["experiment_viewed", *goals],
        }

    def run(self, *statements: str, **more: Any) -> None:
        """In one transaction."""
        with psycopg.connect(self.dsn, autocommit=False) as connection, connection.cursor() as cursor:
            for statement in statements:
                for one in statement.split(";\n"):
                    cursor.execute(one, {**self.values, **more} if "%(" in one else None)

    def lay(self) -> None:
        """All events of the past. Into an empty table and its indexes afterwards, which needs no write-ahead log."""
        with psycopg.connect(self.dsn) as connection:
            constraints = connection.execute(CONSTRAINTS).fetchall()
            indexes = connection.execute(INDEXES, [[name for name, _ in constraints]]).fetchall()
            connection.execute("TRUNCATE tracking_event")
            for name, _ in constraints:
                connection.execute(f"ALTER TABLE tracking_event DROP CONSTRAINT {name}")
            for name, _ in indexes:
                connection.execute(f"DROP INDEX {name}")
            connection.execute(FUNCTIONS)
            connection.execute(EVENTS.format(moments=PAST), self.values)
            connection.execute("SET LOCAL maintenance_work_mem = '1GB'")
            for name, definition in constraints:
                connection.execute(f"ALTER TABLE tracking_event ADD CONSTRAINT {name} {definition}")
            for _, definition in indexes:
                connection.execute(definition)

    def stand(self) -> None:
        """Persons, enrolments, totals and tallies as rollups of all that would have left them."""
        # All that refers to something was read from there: eight million checks would find nothing.
        self.run("SET LOCAL session_replication_role = replica", PERSONS, STANDING)
        self.tidy()

    def arrive(self, count: int, *, each: int) -> None:
        """New events, ``each`` of one visitor, as capture leaves them: in batches of twenty, with their due rows."""
        more = {"first": 10 * self.visitors + self.sent, "count": count, "each": each, "at_once": AT_ONCE}
        self.run(EVENTS.format(moments=NEW), DUE.format(moments=NEW), **more)
        self.sent += count

    def one_pass(self) -> dict[tuple[str, Any], tuple[Any, ...]]:
        """By variant and day, everything that the tallies say, counted from the events."""
        with psycopg.connect(self.dsn) as connection:
            rows = connection.execute(ONE_PASS, self.values).fetchall()
        return {(row[0], row[1]): row[2:] for row in rows}

    def tallies(self) -> dict[tuple[str, Any], tuple[Any, ...]]:
        """What rollups have counted, in the shape of ``one_pass``."""
        with psycopg.connect(self.dsn) as connection:
            rows = connection.execute(TALLIES, self.values).fetchall()
        return {(row[0], row[1]): row[2:] for row in rows}

    def mark(self, count: int) -> None:
        """So many visitors are due without anything new."""
        self.run(MARK, count=count)

    def digest(self) -> object:
        """Of every enrolment and every total."""
        return self._number(DIGEST)

    def waiting(self) -> object:
        return self._number("SELECT count(*) FROM tracking_due")

    def _number(self, query: str) -> object:
        with psycopg.connect(self.dsn) as connection:
            row = connection.execute(query).fetchone()
        return row and row[0]

    def tidy(self) -> None:
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE")
