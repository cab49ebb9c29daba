"""Where servers send what they send to Google: GA4's Measurement Protocol. ``api_secret`` is a key of ours."""

from datetime import UTC, datetime

from tracking.access import KnownKey, key_named
from tracking.intake import take
from tracking.wire.ga4 import complaint, complaints, parse
from tracking.wire.http import Answer, Refused, Request, json_answer
from tracking.wire.times import latest_from


def post_collect(request: Request) -> Answer:
    """``POST /mp/collect?measurement_id=…&api_secret=<key>``."""
    key = _key_of(request)
    take(request, key, parse(request.body(), datetime.now(UTC), latest=latest_from(key.source)))
    return Answer(204)


def post_debug_collect(request: Request) -> Answer:
    """``POST /debug/mp/collect``: what is wrong with these events; none of them is stored."""
    key = _key_of(request)
    try:
        found = complaints(parse(request.body(), datetime.now(UTC), latest=latest_from(key.source)))
    except Refused as error:
        found = [complaint("events", f"{error.code}: {error.detail}")]
    return json_answer(200, {"validationMessages": found})


def _key_of(request: Request) -> KnownKey:
    # The protocol has no other place for a key, so a secret one may stand in this address.
    return key_named(request.query("api_secret"), request)
