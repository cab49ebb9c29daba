"""What a web page loads: the browser client and its configuration."""

import gzip
import hashlib
import re
from functools import cache
from pathlib import Path
from typing import Any

from experiments.plan import Plan
from experiments.snapshot import configuration
from tracking.access import client_key_in
from tracking.wire.http import Answer, Request, json_answer

SCRIPTS = Path(__file__).resolve().parent.parent / "static" / "experiments"
SCRIPT = SCRIPTS / "client.js"
PREVIEW = SCRIPTS / "preview.js"
# A quarter of a script, which no visitor reads: comments (there on lines of their own) and indentation.
FOR_READERS = re.compile(rb"^\s*//.*\n|^\s+", re.MULTILINE)


def _unless_known(request: Request, answer: Answer) -> Answer:
    """The answer with an ETag of its body; 304 when the client has just that."""
    tag = f'"{hashlib.sha256(answer.body).hexdigest()[:20]}"'
    headers = {**answer.headers, "ETag": tag}
    if tag in request.header("If-None-Match"):
        return Answer(304, b"", headers)
    return Answer(answer.status, answer.body, headers)


@cache
def _script(path: Path) -> tuple[bytes, bytes]:
    """A script as it is sent, plain and gzipped."""
    plain = FOR_READERS.sub(b"", path.read_bytes())
    # Without a time inside, so that every process sends the same bytes under the same ETag.
    return plain, gzip.compress(plain, mtime=0)


def get_script(request: Request, path: Path = SCRIPT) -> Answer:
    plain, packed = _script(path)
    headers = {
        "Content-Type": "text/javascript; charset=utf-8",
        "Cache-Control": "public, max-age=300",
        "Vary": "Origin, Accept-Encoding",
    }
    if "gzip" not in request.header("Accept-Encoding"):
        return _unless_known(request, Answer(200, plain, headers))
    return _unless_known(request, Answer(200, packed, {**headers, "Content-Encoding": "gzip"}))


def get_configuration(request: Request) -> Answer:
    """What the page listens for: ``/v1/client/<pk>.json``. Beside it ``preview.js``, the script's part for previews."""
    if request.tail == PREVIEW.name:
        return get_script(request, PREVIEW)
    served = configuration(client_key_in(request.tail.removesuffix(".json"), request).project_id)
    clicks = [{"event": goal.event, "selector": goal.selector} for goal in served.clicks]
    plans = {name: running.plan for name, running in served.running.items()}
    experiments = {name: _seen(plan) for name, plan in plans.items() if not plan.external}
    content: dict[str, Any] = {"config": served.number, "clicks": clicks, "experiments": experiments}
    return _unless_known(request, json_answer(200, content, {"Cache-Control": "public, max-age=10"}))


def _seen(plan: Plan) -> dict[str, Any]:
    """Where meeting it is the exposure. ``redirect``: already at load, and the payload's url leads to another page."""
    return {"selectors": _selectors(plan), **({"redirect": True} if plan.kind == "redirect" else {})}


def _selectors(plan: Plan) -> list[str] | None:
    """Where seeing any of these elements is the exposure, the same for all variants: a control names no element itself.

    None where the page itself says that it shows the variant.
    """
    if plan.kind != "cta":
        return None
    named = [variant.payload.get("selector") for variant in plan.variants]
    return list(dict.fromkeys(selector for selector in named if selector))
