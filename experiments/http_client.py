"""A Microlift server over HTTP: connections stay open, and a request that got no answer is sent again."""

import gzip
import http.client
import random
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import msgspec

# Numbers keep their digits: money is Decimal here and a JSON number on the wire.
ENCODER = msgspec.json.Encoder(decimal_format="number")
BUSY = frozenset({429, 502, 503, 504})
SECONDS_FOR_AN_ANSWER = 30
LONGEST_PAUSE = 5.0
# Below this, packing costs more than it saves.
WORTH_PACKING = 2_000


class ServerRefused(Exception):
    """The server understood and said no."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status


class NotReachable(Exception):
    """No answer for as long as we were patient."""


@dataclass(frozen=True, slots=True)
class _Reply:
    status: int
    body: bytes
    retry_after: str


class HttpClient:
    """``patience``: for how many seconds a request is repeated while the server is away or busy.

    Everything sent must bear repeating: events carry ids of their own. Each thread keeps a connection of its own.
    """

    def __init__(self, url: str, key: str, *, patience: float = 60.0) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise NotReachable(f"{url!r} is no web address: write http://host:port")
        secure = parts.scheme == "https"
        self._connection_kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        self._host, self._port, self._prefix = parts.hostname, parts.port, parts.path.rstrip("/")
        self.url = url.rstrip("/")
        self.key, self._patience = key, patience
        self._mine = threading.local()
        self._date = ""

    @property
    def server_time(self) -> datetime:
        """The server's clock at its last answer, in whole seconds; ours where it does not tell."""
        return parsedate_to_datetime(self._date) if self._date else datetime.now(UTC)

    def get(self, path: str) -> Any:
        return self._ask("GET", path, b"")

    def find(self, path: str) -> Any:
        """As ``get``; None where the server knows nothing of this name."""
        try:
            return self.get(path)
        except ServerRefused as error:
            if error.status == 404:
                return None
            raise

    def post(self, path: str, content: object, *, packed: bool = False) -> Any:
        """``packed``: gzipped, which the hot paths take and the management API does not."""
        return self._ask("POST", path, ENCODER.encode(content), packed=packed)

    def _ask(self, method: str, path: str, body: bytes, *, packed: bool = False) -> Any:
        """The answer's JSON. Raises ``ServerRefused`` for a no, ``NotReachable`` when patience has run out."""
        headers = {"Authorization": f"Bearer {self.key}", "Accept": "application/json"}
        if body:
            headers["Content-Type"] = "application/json"
        if packed and len(body) > WORTH_PACKING:
            body, headers["Content-Encoding"] = gzip.compress(body, compresslevel=1), "gzip"
        deadline = time.monotonic() + self._patience
        tries = 0
        while True:
            outcome = self._once(method, path, body, headers)
            if isinstance(outcome, _Reply) and outcome.status not in BUSY:
                return _content(outcome)
            pause = _pause(outcome, tries)
            tries += 1
            if time.monotonic() + pause > deadline:
                raise NotReachable(f"{self.url} does not answer: {_complaint(outcome)}")
            time.sleep(pause)

    def _once(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> _Reply | Exception:
        connection = self._connection()
        try:
            connection.request(method, self._prefix + path, body or None, dict(headers))
            answer = connection.getresponse()
            self._date = answer.headers.get("Date", "")
            return _Reply(answer.status, answer.read(), answer.headers.get("Retry-After", ""))
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            return error

    def _connection(self) -> http.client.HTTPConnection:
        connection: http.client.HTTPConnection | None = getattr(self._mine, "connection", None)
        if connection is None:
            connection = self._connection_kind(self._host, self._port, timeout=SECONDS_FOR_AN_ANSWER)
            self._mine.connection = connection
        return connection


def _pause(outcome: _Reply | Exception, tries: int) -> float:
    """At once after a kept connection turned out closed; then longer and longer, and as long as the server asks for."""
    if isinstance(outcome, _Reply) and outcome.retry_after.isdecimal():
        return min(float(outcome.retry_after), LONGEST_PAUSE)
    return 0.0 if tries == 0 else min(0.1 * 2**tries, LONGEST_PAUSE) * random.uniform(0.5, 1.0)


def _content(reply: _Reply) -> Any:
    if reply.status >= 300:
        raise ServerRefused(reply.status, _complaint(reply))
    try:
        return msgspec.json.decode(reply.body) if reply.body else None
    except msgspec.DecodeError as error:
        raise ServerRefused(reply.status, "the answer is not JSON: is this a Microlift server?") from error


def _complaint(outcome: _Reply | Exception) -> str:
    """What the server says is wrong, in one line."""
    if isinstance(outcome, Exception):
        return str(outcome) or type(outcome).__name__
    try:
        errors = msgspec.json.decode(outcome.body)["errors"]
        said = "; ".join(": ".join(filter(None, [error.get("attr"), error["detail"]])) for error in errors)
    except (msgspec.DecodeError, KeyError, TypeError, AttributeError):
        said = outcome.body[:200].decode("utf-8", "replace")
    return f"{outcome.status} {said}".strip()
