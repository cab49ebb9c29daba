"""POST /v1/events and its neighbours: how late an event may come, and which of two with one id is kept."""

import base64
import json
import time
from datetime import UTC, datetime, timedelta

import pytest

from tests.factories import make_key, make_project
from tests.wsgi import ask
from tracking.access import KEYRING
from tracking.models import Event
from tracking.models.outcomes import RejectedEvent

LONG_AGO = timedelta(days=400)


@pytest.fixture
def project(db):
    KEYRING.forget()
    yield make_project()
    KEYRING.forget()


def token_of(project, kind, *scopes):
    token = make_key(project, kind, scopes=scopes)[1]
    KEYRING.forget()
    return token


def told(key, ago=timedelta(0), **fields):
    event = {"id": "e1", "name": "purchase", "visitor_id": "ann", "occurred_at": (now() - ago).isoformat()}
    return ask("POST", "/v1/events", {"events": [event | fields]}, key=key).json["results"]


def now():
    return datetime.now(UTC)


def basic(key):
    return "Basic " + base64.b64encode(f"{key}:".encode()).decode()


@pytest.mark.parametrize(
    ("kind", "scopes", "stored"),
    [("client", (), False), ("secret", ("read",), False), ("secret", ("import",), True)],
)
def test_what_happened_long_ago_is_told_by_who_may_import(kind, scopes, stored, project):
    key = token_of(project, kind, *scopes)

    assert told(key, timedelta(days=6), id="late")[0]["status"] == "stored"
    assert told(key, LONG_AGO)[0] == (
        {"id": "e1", "status": "stored"} if stored else {"id": "e1", "status": "rejected", "reason": "too_old"}
    )


@pytest.mark.parametrize(("scopes", "stored"), [((), 0), (("import",), 1)])
def test_servers_that_may_import_may_in_the_formats_of_others_too(scopes, stored, project):
    key = token_of(project, "secret", *scopes)
    then = now() - LONG_AGO
    message = {"type": "track", "event": "x", "messageId": "m", "userId": "u", "timestamp": then.isoformat()}
    lead = {"client_id": "ann", "events": [{"name": "lead"}], "timestamp_micros": int(then.timestamp()) * 10**6}

    ask("POST", "/v1/batch", {"batch": [message]}, Authorization=basic(key))
    ask("POST", f"/mp/collect?api_secret={key}", lead)

    assert Event.objects.filter(occurred_at__lt=now() - timedelta(days=399)).count() == 2 * stored
    assert list(RejectedEvent.objects.values_list("reason", flat=True)) == ["too_old"] * (2 - 2 * stored)


def test_segments_address_for_imports_takes_any_age_of_a_key_that_no_page_shows(project):
    message = {"type": "track", "event": "x", "messageId": "m", "userId": "u", "timestamp": "2024-02-29T10:00:00Z"}

    for kind, path in (("client", "/v1/import"), ("secret", "/v1/batch"), ("secret", "/v1/import")):
        key = token_of(project, kind)
        assert ask("POST", path, {"batch": [message]}, Authorization=basic(key)).json == {"success": True}

    assert list(RejectedEvent.objects.values_list("reason", flat=True)) == ["too_old", "too_old"]
    assert Event.objects.get().occurred_at == datetime(2024, 2, 29, 10, tzinfo=UTC)


@pytest.mark.parametrize("days", [365, -365])
def test_a_clock_that_is_a_year_wrong_harms_nothing(days, project):
    key = token_of(project, "client")
    clock = now() + timedelta(days=days)
    event = {"id": "e", "name": "x", "visitor_id": "v", "occurred_at": (clock - timedelta(minutes=5)).isoformat()}

    ask("POST", "/v1/events", {"events": [event], "sent_at": clock.isoformat()}, key=key)

    found = Event.objects.get()
    assert abs(found.occurred_at - (now() - timedelta(minutes=5))) < timedelta(seconds=2)
    assert abs(found.context["clock_skew"] - days * 86_400) <= 2


def test_of_two_events_with_one_id_the_first_stays_and_the_second_is_a_duplicate(project):
    key = token_of(project, "client")
    first, second = told(key, properties={"value": 7}), told(key, properties={"value": 700}, visitor_id="eve")

    assert [one[0]["status"] for one in (first, second)] == ["stored", "duplicate"]
    assert (Event.objects.get().visitor_id, Event.objects.get().properties) == ("ann", {"value": 7})


def test_an_event_without_an_id_is_refused_by_its_reason_and_its_neighbour_is_stored(project):
    nameless = {"name": "x", "visitor_id": "ann"}
    key = token_of(project, "client")

    reply = ask("POST", "/v1/events", {"events": [nameless, {**nameless, "id": "e"}]}, key=key)

    assert reply.status == 200
    assert reply.json["results"] == [
        {"id": None, "status": "rejected", "reason": "no_id: an event needs `id`"},
        {"id": "e", "status": "stored"},
    ]


def test_who_refused_to_be_measured_by_segments_wrapper_leaves_no_row(project):
    key = token_of(project, "client")
    refused = {"consent": {"categoryPreferences": {"Analytics": False}}}
    message = {"type": "track", "event": "x", "anonymousId": "ann"}

    for number, context in enumerate((refused, {})):
        body = {**message, "messageId": f"m{number}", "context": context}
        assert ask("POST", "/v1/t", json.dumps(body).encode(), Authorization=basic(key)).status == 200

    assert list(Event.objects.values_list("event_id", "context")) == [("m1", {})]


def test_a_time_as_a_count_of_seconds_never_makes_a_row_of_another_century(project):
    key = token_of(project, "client")

    for count in (time.time(), time.time() * 1e3, int(time.time() * 1e6), 10**18):
        assert told(key, occurred_at=count)[0]["reason"].startswith("illegal_time")

    assert not Event.objects.exists()
