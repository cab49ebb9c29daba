"""The native event format: good events pass, each bad one says why, the envelope never breaks us."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from tracking.wire.http import Refused
from tracking.wire.native import LARGEST_EVENT, MOST_EVENTS, IncomingEvent, Refusal, parse

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def event(**changes):
    return {"id": "e1", "name": "cta_click", "visitor_id": "ann"} | changes


def parsed(*events, **envelope):
    return parse(json.dumps({"events": list(events)} | envelope).encode(), NOW)


def test_a_plain_event_is_read_whole():
    (found,) = parsed(event(properties={"value": 19.9}, user_id=" u1 ", context={"page": "/"}))

    assert found == IncomingEvent("e1", "cta_click", "ann", "u1", NOW, {"value": 19.9}, {"page": "/"}, "")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"id": ""}, "illegal_id"),
        ({"id": "x" * 201}, "illegal_id"),
        ({"id": "a\x00b"}, "illegal_id"),
        ({"name": " "}, "illegal_name"),
        ({"name": "n" * 101}, "illegal_name"),
        ({"visitor_id": "undefined"}, "illegal_visitor_id"),
        ({"visitor_id": "00000000-0000-0000-0000-000000000000"}, "illegal_visitor_id"),
        ({"user_id": "[object Object]"}, "illegal_user_id"),
        ({"occurred_at": "1970-01-01T00:00:00Z"}, "illegal_time"),
        ({"occurred_at": "2026-03-03T12:00:00Z"}, "illegal_time"),
        ({"properties": {str(n): n for n in range(101)}}, "too_many_properties"),
        ({"properties": {"a": "x\x00"}}, "illegal_characters"),
        ({"properties": {"a\x00": 1}}, "illegal_characters"),
        ({"properties": {"a": 2**63}}, "number_out_of_range"),
        ({"properties": {"a": "x" * LARGEST_EVENT}}, "event_too_large"),
    ],
)
def test_a_bad_event_is_refused_with_its_reason(changes, reason):
    good, bad = parsed(event(id="good"), event(**changes))

    assert isinstance(good, IncomingEvent)
    assert isinstance(bad, Refusal)
    assert bad.reason == reason


@pytest.mark.parametrize("bad", [{}, {"id": "e1"}, [], "text", 5, None, {"id": 5, "name": "n", "visitor_id": "v"}])
def test_an_event_of_the_wrong_shape_is_refused_alone(bad):
    good, refused = parsed(event(id="good"), bad)

    assert isinstance(good, IncomingEvent)
    assert refused.reason.startswith("unreadable")


def test_a_refused_event_is_named_by_its_id_where_it_has_one():
    assert parsed({"id": "known", "name": 5})[0].id == "known"


@pytest.mark.parametrize(
    "body",
    [b"", b"null", b"[]", b"5", b'"x"', b"{}", b'{"events": {}}', b'{"events": [}', b"\xff\xfe", b"\xef\xbb\xbf{}",
     b'{"events": [], "sent_at": "yesterday"}', b'{"events": [], "sent_at": "9999-12-31T23:59:59-14:00"}',
     b"[" * 100_000, b'{"events": NaN}'],
)  # fmt: skip
def test_an_envelope_that_cannot_be_read_is_a_clear_400(body):
    with pytest.raises(Refused) as refused:
        parse(body, NOW)

    assert refused.value.status == 400


def test_half_an_emoji_is_stored_as_a_question_mark_and_harms_nobody():
    body = (
        b'{"events": [{"id": "a", "name": "n", "visitor_id": "v"},'
        b'{"id": "b", "name": "n", "visitor_id": "v", "properties": {"t": "cut \\ud83d"}}]}'
    )
    good, cut = parse(body, NOW)

    assert (good.id, cut.properties) == ("a", {"t": "cut ?"})


def test_an_event_with_nan_is_refused_alone():
    body = b'{"events": [{"id": "a", "name": "n", "visitor_id": "v"}, {"id": "b", "name": "n", "visitor_id": NaN}]}'
    good, bad = parse(body, NOW)

    assert (good.id, bad.reason.split(":")[0]) == ("a", "unreadable")


def test_deep_nesting_is_refused_and_not_followed():
    deep = json.loads("[" * 30 + "]" * 30)

    assert parsed(event(properties={"a": deep}))[0].reason == "nested_too_deeply"


def test_five_hundred_events_are_welcome_and_one_more_is_not():
    assert len(parsed(*(event(id=str(n)) for n in range(MOST_EVENTS)))) == MOST_EVENTS
    with pytest.raises(Refused) as refused:
        parsed(*(event(id=str(n)) for n in range(MOST_EVENTS + 1)))
    assert refused.value.status == 413


def test_a_wrong_clock_is_corrected_by_sent_at():
    wrong = NOW + timedelta(days=365)
    (found,) = parsed(event(occurred_at=(wrong - timedelta(minutes=5)).isoformat()), sent_at=wrong.isoformat())

    assert found.occurred_at == NOW - timedelta(minutes=5)


def test_a_time_a_little_ahead_becomes_the_time_of_receipt():
    assert parsed(event(occurred_at="2026-03-01T20:00:00Z"))[0].occurred_at == NOW


def test_a_time_without_zone_is_utc():
    assert parsed(event(occurred_at="2026-03-01T10:00:00"))[0].occurred_at == NOW - timedelta(hours=2)


@pytest.mark.parametrize("mark", ["test", "preview"])
def test_test_and_preview_events_are_marked(mark):
    assert parsed(event(context={mark: True}))[0].excluded == mark
