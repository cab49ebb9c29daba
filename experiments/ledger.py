"""The only writer of enrolments, goal totals and tallies: stores what a rebuild says and knows the difference."""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import UTC, date
from decimal import Context, Decimal
from typing import Any

from django.db import connection

from experiments.models import Enrolment, GoalTotal
from experiments.phases import OpenPhase
from experiments.rebuild import Enrolled

# phase, variant, goal (None: the enrolled themselves), excluded, exposure day
TallyKey = tuple[int, str, int | None, str, date]
Sums = tuple[int, Decimal, Decimal]
NOTHING: Sums = (0, Decimal(0), Decimal(0))
# Wide enough for every digit of the largest squares: the usual 28 would round them, and sums would drift.
EXACT = Context(prec=80)

# Plain SQL and no model instances: these rows are most of what a rollup writes.
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
    day = enrolled.exposed_at.astimezone(UTC).date()
    yield (phase_id, enrolled.variant, None, enrolled.excluded, day), (1, Decimal(0), Decimal(0))
    for goal_id, value in enrolled.values.items():
        yield (phase_id, enrolled.variant, goal_id, "", day), (1, value, EXACT.multiply(value, value))


def stored(phase_id: int, person_ids: Collection[int]) -> dict[int, Enrolment]:
    rows = Enrolment.objects.filter(phase_id=phase_id, person_id__in=person_ids)
    return {enrolment.person_id: enrolment for enrolment in rows}


def values_of(enrolments: Iterable[Enrolment]) -> dict[int, dict[int, Decimal]]:
    """By enrolment, the stored value for each goal."""
    found: dict[int, dict[int, Decimal]] = defaultdict(dict)
    rows = GoalTotal.objects.filter(enrolment_id__in=[enrolment.id for enrolment in enrolments])
    for enrolment_id, goal_id, value in rows.values_list("enrolment_id", "goal_id", "value"):
        found[enrolment_id][goal_id] = value
    return found


def as_enrolled(enrolment: Enrolment, values: Mapping[int, Decimal]) -> Enrolled:
    return Enrolled(enrolment.variant, enrolment.exposed_at, enrolment.excluded, enrolment.covariates, values)


def store(phase: OpenPhase, rebuilt: Mapping[int, Enrolled | None]) -> Difference:
    """Make the rows of these persons say what was rebuilt; the persons must be locked by the caller."""
    before = stored(phase.id, rebuilt)
    values = values_of(before.values())
    difference = Difference()
    fresh: dict[int, Enrolled] = {}
    changed: dict[int, Enrolled] = {}
    gone: list[int] = []
    for person_id, now in rebuilt.items():
        row = before.get(person_id)
        then = as_enrolled(row, values.get(row.id, {})) if row else None
        if then:
            difference.count(phase.id, then, -1)
        if now:
            difference.count(phase.id, now, +1)
        if row is None and now:
            fresh[person_id] = now
        elif row and now is None:
            gone.append(row.id)
        elif row and now and (now != then or row.plan_version != phase.plan_version):
            changed[person_id] = now
    Enrolment.objects.filter(id__in=gone).delete()
    _write(phase, fresh, [])
    _write(phase, changed, [before[person_id].id for person_id in changed])
    return difference


def _write(phase: OpenPhase, persons: Mapping[int, Enrolled], old_ids: Collection[int]) -> None:
    if not persons:
        return
    columns: list[Any] = [
        list(persons),
        [enrolled.variant for enrolled in persons.values()],
        [enrolled.exposed_at for enrolled in persons.values()],
        [enrolled.excluded for enrolled in persons.values()],
        [json.dumps(enrolled.covariates) for enrolled in persons.values()],  # orjson refuses whole numbers above 2^64
    ]
    GoalTotal.objects.filter(enrolment_id__in=old_ids).delete()
    with connection.cursor() as cursor:
        cursor.execute(ENROL, [phase.id, phase.plan_version, *columns])
        ids = dict(cursor.fetchall())
        totals = [
            (ids[person_id], goal_id, value)
            for person_id, enrolled in persons.items()
            for goal_id, value in enrolled.values.items()
        ]
        if totals:
            cursor.execute(TOTAL, [list(column) for column in zip(*totals, strict=True)])


def apply_to_tallies(difference: Difference) -> None:
    items = difference.items()
    if not items:
        return
    keys, sums = zip(*items, strict=True)
    with connection.cursor() as cursor:
        cursor.execute(APPLY, [list(column) for column in (*zip(*keys, strict=True), *zip(*sums, strict=True))])
