"""The only writer of enrolments, goal totals and tallies: stores what a rebuild says and knows the difference."""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Context, Decimal
from typing import Any, NamedTuple

from django.db import connection

from experiments.models import Enrolment
from experiments.phases import OpenPhase
from experiments.rebuild import Enrolled

# phase, variant, goal (None: the enrolled themselves), excluded, exposure day
TallyKey = tuple[int, str, int | None, str, date]
Sums = tuple[int, Decimal, Decimal]
NOTHING: Sums = (0, Decimal(0), Decimal(0))
# Wide enough for every digit of the largest squares: the usual 28 would round them, and sums would drift.
EXACT = Context(prec=80)

# Plain SQL and no model instances: these rows are most of what a rollup reads and writes. Times come as text, which
# Python reads ten times as fast as a database driver does.
STORED = """
SELECT id, person_id, plan_version, variant, exposed_at::text, excluded, covariates::text
FROM experiments_enrolment WHERE phase_id = %s AND person_id = ANY(%s::bigint[])
"""
VALUES = "SELECT enrolment_id, goal_id, value FROM experiments_goaltotal WHERE enrolment_id = ANY(%s::bigint[])"
ENROL = """
INSERT INTO experiments_enrolment (phase_id, plan_version, person_id, variant, exposed_at, excluded, covariates)
SELECT %s, %s, * FROM unnest(%s::bigint[], %s::text[], %s::timestamptz[], %s::text[], %s::jsonb[])
ON CONFLICT (phase_id, person_id) DO UPDATE SET
    plan_version = EXCLUDED.plan_version, variant = EXCLUDED.variant, exposed_at = EXCLUDED.exposed_at,
    excluded = EXCLUDED.excluded, covariates = EXCLUDED.covariates
RETURNING person_id, id
"""
TOTAL = """
INSERT INTO experiments_goaltotal (enrolment_id, goal_id, value)
SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::numeric[])
ON CONFLICT (enrolment_id, goal_id) DO UPDATE SET value = EXCLUDED.value
"""
UNCOUNT = """
DELETE FROM experiments_goaltotal t USING unnest(%s::bigint[], %s::bigint[]) AS gone (enrolment_id, goal_id)
WHERE t.enrolment_id = gone.enrolment_id AND t.goal_id = gone.goal_id
"""
APPLY = """
INSERT INTO experiments_tally AS t (phase_id, variant, goal_id, excluded, day, persons, total, squares)
SELECT * FROM unnest(%s::bigint[], %s::text[], %s::bigint[], %s::text[], %s::date[],
                     %s::bigint[], %s::numeric[], %s::numeric[])
ON CONFLICT (phase_id, variant, goal_id, excluded, day) DO UPDATE SET
    persons = t.persons + EXCLUDED.persons, total = t.total + EXCLUDED.total, squares = t.squares + EXCLUDED.squares
"""


class Difference:
    """What must still be added to tallies; adding a person and taking the same one away leaves nothing."""

    def __init__(self) -> None:
        self._sums: dict[TallyKey, Sums] = defaultdict(lambda: NOTHING)

    def count(self, phase_id: int, enrolled: Enrolled, sign: int) -> None:
        for key, (persons, total, squares) in contributions(phase_id, enrolled):
            self._plus(key, (sign * persons, EXACT.multiply(sign, total), EXACT.multiply(sign, squares)))

    def change(self, phase_id: int, then: Enrolled | None, now: Enrolled | None) -> None:
        if then:
            self.count(phase_id, then, -1)
        if now:
            self.count(phase_id, now, +1)

    def add(self, other: "Difference") -> None:
        for key, sums in other.items():
            self._plus(key, sums)

    def items(self) -> list[tuple[TallyKey, Sums]]:
        """Sorted, so that workers meet at the rows in the same order; without those where nothing changed."""
        changed = [(key, sums) for key, sums in self._sums.items() if any(sums)]
        return sorted(changed, key=lambda item: (item[0][0], item[0][1], item[0][2] or 0, item[0][3], item[0][4]))

    def _plus(self, key: TallyKey, sums: Sums) -> None:
        old = self._sums[key]
        self._sums[key] = (old[0] + sums[0], EXACT.add(old[1], sums[1]), EXACT.add(old[2], sums[2]))


def contributions(phase_id: int, enrolled: Enrolled) -> Iterator[tuple[TallyKey, Sums]]:
    """What one person adds to the tallies of a phase."""
    day = enrolled.day
    yield (phase_id, enrolled.variant, None, enrolled.excluded, day), (1, Decimal(0), Decimal(0))
    for goal_id, value in enrolled.values.items():
        yield (phase_id, enrolled.variant, goal_id, "", day), (1, value, EXACT.multiply(value, value))


class Row(NamedTuple):
    """What is stored of one enrolment, its values apart."""

    id: int
    person_id: int
    plan_version: int
    variant: str
    exposed_at: datetime
    excluded: str
    covariates: Mapping[str, Any]


def stored(phase_id: int, person_ids: Collection[int]) -> dict[int, Row]:
    """By person."""
    found: dict[int, Row] = {}
    with connection.cursor() as cursor:
        cursor.execute(STORED, [phase_id, list(person_ids)])
        for row_id, person_id, version, variant, exposed_at, excluded, covariates in cursor.fetchall():
            known = json.loads(covariates) if covariates != "{}" else {}
            moment = datetime.fromisoformat(exposed_at)
            found[person_id] = Row(row_id, person_id, version, variant, moment, excluded, known)
    return found


def values_of(rows: Iterable[Row]) -> dict[int, dict[int, Decimal]]:
    """By enrolment, the stored value for each goal."""
    found: dict[int, dict[int, Decimal]] = defaultdict(dict)
    ids = [row.id for row in rows]
    if not ids:
        return found
    with connection.cursor() as cursor:
        cursor.execute(VALUES, [ids])
        for enrolment_id, goal_id, value in cursor.fetchall():
            found[enrolment_id][goal_id] = value
    return found


def as_enrolled(row: Row, values: Mapping[int, Decimal], *, timezone: str = "UTC") -> Enrolled:
    """``timezone``: of the plan; who asks for no day needs none."""
    return Enrolled(row.variant, row.exposed_at, row.excluded, row.covariates, values, timezone)


@dataclass(slots=True)
class _Changes:
    """What must be written of a phase, by person. ``totals``: with goal and value; ``uncounted``: with goal."""

    enrolled: dict[int, Enrolled] = field(default_factory=dict)
    totals: list[tuple[int, int, Decimal]] = field(default_factory=list)
    uncounted: list[tuple[int, int]] = field(default_factory=list)
    gone: list[int] = field(default_factory=list)

    def note(self, person_id: int, then: Enrolled | None, now: Enrolled | None) -> None:
        if now is None:
            self.gone.append(person_id)
            return
        if then is None or replace(then, values=now.values) != now:
            self.enrolled[person_id] = now
        old = then.values if then else {}
        self.totals += [(person_id, goal, value) for goal, value in now.values.items() if old.get(goal) != value]
        self.uncounted += [(person_id, goal) for goal in old if goal not in now.values]


def store(phase: OpenPhase, rebuilt: Mapping[int, Enrolled | None]) -> Difference:
    """Make the rows of these persons say what was rebuilt; the persons must be locked by the caller."""
    rows, zone = stored(phase.id, rebuilt), phase.span.plan.timezone
    values = values_of(rows.values())
    difference, changes = Difference(), _Changes()
    for person_id, now in rebuilt.items():
        row = rows.get(person_id)
        then = as_enrolled(row, values.get(row.id, {}), timezone=zone) if row else None
        if now != then:
            difference.change(phase.id, then, now)
            changes.note(person_id, then, now)
        if row and now and row.plan_version != phase.plan_version:
            changes.enrolled[person_id] = now
    _write(phase, changes, {person_id: row.id for person_id, row in rows.items()})
    return difference


def _write(phase: OpenPhase, changes: _Changes, ids: dict[int, int]) -> None:
    """``ids``: of the enrolments that are there already, by person."""
    Enrolment.objects.filter(id__in=[ids[person_id] for person_id in changes.gone]).delete()
    with connection.cursor() as cursor:
        if changes.uncounted:
            cursor.execute(UNCOUNT, _columns((ids[person_id], goal_id) for person_id, goal_id in changes.uncounted))
        if changes.enrolled:
            persons = changes.enrolled.items()
            # orjson refuses whole numbers above 2^64
            rows = [(key, e.variant, e.exposed_at, e.excluded, json.dumps(e.covariates)) for key, e in persons]
            cursor.execute(ENROL, [phase.id, phase.plan_version, *_columns(rows)])
            ids.update(cursor.fetchall())
        if changes.totals:
            cursor.execute(TOTAL, _columns((ids[person_id], *total) for person_id, *total in changes.totals))


def _columns(rows: Iterable[tuple[Any, ...]]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]


def apply_to_tallies(difference: Difference) -> None:
    items = difference.items()
    if items:
        with connection.cursor() as cursor:
            cursor.execute(APPLY, _columns((*key, *sums) for key, sums in items))
