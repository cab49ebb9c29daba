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
        ({"occurred_at": "2026-03-03T12:00:00Z"}, "too_far_ahead"),
        ({"occurred_at": "2026-02-22T11:59:59Z"}, "too_old"),
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


@pytest.mark.parametrize("bad", [{"id": "e1"}, [], "text", 5, None, {"id": 5, "name": "n", "visitor_id": "v"}])
def test_an_event_of_the_wrong_shape_is_refused_alone(bad):
    good, refused = parsed(event(id="good"), bad)

    assert isinstance(good, IncomingEvent)
    assert refused.reason.startswith("unreadable")


def test_a_refused_event_is_named_by_its_id_where_it_has_one():
    assert parsed({"id": "known", "name": 5})[0].id == "known"
    assert parsed({"id": "known", "name": "n", "visitor_id": float("nan")})[0].id == "known"
    assert parsed({"id": "known", "name": "n" * LARGEST_EVENT})[0].id == "known"


@pytest.mark.parametrize("missing", ["id", "visitor_id"])
@pytest.mark.parametrize("null", [True, False])
def test_an_event_without_an_id_of_its_own_or_of_somebody_is_refused_alone(missing, null):
    """An id made here would make two events of one that is sent again."""
    good, bad = parsed(event(id="good"), event(**{missing: None}) if null else without(missing))

    assert good.id == "good"
    assert bad.reason == f"no_id: an event needs `{missing}`"


def without(name):
    return {field: value for field, value in event().items() if field != name}


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


@pytest.mark.parametrize(("more", "kept"), [(0, True), (1, False)])
def test_beside_a_flawed_event_the_others_have_as_much_room_as_ever(more, kept):
    large = event(id="large", properties={"list": [1] * 1_000, "text": ""})
    large["properties"]["text"] = "ż" * 9 + "x" * (LARGEST_EVENT - len(compact(large)) - 18 + more)
    flawed = b'{"id": "b", "name": "n", "visitor_id": NaN}'

    found, _ = parse(b'{"events": [%b, %b]}' % (compact(large), flawed), NOW)

    assert isinstance(found, IncomingEvent) is kept


def compact(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


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


@pytest.mark.parametrize(
    "time",
    [1772366400, 1772366400000, 1772366400000000, 1e18, True, "1772366400", "1772366400000", "2026-02-30T12:00:00Z",
     "2026-02-28", "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00", "now", "", [], {}],
)  # fmt: skip
def test_a_time_that_is_none_refuses_its_event_alone(time):
    """A count of seconds, milliseconds or microseconds is never guessed at."""
    good, bad = parsed(event(id="good"), event(occurred_at=time))

    assert good.occurred_at == NOW
    assert (bad.id, bad.reason.partition(":")[0]) == ("e1", "illegal_time")


@pytest.mark.parametrize("days", [-400, -8, 400])
def test_who_may_import_tells_of_any_day_since_2000_and_of_none_to_come(days):
    body = json.dumps({"events": [event(occurred_at=(NOW + timedelta(days=days)).isoformat())]}).encode()

    (late,), (usual,) = parse(body, NOW, latest=None), parse(body, NOW)

    assert isinstance(usual, Refusal)
    assert isinstance(late, IncomingEvent) is (days < 0)


def test_a_clock_that_was_set_right_is_marked():
    wrong = NOW + timedelta(days=365)
    ahead, right = (parsed(event(context={"url": "u"}), sent_at=at.isoformat())[0] for at in (wrong, NOW))

    assert ahead.context == {"url": "u", "clock_skew": 365 * 86_400}
    assert right.context == {"url": "u"}


@pytest.mark.parametrize("mark", ["test", "preview"])
def test_test_and_preview_events_are_marked(mark):
    assert parsed(event(context={mark: True}))[0].excluded == mark
