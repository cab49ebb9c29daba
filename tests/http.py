"""A small HTTP client for tests against a running house."""

import http.client
import json
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

# Seconds: a key made a moment ago is known to every process within five, not at once.
A_KEY_IS_KNOWN = 5.0


class Caller:
    """One kept-alive connection that speaks JSON with one key."""

    def __init__(self, base_url: str, key: str) -> None:
        parts = urlsplit(base_url)
        self.connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)
        self.headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}

    def __call__(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        raw = None if body is None else json.dumps(body).encode()
        self.connection.request(method, path, raw, self.headers)
        answer = self.connection.getresponse()
        content = answer.read()
        return answer.status, json.loads(content) if content else None

    def ok(self, method: str, path: str, body: object = None) -> Any:
        status, content = self(method, path, body)
        deadline = time.monotonic() + A_KEY_IS_KNOWN
        while status == 401 and time.monotonic() < deadline:
            time.sleep(0.2)
            status, content = self(method, path, body)
        assert 200 <= status < 300, (status, content)
        return content


def eventually(look: Callable[[], Any], *, seconds: float = 60) -> Any:
    """The first truthy answer; fails with the last one when none comes in time."""
    deadline, seen = time.monotonic() + seconds, None
    while time.monotonic() < deadline:
        if seen := look():
            return seen
        time.sleep(0.2)
    raise AssertionError(f"still {seen!r} after {seconds} s")
