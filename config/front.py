"""The thin front: hot paths are answered here, before Django and its middleware see the request."""

import logging
import re
from collections.abc import Callable, Iterable
from typing import Any

from django.db import Error, connections

from experiments.api.assign import post_assign
from experiments.api.client import get_configuration, get_script
from tracking.api.events import post_events
from tracking.wire.http import Answer, Door, Refused, Request, error_answer, with_cors

log = logging.getLogger(__name__)
StartResponse = Callable[[str, list[tuple[str, str]]], object]
WsgiApp = Callable[[dict[str, Any], Any], Iterable[bytes]]

DOORS: dict[str, tuple[str, Door]] = {
    "/v1/events": ("POST", post_events),
    "/v1/assign": ("POST", post_assign),
    "/v1/client.js": ("GET", get_script),
    "/v1/client.json": ("GET", get_configuration),
    "/livez": ("GET", lambda _: Answer(200, b"ok", {"Content-Type": "text/plain"})),
}
CLIENT_CONFIGURATION = re.compile(r"/v1/client/(pk_[\w-]+)\.json")


def in_front_of(django: WsgiApp, *, release: Callable[[], None] = connections.close_all) -> WsgiApp:
    """A WSGI application that answers the hot paths itself and leaves all others to ``django``.

    ``release`` gives the database connection back to the pool: no request signals reach us that would.
    """

    def front(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if found := CLIENT_CONFIGURATION.fullmatch(path):
            path, environ["QUERY_STRING"] = "/v1/client.json", f"key={found[1]}"
        if path not in DOORS:
            return django(environ, start_response)
        method, door = DOORS[path]
        request = Request(environ)
        try:
            answer = with_cors(_answer(request, method, door), request.header("Origin"))
        finally:
            release()
        headers = [*answer.headers.items(), ("Content-Length", str(len(answer.body)))]
        start_response(answer.status_line, headers)
        return [answer.body] if environ["REQUEST_METHOD"] != "HEAD" else []

    return front


def _answer(request: Request, method: str, door: Door) -> Answer:
    if request.method == "OPTIONS":
        return Answer(204)
    if request.method not in {method, "HEAD" if method == "GET" else method}:
        refused = error_answer(Refused(405, "method_not_allowed", f"Use {method}."))
        return Answer(refused.status, refused.body, {**refused.headers, "Allow": f"{method}, OPTIONS"})
    try:
        return door(request)
    except Refused as error:
        return error_answer(error)
    except Error as error:
        log.warning("%s: the database did not answer: %s", request.path, error)
        return error_answer(
            Refused(503, "unavailable", "The database is not answering, so nothing was stored. Try again soon.")
        )
    except Exception:
        # The edge of the house: a fault of ours is recorded and still answered in the caller's language.
        log.exception("%s failed", request.path)
        return error_answer(Refused(500, "fault", "A fault of the server. It has been recorded."))
