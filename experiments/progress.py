"""Where a running phase is going, pure: who still comes, until when, and what its goals will show. Worker side."""

from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from math import ceil
from typing import Any

from experiments.detecting import Prospect, Terms, detectable, live_shares, terms_of
from experiments.plan import Plan, PlannedGoal
from experiments.rows import Case, family_of, sample_of
from experiments.stats.planning import Baseline, days_left
from experiments.stats.samples import Sample

# Whole days of one whole week: weekdays differ, and today is not over.
DAYS = 7
ONE_DAY = timedelta(days=1)


def progress_of(case: Case, arrivals: Mapping[date, int], now: datetime) -> dict[str, Any]:
    """``arrivals``: people enrolled, by day, in the plan's zone. Numbers are None where nobody can know them yet.

    days_left, expected_people: at the planned end; where a day and a number of people are planned, that needs both.
    detectable_lift: as ``experiments.detecting.detectable`` gives it for that end. baseline: control's mean so far.
    """
    zone = case.plan.zone
    recent = _recent(arrivals, case.standing.started_at.astimezone(zone), now.astimezone(zone))
    rate = sum(recent) / len(recent) if recent else None
    left = _days_left(case, recent, now)
    expected = _expected(case, rate, left)
    terms = _terms(case.plan, case)
    return {
        "people_per_day": rate,
        "days_left": left,
        "expected_people": expected,
        "goals": {goal.key: _goal(goal, case, terms, expected) for goal in case.plan.goals},
    }


def _recent(arrivals: Mapping[date, int], began: datetime, now: datetime) -> list[int]:
    """People on each of the last full days, at most a week of them; empty before the first one has passed.

    Both moments are in the zone of the days.
    """
    today = now.date()
    first_full = (began - timedelta(microseconds=1)).date() + ONE_DAY
    days = min(DAYS, (today - first_full).days)
    return [arrivals.get(today - back * ONE_DAY, 0) for back in range(days, 0, -1)]


def _days_left(case: Case, recent: list[int], now: datetime) -> int | None:
    standing = case.standing
    if standing.over:
        return 0
    if not standing.planned:
        return None
    until_end = max(ceil((standing.planned_end - now) / ONE_DAY), 0) if standing.planned_end else 0
    until_sample = days_left(so_far=standing.people, planned=standing.planned_sample or 0, arrivals=recent).days
    return None if until_sample is None else max(until_end, until_sample)


def _expected(case: Case, rate: float | None, left: int | None) -> int | None:
    standing = case.standing
    if standing.over:
        return standing.people
    if standing.planned and standing.planned_end is None:
        return standing.planned_sample
    return None if rate is None or left is None else standing.people + round(rate * left)


def _terms(plan: Plan, case: Case) -> Terms | None:
    treatments = [variant for variant in plan.variants if not variant.is_control]
    shares = live_shares([plan.control.weight, *(variant.weight for variant in treatments)])
    if shares is None:
        return None
    families = Counter(family_of(goal) for goal in plan.goals)
    comparisons = {family: goals * len(treatments) for family, goals in families.items()}
    planned_sample = case.standing.planned_sample
    return terms_of(shares, plan.alpha, comparisons, planned=case.standing.planned, planned_sample=planned_sample)


def _goal(goal: PlannedGoal, case: Case, terms: Terms | None, people: int | None) -> dict[str, float | None]:
    control = sample_of(case.tallied, case.plan.control.key, goal)
    if control.n < 2:
        return {"baseline": None, "detectable_lift": None}
    prospect = Prospect(goal, family_of(goal), _baseline(goal, control), control.rate)
    lift = detectable(prospect, terms, people) if terms is not None and people else None
    return {"baseline": control.mean, "detectable_lift": lift}


def _baseline(goal: PlannedGoal, control: Sample) -> Baseline:
    return Baseline(control.mean, control.variance, "rate" if goal.measure == "once" else "mean")
