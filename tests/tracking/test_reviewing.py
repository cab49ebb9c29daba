"""Goals that tell nothing are named, and those that are fine are left alone."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.factories import make_goal, make_project
from tracking.models import Event, Goal
from tracking.queries import use_of_events
from tracking.reviewing import likeness, review

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def project():
    return make_project()


def goal(project, key, *, days_old=60, **fields):
    made = make_goal(project, key, **fields)
    Goal.objects.filter(pk=made.pk).update(created_at=NOW - days_old * DAY)
    return made


def did(project, name, people, *, days_ago=1.0, **fields):
    """``people``: numbers of visitors."""
    rows = [
        Event(
            project=project,
            event_id=f"{name}-{person}-{days_ago}",
            name=name,
            visitor_id=f"v{person}",
            occurred_at=NOW - days_ago * DAY,
            source="client",
            **fields,
        )
        for person in people
    ]
    Event.objects.bulk_create(rows)


def codes(project):
    return {finding.goal.key: finding.code for finding in review(project.pk, NOW)}


def test_a_goal_that_some_meet_is_fine(project):
    goal(project, "buy")
    did(project, "page_view", range(200))
    did(project, "buy", range(50))

    assert codes(project) == {}


def test_never_met_is_said_after_two_weeks(project):
    goal(project, "old", days_old=14)
    goal(project, "young", days_old=13)

    assert codes(project) == {"old": "never"}


def test_of_an_old_goal_nobody_says_that_it_was_never_met(project):
    goal(project, "ancient", days_old=400)
    did(project, "ancient", range(5), days_ago=200)

    assert codes(project) == {"ancient": "stale"}


def test_a_goal_that_was_met_and_is_no_more_is_stale(project):
    goal(project, "gone")
    goal(project, "lately")
    did(project, "gone", range(5), days_ago=30)
    did(project, "lately", range(5), days_ago=29.9)

    assert codes(project) == {"gone": "stale"}


@pytest.mark.parametrize(("people", "finding"), [(180, {"all": "always"}), (179, {})])
def test_met_by_nine_of_ten_is_met_by_everybody(project, people, finding):
    goal(project, "all")
    did(project, "page_view", range(200))
    did(project, "all", range(people))

    assert codes(project) == finding


def test_of_a_few_visitors_all_may_do_something_by_chance(project):
    goal(project, "all")
    did(project, "all", range(99))

    assert codes(project) == {}


def test_what_is_not_counted_is_not_counted_here(project):
    goal(project, "buy")
    did(project, "buy", range(3), excluded="bot")

    assert codes(project) == {"buy": "never"}


def test_two_goals_that_ask_the_same_are_one_too_many(project):
    only = [{"property": "plan", "operator": "equals", "value": "pro"}]
    goal(project, "first", event="buy", days_old=90)
    goal(project, "second", event="buy")
    goal(project, "sum", event="buy", measure="sum", property="value")
    goal(project, "pro", event="buy", conditions=only)
    did(project, "buy", range(3))

    (finding,) = review(project.pk, NOW)

    assert (finding.goal.key, finding.code) == ("second", "duplicate")
    assert finding.other is not None
    assert finding.other.key == "first"


@pytest.mark.parametrize(("shared", "finding"), [(99, {"late": "same_people"}), (80, {})])
def test_goals_that_the_same_people_meet_say_the_same(project, shared, finding):
    goal(project, "early", days_old=90)
    goal(project, "late")
    did(project, "page_view", range(1000))
    did(project, "early", range(100))
    did(project, "late", range(100 - shared, 200 - shared))

    assert codes(project) == finding


def test_large_crowds_are_compared_by_a_sample(project):
    did(project, "a", range(3000))
    did(project, "b", range(60, 3000))
    did(project, "c", range(900, 3900))

    use, everybody = use_of_events(project.pk, {"a", "b", "c"}, since=NOW - 90 * DAY, lately=NOW - 30 * DAY)

    assert everybody == 3900
    assert likeness(use["a"].sample, use["b"].sample) == pytest.approx(0.98, abs=0.03)
    assert likeness(use["a"].sample, use["c"].sample) == pytest.approx(2100 / 3900, abs=0.12)


def test_the_review_costs_two_queries(project, django_assert_num_queries):
    for number in range(10):
        goal(project, f"step-{number}")
    did(project, "step_1", range(50))

    with django_assert_num_queries(2):
        review(project.pk, NOW)
