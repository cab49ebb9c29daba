"""POST /v1/assign: which variant to show. Reads memory only and writes nothing; asking is not exposure."""

from typing import Any

import msgspec

from experiments.asking import question_of
from experiments.delivery import native
from experiments.snapshot import configuration
from tracking.access import key_of
from tracking.wire.http import JSON, Answer, Refused, Request
from tracking.wire.ids import normal_id

LARGEST_QUESTION = 65_536
MOST_EXPERIMENTS = 200


class _Asked(msgspec.Struct):
    visitor_id: str
    user_id: str | None = None
    attributes: dict[str, Any] | None = None
    experiments: list[str] | None = None


DECODER = msgspec.json.Decoder(_Asked)


def post_assign(request: Request) -> Answer:
    key = key_of(request)
    asked = _read(request.body(LARGEST_QUESTION))
    visitor_id = normal_id(asked.visitor_id)
    if visitor_id is None:
        raise Refused(
            400, "illegal_visitor_id", "This id names nobody: send the id that the visitor keeps.", "visitor_id"
        )
    if asked.experiments is not None and len(asked.experiments) > MOST_EXPERIMENTS:
        detail = f"Ask for at most {MOST_EXPERIMENTS} experiments at once, or leave the list out for all."
        raise Refused(413, "too_many_experiments", detail, "experiments")
    served = configuration(key.project_id)
    user_id = normal_id(asked.user_id) or "" if asked.user_id else ""
    question = question_of(request, key, served, (visitor_id, user_id), asked.attributes)
    return Answer(200, native.answer(served, question, asked.experiments), JSON)


def _read(body: bytes) -> _Asked:
    try:
        return DECODER.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Refused(400, "unreadable", f'Send JSON such as {{"visitor_id": "…"}}: {str(error)[:200]}') from error
