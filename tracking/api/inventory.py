"""POST /v1/inventory: what a page holds, told by few of its visits. Of no visitor, and nothing that was typed."""

import logging
from datetime import UTC, datetime
from typing import Any

import msgspec
from django.db import Error

from tracking.access import key_of
from tracking.bots import is_bot
from tracking.inventory import remember
from tracking.items import MOST_ITEMS
from tracking.wire.http import Answer, Refused, Request, json_answer

log = logging.getLogger(__name__)

# 12,000 characters, most of which may have three bytes.
LARGEST_REPORT = 40_960
STORED, IGNORED = {"status": "stored"}, {"status": "ignored"}


class _Report(msgspec.Struct):
    path: str
    items: list[dict[str, Any]]


DECODER = msgspec.json.Decoder(_Report)


def post_inventory(request: Request) -> Answer:
    """A bot sees other pages than people do. Nothing is lost by a report that cannot be kept: there will be others."""
    key = key_of(request)
    report = _read(request.body(LARGEST_REPORT))
    if is_bot(request.header("User-Agent")):
        return json_answer(200, IGNORED)
    try:
        kept = remember(key.project_id, report.path, report.items, datetime.now(UTC))
    except Error as error:
        log.info("what a page holds was not kept: %s", error)
        kept = False
    return json_answer(200, STORED if kept else IGNORED)


def _read(body: bytes) -> _Report:
    try:
        report = DECODER.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        detail = f'Send JSON such as {{"path": "/pricing", "items": []}}: {str(error)[:200]}'
        raise Refused(400, "unreadable", detail) from error
    if not report.path.startswith("/") or "\0" in report.path:
        raise Refused(400, "illegal_path", "Send the path of the page, beginning with a slash.", "path")
    if len(report.items) > MOST_ITEMS:
        raise Refused(413, "too_many_items", f"Send at most {MOST_ITEMS} items.", "items")
    return report
