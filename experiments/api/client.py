"""What a web page loads: the browser client, its parts and its configuration."""

import base64
import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from experiments.delivery.browser import configuration_of
from experiments.delivery.tags import tag_of
from experiments.snapshot import configuration
from tracking.access import client_key_in
from tracking.wire.http import JSON, Answer, Refused, Request, json_answer

# Built from tracking/client/src by ``make client``.
DIST = Path(__file__).resolve().parents[2] / "tracking" / "client" / "dist"
CORE = "client.js"
INTEGRITY = "integrity.json"
VARY = {"Vary": "Origin, Accept-Encoding"}
SCRIPT_HEADERS = {
    **VARY,
    "Content-Type": "text/javascript; charset=utf-8",
    "Cache-Control": "public, max-age=300",
    # Pages that let in only what says so (COEP) take it as well.
    "Cross-Origin-Resource-Policy": "cross-origin",
}
# A copy on the way may be shown for a minute after a change: exposures of a phase that has ended count for so long.
CONFIGURATION_HEADERS = {**JSON, **VARY, "Cache-Control": "public, max-age=10, stale-while-revalidate=50"}


@dataclass(frozen=True, slots=True)
class _Script:
    plain: bytes
    packed: bytes
    tag: str
    integrity: str


@cache
def _scripts() -> Mapping[str, _Script]:
    """All that may be loaded, by name; read once a process."""
    return {path.name: _script(path.read_bytes()) for path in sorted(DIST.glob("*.js"))}


def _script(plain: bytes) -> _Script:
    digest = base64.b64encode(hashlib.sha384(plain).digest()).decode()
    # Without a time inside, so that every process sends the same bytes under the same ETag.
    return _Script(plain, gzip.compress(plain, mtime=0), tag_of(plain), f"sha384-{digest}")


def get_script(request: Request) -> Answer:
    """``GET /v1/client.js``."""
    return _script_answer(request, CORE)


def get_configuration(request: Request) -> Answer:
    """``GET /v1/client/<pk>.json``; beside it ``<part>.js``, what few pages load, and ``integrity.json``."""
    name = request.tail
    if name.endswith(".js"):
        return _script_answer(request, name)
    if name == INTEGRITY:
        digests = {name: script.integrity for name, script in _scripts().items()}
        return json_answer(200, digests, {**VARY, "Cache-Control": SCRIPT_HEADERS["Cache-Control"]})
    served = configuration(client_key_in(name.removesuffix(".json"), request).project_id)
    told = served.prepared(configuration_of)
    return _unless_known(request, (told.plain, told.packed), {**CONFIGURATION_HEADERS, "ETag": told.tag})


def _script_answer(request: Request, name: str) -> Answer:
    script = _scripts().get(name)
    if script is None:
        raise Refused(404, "unknown_script", "The browser client has no such part.")
    return _unless_known(request, (script.plain, script.packed), {**SCRIPT_HEADERS, "ETag": script.tag})


def _unless_known(request: Request, body: tuple[bytes, bytes], headers: Mapping[str, str]) -> Answer:
    """The body, plain or gzipped as the client takes it; 304 when it has just that."""
    if headers["ETag"] in request.header("If-None-Match"):
        return Answer(304, b"", headers)
    plain, packed = body
    if "gzip" in request.header("Accept-Encoding"):
        return Answer(200, packed, {**headers, "Content-Encoding": "gzip"})
    return Answer(200, plain, headers)
