"""Where Segment's and RudderStack's clients look: their events, and the settings that they ask for before any."""

import base64
import binascii
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial, wraps

from django.conf import settings
from django.db import Error

from tracking.access import KnownKey, bearer, client_key_in, key_named
from tracking.intake import take
from tracking.models import KeyKind
from tracking.wire.http import Answer, Door, Refused, Request, json_answer
from tracking.wire.segment import parse, write_key_in
from tracking.wire.times import latest_from

log = logging.getLogger(__name__)
# RudderStack's client for Python takes this status alone for success, and Segment promises this body.
SUCCESS = json_answer(200, {"success": True})
# A page keeps them this long; a key that is revoked meanwhile is refused with the first event.
CACHING = {"Cache-Control": "public, max-age=60", "Vary": "Origin, Accept-Encoding"}
SILENT = {"enabled": False}


def in_their_words(door: Callable[..., Answer]) -> Callable[..., Answer]:
    """Errors as these clients read them: one of them dies of an error without ``code`` and ``message``."""

    @wraps(door)
    def answer(request: Request, **told: str) -> Answer:
        try:
            return door(request, **told)
        except Refused as error:
            refused = error
        except Error as error:
            log.warning("%s: the database did not answer: %s", request.path, error)
            refused = Refused(503, "unavailable", "The database is not answering: send it again, it counts once.")
        return json_answer(refused.status, {"code": refused.code, "message": refused.detail}, refused.headers)

    return answer


@in_their_words
def post_messages(request: Request, *, kind: str) -> Answer:
    """``kind``: what the address says that the body is."""
    body, received_at = request.body(), datetime.now(UTC)
    key = _key_of(request, body)
    # Whoever reads a page has its key: what is old may only be imported with one that is secret.
    kind = "batch" if kind == "import" and key.kind == KeyKind.CLIENT else kind
    take(request, key, parse(body, received_at, kind, latest=latest_from(key.source)))
    # Also when some were refused: these clients would send the whole batch again, or end their process.
    return SUCCESS


@in_their_words
def get_settings(request: Request) -> Answer:
    """``GET /v1/projects/<pk>/settings``: what Segment's script asks its CDN for."""
    token = request.path.removeprefix("/v1/projects/").removesuffix("/settings")
    client_key_in(token, request)
    protocol, _, host = settings.PUBLIC_URL.rstrip("/").partition("://")
    destination = {"apiKey": token, "apiHost": f"{host}/v1", "protocol": protocol}
    # Unless told otherwise, the script reports measurements of itself to Segment.
    content = {"integrations": {"Segment.io": destination}, "plan": {}, "metrics": {"sampleRate": 0}}
    return json_answer(200, content, CACHING)


@in_their_words
def get_source(request: Request) -> Answer:
    """``GET /sourceConfig/?writeKey=<pk>``: what RudderStack's script asks for; it sends everything to us alone."""
    token = _basic(request.header("Authorization")) or request.query("writeKey")
    client_key_in(token, request)
    reports = {"statsCollection": {"errors": SILENT, "metrics": SILENT}}
    source = {
        "id": token,
        "name": "Microlift",
        "writeKey": token,
        "enabled": True,
        "config": reports,
        "connections": [],
        "destinations": [],
        "workspaceId": "",
    }
    return json_answer(200, {"source": source}, CACHING)


def _key_of(request: Request, body: bytes) -> KnownKey:
    """Servers send it in a header; beacons and pages in the address or the body."""
    header = request.header("Authorization")
    if token := _basic(header) or bearer(header):
        return key_named(token, request)
    if token := request.query("writeKey"):
        return client_key_in(token, request)
    return key_named(write_key_in(body), request)


def _basic(header: str) -> str:
    """The user's name in ``Authorization: Basic …``, which is the key; empty for anything else."""
    scheme, _, coded = header.partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(coded.strip(), validate=True).decode().partition(":")[0]
    except (binascii.Error, ValueError):
        return ""


LONG = ("track", "page", "screen", "identify", "alias", "group", "batch", "import")
SHORT = {"t": "track", "p": "page", "s": "screen", "i": "identify", "a": "alias", "g": "group", "b": "batch"}
# By address; all of them may write.
POSTS: dict[str, Door] = {
    **{f"/v1/{kind}": partial(post_messages, kind=kind) for kind in LONG},
    **{f"/v1/{name}": partial(post_messages, kind=kind) for name, kind in SHORT.items()},
    "/beacon/v1/batch": partial(post_messages, kind="batch"),
}
