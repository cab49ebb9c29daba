"""Knock at a public door as any stranger may, and see whether the answer is one of ours."""

import io
import json
from typing import Any

from config.front import in_front_of
from tests.hostile.corpus import Sent
from tests.hostile.formats import Door
from tests.wsgi import BEHIND, Reply, django_behind

# Where a server puts these two; all other headers begin with HTTP_.
BARE = {"CONTENT_LENGTH", "CONTENT_TYPE"}


def knock(door: Door, sent: Sent, key: str, *, query: str = "", below: str = "", method: str = "") -> Reply:
    """``query`` is added to the door's own, ``below`` to its path."""
    path, _, own = door.path.replace("PK", key).partition("?")
    bearer = {"Authorization": f"Bearer {key}"} if door.bearer else {}
    headers = {"Content_Length": str(len(sent.body)), "User_Agent": "Mozilla/5.0", **bearer, **sent.headers}
    names = {name: name.upper() if name.upper() in BARE else f"HTTP_{name.upper()}" for name in headers}
    environ = {
        "REQUEST_METHOD": method or door.method,
        "PATH_INFO": path + below,
        "QUERY_STRING": "&".join(part for part in (own, query.replace("PK", key)) if part),
        "wsgi.input": io.BytesIO(sent.body),
        **{names[name]: value for name, value in headers.items()},
    }
    seen: list[Any] = []
    front = in_front_of(django_behind, release=lambda: None)
    parts = front(environ, lambda status, pairs: seen.extend([status, pairs]))
    return Reply(int(seen[0].split()[0]), dict(seen[1]), b"".join(parts))


def complaint(status: int, kind: str, body: bytes) -> str:
    """Why this is no answer of ours; empty for a good one."""
    if status >= 500:
        return f"{status} {body[:200]!r}"
    if not body:
        return "" if status in {204, 304} else f"{status} without a body"
    if body == BEHIND or body.lstrip()[:1] == b"<" or b"Traceback" in body:
        return f"{status} not ours: {body[:200]!r}"
    if kind.startswith("application/json"):
        json.loads(body)
        return ""
    return "" if kind.startswith(("text/javascript", "text/plain")) and status == 200 else f"{status} as {kind!r}"


def complaint_of(reply: Reply) -> str:
    return complaint(reply.status, reply.headers.get("Content-Type", ""), reply.body)
