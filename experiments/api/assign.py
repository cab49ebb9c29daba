"""POST /v1/assign: which variant to show. Reads memory only and writes nothing; asking is not exposure."""

from typing import Any

import msgspec

from experiments.plan import assign
from experiments.snapshot import Configuration, configuration
from tracking.access import key_of
from tracking.wire.http import Answer, Refused, Request, json_answer
from tracking.wire.ids import normal_id

LARGEST_QUESTION = 65_536
MOST_EXPERIMENTS = 200


class _Question(msgspec.Struct):
    visitor_id: str
    user_id: str | None = None
    attributes: msgspec.Raw | None = None
    experiments: list[str] | None = None


def post_assign(request: Request) -> Answer:
    key = key_of(request)
    question = _read(request.body(LARGEST_QUESTION))
    visitor_id = normal_id(question.visitor_id)
    if visitor_id is None:
        raise Refused(
            400, "illegal_visitor_id", "This id names nobody: send the id that the visitor keeps.", "visitor_id"
        )
    served = configuration(key.project_id)
    wanted = question.experiments
    if wanted is not None and len(wanted) > MOST_EXPERIMENTS:
        detail = f"Ask for at most {MOST_EXPERIMENTS} experiments at once, or leave the list out for all."
        raise Refused(413, "too_many_experiments", detail, "experiments")
    if wanted is None:
        wanted = [name for name, running in served.running.items() if not running.plan.external]
    user_id = normal_id(question.user_id or "") or ""
    assignments = {name: _answer(served, name, visitor_id, user_id) for name in wanted}
    return json_answer(200, {"visitor_id": visitor_id, "config": served.number, "assignments": assignments})


def _read(body: bytes) -> _Question:
    try:
        return msgspec.json.decode(body, type=_Question)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Refused(400, "unreadable", f'Send JSON such as {{"visitor_id": "…"}}: {str(error)[:200]}') from error


def _answer(served: Configuration, name: str, visitor_id: str, user_id: str) -> dict[str, Any]:
    running = served.running.get(name)
    if running is None or running.plan.external:
        reason = "not_running" if running is None else "external"
        return {"variant": None, "in_experiment": False, "reason": reason, "payload": None}
    found = assign(running.plan, visitor_id, user_id)
    return {
        "variant": found.variant.key,
        "in_experiment": found.in_experiment,
        "reason": found.reason,
        "payload": found.variant.payload,
    }
