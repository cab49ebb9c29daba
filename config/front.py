"""The thin front: hot paths are answered here, before Django and its middleware see the request."""

import logging
import re
from collections.abc import Callable, Iterable
from typing import Any

from django.db import Error, connections

from experiments.api.assign import post_assign
from experiments.api.client import get_configuration, get_script
from experiments.api.growthbook import get_features, post_eval, post_track
from experiments.api.ofrep import post_flag, post_flags
from experiments.snapshot import SNAPSHOT
from tracking.access import KEYRING
from tracking.api.debugging import post_debug
from tracking.api.events import post_events
from tracking.api.ga4 import post_collect, post_debug_collect
from tracking.api.inventory import post_inventory
from tracking.api.operations import get_metrics, get_ready
from tracking.api.segment import POSTS, get_settings, get_source
from tracking.wire.http import (
    ASKED_DATABASE,
    PREFLIGHT,
    TRUSTED_PROXIES,
    Answer,
    Door,
    Refused,
    Request,
    error_answer,
    headers_of,
    packed,
)

log = logging.getLogger(__name__)
# These tell of the installation itself: no page of anybody may read them.
PRIVATE = frozenset({"/readyz", "/metrics"})
StartResponse = Callable[[str, list[tuple[str, str]]], object]
WsgiApp = Callable[[dict[str, Any], Any], Iterable[bytes]]

# By address. One that ends in a slash stands for all with one more part, which the door finds in ``request.tail``;
# a star stands for any part before the last.
DOORS: dict[str, tuple[str, Door]] = {
    "/v1/events": ("POST", post_events),
    "/v1/assign": ("POST", post_assign),
    "/v1/debug": ("POST", post_debug),
    "/v1/inventory": ("POST", post_inventory),
    "/v1/client.js": ("GET", get_script),
    "/v1/client/": ("GET", get_configuration),
    "/ofrep/v1/evaluate/flags": ("POST", post_flags),
    "/ofrep/v1/evaluate/flags/": ("POST", post_flag),
    "/api/features/": ("GET", get_features),
    "/api/eval/": ("POST", post_eval),
    "/track": ("POST", post_track),
    **{address: ("POST", door) for address, door in POSTS.items()},
    "/v1/projects/*/settings": ("GET", get_settings),
    "/sourceConfig/": ("GET", get_source),
    "/mp/collect": ("POST", post_collect),
    "/debug/mp/collect": ("POST", post_debug_collect),
    "/readyz": ("GET", get_ready),
    "/metrics": ("GET", get_metrics),
    "/livez": ("GET", lambda _: Answer(200, b"ok", {"Content-Type": "text/plain"})),
}
# Below these nothing of Django is, whose pages no client can read.
OURS = re.compile(r"/+(?:v1|track|mp|debug/mp|ofrep|beacon|sourceConfig)(?:/|$)")
# These may have used a connection, which must go back. All others answer from memory, and looking whether there is one
# would cost them a sixth of their time.
ASK_DATABASE = frozenset({"/v1/events", "/track", "/v1/debug", "/v1/inventory", "/mp/collect", *POSTS})


def in_front_of(
    django: WsgiApp, *, release: Callable[[], None] = connections.close_all, trusted_proxies: int = 0
) -> WsgiApp:
    """A WSGI application that answers the hot paths itself and leaves all others to ``django``.

    ``release`` gives the database connection back to the pool: no request signals reach us that would.
    ``trusted_proxies``: how many of our own gateways add the address they saw to X-Forwarded-For.
    """

    def front(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        found, tail = DOORS.get(path), ""
        if found is None:
            above, _, tail = path.rpartition("/")
            found = (DOORS.get(f"{above}/") or DOORS.get(f"{above.rpartition('/')[0]}/*/{tail}")) if tail else None
        if found is None and not OURS.match(path):
            return django(environ, start_response)
        environ[TRUSTED_PROXIES] = trusted_proxies
        request = Request(environ, tail)
        asks = path in ASK_DATABASE or not (KEYRING.is_loaded and SNAPSHOT.is_loaded)
        try:
            answer = packed(_answer(request, *(found or (request.method, nowhere))), request)
        finally:
            request.finish()
            if asks or ASKED_DATABASE in environ:
                release()
        headers = headers_of(answer, request.header("Origin"))
        if path in PRIVATE:
            headers = [one for one in headers if not one[0].startswith("Access-Control-")]
        start_response(answer.status_line, headers)
        return [answer.body] if environ["REQUEST_METHOD"] != "HEAD" else []

    return front


def nowhere(_request: Request) -> Answer:
    raise Refused(404, "not_found", "There is nothing at this address.")


def _answer(request: Request, method: str, door: Door) -> Answer:
    asked = request.environ["REQUEST_METHOD"]
    if asked == "OPTIONS" and request.path not in PRIVATE:
        return Answer(204, b"", PREFLIGHT)
    if asked != method and not (asked == "HEAD" and method == "GET"):
        refused = error_answer(Refused(405, "method_not_allowed", f"Use {method}."))
        return Answer(refused.status, refused.body, {**refused.headers, "Allow": f"{method}, OPTIONS"})
    try:
        return door(request)
    except Refused as error:
        return error_answer(error)
    except Error as error:
        log.warning("%s: the database did not answer: %s", request.path, error)
        return error_answer(
            Refused(503, "unavailable", "The database is not answering. Send it again soon, it counts once.")
        )
    except Exception:
        # The edge of the house: a fault of ours is recorded and still answered in the caller's language.
        log.exception("%s failed", request.path)
        return error_answer(Refused(500, "fault", "A fault of the server. It has been recorded."))
