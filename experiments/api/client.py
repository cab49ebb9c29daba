"""What a web page loads: the browser client and its configuration."""

import hashlib
from pathlib import Path

from experiments.snapshot import configuration
from tracking.access import key_of
from tracking.wire.http import Answer, Request, json_answer

SCRIPT = Path(__file__).resolve().parent.parent / "static" / "experiments" / "client.js"


def _unless_known(request: Request, answer: Answer) -> Answer:
    """The answer with an ETag of its body; 304 when the client has just that."""
    tag = f'"{hashlib.sha256(answer.body).hexdigest()[:20]}"'
    headers = {**answer.headers, "ETag": tag}
    if tag in request.header("If-None-Match"):
        return Answer(304, b"", headers)
    return Answer(answer.status, answer.body, headers)


def get_script(request: Request) -> Answer:
    headers = {"Content-Type": "text/javascript; charset=utf-8", "Cache-Control": "public, max-age=300"}
    return _unless_known(request, Answer(200, SCRIPT.read_bytes(), headers))


def get_configuration(request: Request) -> Answer:
    """Clicks that become events. Addressed by ``/v1/client/<pk>.json``; the front passes the key on as ``?key=``."""
    served = configuration(key_of(request).project_id)
    clicks = [{"event": goal.event, "selector": goal.selector} for goal in served.clicks]
    content = {"config": served.number, "clicks": clicks}
    return _unless_known(request, json_answer(200, content, {"Cache-Control": "public, max-age=10"}))
