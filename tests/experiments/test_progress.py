"""Where a running phase is going: who still comes, until when, and what will be seen by then."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from experiments.lifecycle import start
from experiments.models import Tally
from experiments.progress import progress_of
from experiments.queries import arrivals
from experiments.rows import Case
from experiments.tallies import Sums, Tallied
from tests.experiments.admin.bodies import CLICK, NOW, PURCHASE, REFUND, RUNNING, plan_of
from tests.factories import make_experiment, make_goal, make_project

DAY = timedelta(days=1)
TODAY = NOW.date()
STEADY = {TODAY - back * DAY: 1000 for back in range(12)}


def case(people: int, rates: Mapping[Any, float], **standing: Any) -> Case:
    """Half of the people in each of two variants, and what share of control did each goal."""
    sums = {}
    for goal, rate in rates.items():
        count = round(people // 2 * rate)
        sums["original", goal.id] = Sums(count, Decimal(count), Decimal(count))
    tallied = Tallied({"original": people // 2, "green": people // 2}, {}, sums)
    return Case(plan_of(*rates), tallied, replace(RUNNING, people=people, **standing))


def test_the_lift_that_the_planned_end_will_show_is_that_of_the_textbook():
    # 7,115 people so far and 1,000 a day for ten days. For 5 % against 6 %, R's power.prop.test(power = .8) needs
    # 2 × 8157.7 people, and looking every day 4.9 % more: 17,115.
    found = progress_of(case(7_115, {PURCHASE: 0.05}), STEADY, NOW)

    assert (found["people_per_day"], found["days_left"], found["expected_people"]) == (1000, 10, 17_115)
    assert found["goals"]["purchase"]["baseline"] == pytest.approx(0.05, rel=1e-2)
    assert found["goals"]["purchase"]["detectable_lift"] == pytest.approx(0.2, rel=1e-2)


def test_only_full_days_of_the_last_week_are_counted():
    days = {TODAY - back * DAY: 100 * back for back in range(12)}

    # Not today, and not the eighth day back: (100 + … + 700) / 7.
    assert progress_of(case(7_000, {PURCHASE: 0.05}), days, NOW)["people_per_day"] == 400


def test_the_day_of_the_start_is_full_only_when_it_began_with_it():
    midnight = datetime(2026, 11, 12, tzinfo=UTC)
    days = {date(2026, 11, 12): 50, date(2026, 11, 13): 100}

    at_midnight = progress_of(case(150, {PURCHASE: 0.05}, started_at=midnight), days, NOW)
    later = progress_of(case(150, {PURCHASE: 0.05}, started_at=midnight + timedelta(hours=9)), days, NOW)

    assert (at_midnight["people_per_day"], later["people_per_day"]) == (75, 100)


def test_a_day_on_which_nobody_came_counts_as_one():
    assert progress_of(case(7_000, {PURCHASE: 0.05}), {TODAY - DAY: 700}, NOW)["people_per_day"] == 100


def test_on_the_first_day_nobody_knows():
    found = progress_of(case(500, {PURCHASE: 0.05}, started_at=NOW - timedelta(hours=5)), {TODAY: 500}, NOW)

    assert (found["people_per_day"], found["expected_people"]) == (None, None)
    assert found["days_left"] == 10
    assert found["goals"]["purchase"]["detectable_lift"] is None


@pytest.mark.parametrize(
    ("planned_end", "planned_sample", "days_left", "expected"),
    [
        (None, 20_500, 14, 20_500),
        (NOW + 3 * DAY, 20_500, 14, 21_000),
        (NOW + 20 * DAY, 20_500, 20, 27_000),
        (NOW + 3 * DAY, 5_000, 3, 10_000),
        (NOW + timedelta(hours=30), None, 2, 9_000),
        (None, None, None, None),
    ],
)
def test_the_end_has_come_when_both_the_day_and_the_people_have(planned_end, planned_sample, days_left, expected):
    running = case(7_000, {PURCHASE: 0.05}, planned_end=planned_end, planned_sample=planned_sample)

    found = progress_of(running, STEADY, NOW)

    assert (found["days_left"], found["expected_people"]) == (days_left, expected)


def test_where_nobody_comes_any_more_the_people_never_come():
    found = progress_of(case(7_000, {PURCHASE: 0.05}, planned_sample=20_000), {}, NOW)

    assert (found["people_per_day"], found["days_left"], found["expected_people"]) == (0, None, None)


def test_a_plan_that_is_fulfilled_has_nothing_left():
    found = progress_of(case(7_000, {PURCHASE: 0.05}, planned_end=NOW - DAY), STEADY, NOW)

    assert (found["days_left"], found["expected_people"]) == (0, 7_000)
    assert found["goals"]["purchase"]["detectable_lift"] is not None


def test_small_steps_are_told_by_the_rule_for_any_day_which_sees_only_larger_changes():
    goals = progress_of(case(20_000, {PURCHASE: 0.05, CLICK: 0.05}), STEADY, NOW)["goals"]

    assert goals["click"]["detectable_lift"] > 1.1 * goals["purchase"]["detectable_lift"]


def test_of_a_guardrail_it_is_the_loss_that_will_be_ruled_out():
    few, many = (progress_of(case(people, {REFUND: 0.05}), STEADY, NOW)["goals"] for people in (20_000, 200_000))

    assert 0 < many["refund"]["detectable_lift"] < few["refund"]["detectable_lift"] < 1


def test_what_nobody_did_cannot_be_told():
    goals = progress_of(case(20_000, {PURCHASE: 0.0}), STEADY, NOW)["goals"]

    assert goals["purchase"] == {"baseline": 0.0, "detectable_lift": None}


def test_an_empty_control_has_no_baseline():
    goals = progress_of(case(0, {PURCHASE: 0.0}), {}, NOW)["goals"]

    assert goals["purchase"] == {"baseline": None, "detectable_lift": None}


@pytest.mark.django_db
def test_arrivals_are_the_people_who_count_by_day():
    goal = make_goal(make_project(), level="macro")
    phase = start(make_experiment(goal.project, goals=[goal]), at=NOW)
    rows = [("original", None, "", 30), ("green", None, "", 31), ("green", None, "mixed", 5), ("green", goal, "", 7)]
    for variant, about, excluded, persons in rows:
        Tally.objects.create(
            phase=phase, variant=variant, goal=about, excluded=excluded, day=TODAY, persons=persons, total=persons
        )

    assert arrivals(phase.id) == {TODAY: 61}
