"""docs/events.md: its example is taken, its numbers are those of the code, and it explains every reason."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tracking.api.segment import POSTS
from tracking.names import MOST_NAMES, REASON
from tracking.wire import http, native
from tracking.wire.ids import LONGEST_ID
from tracking.wire.incoming import IncomingEvent

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "events.md").read_text()
REASONS = [
    *("unreadable", "no_id", "illegal_id", "illegal_name", "illegal_visitor_id", "illegal_user_id", "illegal_time"),
    *("too_old", "too_far_ahead", "event_too_large", "too_many_properties", "nested_too_deeply", "too_many_names"),
    *("illegal_characters", "number_out_of_range", "unstorable", "consent", "gpc", "dnt", "erased"),
    *("feature_evaluated", "not_in_experiment"),
]


def test_its_example_is_an_event():
    (example,) = re.findall(r"^```json\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)

    (found,) = native.parse(example.encode(), datetime(2026, 3, 1, 12, 1, tzinfo=UTC))

    assert isinstance(found, IncomingEvent)


@pytest.mark.parametrize("reason", [*REASONS, REASON])
def test_every_reason_is_explained(reason):
    why = PAGE.partition("## Why an event is not there")[2].partition("## An exposure")[0]

    assert f"`{reason}`" in why


@pytest.mark.parametrize(
    ("what", "most"),
    [
        ("a body as it is sent", f"{http.LARGEST_BODY:,} bytes"),
        ("when it is unpacked", f"{http.LARGEST_INFLATED:,} bytes"),
        ("events in a batch", native.MOST_EVENTS),
        ("as it is written", f"{native.LARGEST_EVENT:,} bytes"),
        ("properties of an event", native.MOST_PROPERTIES),
        ("objects and lists within", native.DEEPEST),
        ("event's name", f"{native.LONGEST_NAME} characters"),
        ("an id ", f"{LONGEST_ID} characters"),
        ("different names", MOST_NAMES),
    ],
)
def test_every_limit_is_told_as_it_is(what, most):
    (line,) = [line for line in PAGE.splitlines() if line.startswith("|") and what in line and line.count("|") == 4]

    assert str(most) in line.split("|")[2]


def test_every_address_is_named():
    named = set(re.findall(r"`(?:POST )?(/[a-z0-9/]+)`", PAGE))

    assert {"/v1/events", "/track", "/mp/collect"} <= named
    assert {path for path in POSTS if path not in named and path.removeprefix("/v1") not in named} == set()
