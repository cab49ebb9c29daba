"""What servers send to GA4's Measurement Protocol: the same events for us, each counted once."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from tracking.wire.ga4 import complaints, parse
from tracking.wire.http import Refused
from tracking.wire.native import LARGEST_EVENT, Filtered, IncomingEvent, Refusal

NOON = datetime(2026, 3, 1, 12, 0, 30, tzinfo=UTC)
MICROS = int(NOON.timestamp()) * 1_000_000
CANARY = "canary@shop.example"


def read(*events, received_at=NOON, **payload):
    return parse(json.dumps({"client_id": "ann", "events": list(events), **payload}).encode(), received_at)


def event(name="generate_lead", **params):
    return {"name": name, "params": params}


def one(*events, **payload):
    (found,) = read(*(events or [event()]), **payload)
    return found


def test_an_event_is_read_whole():
    params = {"currency": "PLN", "value": 7, "page_location": "https://a.example/", "session_id": 17}
    found = one(event("purchase", **params), user_id="u1", timestamp_micros=MICROS - 60_000_000)

    assert (found.name, found.visitor_id, found.user_id) == ("purchase", "ann", "u1")
    assert found.properties == params
    assert found.context == {"url": "https://a.example/", "session_id": "17"}
    assert found.occurred_at == NOON - timedelta(minutes=1)


def test_of_the_person_nothing_is_kept():
    found = one(
        user_properties={"mail": {"value": CANARY}}, user_data={"sha256_email_address": CANARY}, ip_override=CANARY,
        user_location={"city": CANARY}, device={"model": CANARY},
    )  # fmt: skip

    assert CANARY not in str(found)


@pytest.mark.parametrize(
    ("ids", "expected"),
    [
        ({"client_id": 123.5, "user_id": None}, ("123.5", "")),
        ({"client_id": None, "app_instance_id": "app"}, ("app", "")),
        ({"client_id": None, "user_id": "u1"}, ("u1", "u1")),
    ],
)
def test_who_it_was(ids, expected):
    found = one(**ids)

    assert (found.visitor_id, found.user_id) == expected


def test_an_event_of_nobody_is_refused():
    assert one(client_id="").reason == "no_id"


@pytest.mark.parametrize(
    ("consent", "kept"),
    [
        ({}, True),
        ({"ad_user_data": "GRANTED", "ad_personalization": "DENIED"}, True),
        ({"ad_user_data": "DENIED"}, False),
        ({"analytics_storage": "denied"}, False),
        ({"analytics_storage": "GRANTED", "ad_user_data": "DENIED"}, True),
        ({"analytics_storage": "DENIED", "ad_user_data": "GRANTED"}, False),
    ],
)
def test_who_denied_it_is_not_recorded(consent, kept):
    found = read(event(), event(), consent=consent)

    assert found == [Filtered("consent")] * 2 or kept
    assert all(isinstance(one, IncomingEvent) for one in found) is kept


# ---- time and ids ----


def test_an_event_may_have_a_time_of_its_own():
    own = {**event(), "timestamp_micros": str(MICROS - 5_000_000)}

    found, other = read(own, event(), timestamp_micros=MICROS - 9_000_000)

    assert [NOON - found.occurred_at, NOON - other.occurred_at] == [timedelta(seconds=5), timedelta(seconds=9)]


@pytest.mark.parametrize(
    ("days", "reason"), [(-8, "too_old"), (2, "too_far_ahead"), (-400, "too_old"), (365 * 30, "too_far_ahead")]
)
def test_a_time_too_far_from_now_refuses_its_event_alone(days, reason):
    found, good = read({**event(), "timestamp_micros": MICROS + days * 86_400_000_000}, event())

    assert (found.reason, good.occurred_at) == (reason, NOON)


def test_who_may_import_tells_of_any_day():
    body = json.dumps({"client_id": "ann", "events": [event()], "timestamp_micros": MICROS - 400 * 86_400_000_000})

    (found,) = parse(body.encode(), NOON, latest=None)

    assert found.occurred_at == NOON - timedelta(days=400)


# The last two: seconds and milliseconds taken for microseconds.
@pytest.mark.parametrize(
    "micros", ["now", {}, True, 10**30, -(10**30), 10**18, 0, "9" * 5000, MICROS // 10**6, MICROS // 10**3]
)
def test_a_time_that_cannot_be_refuses_its_event_alone(micros):
    found, good = read({**event(), "timestamp_micros": micros}, event())

    assert isinstance(found, Refusal)
    assert (found.reason, good.occurred_at) == ("illegal_time", NOON)


def test_a_payload_sent_again_is_the_same_and_what_happens_twice_is_two():
    later = NOON + timedelta(hours=3)

    first, again = ([one.id for one in read(event(), event())] for _ in range(2))
    timed = [read(event(), received_at=at, timestamp_micros=MICROS)[0].id for at in (NOON, later)]

    assert first == again
    assert timed[0] == timed[1]
    others = read(event(), received_at=later)[0].id, one(client_id="eve").id, one(event(value=1)).id
    assert len({*first, timed[0], *others}) == 6


def test_an_order_is_one_whenever_it_is_told():
    def told(transaction, **payload):
        return one(event("purchase", transaction_id=transaction, value=7), **payload).id

    assert told("o-1") == told("o-1", received_at=NOON + timedelta(days=1), timestamp_micros=MICROS)
    assert len({told("o-1"), told("o-2"), told("o-1", client_id="eve")}) == 3


# ---- what cannot be ----


def test_one_broken_event_refuses_itself_alone():
    broken = [5, None, {}, event(""), event(None), event("n" * 101), {"name": "x", "params": 5}, event(a=2**70)]
    broken += [event(**{str(n): n for n in range(101)}), event(a="x" * LARGEST_EVENT)]

    *refused, kept = read(*broken, event())

    assert [type(found) for found in refused] == [Refusal] * len(broken)
    assert isinstance(kept, IncomingEvent)


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b"null", b'{"events": 5}', b"{", b"\xff", b"[" * 100_000])
def test_what_is_no_payload_is_refused_as_a_whole(body):
    with pytest.raises(Refused) as refused:
        parse(body, NOON)

    assert (refused.value.status, refused.value.code) == (400, "unreadable")


def test_a_payload_has_an_end():
    with pytest.raises(Refused) as refused:
        read(*[event()] * 501)

    assert refused.value.status == 413


def test_what_is_wrong_is_said_in_googles_words():
    found = complaints(read(event(), event(""), {"name": "x", "params": 5}))

    assert [(one["fieldPath"], one["validationCode"]) for one in found] == [
        ("events[1]", "NAME_INVALID"),
        ("events[2]", "VALUE_INVALID"),
    ]
    assert complaints(read(event(), client_id=""))[0]["validationCode"] == "VALUE_REQUIRED"
