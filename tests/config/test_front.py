"""The thin front: hot paths answered before Django, every error in one shape, CORS on all of it."""

import gzip

import pytest

from experiments.snapshot import SNAPSHOT
from tests.factories import make_key, make_project
from tests.wsgi import BEHIND, ask
from tracking import access
from tracking.access import KEYRING
from tracking.models import Event
from tracking.wire import http
from tracking.wire.http import LARGE, LARGE_AT_ONCE, LARGEST_BODY, LARGEST_INFLATED, TURNS

EVENT = {"id": "e1", "name": "cta_click", "visitor_id": "ann"}
BATCH = {"events": [EVENT]}


@pytest.fixture
def key(db):
    KEYRING.forget()
    SNAPSHOT.forget()
    yield make_key(make_project(), "client")[1]
    KEYRING.forget()
    SNAPSHOT.forget()


def test_what_is_not_hot_goes_to_django():
    assert ask("GET", "/admin/").body == BEHIND
    assert ask("GET", "/tracking").body == BEHIND


@pytest.mark.parametrize("path", ["/v1/events/", "//v1/assign", "/v1", "/mp/other", "/track/", "/beacon/v1/batches"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_beside_our_addresses_there_is_nothing_and_it_is_said_in_json(path, method):
    reply = ask(method, path, {}, Origin="https://shop.example")

    assert (reply.status, reply.code) == (404, "not_found")
    assert reply.headers["Access-Control-Allow-Origin"] == "https://shop.example"


def test_an_event_sent_with_a_client_key_is_stored(key):
    reply = ask("POST", "/v1/events", BATCH, key=key)

    assert (reply.status, reply.json) == (200, {"results": [{"id": "e1", "status": "stored"}]})
    assert Event.objects.count() == 1


def test_a_beacon_carries_its_key_in_the_address(key):
    assert ask("POST", f"/v1/events?key={key}", BATCH).status == 200


def test_a_gzipped_body_is_welcome(key):
    reply = ask("POST", "/v1/events", gzip.compress(b'{"events": []}'), key=key, Content_Encoding="gzip")

    assert (reply.status, reply.json) == (200, {"results": []})


@pytest.mark.parametrize(("token", "code"), [("", "no_key"), ("pk_unknown", "unknown_key"), ("\xff", "unknown_key")])
def test_without_a_known_key_nothing_is_stored(key, token, code):
    reply = ask("POST", "/v1/events", BATCH, key=token)

    assert (reply.status, reply.code, reply.json["type"]) == (401, code, "client_error")
    assert not Event.objects.exists()


def test_a_secret_key_in_the_address_is_refused(key):
    secret = make_key(make_project(), "secret")[1]
    KEYRING.forget()

    assert ask("POST", f"/v1/events?key={secret}", BATCH).code == "secret_key_in_address"


def test_a_key_for_one_site_is_refused_on_another(db):
    KEYRING.forget()
    token = make_key(make_project(), "client", origins=["https://shop.example"])[1]

    assert ask("POST", "/v1/events", BATCH, key=token, Origin="https://shop.example").status == 200
    assert ask("POST", "/v1/events", BATCH, key=token, Origin="https://evil.example").code == "origin_not_allowed"
    KEYRING.forget()


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b" " * (LARGEST_BODY + 1), {}, 413),
        (gzip.compress(b" " * (LARGEST_INFLATED + 1)), {"Content_Encoding": "gzip"}, 413),
        (b"not gzip", {"Content_Encoding": "gzip"}, 400),
        (gzip.compress(b'{"events": []}')[:-9], {"Content_Encoding": "gzip"}, 400),
        (b"{}", {"Content_Encoding": "br"}, 415),
        (b"[" * 100_000, {}, 400),
        (b"", {}, 400),
    ],
)
def test_a_body_that_cannot_be_taken_is_a_clear_error(key, body, headers, status):
    reply = ask("POST", "/v1/events", body, key=key, **headers)

    assert reply.status == status
    assert reply.json["errors"][0]["detail"]


def test_a_body_just_within_the_limit_is_taken(key):
    padding = LARGEST_BODY - len(b'{"events": []}')

    assert ask("POST", "/v1/events", b'{"events": []}' + b" " * padding, key=key).status == 200


def test_a_body_longer_than_it_says_is_not_read_for_ever(key):
    assert ask("POST", "/v1/events", b" " * (LARGEST_BODY * 3), key=key, Content_Length="5").status == 413


def test_long_keys_and_queries_of_strangers_are_not_kept_in_memory(db):
    kept = http._kept_arguments.cache_info().currsize, access._digest_of_client_key.cache_info().currsize

    for number in range(3):
        assert ask("POST", f"/v1/events?a{number}={'x' * 60_000}", {}).status == 401
        assert ask("POST", "/v1/events", {}, key=f"pk_{number}{'x' * 60_000}").status == 401

    assert (http._kept_arguments.cache_info().currsize, access._digest_of_client_key.cache_info().currsize) == kept


def test_a_preflight_needs_no_key():
    reply = ask("OPTIONS", "/v1/events", Origin="https://shop.example")

    assert reply.status == 204
    assert reply.headers["Access-Control-Allow-Origin"] == "https://shop.example"
    assert "authorization" in reply.headers["Access-Control-Allow-Headers"]


def test_a_page_without_an_origin_of_its_own_is_allowed_nothing():
    assert "Access-Control-Allow-Origin" not in ask("OPTIONS", "/v1/events", Origin="null").headers


def test_a_small_body_that_unfolds_into_millions_of_values_is_refused(key):
    many = gzip.compress(b'{"events": [' + b"1," * 1_000_000 + b"1]}")

    assert ask("POST", "/v1/events", many, key=key, Content_Encoding="gzip").status == 413


def test_errors_carry_cors_too():
    reply = ask("POST", "/v1/events", BATCH, Origin="https://shop.example")

    assert (reply.status, reply.headers["Access-Control-Allow-Origin"]) == (401, "https://shop.example")


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
def test_another_method_is_answered_with_what_is_allowed(method):
    reply = ask(method, "/v1/events")

    assert (reply.status, reply.headers["Allow"]) == (405, "POST, OPTIONS")


def test_it_lives(db):
    assert ask("GET", "/livez").body == b"ok"


def test_large_bodies_are_read_by_a_few_at_once_and_their_turn_ends_with_the_answer(key, monkeypatch):
    large = gzip.compress(b'{"events": [' + b" " * (LARGE + 1) + b"]}")
    monkeypatch.setattr("tracking.wire.http.LARGE_WAIT", 0.05)

    answers = [
        ask("POST", "/v1/events", large, key=key, Content_Encoding="gzip").status for _ in range(LARGE_AT_ONCE + 1)
    ]
    assert answers == [200] * (LARGE_AT_ONCE + 1)

    held = [TURNS.acquire() for _ in range(LARGE_AT_ONCE)]
    busy = ask("POST", "/v1/events", large, key=key, Content_Encoding="gzip")
    small = ask("POST", "/v1/events", BATCH, key=key)
    [TURNS.release() for _ in held]
    assert (busy.status, busy.code, small.status) == (429, "busy", 200)
    assert "Retry-After" in busy.headers


def test_a_body_of_nothing_but_brackets_is_refused(key):
    packed = gzip.compress(b'{"events": [' + b"[[[[]]]]" * 60_000 + b"]}")

    assert ask("POST", "/v1/events", packed, key=key, Content_Encoding="gzip").status == 413
