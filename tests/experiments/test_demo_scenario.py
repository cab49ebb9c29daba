"""The demo's story: the same at each telling, inside its three weeks, with the effects that it claims."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from experiments.demo.scenario import (
    FORM,
    GOALS,
    HERO,
    LOST_WITH_NEW_HEADLINE,
    PATHS,
    PRICING,
    STORY,
    TESTS,
    TRIGGERS,
    VISITORS,
    journey,
    visits,
)
from tracking.triggers import event_of

NOW = datetime(2026, 5, 20, 15, 30, tzinfo=UTC)
ARMS = {test.key: [variant["key"] for variant in test.order["variants"]] for test in TESTS}


def shown_to(number):
    """Each combination of variants to the same number of visitors."""
    return {key: arms[number >> place & 1] for place, (key, arms) in enumerate(ARMS.items())}


@pytest.fixture(scope="module")
def told():
    """Who was shown what, and every event."""
    everybody = list(visits(NOW))
    shown = [shown_to(number) for number in range(len(everybody))]
    events = [event for visit, variants in zip(everybody, shown, strict=True) for event in journey(visit, variants)]
    return everybody, shown, events


def test_it_is_the_same_story_each_time(told):
    _everybody, shown, events = told

    again = [event for visit, variants in zip(visits(NOW), shown, strict=True) for event in journey(visit, variants)]

    assert again == events


def test_nobody_comes_twice_and_no_event_is_told_twice(told):
    everybody, _shown, events = told

    assert len({visit.visitor_id for visit in everybody}) == VISITORS
    assert len({event["id"] for event in events}) == len(events)


def test_all_of_it_lies_behind_us_and_after_the_start_of_its_test(told):
    _everybody, _shown, events = told
    started = {test.key: test.started_at(NOW) for test in TESTS}

    assert all(NOW - STORY <= event["occurred_at"] <= NOW for event in events)
    viewed = [event for event in events if event["name"] == "experiment_viewed"]
    assert all(event["occurred_at"] >= started[event["properties"]["experiment"]] for event in viewed)


@pytest.mark.parametrize("key", [HERO, FORM])
def test_the_first_step_is_taken_as_often_as_the_story_claims(told, key):
    _everybody, _shown, events = told
    step = PATHS[key][0]
    viewed = {e["visitor_id"]: e["properties"]["variant"] for e in events if e["id"].endswith(f"viewed:{key}")}
    took = Counter(viewed[e["visitor_id"]] for e in events if e["id"].endswith(f"{step.event}:{key}"))

    for variant, people in Counter(viewed.values()).items():
        share = step.share[variant]
        assert took[variant] / people == pytest.approx(share, abs=4 * (share * (1 - share) / people) ** 0.5)


def test_every_fifth_sight_of_the_new_headline_is_lost(told):
    everybody, shown, events = told
    given = sum(
        variants[PRICING] == "gain" for visit, variants in zip(everybody, shown, strict=True) if PRICING in visit.meets
    )
    seen = sum(event["properties"].get("variant") == "gain" for event in events)

    assert seen / given == pytest.approx(1 - LOST_WITH_NEW_HEADLINE, abs=0.03)


def test_one_is_over_its_plan_and_the_others_are_not():
    ends = {test.key: test.body(NOW)["planned_end"] - NOW for test in TESTS}

    assert ends.pop(HERO) < timedelta(0) < min(ends.values())


def test_every_goal_that_pages_can_reach_is_told_by_a_trigger():
    told = {trigger.get("event") or event_of(trigger["kind"], trigger.get("params", {})) for trigger in TRIGGERS}

    # The prices are on a page that the demo has not.
    assert {goal["event"] for goal in GOALS} - told == {"select_plan"}


def test_every_goal_of_a_test_is_one_of_the_shop():
    keys = {goal["key"] for goal in GOALS}

    assert {goal["goal"] for test in TESTS for goal in test.order["goals"]} <= keys
    assert {goal["leads_to"] for goal in GOALS if "leads_to" in goal} <= keys
