"""POST /v1/events: the door of facts."""

from datetime import UTC, datetime

from tracking.access import key_of
from tracking.capture import capture
from tracking.enriching import enriched
from tracking.wire import native
from tracking.wire.http import Answer, Request, json_answer


def post_events(request: Request) -> Answer:
    key = key_of(request)
    batch = native.parse(request.body(), received_at=datetime.now(UTC))
    receipts = capture(key.project_id, enriched(request, key, batch), key.source)
    return json_answer(200, {"results": [receipt.as_json() for receipt in receipts]})
