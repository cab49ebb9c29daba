"""Each enrolled person of a phase with the values of all goals, as arrays; from enrolments and totals, never events."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import orjson
from django.db import connection
from numpy.typing import NDArray

from experiments.plan import Plan

ENROLLED = """
SELECT id, variant, (exposed_at AT TIME ZONE %s)::date, nullif(covariates, '{}')::text
FROM experiments_enrolment WHERE phase_id = %s AND excluded = '' ORDER BY id
"""
VALUES = """
SELECT t.goal_id, array_agg(t.enrolment_id), array_agg(t.value::float8)
FROM experiments_goaltotal t JOIN experiments_enrolment e ON e.id = t.enrolment_id
WHERE e.phase_id = %s AND e.excluded = '' GROUP BY t.goal_id
"""


@dataclass(frozen=True, slots=True)
class Persons:
    """One row a person, in the order in which they were enrolled.

    arm: place of the variant in the plan. day: of the exposure, in the plan's zone, counted from ``first_day``,
    None for nobody.
    covariates: what was known before the exposure, None for nothing. values: by goal id; 0 for who did nothing.
    """

    arm: NDArray[np.int64]
    day: NDArray[np.int64]
    first_day: date | None
    covariates: list[Mapping[str, Any] | None]
    values: Mapping[int, NDArray[np.float64]]

    @property
    def count(self) -> int:
        return len(self.arm)


def persons_of(phase_id: int, plan: Plan) -> Persons:
    with connection.cursor() as cursor:
        cursor.execute(ENROLLED, [plan.timezone, phase_id])
        rows = cursor.fetchall()
        cursor.execute(VALUES, [phase_id])
        totals = cursor.fetchall()
    ids = np.array([row[0] for row in rows], dtype=np.int64)
    places = {variant.key: place for place, variant in enumerate(plan.variants)}
    first: date | None = min((row[2] for row in rows), default=None)
    values = {goal.id: np.zeros(len(rows)) for goal in plan.goals}
    for goal_id, enrolments, found in totals:
        if goal_id in values:
            values[goal_id][np.searchsorted(ids, np.array(enrolments, dtype=np.int64))] = found
    return Persons(
        arm=np.array([places.get(row[1], -1) for row in rows], dtype=np.int64),
        day=np.array([(row[2] - first).days if first else 0 for row in rows], dtype=np.int64),
        first_day=first,
        covariates=[orjson.loads(row[3]) if row[3] else None for row in rows],
        values=values,
    )
