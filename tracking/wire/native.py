"""The native event format, pure: bytes in, events and refusals out, one answer for each event of the batch."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import msgspec

from tracking.wire.exposures import EXPOSURE, SPELLINGS, viewed
from tracking.wire.http import Refused
from tracking.wire.ids import LONGEST_ID, normal_id
from tracking.wire.incoming import Filtered, Incoming, IncomingEvent, Refusal
from tracking.wire.times import CLOCK_SKEW, LATEST, Clock, drift

__all__ = ["Filtered", "Incoming", "IncomingEvent", "Refusal", "client_id", "parse", "plain_json"]

MOST_EVENTS = 500
LARGEST_EVENT = 32_768
MOST_PROPERTIES = 100
DEEPEST = 20
LONGEST_NAME = 100
LARGEST_INTEGER = 2**63 - 1
# Of these every value fits, but for a zero character in a text.
PLAIN = frozenset({str, float, bool, type(None)})


class _Envelope(msgspec.Struct):
    events: list[msgspec.Raw]
    sent_at: datetime | None = None


NO_CONTEXT = msgspec.Raw(b"null")


class _Event(msgspec.Struct):
    id: str
    name: str
    visitor_id: str
    user_id: str | None = None
    occurred_at: datetime | None = None
    properties: dict[str, Any] | None = None
    context: msgspec.Raw = NO_CONTEXT


EVENT = msgspec.json.Decoder(_Event)
CONTEXT = msgspec.json.Decoder(dict[str, Any] | None)


# With why it cannot be stored, or an empty text.
Context = tuple[Mapping[str, Any], str]


class _Reading(NamedTuple):
    """Of one batch. ``contexts``: by the bytes they came as; a page sends the same one with each of its events."""

    clock: Clock
    skew: Mapping[str, int]
    contexts: dict[bytes, Context]


def parse(
    body: bytes, received_at: datetime, *, latest: timedelta | None = LATEST, largest: int = LARGEST_EVENT
) -> list[Incoming]:
    """Every event of the batch, in its order. Raises ``Refused`` when the envelope itself cannot be read.

    ``latest``: how late an event may come, None for as late as it likes. ``largest``: bytes an event may have; formats
    of others measure theirs before they are translated.
    """
    envelope = _envelope(body)
    if len(envelope.events) > MOST_EVENTS:
        raise Refused(413, "too_many_events", f"Send at most {MOST_EVENTS} events at once.", "events")
    try:
        clock = Clock(received_at, drift(received_at, envelope.sent_at), latest)
    except OverflowError as error:
        raise Refused(400, "illegal_time", "This time cannot be.", "sent_at") from error
    reading = _Reading(clock, clock.skew, {})
    return [
        Refusal(client_id(bytes(raw), "id"), "event_too_large", bytes(raw))
        if len(bytes(raw)) > largest
        else _event(bytes(raw), reading)
        for raw in envelope.events
    ]


def client_id(raw: bytes, name: str) -> str | None:
    """The id that the sender gave to an event, even to one that cannot be read as such; None for none."""
    for read in (msgspec.json.decode, json.loads):
        try:
            found = read(raw)
        except (ValueError, RecursionError):
            continue
        claimed = found.get(name) if isinstance(found, dict) else None
        # Half an emoji, which no answer can hold.
        return claimed[:LONGEST_ID].encode("utf-8", "replace").decode() or None if isinstance(claimed, str) else None
    return None


def _envelope(body: bytes) -> _Envelope:
    try:
        return msgspec.json.decode(body, type=_Envelope)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        try:
            return _envelope_of_flawed(body)
        except (ValueError, TypeError, KeyError, RecursionError):
            raise Refused(400, "unreadable", f'Send JSON such as {{"events": [...]}}: {_plain(error)}') from error


def _envelope_of_flawed(body: bytes) -> _Envelope:
    """A batch that only a lenient reader can take: half an emoji becomes "?", NaN refuses its own event alone.

    Raises ``ValueError``, ``TypeError``, ``KeyError`` or ``RecursionError`` when that cannot read it either.
    """
    content = json.loads(body)
    if not isinstance(content["events"], list):
        raise TypeError("events is no list")
    events = [msgspec.Raw(plain_json(event)) for event in content["events"]]
    sent_at = content.get("sent_at")
    return _Envelope(events, None if sent_at is None else msgspec.convert(sent_at, datetime))


def plain_json(value: Any) -> bytes:
    """Without spaces: no event may outgrow its limit because of a neighbour that only a lenient reader can take."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def _plain(error: Exception) -> str:
    return "nested too deeply" if isinstance(error, RecursionError) else str(error)[:200]


def _event(raw: bytes, reading: _Reading) -> Incoming:
    try:
        event = EVENT.decode(raw)
        context, unfit_context = _context(bytes(event.context), reading)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return Refusal(client_id(raw, "id"), _unread(error), raw)
    told = _told(event)
    if isinstance(told, Filtered):
        return told
    visitor_id, user_id = normal_id(event.visitor_id), normal_id(event.user_id) if event.user_id else None
    occurred_at = reading.clock.occurred(event.occurred_at)
    reason = _complaint(event, visitor_id, user_id) or (occurred_at if isinstance(occurred_at, str) else "")
    if not reason and not _is_plainly_fit(event.properties or {}, raw):
        reason = _unfit(event.properties, DEEPEST)
    reason = reason or unfit_context
    if reason or visitor_id is None or isinstance(occurred_at, str):
        return Refusal(event.id[:LONGEST_ID], reason, raw, event.name[:LONGEST_NAME])
    return IncomingEvent(event.id, told[0], visitor_id, user_id or "", occurred_at, told[1], context, _mark(context))


def _context(raw: bytes, reading: _Reading) -> Context:
    """The same object for the same bytes, so that what is found out about it need not be found out again."""
    found = reading.contexts.get(raw)
    if found is None:
        content = CONTEXT.decode(raw) or {}
        if not isinstance(content.get(CLOCK_SKEW, 0), int):
            del content[CLOCK_SKEW]
        content.update(reading.skew)
        found = reading.contexts[raw] = content, _unfit(content, DEEPEST)
    return found


def _told(event: _Event) -> tuple[str, dict[str, Any]] | Filtered:
    """Name and properties; of an exposure in the words of others, ours."""
    properties = event.properties or {}
    if event.name not in SPELLINGS or (event.name == EXPOSURE and "experiment" in properties):
        return event.name, properties
    exposure = viewed(event.name, properties)
    if isinstance(exposure, Filtered):
        return Filtered(exposure.reason, event.id[:LONGEST_ID])
    return (event.name, properties) if exposure is None else (EXPOSURE, exposure)


def _unread(error: Exception) -> str:
    """Why an event has not even the shape of one."""
    if isinstance(error, RecursionError):
        return "nested_too_deeply"
    why = str(error)[:200]
    if why.endswith("`$.occurred_at`"):
        return f"illegal_time: {why}"
    for name in ("id", "visitor_id"):
        if why.endswith((f"missing required field `{name}`", f"got `null` - at `$.{name}`")):
            return f"no_id: an event needs `{name}`"
    return f"unreadable: {why}"


def _complaint(event: _Event, visitor_id: str | None, user_id: str | None) -> str:
    if not _fits(event.id, LONGEST_ID):
        return "illegal_id"
    if not _fits(event.name, LONGEST_NAME):
        return "illegal_name"
    if visitor_id is None:
        return "illegal_visitor_id"
    if event.user_id and user_id is None:
        return "illegal_user_id"
    return "too_many_properties" if len(event.properties or ()) > MOST_PROPERTIES else ""


def _fits(text: str, longest: int) -> bool:
    return bool(text.strip()) and len(text) <= longest and text.isprintable()


def _is_plainly_fit(properties: Mapping[str, Any], raw: bytes) -> bool:
    """Whether nothing in them can be unfit, as in most events. ``raw``: the JSON that they are in."""
    if b"\\u0000" in raw:
        return False
    for value in properties.values():
        if type(value) not in PLAIN and not (type(value) is int and abs(value) <= LARGEST_INTEGER):
            return False
    return True


def _unfit(value: object, depth: int) -> str:
    """Why this JSON value cannot be stored, or empty."""
    if isinstance(value, str):
        return "illegal_characters" if "\x00" in value else ""
    if isinstance(value, int) and abs(value) > LARGEST_INTEGER:
        return "number_out_of_range"
    if not isinstance(value, dict | list):
        return ""
    if depth == 0:
        return "nested_too_deeply"
    inner = [*value, *value.values()] if isinstance(value, dict) else value
    return next((reason for item in inner if (reason := _unfit(item, depth - 1))), "")


def _mark(context: Mapping[str, Any]) -> str:
    return next((mark for mark in ("test", "preview") if context.get(mark) is True), "")
