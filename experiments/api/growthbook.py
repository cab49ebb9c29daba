"""Where GrowthBook's SDKs look: the payload they decide from, decisions made here, and what their plugin tracks.

Tracking is a door of this floor because an exposure's id names the phase that runs: without it, a visitor who gets the
same variant in the next phase would be taken for a duplicate.
"""

from datetime import UTC, datetime
from typing import Any

import msgspec

from experiments.asking import question_of
from experiments.delivery import growthbook, growthbook_remote
from experiments.snapshot import configuration
from tracking.access import client_key_in
from tracking.enriching import KEPT
from tracking.intake import take
from tracking.wire.growthbook import Arrival, parse
from tracking.wire.http import JSON, Answer, Refused, Request, json_answer
from tracking.wire.ids import id_text, normal_id

LARGEST_QUESTION = 65_536
# The SDKs keep the payload for a minute themselves; a copy on the way must not add much to that.
CACHING = {**JSON, "Cache-Control": "public, max-age=10, stale-while-revalidate=20", "Vary": "Origin, Accept-Encoding"}


class _Asked(msgspec.Struct):
    attributes: dict[str, Any] | None = None
    forcedVariations: dict[str, Any] | None = None  # noqa: N815 (a name of theirs)
    url: str | None = None


DECODER = msgspec.json.Decoder(_Asked)


def get_features(request: Request) -> Answer:
    """``GET /api/features/<pk>``."""
    served = configuration(client_key_in(request.tail, request).project_id)
    found = served.prepared(growthbook.payload)
    headers = {**CACHING, "ETag": found.tag}
    if found.tag in request.header("If-None-Match"):
        return Answer(304, b"", headers)
    if "gzip" in request.header("Accept-Encoding"):
        return Answer(200, found.packed, {**headers, "Content-Encoding": "gzip"})
    return Answer(200, found.plain, headers)


def post_eval(request: Request) -> Answer:
    """``POST /api/eval/<pk>``. Forced features the SDK applies itself."""
    key = client_key_in(request.tail, request)
    asked = _read(request.body(LARGEST_QUESTION))
    served = configuration(key.project_id)
    told = asked.attributes or {}
    ids = _id(told.get("id")), _id(told.get("user_id"))
    question = question_of(request, key, served, ids, {**told, "url": asked.url} if asked.url else told)
    if asked.forcedVariations:
        forced = {name: index for name, index in asked.forcedVariations.items() if type(index) is int}
        growthbook_remote.force(served, question, forced)
    return Answer(200, growthbook_remote.answer(served, question), JSON)


def post_track(request: Request) -> Answer:
    """``POST /track?client_key=<pk>``."""
    key = client_key_in(request.query("client_key"), request)
    phases = {name: one.phase for name, one in configuration(key.project_id).running.items()}
    batch = parse(request.body(), Arrival(datetime.now(UTC), phases, KEPT))
    return json_answer(200, {"results": [receipt.as_json() for receipt in take(request, key, batch)]})


def _id(value: Any) -> str:
    """Whom the SDK would hash; empty for nobody."""
    return normal_id(id_text(value)) or ""


def _read(body: bytes) -> _Asked:
    try:
        return DECODER.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Refused(400, "unreadable", f'Send JSON such as {{"attributes": {{}}}}: {str(error)[:200]}') from error
