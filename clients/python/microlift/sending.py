"""To the server: questions over kept connections, and events by a thread until the server has confirmed them."""

import json
import logging
import random
import threading
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

log = logging.getLogger("microlift")
# The server takes 500 events and a megabyte at once. Seconds that an event waits for company, and for a busy server.
MOST_AT_ONCE, LARGEST_BATCH, COMPANY, LONGEST_PAUSE = 500, 500_000, 0.2, 30.0
# For a dead server this many are kept; then the oldest go.
MOST_WAITING = 10_000


class NotAnswered(Exception):
    """The server said no (``status``), or did not answer in time (0). ``wait``: seconds that it asks us to wait."""

    def __init__(self, detail: str, status: int = 0, wait: str = "") -> None:
        super().__init__(detail)
        self.status, self.wait = status, float(wait) if wait.isdecimal() else 0.0


class Wire(threading.local):
    """JSON both ways; each thread keeps a connection of its own."""

    def __init__(self, url: str, key: str, timeout: float) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError(f"{url!r} is no web address: write https://host")
        kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        self._connection, self._prefix = kind(parts.hostname, parts.port, timeout=timeout), parts.path.rstrip("/")
        self._headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}

    def post(self, path: str, body: bytes, wanted: str) -> Any:
        """This field of the answer. Raises ``NotAnswered``."""
        kept = self._connection.sock is not None
        try:
            self._connection.request("POST", self._prefix + path, body, self._headers)
            answer = self._connection.getresponse()
            content = answer.read()
        except (OSError, HTTPException) as error:
            # Half an answer must not be read as the next one; and a kept connection may have been closed meanwhile.
            self._connection.close()
            if kept and isinstance(error, ConnectionError):
                return self.post(path, body, wanted)
            raise NotAnswered(str(error) or type(error).__name__) from error
        if answer.status >= 300:
            raise NotAnswered(
                f"{answer.status} {content[:300]!r}", answer.status, answer.headers.get("Retry-After", "")
            )
        try:
            return json.loads(content)[wanted]
        except (ValueError, KeyError, TypeError) as error:
            raise NotAnswered(f"the answer has no {wanted}: is this a Microlift server?", 502) from error


class Outbox:
    def __init__(self, wire: Wire) -> None:
        self._wire, self._waiting, self._changed = wire, dict[str, bytes](), threading.Condition()
        self._thread, self._closing, self.dropped = threading.Thread(), False, 0

    def put(self, event: dict[str, Any]) -> None:
        body = json.dumps(event, allow_nan=False).encode()
        with self._changed:
            if len(self._waiting) >= MOST_WAITING:
                self._waiting.pop(next(iter(self._waiting)))
                self.dropped += 1
            self._waiting[event["id"]] = body
            if not self._thread.is_alive() and not self._closing:
                self._thread = threading.Thread(target=self._work, name="microlift", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def flush(self, timeout: float) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: not self._waiting, timeout)

    def close(self, timeout: float) -> bool:
        done = self.flush(timeout)
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        return done

    def _work(self) -> None:
        failures, pause = 0, COMPANY
        while batch := self._next(pause):
            failures, pause = failures + 1, COMPANY
            try:
                results = self._wire.post("/v1/events", b'{"events":[%b]}' % b",".join(batch.values()), "results")
                refused = [one for one in results if one["status"] == "rejected"]
            except NotAnswered as error:
                if error.status in {0, 408, 429} or error.status >= 500:
                    longest = min(COMPANY * 2 ** min(failures, 10), LONGEST_PAUSE)
                    pause = max(error.wait, longest * random.uniform(0.5, 1.0))
                    continue
                refused = [error] * len(batch)
            if refused:
                log.warning("%d events were refused: %s", len(refused), refused[0])
            failures, self.dropped = 0, self.dropped + len(refused)
            with self._changed:
                self._waiting = {name: body for name, body in self._waiting.items() if name not in batch}
                self._changed.notify_all()

    def _next(self, pause: float) -> dict[str, bytes]:
        """The oldest events, as many as go at once; none at the end."""
        batch, size = dict[str, bytes](), 0
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closing)
            self._changed.wait_for(lambda: self._closing, pause)
            for name, body in () if self._closing else self._waiting.items():
                size += len(body)
                if batch and (len(batch) == MOST_AT_ONCE or size > LARGEST_BATCH):
                    break
                batch[name] = body
        return batch
