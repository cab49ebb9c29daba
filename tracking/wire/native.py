"""The native event format, pure: bytes in, events and refusals out, one answer for each event of the batch."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from tracking.wire.http import Refused
from tracking.wire.ids import LONGEST_ID, normal_id

MOST_EVENTS = 500
LARGEST_EVENT = 32_768
MOST_PROPERTIES = 100
DEEPEST = 20
LONGEST_NAME = 100
LARGEST_INTEGER = 2**63 - 1
# A clock this far ahead is merely wrong and is set to the time of receipt; further ahead the event is a mistake.
CLOCK_TOLERANCE = timedelta(hours=24)
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)


class _Envelope(msgspec.Struct):
    events: list[msgspec.Raw]
    sent_at: datetime | None = None


class _Event(msgspec.Struct):
    id: str
    name: str
    visitor_id: str
    user_id: str | None = None
    occurred_at: datetime | None = None
    properties: dict[str, Any] | None = None
    context: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class IncomingEvent:
    id: str
    name: str
    visitor_id: str
    user_id: str
    occurred_at: datetime
    properties: Mapping[str, Any]
    context: Mapping[str, Any]
    excluded: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """``id`` is None where the event did not even have a readable one."""

    id: str | None
    reason: str


def parse(body: bytes, received_at: datetime) -> list[IncomingEvent | Refusal]:
    """Every event of the batch, in its order. Raises ``Refused`` when the envelope itself cannot be read."""
    envelope = _envelope(body)
    if len(envelope.events) > MOST_EVENTS:
        raise Refused(413, "too_many_events", f"Send at most {MOST_EVENTS} events at once.", "events")
    try:
        drift = received_at - _aware(envelope.sent_at) if envelope.sent_at else None
    except OverflowError as error:
        raise Refused(400, "illegal_time", "This time cannot be.", "sent_at") from error
    return [_event(bytes(raw), received_at, drift) for raw in envelope.events]


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
    events = [
        msgspec.Raw(json.dumps(event, ensure_ascii=False).encode("utf-8", "replace")) for event in content["events"]
    ]
    sent_at = content.get("sent_at")
    return _Envelope(events, None if sent_at is None else msgspec.convert(sent_at, datetime))


def _plain(error: Exception) -> str:
    return "nested too deeply" if isinstance(error, RecursionError) else str(error)[:200]


def _event(raw: bytes, received_at: datetime, drift: timedelta | None) -> IncomingEvent | Refusal:
    if len(raw) > LARGEST_EVENT:
        return Refusal(_id_in(raw), "event_too_large")
    try:
        event = msgspec.json.decode(raw, type=_Event)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return Refusal(_id_in(raw), f"unreadable: {_plain(error)}")
    visitor_id, user_id = normal_id(event.visitor_id), normal_id(event.user_id or "")
    try:
        occurred_at = _time(event.occurred_at, received_at, drift)
    except OverflowError:
        occurred_at = None
    properties, context = event.properties or {}, event.context or {}
    reason = _complaint(event, visitor_id, occurred_at)
    if reason or visitor_id is None or occurred_at is None:
        return Refusal(event.id[:LONGEST_ID], reason)
    return IncomingEvent(
        event.id, event.name, visitor_id, user_id or "", occurred_at, properties, context, _excluded(context)
    )


def _complaint(event: _Event, visitor_id: str | None, occurred_at: datetime | None) -> str:
    checks = {
        "illegal_id": not _fits(event.id, LONGEST_ID),
        "illegal_name": not _fits(event.name, LONGEST_NAME),
        "illegal_visitor_id": visitor_id is None,
        "illegal_user_id": bool(event.user_id) and normal_id(event.user_id or "") is None,
        "illegal_time": occurred_at is None,
        "too_many_properties": len(event.properties or {}) > MOST_PROPERTIES,
    }
    found = next((reason for reason, wrong in checks.items() if wrong), "")
    return found or _unfit(event.properties, DEEPEST) or _unfit(event.context, DEEPEST)


def _fits(text: str, longest: int) -> bool:
    return bool(text.strip()) and len(text) <= longest and text.isprintable()


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


def _time(claimed: datetime | None, received_at: datetime, drift: timedelta | None) -> datetime | None:
    """When it happened by our clock: corrected by ``sent_at``; None for a time that cannot be."""
    if claimed is None:
        return received_at
    moment = _aware(claimed) + (drift or timedelta(0))
    if moment > received_at + CLOCK_TOLERANCE or moment < EARLIEST:
        return None
    return min(moment, received_at)


def _aware(moment: datetime) -> datetime:
    """A time without a zone is taken as UTC, as the API says."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _excluded(context: Mapping[str, Any]) -> str:
    return next((mark for mark in ("test", "preview") if context.get(mark) is True), "")


def _id_in(raw: bytes) -> str | None:
    try:
        found = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    claimed = found.get("id") if isinstance(found, dict) else None
    return claimed[:LONGEST_ID] if isinstance(claimed, str) else None
