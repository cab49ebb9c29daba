"""Where Segment's, RudderStack's and GA4's clients look: events stored once, answers and errors in their words."""

import base64
import gzip
import json
import time

import pytest

from tests.factories import make_key, make_project
from tests.wsgi import ask
from tracking.access import KEYRING
from tracking.models import Event
from tracking.wire.http import LARGEST_BODY

TRACK = {"type": "track", "event": "Order Completed", "messageId": "m1", "anonymousId": "ann"}
LEAD = {"client_id": "ann", "events": [{"name": "generate_lead"}]}


@pytest.fixture
def project(db):
    KEYRING.forget()
    yield make_project()
    KEYRING.forget()


@pytest.fixture
def pk(project):
    return token_of(project, "client")


def token_of(project, kind, **fields):
    token = make_key(project, kind, **fields)[1]
    KEYRING.forget()
    return token


def basic(token):
    return "Basic " + base64.b64encode(f"{token}:".encode()).decode()


def sent(token, *messages, path="/v1/batch", **headers):
    return ask("POST", path, {"batch": messages}, Authorization=basic(token), **headers)


def names():
    return sorted(Event.objects.values_list("name", flat=True))


# ---- events ----


@pytest.mark.parametrize("path", ["/v1/batch", "/v1/b", "/v1/import", "/beacon/v1/batch"])
def test_a_batch_is_stored_once_however_often_it_is_sent(path, pk):
    for _ in range(2):
        reply = sent(pk, TRACK, {**TRACK, "messageId": "m2", "type": "page"}, path=path)
        assert (reply.status, reply.body) == (200, b'{"success":true}')

    assert names() == ["page_view", "purchase"]


@pytest.mark.parametrize(
    ("paths", "name"),
    [
        (("track", "t"), "purchase"),
        (("page", "p"), "page_view"),
        (("screen", "s"), "screen_view"),
        (("identify", "i"), "identify"),
        (("alias", "a"), "alias"),
        (("group", "g"), "group"),
    ],
)
def test_each_kind_has_an_address_and_a_short_one(paths, name, pk):
    for number, path in enumerate(paths):
        told = {**TRACK, "userId": "u1", "messageId": f"m{number}"}
        assert ask("POST", f"/v1/{path}", told, Authorization=basic(pk)).json == {"success": True}

    assert names() == [name] * 2
    assert set(Event.objects.values_list("visitor_id", "user_id")) == {("ann", "u1")}


def test_a_key_may_stand_where_each_client_puts_it(pk):
    placed = [
        ask("POST", "/v1/batch", {"batch": []}, Authorization=basic(pk)),
        ask("POST", "/v1/batch", {"batch": []}, key=pk),
        ask("POST", "/v1/batch", {"batch": [], "writeKey": pk}),
        ask("POST", f"/beacon/v1/batch?writeKey={pk}", {"batch": []}, Content_Type="text/plain"),
    ]

    assert [reply.json for reply in placed] == [{"success": True}] * 4


def test_a_secret_key_belongs_in_the_header_and_its_events_are_believed_more(project):
    token = token_of(project, "secret")

    assert sent(token, TRACK).status == 200
    assert Event.objects.get().source == "secret"
    assert ask("POST", f"/v1/batch?writeKey={token}", {"batch": []}).json["code"] == "secret_key_in_address"


def test_a_gzipped_body_is_read_whatever_it_is_called(pk):
    body = gzip.compress(json.dumps({"batch": [TRACK]}).encode())

    reply = ask(
        "POST", "/v1/batch", body, Authorization=basic(pk), Content_Encoding="gzip",
        Content_Type="application/x-www-form-urlencoded",
    )  # fmt: skip

    assert (reply.status, names()) == (200, ["purchase"])


def test_one_broken_message_costs_its_batch_nothing(pk):
    assert sent(pk, 5, {**TRACK, "anonymousId": None}, TRACK).json == {"success": True}
    assert names() == ["purchase"]


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({}, 401, "no_key"),
        ({"Authorization": basic("pk_unknown")}, 401, "unknown_key"),
        ({"Authorization": "Basic !"}, 401, "no_key"),
        ({"Authorization": "Basic /w=="}, 401, "no_key"),
        ({"Authorization": basic("klucz-ż")}, 401, "unknown_key"),
    ],
)
def test_without_a_known_key_nothing_is_stored_and_the_client_is_told_in_its_words(headers, status, code, project):
    reply = ask("POST", "/v1/batch", {"batch": [TRACK]}, **headers)

    assert (reply.status, reply.json["code"], names()) == (status, code, [])
    assert reply.json["message"]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"nonsense", 400, "unreadable"),
        ({"batch": 5}, 400, "unreadable"),
        ({"batch": [TRACK] * 501}, 413, "too_many_events"),
        (b" " * (LARGEST_BODY + 1), 413, "body_too_large"),
    ],
)
def test_what_is_no_batch_is_a_clear_error_in_their_words(body, status, code, pk):
    reply = ask("POST", "/v1/batch", body, Authorization=basic(pk))

    assert (reply.status, reply.json["code"], set(reply.json)) == (status, code, {"code", "message"})


def test_a_page_of_another_site_may_not_use_the_key(project):
    token = token_of(project, "client", origins=["https://shop.example"])

    assert sent(token, TRACK, Origin="https://evil.example").json["code"] == "origin_not_allowed"
    assert sent(token, TRACK, Origin="https://shop.example").status == 200


def test_a_script_that_tries_again_may_say_why():
    allowed = ask("OPTIONS", "/v1/track", Origin="https://shop.example").headers["Access-Control-Allow-Headers"]

    reasons = {f"rsa-{name}" for name in ("recovered", "retry-attempt", "retry-reason")}
    ages = {f"rsa-since-{name}-attempt" for name in ("first", "last")}
    assert {"x-retry-count", *reasons, *ages} <= set(allowed.split(", "))


# ---- what scripts ask before they send ----


def test_segments_script_is_told_to_send_to_us_and_to_nobody_else(pk, settings):
    settings.PUBLIC_URL = "https://ab.shop.example"

    reply = ask("GET", f"/v1/projects/{pk}/settings")

    assert reply.json["integrations"] == {
        "Segment.io": {"apiKey": pk, "apiHost": "ab.shop.example/v1", "protocol": "https"}
    }
    assert reply.json["metrics"] == {"sampleRate": 0}


def test_rudderstacks_script_is_told_of_a_source_without_destinations(pk):
    for reply in (
        ask("GET", f"/sourceConfig/?p=cdn&writeKey={pk}"),
        ask("GET", "/sourceConfig/", Authorization=basic(pk)),
    ):
        source = reply.json["source"]
        assert (source["writeKey"], source["enabled"], source["destinations"]) == (pk, True, [])
        assert source["config"]["statsCollection"] == {"errors": {"enabled": False}, "metrics": {"enabled": False}}


@pytest.mark.parametrize("path", ["/v1/projects/{}/settings", "/sourceConfig/?writeKey={}"])
def test_settings_are_told_to_known_client_keys_alone(path, project):
    tokens = "pk_nobody", token_of(project, "secret")

    codes = [ask("GET", path.format(token)).json["code"] for token in tokens]

    assert codes == ["unknown_key", "secret_key_in_address"]


# ---- the Measurement Protocol ----


@pytest.mark.parametrize("kind", ["client", "secret"])
def test_what_servers_send_to_google_is_stored_once_and_answered_without_a_body(kind, project):
    path = f"/mp/collect?measurement_id=G-1&api_secret={token_of(project, kind)}"
    told = {**LEAD, "timestamp_micros": int(time.time()) * 1_000_000}

    replies = [ask("POST", path, told) for _ in range(2)]

    assert [(reply.status, reply.body) for reply in replies] == [(204, b"")] * 2
    assert names() == ["generate_lead"]


def test_who_denied_it_leaves_no_row(pk):
    assert ask("POST", f"/mp/collect?api_secret={pk}", {**LEAD, "consent": {"ad_user_data": "DENIED"}}).status == 204
    assert names() == []


def test_the_debug_address_says_what_is_wrong_and_stores_nothing(pk):
    def said(body):
        return ask("POST", f"/debug/mp/collect?api_secret={pk}", body).json["validationMessages"]

    assert said(LEAD) == []
    assert [one["fieldPath"] for one in said({"client_id": "ann", "events": [{"name": ""}]})] == ["events[0]"]
    assert [one["validationCode"] for one in said(b"nonsense")] == ["VALUE_INVALID"]
    assert names() == []


def test_the_measurement_protocol_needs_a_key_of_ours(project):
    assert ask("POST", "/mp/collect?measurement_id=G-1", LEAD).code == "no_key"
    assert ask("POST", "/debug/mp/collect?api_secret=nonsense", LEAD).code == "unknown_key"
