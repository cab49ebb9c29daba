"""Requests and answers of the hot paths, pure: bodies read with a limit, errors in one shape, CORS on every answer."""

import gzip
import json
import re
import zlib
from collections.abc import Callable, Mapping
from functools import lru_cache
from threading import BoundedSemaphore
from typing import Any, Protocol
from urllib.parse import parse_qs

import msgspec
import orjson

MEGABYTE = 1_048_576
LARGEST_BODY = MEGABYTE
# What a gzipped body may grow to: four times the limit of a plain one.
LARGEST_INFLATED = 4 * MEGABYTE
# Every value but the first of a list or object follows a comma, and the first a bracket. Beyond this, a few kilobytes
# of gzip would become millions of objects; 500 events have room for 400 values each.
MOST_VALUES = 200_000
# Beyond so much, bodies are unpacked and read by few at once: a few kilobytes of gzip become many megabytes.
LARGE, LARGE_AT_ONCE, LARGE_WAIT = 262_144, 3, 2.0

STATUS_LINES = {
    200: "200 OK",
    204: "204 No Content",
    304: "304 Not Modified",
    400: "400 Bad Request",
    401: "401 Unauthorized",
    403: "403 Forbidden",
    404: "404 Not Found",
    405: "405 Method Not Allowed",
    413: "413 Content Too Large",
    415: "415 Unsupported Media Type",
    429: "429 Too Many Requests",
    500: "500 Internal Server Error",
    503: "503 Service Unavailable",
}
# Of a Content-Length: enough for all sizes that there are.
MOST_DIGITS = 18
# Our pages and clients send a key and no more.
LONGEST_KEPT = 500
# Below this, packing an answer costs more than it saves.
WORTH_PACKING = 4_000
JSON = {"Content-Type": "application/json"}
# A gateway in front of us that is trusted adds one address to X-Forwarded-For; so many are believed.
TRUSTED_PROXIES = "microlift.trusted_proxies"
# Said in the environ by a door that answers from memory and for once had to ask the database all the same.
ASKED_DATABASE = "microlift.asked_database"
# There while a request has one of the turns for large bodies.
LARGE_BODY = "microlift.large_body"
TURNS = BoundedSemaphore(LARGE_AT_ONCE)
# What a browser asks before it asks, and only then.
PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, POST, OPTIONS",
    # From ``sentat`` on they are RudderStack's; those with ``rsa-`` it sends only when it tries again.
    "Access-Control-Allow-Headers": "authorization, content-type, x-api-key, if-none-match, x-retry-count, sentat, "
    "anonymousid, rsa-recovered, rsa-retry-attempt, rsa-retry-reason, rsa-since-first-attempt, rsa-since-last-attempt",
    "Access-Control-Max-Age": "7200",
}
EXPOSED = ("Access-Control-Expose-Headers", "ETag, Retry-After, X-SSE-Support")
# What is said to be JSON is not looked at for anything else: it may hold what a stranger has sent.
NO_SNIFFING = ("X-Content-Type-Options", "nosniff")
# One address and no more: of two Origin headers a server makes one, with a comma.
ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://[^\s,/?#@\\]{0,300}", re.IGNORECASE)


class Body(Protocol):
    def read(self, size: int, /) -> bytes: ...


class Refused(Exception):
    """The request cannot be answered; becomes a JSON error with this status. ``retry_after``: whole seconds."""

    def __init__(
        self, status: int, code: str, detail: str, attr: str | None = None, *, retry_after: int | None = None
    ) -> None:
        super().__init__(detail)
        self.status, self.code, self.detail, self.attr = status, code, detail, attr
        self.retry_after = 5 if retry_after is None and status == 503 else retry_after

    @property
    def headers(self) -> dict[str, str]:
        return {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}


def _too_large() -> Refused:
    return Refused(413, "body_too_large", "The body holds too much: send less at once.")


# Structs and not dataclasses: every request makes both, and a frozen dataclass takes five times as long to make.
class Answer(msgspec.Struct, frozen=True):
    status: int
    body: bytes = b""
    headers: Mapping[str, str] = {}

    @property
    def status_line(self) -> str:
        return STATUS_LINES[self.status]


@lru_cache(maxsize=256)
def _in_environ(name: str) -> str:
    return "HTTP_" + name.upper().replace("-", "_")


def _arguments(query: str) -> Mapping[str, list[str]]:
    """Of a long query, which only strangers send, nothing is kept: parsed, 64 KB of it fill more than a megabyte."""
    return _kept_arguments(query) if len(query) <= LONGEST_KEPT else parse_qs(query)


@lru_cache(maxsize=1024)
def _kept_arguments(query: str) -> Mapping[str, list[str]]:
    return parse_qs(query)


class Request(msgspec.Struct, frozen=True):
    """A WSGI request before Django has seen it. ``tail``: the last part of an address that ends in a parameter."""

    environ: dict[str, Any]
    tail: str = ""

    @property
    def method(self) -> str:
        return str(self.environ["REQUEST_METHOD"])

    @property
    def path(self) -> str:
        return str(self.environ.get("PATH_INFO", "")).encode("latin-1").decode("utf-8", "replace")

    def header(self, name: str) -> str:
        found: str = self.environ.get(_in_environ(name), "")
        return found

    def query(self, name: str) -> str:
        """The first value of a query argument; empty when absent."""
        raw = str(self.environ.get("QUERY_STRING", ""))
        return _arguments(raw).get(name, [""])[0] if raw else ""

    @property
    def client_ip(self) -> str:
        """Of the browser: as our own gateways tell it where there are any; what else is claimed is not believed."""
        near = str(self.environ.get("REMOTE_ADDR", ""))
        trusted = int(self.environ.get(TRUSTED_PROXIES, 0))
        hops = [hop.strip() for hop in self.header("X-Forwarded-For").split(",") if hop.strip()]
        return hops[-trusted] if trusted and len(hops) >= trusted else near

    def body(self, largest: int = LARGEST_INFLATED) -> bytes:
        """The whole body, unzipped. Raises ``Refused``: 413 over a limit, 400 or 415 for a strange encoding."""
        raw, encoding = self._raw(), self.header("Content-Encoding")
        plain = _decoded(raw, encoding.strip().lower(), largest, self._wait_my_turn) if encoding else raw
        if len(plain) > LARGE:
            self._wait_my_turn()
        brackets = plain.count(b"[") + plain.count(b"{")
        if len(plain) > largest or plain.count(b",") > MOST_VALUES or brackets > MOST_VALUES:
            raise _too_large()
        return plain

    def _wait_my_turn(self) -> None:
        """Until the request is answered: see ``finish``."""
        if LARGE_BODY in self.environ:
            return
        if not TURNS.acquire(timeout=LARGE_WAIT):
            detail = "Many large bodies come at once. Send it again soon, or less at once."
            raise Refused(429, "busy", detail, retry_after=1)
        self.environ[LARGE_BODY] = True

    def finish(self) -> None:
        """To be called when the request is answered."""
        if self.environ.pop(LARGE_BODY, False):
            TURNS.release()

    def _raw(self) -> bytes:
        declared = str(self.environ.get("CONTENT_LENGTH") or "")
        # Python does not read a number of thousands of digits.
        length = int(declared[:MOST_DIGITS]) if declared.isdecimal() else -1
        if length > LARGEST_BODY:
            raise Refused(413, "body_too_large", "The body may have 1 MB at most: send fewer events at once.")
        stream: Body = self.environ["wsgi.input"]
        room = LARGEST_BODY + 1
        first = stream.read(length if length > 0 else room)
        # Nearly always that was all, and asking again costs as much as deciding two experiments.
        if len(first) == length:
            return first
        parts, room = [first], room - len(first)
        while room > 0 and (part := stream.read(room)):
            parts.append(part)
            room -= len(part)
        if room <= 0:
            raise Refused(413, "body_too_large", "The body may have 1 MB at most: send fewer events at once.")
        return b"".join(parts)


def _decoded(raw: bytes, encoding: str, largest: int, wait_my_turn: Callable[[], None]) -> bytes:
    if encoding not in {"identity", "gzip"}:
        raise Refused(415, "unsupported_encoding", "Send the body plain or with Content-Encoding: gzip.")
    return _inflate(raw, largest, wait_my_turn) if encoding == "gzip" else raw


def _inflate(raw: bytes, largest: int, wait_my_turn: Callable[[], None]) -> bytes:
    decoder = zlib.decompressobj(wbits=31)
    try:
        plain = decoder.decompress(raw, min(LARGE, largest + 1))
        if decoder.unconsumed_tail and largest >= LARGE:
            wait_my_turn()
            rest = decoder.decompress(decoder.unconsumed_tail, largest + 1 - len(plain))
            if len(plain) + len(rest) > largest:
                raise _too_large()
            plain += rest
    except zlib.error as error:
        raise Refused(400, "broken_gzip", "The body says it is gzip, but cannot be unzipped.") from error
    if len(plain) <= largest and not decoder.eof:
        raise Refused(400, "broken_gzip", "The gzip body ends too early.")
    if decoder.unused_data:
        # Nobody would notice that we had left it out.
        raise Refused(400, "broken_gzip", "Something follows the end of the gzip body: send it as one.")
    return plain


Door = Callable[[Request], Answer]


def json_answer(status: int, content: object, headers: Mapping[str, str] | None = None) -> Answer:
    return Answer(status, _json(content), {**JSON, **headers} if headers else JSON)


def _json(content: object) -> bytes:
    try:
        return orjson.dumps(content)
    except TypeError:
        # Half an emoji, or a number of a hundred digits, of which a sender is told: no reason to fail when all is done.
        return json.dumps(content).encode()


def error_answer(error: Refused) -> Answer:
    kind = "server_error" if error.status >= 500 else "client_error"
    content = {"type": kind, "errors": [{"code": error.code, "detail": error.detail, "attr": error.attr}]}
    return json_answer(error.status, content, error.headers)


def packed(answer: Answer, request: Request) -> Answer:
    """Gzipped where that is worth it and the client takes it."""
    if len(answer.body) < WORTH_PACKING or "Content-Encoding" in answer.headers:
        return answer
    if "gzip" not in request.header("Accept-Encoding"):
        return answer
    headers = {**answer.headers, "Content-Encoding": "gzip"}
    return Answer(answer.status, gzip.compress(answer.body, compresslevel=1, mtime=0), headers)


def headers_of(answer: Answer, origin: str) -> list[tuple[str, str]]:
    """Everything that goes out before the body: its own headers, CORS and the length."""
    headers = [*answer.headers.items(), EXPOSED, NO_SNIFFING, ("Content-Length", str(len(answer.body)))]
    # "null" is a page without an origin of its own (a sandbox, a file): anybody can make one.
    if not origin or ORIGIN.fullmatch(origin):
        headers.append(("Access-Control-Allow-Origin", origin or "*"))
    if "Vary" not in answer.headers:
        headers.append(("Vary", "Origin, Accept-Encoding"))
    return headers
