"""What the goals of a draft did lately, without any test: as if one had begun so many days ago. Worker side."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from experiments.plan import PlannedGoal
from experiments.rebuild import DAYS_BEFORE
from experiments.rollups import CHUNK, FEW_EVENTS
from experiments.stats.capping import cap_of
from experiments.stats.planning import Baseline, Kind
from tracking.goals import TRANSACTION, Fact, measure_around
from tracking.queries import Seen, Wanted, events_of, visitors_seen

# Four whole weeks: every weekday alike, and not the season before.
DAYS = 28
# A rate of 1 % is then known to a fourteenth of itself; more would only take longer.
MOST_VISITORS = 20_000
# Fewer people with a past say nothing about how much it explains.
FEWEST_WITH_PAST = 50

Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Record:
    """One goal, a row a visitor. values: 0 for who did nothing. past: the same question about the days before."""

    values: Numbers
    active: int
    past: Numbers

    @property
    def visitors(self) -> int:
        return len(self.values)


@dataclass(frozen=True, slots=True)
class History:
    """visitors: all who were seen; days: over how many, at most ``DAYS``. records: of a sample of them, by goal id."""

    visitors: int
    days: float
    records: Mapping[int, Record]

    @property
    def visitors_per_day(self) -> float:
        return self.visitors / self.days


def read_history(project_id: int, goals: Sequence[PlannedGoal], now: datetime, *, with_user: bool) -> History:
    """Each visitor is taken to meet the test when first seen; what it did from then on is measured as in a result."""
    since = now - timedelta(days=DAYS)
    seen = visitors_seen(project_id, since, now, most=MOST_VISITORS, with_user=with_user)
    found: dict[int, list[tuple[float, bool, float]]] = {goal.id: [] for goal in goals}
    for visitor_id, facts in _facts_of(project_id, goals, seen, since):
        for goal in goals:
            found[goal.id].append(_measured(goal, facts, seen.sample[visitor_id]))
    records = {goal_id: _record(rows) for goal_id, rows in found.items()}
    return History(seen.people, _days(seen, since, now), records)


def _facts_of(
    project_id: int, goals: Sequence[PlannedGoal], seen: Seen, since: datetime
) -> Iterable[tuple[str, Sequence[Fact]]]:
    """A chunk at a time, so that memory stays small. Every visitor comes, also who did nothing that is asked for."""
    rules = [goal.rule() for goal in goals]
    keys = {rule.property for rule in rules} | {one.property for rule in rules for one in rule.conditions}
    wanted = Wanted(
        names={rule.event for rule in rules},
        keys=(keys | {"currency", TRANSACTION}) - {""},
        since=since - timedelta(days=DAYS_BEFORE),
        most=FEW_EVENTS,
    )
    waiting = iter(seen.sample)
    while chunk := list(islice(waiting, CHUNK)):
        events = events_of(project_id, chunk, wanted)
        for visitor_id in chunk:
            yield visitor_id, events.get(visitor_id, ())


def _measured(goal: PlannedGoal, facts: Sequence[Fact], met_at: datetime) -> tuple[float, bool, float]:
    after, before = measure_around(goal.rule(), facts, met_at, days=DAYS_BEFORE)
    return float(after.value) if after else 0.0, after is not None, float(before.value) if before else 0.0


def _record(rows: Sequence[tuple[float, bool, float]]) -> Record:
    return Record(
        values=np.array([row[0] for row in rows]),
        active=sum(row[1] for row in rows),
        past=np.array([row[2] for row in rows]),
    )


def _days(seen: Seen, since: datetime, now: datetime) -> float:
    """From the first day with anybody, so that a site that is new is not taken for one that nobody visits."""
    first = min(seen.by_day, default=None)
    began = since if first is None else max(since, datetime.combine(first, time(), UTC))
    return max((now - began) / timedelta(days=1), 1.0)


def baseline_of(goal: PlannedGoal, record: Record) -> Baseline | None:
    """None for fewer than two visitors."""
    return _baseline(record.values, "rate" if goal.measure == "once" else "mean")


def _baseline(values: Numbers, kind: Kind) -> Baseline | None:
    return Baseline(float(values.mean()), float(values.var(ddof=1)), kind) if len(values) > 1 else None


def capped_baseline(goal: PlannedGoal, record: Record) -> tuple[float, Baseline] | None:
    """The cap that a result would use beside the plain sum, and what is left under it. None where nothing is capped."""
    cap = cap_of(record.values, np.zeros(record.visitors, dtype=np.int64)) if goal.measure == "sum" else None
    baseline = None if cap is None else _baseline(np.minimum(record.values, cap.value), "mean")
    return None if cap is None or baseline is None else (cap.value, baseline)


def explained_by_past(record: Record) -> float | None:
    """The share of the variance that the days before explain (rho squared of CUPED); None where too few have a past."""
    varies = record.visitors and np.ptp(record.values) and np.ptp(record.past)
    if not varies or np.count_nonzero(record.past) < FEWEST_WITH_PAST:
        return None
    return float(np.corrcoef(record.values, record.past)[0, 1] ** 2)
