"""Planned looks: when one is due, and what it may say given the looks before."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from experiments import looking
from experiments.bucketing import bucket_ranges
from experiments.decisions import Standing
from experiments.plan import Plan, PlannedGoal, PlannedVariant
from experiments.rows import Case
from experiments.tallies import Sums, Tallied
from tests.cases import looked

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
PURCHASE = PlannedGoal(1, "purchase", "Purchase", "macro", "primary", "purchase", "once", 7, "increase")
REFUND = replace(PURCHASE, id=2, key="refund", role="guardrail", desired="decrease", margin=0.1)
CLICK = replace(PURCHASE, id=3, key="click", level="micro", role="secondary")


def plan(*goals):
    bounds = bucket_ranges(2, 1.0, [0.5, 0.5])
    variants = tuple(
        PlannedVariant(key, key, key == "old", 0.5, limits, {})
        for key, limits in zip(("old", "new"), bounds, strict=True)
    )
    return Plan("cta", "cta", "visitor", "seed", 1.0, 0.05, variants, goals or (PURCHASE,))


def case(day, converted=(100, 100), *, people=2000, goals=(PURCHASE,), **standing):
    """``day`` days into a plan of 20 days."""
    now = NOON + day * DAY
    fields = {"planned_end": NOON + 20 * DAY, "planned_sample": None, "ended_at": None, "status": "running"} | standing
    stands = Standing(imported=False, started_at=NOON, people=2 * people, now=now, **fields)
    sums = {
        (arm, goal.id): Sums(count, Decimal(count), Decimal(count))
        for goal in goals
        for arm, count in zip(("old", "new"), converted, strict=True)
    }
    return Case(plan(*goals), Tallied({"old": people, "new": people}, {}, sums), stands)


def after(earlier, later):
    """The later case, with what was seen in the earlier one."""
    return replace(later, sights=looked(earlier).sights)


def test_a_look_is_due_once_a_day_from_the_floor_on():
    first = case(8)

    assert not looking.due(case(6.9)), "fewer than seven days"
    assert not looking.due(case(8, (20, 20))), "fewer than 25 conversions"
    assert looking.due(first)
    assert not looking.due(after(first, case(8.5)))
    assert looking.due(after(first, case(9)))


def test_a_look_is_due_when_the_plan_is_fulfilled_and_none_after():
    late = after(case(19.9), case(20))
    spent = looked(late)

    assert looking.due(late), "though it is the same day"
    assert not looking.due(replace(case(25), sights=spent.sights))


def test_a_stop_before_the_plan_is_looked_at_once():
    stopped = after(case(8), case(8.5, status="stopped", ended_at=NOON + 8.2 * DAY))

    assert looking.due(stopped)
    assert not looking.due(looked(stopped))


@pytest.mark.parametrize("fields", [{"planned_end": None}, {"status": "stopped", "imported": True}])
def test_without_a_plan_or_for_an_import_nothing_is_looked_at(fields):
    stands = case(8)

    assert not looking.due(replace(stands, standing=replace(stands.standing, **fields)))


def test_only_what_decides_or_guards_is_looked_at():
    rows = looking.due(case(8, goals=(PURCHASE, REFUND, CLICK, replace(PURCHASE, id=4, exploratory=True))))

    assert [row.goal.key for row in rows] == ["purchase", "refund"]


def test_one_look_at_the_planned_end_is_the_fixed_test():
    whole = case(20, (100, 140))
    (sight,) = looked(whole).sights[1, "new"]
    (row,) = looking.due(whole)

    assert sight.p_value == pytest.approx(row.comparison.p_value, rel=1e-9)
    assert sight.diff_ci == pytest.approx(row.comparison.diff_ci, rel=1e-6)


def test_the_same_numbers_say_less_when_seen_early():
    early, end = (looked(case(day, (100, 140))).sights[1, "new"][0] for day in (8, 20))

    assert early.p_value > end.p_value
    assert early.critical > end.critical
    assert early.diff_ci[0] < end.diff_ci[0]


def test_what_was_decided_stays_decided_when_the_effect_fades():
    decided = looked(case(10, (100, 220)))
    (first,) = decided.sights[1, "new"]
    faded = looked(replace(case(11, (220, 230)), sights=decided.sights))

    assert first.p_value < 0.05
    assert faded.sights[1, "new"][1].p_value == first.p_value
    assert faded.sights[1, "new"][0] == first


def test_people_who_turn_out_to_be_fewer_give_nothing_back():
    first = looked(case(8, planned_end=None, planned_sample=10_000))
    fewer = case(9, people=1900, planned_end=None, planned_sample=10_000)
    second = looked(replace(fewer, sights=first.sights)).sights[1, "new"][1]

    assert second.spent == first.sights[1, "new"][0].spent == 0.4


def test_a_guardrail_is_tested_against_its_margin_to_one_side():
    calm = looked(case(20, (1000, 1000), goals=(PURCHASE, REFUND), people=10_000)).sights[2, "new"][0]
    harmed = looked(case(20, (1000, 1300), goals=(PURCHASE, REFUND), people=10_000)).sights[2, "new"][0]

    assert calm.safe_p_value < 0.05 < calm.p_value
    assert calm.lift_ci[1] < 0.1
    assert harmed.safe_p_value > 0.5
    assert harmed.p_value < 0.05


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(30, 900), st.integers(30, 900)), min_size=1, max_size=6))
def test_no_look_says_more_than_its_interval(counts):
    seen = case(8)
    for day, converted in enumerate(counts, start=14):
        seen = looked(replace(case(day, converted), sights=seen.sights))

    for sight in seen.sights[1, "new"]:
        crossed_here = abs(sight.z) > sight.critical
        low, high = sight.diff_ci
        assert (low > 0 or high < 0) == crossed_here
        assert not crossed_here or sight.p_value < 0.05
