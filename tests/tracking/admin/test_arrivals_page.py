"""What did not arrive and why, in a marketer's words; and one visitor's events while they arrive."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from tests.factories import make_colleague, make_goal, make_key, make_project
from tracking.admin.arrival_words import FILTERED, MARKED, REJECTED, words_of
from tracking.admin.arrivals import _share
from tracking.capture import capture
from tracking.outcomes import Aside, Delta, kept, record
from tracking.wire.native import Filtered, IncomingEvent, Refusal, parse

REASONS = reverse("admin:tracking_rejectedevent_changelist")
LIVE = reverse("admin:tracking_live")
EVENTS = reverse("admin:tracking_live_events")
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
BAD = b'{"events": [{"id": "x", "name": "", "visitor_id": "ann", "properties": {"t": "<script>alert(1)</script>"}}]}'


def event(event_id="e1", visitor="ann", *, excluded="", **properties):
    return IncomingEvent(event_id, "purchase", visitor, "", NOON, properties, {}, excluded)


def told(project, moment, *deltas, refusals=()):
    with connection.cursor() as cursor:
        record(cursor, project.pk, moment, Aside([Delta(*delta) for delta in deltas], kept(refusals)))


@pytest.fixture
def busy(project):
    batch = [event("a"), event("b"), event("b"), event("c", excluded="bot"), Filtered("gpc"), *parse(BAD, NOON)]
    capture(project.pk, batch, "client")
    return project


def test_every_event_is_in_one_of_four_numbers(admin, busy):
    page = admin.get(REASONS)

    assert [(one["label"], one["part"]) for one in page.context["figures"]] == [
        ("Stored", 3),
        ("Sent twice", 1),
        ("Left out", 1),
        ("Refused", 1),
    ]
    assert page.context["total"] == "6"
    assert page.context["figures"][0]["share"] == "50.0 %"


def test_each_reason_says_what_to_do(admin, busy):
    page = admin.get(REASONS)

    assert [(one["label"], one["words"].title) for one in page.context["reasons"]] == [
        ("Refused", "Without a usable name"),
        ("Left out", "The browser asks not to be tracked"),
        ("Not counted", "Robots"),
        ("Sent twice", "Sent more than once"),
    ]
    assert "Name what happened, such as add_to_cart" in page.content.decode()


def test_refused_events_are_shown_with_what_was_sent_and_it_is_no_html(admin, busy):
    page = admin.get(REASONS).content.decode()

    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>alert(1)" not in page


def test_the_day_and_the_week_are_told_apart(admin, project):
    told(project, timezone.now() - timedelta(days=3), ("rejected", "too_old", 4), refusals=[Refusal(None, "too_old")])

    day, week = admin.get(REASONS), admin.get(REASONS, {"days": "7"})

    assert (day.context["total"], len(day.context["refused"])) == ("0", 0)
    assert (week.context["total"], len(week.context["refused"])) == ("4", 1)


def test_more_refused_events_are_a_page_away(admin, project):
    told(project, timezone.now() - timedelta(minutes=1), refusals=[Refusal(None, f"no_id: {n}") for n in range(60)])

    first = admin.get(REASONS)
    second = admin.get(REASONS, {"before": first.context["older"]})

    assert [len(page.context["refused"]) for page in (first, second)] == [50, 10]
    assert second.context["older"] is None


@pytest.mark.parametrize("before", ["x", "-1", "9" * 40, "²"])
def test_an_address_that_somebody_changed_shows_the_first_page(admin, busy, before):
    assert len(admin.get(REASONS, {"before": before}).context["refused"]) == 1


def test_large_numbers_are_for_people(admin, project):
    told(project, timezone.now(), ("stored", "", 1_234_567), ("rejected", "no_id", 1))

    page = admin.get(REASONS)

    assert page.context["figures"][0]["count"] == "1,234,567"
    assert [page.context["figures"][place]["share"] for place in (0, 3)] == ["over 99.9 %", "under 0.1 %"]


@pytest.mark.parametrize(
    ("part", "total", "shown"), [(0, 0, "0 %"), (0, 9, "0 %"), (9, 9, "100 %"), (1, 8, "12.5 %"), (2, 3, "66.7 %")]
)
def test_shares(part, total, shown):
    assert _share(part, total) == shown


def test_without_data_the_reason_is_given(admin, project):
    assert "This project has no key in use" in admin.get(REASONS).content.decode()

    make_key(project, "client")
    assert "No page and no server has used" in admin.get(REASONS).content.decode()


def test_without_a_project_the_way_to_one_is_shown(admin):
    assert b"First make a project" in admin.get(REASONS).content
    assert b"First make a project" in admin.get(LIVE).content
    assert admin.get(EVENTS).status_code == 200


def test_projects_are_apart(admin, busy):
    other = make_project("blog", name="A blog")
    asked = {"project": other.pk, "visitor": "ann"}

    assert admin.get(REASONS, asked).context["total"] == "0"
    assert "purchase" not in admin.get(EVENTS, asked).json()["html"]


def test_who_may_neither_see_goals_nor_triggers_sees_nothing(client, busy):
    client.force_login(User.objects.create_user("nobody", is_staff=True))
    assert {client.get(url).status_code for url in (REASONS, LIVE, EVENTS)} == {403}

    client.force_login(make_colleague("view_trigger"))
    assert {client.get(url).status_code for url in (REASONS, LIVE, EVENTS)} == {200}


def test_whoever_is_not_logged_in_gets_the_login(client, busy):
    assert {client.get(url).status_code for url in (REASONS, LIVE, EVENTS)} == {302}


def test_a_visitor_s_events_are_there_as_soon_as_they_are_stored(admin, project):
    make_goal(project, "bought", event="purchase", name="Bought <b>it</b>")
    asked = {"project": project.pk, "visitor": "ann"}
    before = admin.get(EVENTS, asked)

    capture(project.pk, [event("a", value=5), event("c", excluded="internal"), *parse(BAD, NOON)], "client")
    after = admin.get(EVENTS, asked)

    html = after.json()["html"]
    assert before.json()["stamp"] != after.json()["stamp"] == admin.get(EVENTS, asked).json()["stamp"]
    assert "no-store" in after.headers["Cache-Control"]
    assert html.count("data-id=") == 3
    for words in (
        "Bought &lt;b&gt;it&lt;/b&gt;",
        "Stored, not counted",
        "People of your own company",
        "Without a usable name",
    ):
        assert words in html
    assert html in admin.get(LIVE, asked).content.decode()


def test_for_a_visitor_without_events_the_reason_is_given(admin, busy):
    make_key(busy, "client")

    assert "Events arrive, but none from a page" in admin.get(EVENTS, {"visitor": "eve"}).json()["html"]


@pytest.mark.parametrize("written", ["null", "x" * 201])
def test_what_is_nobody_s_id_is_said(admin, busy, written):
    assert "This is nobody&#x27;s id." in admin.get(LIVE, {"visitor": written}).content.decode().replace("'", "&#x27;")


def test_every_reason_that_is_known_has_words():
    rejected = """unreadable event_too_large too_many_properties nested_too_deeply illegal_id illegal_name
        illegal_visitor_id illegal_user_id illegal_time too_old too_far_ahead illegal_characters number_out_of_range
        unstorable too_many_names no_id"""
    filtered = "consent gpc dnt erased feature_evaluated not_in_experiment"

    assert set(rejected.split()) <= set(REJECTED)
    assert set(filtered.split()) <= set(FILTERED)
    assert {"bot", "test", "preview", "internal"} <= set(MARKED)
    assert words_of("rejected", "new_reason").title == "New reason"


@pytest.mark.parametrize(
    ("url", "own"), [(REASONS, 6), (f"{LIVE}?visitor=ann", 5), (f"{EVENTS}?visitor=ann", 4), (f"{EVENTS}?visitor=x", 7)]
)
def test_the_pages_cost_few_queries(admin, busy, django_assert_num_queries, url, own):
    """Beside two for who is logged in. Projects; counts, refused, and how it stands; or one visitor's events."""
    capture(busy.pk, [*[event(f"n{number}") for number in range(60)], *parse(BAD, NOON) * 20], "client")

    with django_assert_num_queries(2 + own):
        admin.get(url)
