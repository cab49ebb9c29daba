"""POST /v1/events: the door of facts."""

from datetime import UTC, datetime

from tracking.access import key_of
from tracking.intake import take
from tracking.wire import native
from tracking.wire.http import Answer, Request, json_answer
from tracking.wire.times import latest_from


def post_events(request: Request) -> Answer:
    key = key_of(request)
    batch = native.parse(request.body(), datetime.now(UTC), latest=latest_from(key.source))
    receipts = take(request, key, batch)
    return json_answer(200, {"results": [receipt.as_json() for receipt in receipts]})
