"""A test as it was planned, and what each of its days shows: made-up sums in the place of those of a database."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from experiments.bucketing import bucket_ranges
from experiments.decisions import Standing
from experiments.plan import Plan, PlannedGoal, PlannedVariant
from experiments.rows import Case
from experiments.tallies import Sums, Tallied

Counts = NDArray[np.int64]

STARTED = datetime(2026, 3, 2, tzinfo=UTC)
ONE_DAY = timedelta(days=1)
DAYS = 28
ALPHA = 0.05
PEOPLE_A_DAY = 500


def goal(number=1, role="primary", level="macro", **fields):
    key = f"goal-{number}"
    given = {"measure": "once", "window": 28, "desired": "increase"} | fields
    return PlannedGoal(number, key, key, level, role, key, **given)


@dataclass(frozen=True)
class Course:
    """Sums so far at the end of each day. people: (days, arms); the others (days, arms, goals), amounts in cents."""

    people: Counts
    converted: Counts
    total: Counts
    squares: Counts

    @classmethod
    def of_rates(cls, people, converted):
        return cls(people, converted, converted, converted)


@dataclass(frozen=True)
class Scene:
    """``planned``: 28 days and the people of 28 days; without it only the rule for any day applies."""

    goals: tuple[PlannedGoal, ...] = field(default_factory=lambda: (goal(),))
    arms: int = 2
    planned: bool = True

    @cached_property
    def plan(self):
        share = 1 / self.arms
        bounds = bucket_ranges(self.arms, 1.0, [share] * self.arms)
        variants = [
            PlannedVariant(f"arm-{place}", f"arm-{place}", place == 0, share, limits, {})
            for place, limits in enumerate(bounds)
        ]
        return Plan("simulated", "cta", "visitor", "seed", 1.0, ALPHA, tuple(variants), self.goals)

    def case(self, course, day):
        """At the end of ``day``, from 1 on; nothing was looked at before."""
        people, now = course.people[day - 1], STARTED + day * ONE_DAY
        standing = Standing(
            status="running",
            imported=False,
            started_at=STARTED,
            ended_at=None,
            planned_end=STARTED + DAYS * ONE_DAY if self.planned else None,
            planned_sample=DAYS * PEOPLE_A_DAY * self.arms if self.planned else None,
            people=int(people.sum()),
            now=now,
        )
        return Case(self.plan, self._tallied(course, day - 1), standing)

    def _tallied(self, course, place):
        people, keys = course.people[place].tolist(), [variant.key for variant in self.plan.variants]
        sums = {
            (key, asked.id): Sums(
                int(course.converted[place, arm, which]),
                Decimal(int(course.total[place, arm, which])),
                Decimal(int(course.squares[place, arm, which])),
            )
            for arm, key in enumerate(keys)
            for which, asked in enumerate(self.goals)
        }
        return Tallied(dict(zip(keys, people, strict=True)), {}, sums)


def finished_elsewhere(case):
    """The same numbers as an import that is read once, at a fixed horizon."""
    over = replace(case.standing, status="stopped", imported=True, ended_at=case.standing.now)
    return replace(case, standing=over)
