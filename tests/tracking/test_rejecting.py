"""What is kept of a refused event: enough to see what is wrong, in 4 KB, and nothing private."""

import json
import time

import pytest

from tests.tracking.test_capture import incoming
from tracking.rejecting import LARGEST_BODY, code_of, kept_of, refused
from tracking.wire.native import Refusal


def body_of(sent):
    raw = sent if isinstance(sent, bytes) else json.dumps(sent).encode()
    return kept_of(Refusal(None, "illegal_id", raw)).body


def test_a_small_event_is_kept_as_it_was_sent():
    sent = {"id": 5, "name": "Größe", "visitor_id": "ann", "properties": {"a": [1, None, {"b": True}]}}

    found = kept_of(Refusal("x", "unreadable: Expected `str`, got `int` - at `$.id`", json.dumps(sent).encode()))

    assert json.loads(found.body) == sent
    assert (found.reason, found.name, found.visitor_id) == ("unreadable", "Größe", "ann")
    assert found.detail == "Expected `str`, got `int` - at `$.id`"


@pytest.mark.parametrize(
    "sent",
    [
        {"properties": {"note": "write to canary@shop.example please"}},
        b'{"note": "canary\\u0040shop.example"}',
        b'{"note": "canary\\u0040shop.example" ',
        b'{"note": ' * 3000 + b'"canary@shop.example"',
        {"context": {"url": "https://shop.example/?reset_token=canary"}},
        {"context": {"ip": "canary", "userAgent": "canary"}},
        {"properties": {"password": "canary"}},
        {"context": ["canary@shop.example"]},
        ["canary@shop.example"],
        "canary@shop.example",
        {"canary@shop.example": 1},
        {"name": "canary@shop.example", "visitor_id": "canary@shop.example"},
        {"long": "x" * 980 + " canary.canary@shop.example " + "x" * 100},
    ],
)
def test_nothing_private_is_kept(sent):
    raw = sent if isinstance(sent, bytes) else json.dumps(sent).encode()

    assert "canary" not in repr(kept_of(Refusal(None, "unreadable", raw)))


def test_an_address_in_what_cannot_be_read_is_not_kept():
    assert body_of(b'{"ip": "203.0.113.77", ') == '{"ip": "[removed]", '


@pytest.mark.parametrize(
    "sent", [{"a": "ü" * 40_000}, {f"k{number}": "ü" * 90 for number in range(500)}, [[[1] * 99] * 99]]
)
def test_what_is_large_is_cut(sent):
    found = body_of(sent)

    assert 0 < len(found.encode()) <= LARGEST_BODY
    assert "…" in found


@pytest.mark.parametrize(
    "sent", [b"\xff\xfe{", b'{"a": "\\u0000"}', b'{"a": "\\ud800"}', b"[" * 5000, b'{"a": NaN}', b""]
)
def test_what_is_kept_can_always_be_stored(sent):
    body_of(sent).encode()
    assert "\x00" not in body_of(sent)


def test_a_megabyte_costs_little_to_refuse():
    sent = json.dumps({"a": ["x" * 90] * 10_000}).encode()
    start = time.process_time()

    body_of(sent)

    assert time.process_time() - start < 0.1


def test_an_event_that_cannot_be_stored_is_kept_like_one_that_cannot_be_read():
    found = kept_of(refused(incoming("e9", note="x\x00y"), "unstorable"))

    assert (found.reason, found.name, found.visitor_id) == ("unstorable", "cta_click", "ann")
    assert json.loads(found.body)["id"] == "e9"


def test_the_code_is_what_comes_before_the_detail():
    assert (code_of("unreadable: no name"), code_of("illegal_id"), code_of("x" * 90)) == (
        "unreadable",
        "illegal_id",
        "x" * 40,
    )
