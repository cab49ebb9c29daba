"""When an event happened by our clock, whatever the sender's clock shows."""

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracking.wire import ga4, native, segment
from tracking.wire.incoming import IncomingEvent
from tracking.wire.times import AHEAD, EARLIEST, LATEST, Clock, aware, drift, latest_from

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECOND, MINUTE, HOUR, DAY = (timedelta(**{name: 1}) for name in ("seconds", "minutes", "hours", "days"))
MOMENT = timedelta(microseconds=1)


@pytest.mark.parametrize("wrong", [365 * DAY, -365 * DAY, 10 * MINUTE, -10 * MINUTE, 15 * SECOND, -20_000 * DAY])
@pytest.mark.parametrize("ago", [0 * SECOND, 5 * MINUTE, 3 * DAY])
def test_a_clock_however_wrong_is_set_right_by_the_time_of_sending(wrong, ago):
    took = 0.4 * SECOND
    clock = Clock(NOON + took, drift(NOON + took, NOON + wrong))

    found = clock.occurred(NOON + wrong - ago)

    assert abs(found - (NOON - ago)) <= 2 * SECOND


@pytest.mark.parametrize(
    ("claimed", "expected"),
    [
        (None, NOON),
        (NOON - 5 * MINUTE, NOON - 5 * MINUTE),
        (NOON + MOMENT, NOON),
        (NOON + AHEAD, NOON),
        (NOON + AHEAD + MOMENT, "too_far_ahead"),
        (NOON + 365 * DAY, "too_far_ahead"),
        (NOON - LATEST, NOON - LATEST),
        (NOON - LATEST - MOMENT, "too_old"),
        (EARLIEST, "too_old"),
        (EARLIEST - MOMENT, "illegal_time"),
        (datetime(1970, 1, 1, tzinfo=UTC), "illegal_time"),
        (datetime(1, 1, 1, tzinfo=timezone(14 * HOUR)), "illegal_time"),
        (datetime(9999, 12, 31, 23, 59, 59, tzinfo=timezone(-14 * HOUR)), "illegal_time"),
    ],
)
def test_without_a_time_of_sending_each_limit_is_exact(claimed, expected):
    assert Clock(NOON).occurred(claimed) == expected


@pytest.mark.parametrize(
    ("claimed", "expected"),
    [
        (EARLIEST, EARLIEST),
        (EARLIEST - MOMENT, "illegal_time"),
        (NOON + AHEAD, NOON),
        (NOON + AHEAD + MOMENT, "too_far_ahead"),
    ],
)
def test_what_is_imported_may_be_as_old_as_it_likes(claimed, expected):
    assert Clock(NOON, latest=None).occurred(claimed) == expected


def test_the_limits_hold_for_the_time_set_right():
    slow = Clock(NOON, drift(NOON, NOON - DAY))

    assert slow.occurred(NOON - DAY - LATEST) == NOON - LATEST
    assert slow.occurred(NOON - DAY - LATEST - MOMENT) == "too_old"
    # Ahead of its own sending: it has just happened.
    assert slow.occurred(NOON - DAY + HOUR) == NOON
    assert slow.occurred(NOON + MOMENT) == "too_far_ahead"


def test_a_correction_that_no_calendar_has_is_no_time():
    assert Clock(NOON, 2_900_000 * DAY).occurred(datetime(9000, 1, 1, tzinfo=UTC)) == "illegal_time"


@pytest.mark.parametrize(
    ("ahead", "mark"),
    [
        (60 * SECOND, {}),
        (-60 * SECOND, {}),
        (60 * SECOND + MOMENT, {"clock_skew": 60}),
        (-10 * MINUTE, {"clock_skew": -600}),
        (365 * DAY, {"clock_skew": 31_536_000}),
    ],
)
def test_a_clock_that_was_more_than_a_minute_wrong_is_marked_with_the_seconds(ahead, mark):
    assert Clock(NOON, drift(NOON, NOON + ahead)).skew == mark
    assert Clock(NOON).skew == {}


def test_a_time_without_a_zone_is_utc():
    assert aware(NOON.replace(tzinfo=None)) == NOON
    assert aware(datetime(2026, 3, 1, 13, tzinfo=timezone(HOUR))) == NOON


def test_only_who_may_import_may_tell_of_long_ago():
    assert [latest_from(source) for source in ("client", "secret", "import")] == [LATEST, LATEST, None]


TIMES = st.one_of(
    st.text(max_size=30),
    st.integers(),
    st.integers(0, 2**61),
    st.floats(),
    st.datetimes(timezones=st.none() | st.timezones()).map(datetime.isoformat),
    st.datetimes(datetime(2025, 1, 1), datetime(2027, 1, 1)).map(lambda moment: moment.isoformat() + "Z"),  # noqa: DTZ001
    st.booleans() | st.none() | st.lists(st.none(), max_size=1),
)


@given(claimed=TIMES, sent_at=TIMES, late=st.booleans())
def test_whatever_is_told_no_event_is_of_another_century_or_to_come(claimed, sent_at, late):
    latest = None if late else LATEST
    message = {"event": "x", "userId": "u", "timestamp": claimed, "sentAt": sent_at}
    event = {"id": "e", "name": "x", "visitor_id": "v", "occurred_at": claimed}
    micros = {"client_id": "c", "timestamp_micros": claimed, "events": [{"name": "x"}]}

    found = native.parse(json.dumps({"events": [event]}).encode(), NOON, latest=latest)
    found += segment.parse(json.dumps(message).encode(), NOON, "track", latest=latest)
    found += ga4.parse(json.dumps(micros).encode(), NOON, latest=latest)

    times = [one.occurred_at for one in found if isinstance(one, IncomingEvent)]
    assert len(found) == 3
    assert all((EARLIEST if late else NOON - LATEST) <= moment <= NOON for moment in times)
