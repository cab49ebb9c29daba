"""One visitor's events just now: what became of each, and which goals it meets."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from tests.factories import make_goal, make_key, make_project
from tracking import identity
from tracking.capture import capture
from tracking.inventory import remember
from tracking.silence import why_silent
from tracking.watching import SHOWN, newest_visitors, signs_of, watched
from tracking.wire.native import Filtered, IncomingEvent, parse

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def event(event_id="e1", visitor="ann", *, excluded="", moment=NOON, **properties):
    return IncomingEvent(event_id, "purchase", visitor, "", moment, properties, {}, excluded)


def now():
    return timezone.now()


@pytest.mark.django_db
def test_an_event_is_shown_with_the_goals_that_it_meets():
    project = make_project()
    make_goal(project, "bought", event="purchase")
    make_goal(
        project, "large", event="purchase", conditions=[{"property": "value", "operator": "at_least", "value": "50"}]
    )
    make_goal(project, "income", event="purchase", measure="sum", property="worth")
    make_goal(project, "other", event="sign_up")
    make_goal(make_project(), "foreign", event="purchase")

    capture(project.id, [event(value=19.5)], "client")

    (seen,) = watched(project.id, "ann", now())
    assert (seen.state, seen.goals, seen.body) == ("counted", ("Bought",), '{"value": 19.5}')


@pytest.mark.django_db
def test_what_a_tester_does_is_marked_and_still_says_which_goal_it_would_be():
    project = make_project()
    make_goal(project, "bought", event="purchase")

    capture(project.id, [event(excluded="test")], "client")

    (seen,) = watched(project.id, "ann", now())
    assert (seen.state, seen.reason, seen.goals) == ("marked", "test", ("Bought",))


@pytest.mark.django_db
def test_refused_events_of_the_visitor_are_among_them():
    project = make_project()
    capture(project.id, [event("old"), event("other", "bob")], "client")
    sent = b'{"events": [{"id": "x", "name": "", "visitor_id": " ann "}, {"id": "y", "name": "", "visitor_id": "bob"}]}'
    capture(project.id, parse(sent, NOON), "client")

    seen = {(one.state, one.reason) for one in watched(project.id, "ann", now())}
    assert seen == {("rejected", "illegal_name"), ("counted", "")}


@pytest.mark.django_db
def test_only_the_newest_are_shown(django_assert_num_queries):
    project = make_project()
    events = [event(f"e{number:03}", moment=NOON + timedelta(seconds=number)) for number in range(SHOWN + 5)]
    capture(project.id, events, "client")

    with django_assert_num_queries(3):
        seen = watched(project.id, "ann", now())

    assert {one.id for one in seen} == {one.id for one in events[5:]}


@pytest.mark.django_db
def test_the_newest_visitors_of_a_project_are_offered(django_assert_num_queries):
    project = make_project()
    for visitor in ("ann", "bob"):
        identity.settle(project.id, [visitor])
    identity.settle(make_project().id, ["eve"])

    with django_assert_num_queries(1):
        assert newest_visitors(project.id) == ["bob", "ann"]


@pytest.mark.django_db
def test_from_the_first_key_to_the_first_event_the_reason_changes(django_assert_num_queries):
    project, seen = make_project(), []

    def look():
        seen.append(why_silent(signs_of(project, now())))

    look()
    make_key(project, "client")
    look()
    remember(project.pk, "/", [], now())
    look()
    capture(project.id, [Filtered("consent")], "client")
    look()
    capture(project.id, [event("bot", excluded="bot")], "client")
    look()
    capture(project.id, [event()], "client")
    with django_assert_num_queries(4):
        look()

    assert seen == ["no_key", "key_never_used", "script_silent", "consent", "only_bots", "other_visitors"]
