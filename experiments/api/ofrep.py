"""POST /ofrep/v1/evaluate/flags[/<key>]: OpenFeature's providers ask here; all errors are in OFREP's shape."""

from typing import Any

import msgspec

from experiments.asking import question_of
from experiments.assignment import Question
from experiments.delivery import ofrep
from experiments.snapshot import Configuration, configuration
from tracking.access import key_of
from tracking.wire.http import JSON, Answer, Refused, Request, json_answer
from tracking.wire.ids import id_text, normal_id

LARGEST_QUESTION = 65_536
# The error codes that OFREP lists; every other refusal is one of these as well.
CODES = frozenset({"PARSE_ERROR", "TARGETING_KEY_MISSING", "INVALID_CONTEXT", "FLAG_NOT_FOUND", "GENERAL"})


class _Asked(msgspec.Struct):
    context: dict[str, Any] | None = None


DECODER = msgspec.json.Decoder(_Asked)


def post_flags(request: Request) -> Answer:
    try:
        served, question = _asked(request)
    except Refused as error:
        return _failure(error)
    flags = ofrep.flags(served, question)
    # Of the answer itself: clients send the tag of their old context with a new one.
    tag = ofrep.tag_of_flags(flags, served.number)
    if tag in request.header("If-None-Match"):
        return Answer(304, b"", {"ETag": tag})
    return Answer(200, ofrep.body_of(flags, served.number), {**JSON, "ETag": tag})


def post_flag(request: Request) -> Answer:
    try:
        served, question = _asked(request)
        found = ofrep.flag(served, question, request.tail)
        if found is None:
            raise Refused(404, "FLAG_NOT_FOUND", "No running experiment has this key.")
    except Refused as error:
        return _failure(error, key=request.tail)
    return Answer(200, found, JSON)


def _asked(request: Request) -> tuple[Configuration, Question]:
    key = key_of(request)
    context = _context(request.body(LARGEST_QUESTION))
    targeting_key = context.pop("targetingKey", None)
    if targeting_key is None or targeting_key == "":
        raise Refused(400, "TARGETING_KEY_MISSING", "Send context.targetingKey: the id that the visitor keeps.")
    visitor_id = normal_id(targeting_key) if isinstance(targeting_key, str) else None
    if visitor_id is None:
        raise Refused(400, "INVALID_CONTEXT", "This targetingKey names nobody: send the id that the visitor keeps.")
    user_id = context.get("user_id")
    served = configuration(key.project_id)
    ids = visitor_id, normal_id(id_text(user_id)) or "" if user_id is not None else ""
    return served, question_of(request, key, served, ids, context)


def _context(body: bytes) -> dict[str, Any]:
    try:
        return DECODER.decode(body).context or {}
    except msgspec.ValidationError as error:
        raise Refused(400, "INVALID_CONTEXT", f"context must be an object: {str(error)[:200]}") from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        detail = f'Send JSON such as {{"context": {{"targetingKey": "…"}}}}: {str(error)[:200]}'
        raise Refused(400, "PARSE_ERROR", detail) from error


def _failure(error: Refused, **named: str) -> Answer:
    code = error.code if error.code in CODES else "PARSE_ERROR" if error.status == 400 else "GENERAL"
    return json_answer(error.status, {**named, "errorCode": code, "errorDetails": error.detail}, error.headers)
