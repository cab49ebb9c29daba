"""JSON bodies, read strictly: what PostgreSQL cannot hold, or no reader would expect, is refused with its place."""

from collections.abc import Mapping
from typing import IO, Any

import msgspec
from django.http import UnreadablePostError
from django.utils.translation import gettext as _
from rest_framework.parsers import BaseParser

from tracking.wire.http import LARGEST_BODY, Refused

DEEPEST = 20
# What a JSON number keeps exactly in JavaScript and in a double.
LARGEST_INTEGER = 2**53


class StrictJSONParser(BaseParser):
    media_type = "application/json"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        encoding = parser_context["request"].META.get("HTTP_CONTENT_ENCODING", "") if parser_context else ""
        if encoding.strip().lower() not in {"", "identity"}:
            raise Refused(415, "unsupported_encoding", _("Send the body plain, without Content-Encoding."))
        return read_json(_read(stream))


def _read(stream: IO[bytes]) -> bytes:
    parts, room = [], LARGEST_BODY + 1
    try:
        while room > 0 and (part := stream.read(room)):
            parts.append(part)
            room -= len(part)
    except UnreadablePostError as error:
        raise Refused(400, "unreadable", _("The body ended before it was complete.")) from error
    if room <= 0:
        raise Refused(413, "body_too_large", _("The body may have 1 MB at most."))
    return b"".join(parts)


def read_json(body: bytes) -> Any:
    """Raises ``Refused`` 400 for what is not JSON, and for NUL, huge integers and deep nesting."""
    try:
        content = msgspec.json.decode(body)
    except RecursionError as error:
        raise _too_deep("") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Refused(400, "parse_error", _("The body is not JSON: %(why)s") % {"why": str(error)[:200]}) from error
    _check(content, "", DEEPEST)
    return content


def _check(value: object, place: str, depth: int) -> None:
    if isinstance(value, str):
        if "\x00" in value:
            raise Refused(400, "illegal_characters", _("A NUL character cannot be stored."), place or None)
    elif isinstance(value, int):
        if abs(value) > LARGEST_INTEGER:
            raise Refused(400, "number_out_of_range", _("This number is too large."), place or None)
    elif isinstance(value, dict | list):
        if depth == 0:
            raise _too_deep(place)
        for name, inner in value.items() if isinstance(value, dict) else enumerate(value):
            _check(name, place, depth)
            _check(inner, f"{place}.{name}" if place else str(name), depth - 1)


def _too_deep(place: str) -> Refused:
    return Refused(400, "nested_too_deeply", _("The body is nested too deeply: 20 levels at most."), place or None)
