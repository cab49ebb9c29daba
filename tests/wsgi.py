"""Ask the thin front as a web server would, without one."""

import io
import json
from dataclasses import dataclass
from typing import Any

from config.front import in_front_of

BEHIND = b"django"


@dataclass(frozen=True)
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        return str(self.json["errors"][0]["code"])


def django_behind(_environ: dict[str, Any], start_response: Any) -> list[bytes]:
    start_response("200 OK", [])
    return [BEHIND]


def ask(method: str, path: str, body: object = None, *, key: str = "", **headers: str) -> Reply:
    """``body``: bytes as they are, anything else as JSON. ``headers``: ``Content_Encoding="gzip"``."""
    path, _, query = path.partition("?")
    raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    environ = {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "CONTENT_LENGTH": str(len(raw)),
        "wsgi.input": io.BytesIO(raw),
        **({"HTTP_AUTHORIZATION": f"Bearer {key}"} if key else {}),
        **{f"HTTP_{name.upper()}": value for name, value in headers.items()},
    }
    seen: list[Any] = []
    parts = in_front_of(django_behind, release=lambda: None)(
        environ, lambda status, pairs: seen.extend([status, pairs])
    )
    return Reply(int(seen[0].split()[0]), dict(seen[1]), b"".join(parts))
