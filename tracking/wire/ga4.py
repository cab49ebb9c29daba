"""GA4's Measurement Protocol, pure: what servers already send to Google, as events of ours.

Its events have no ids. A purchase is one fact, named by its transaction; any other event is known by what it says and
when. User properties, addresses and devices of people are not kept.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from tracking.wire.exposures import EXPOSURE, viewed
from tracking.wire.foreign import (
    Event,
    Translated,
    derived_id,
    digest,
    field_of,
    incoming,
    list_of,
    minute_of,
    object_in,
    object_of,
    refused,
    texts,
)
from tracking.wire.http import Refused
from tracking.wire.ids import id_text
from tracking.wire.incoming import Filtered, Incoming, Refusal
from tracking.wire.times import LATEST

SHAPE = 'Send JSON such as {"client_id": "…", "events": [{"name": "…", "params": {}}]}'
PREFIX = "mp-"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
PAGE_FIELDS = {"page_location": "url", "page_referrer": "referrer", "page_title": "title"}
# Ours and Google's word for what is wrong; anything else is an invalid value.
CODES = {
    "illegal_name": "NAME_INVALID",
    "no_id": "VALUE_REQUIRED",
    "event_too_large": "EXCEEDED_MAX_ENTITIES",
    "too_many_properties": "EXCEEDED_MAX_ENTITIES",
}


@dataclass(frozen=True, slots=True)
class _Sender:
    received_at: datetime
    visitor_id: str
    user_id: str
    micros: Any
    seen: Counter[str]


def parse(body: bytes, received_at: datetime, *, latest: timedelta | None = LATEST) -> list[Incoming]:
    """Every event of the payload, in its order. Raises ``Refused`` when the payload cannot be read.

    ``latest``: how late an event may come, None for as late as it likes.
    """
    payload = object_of(body, SHAPE)
    if "events" not in payload:
        raise Refused(400, "unreadable", f"{SHAPE}.")
    raws = list_of(bytes(payload["events"]), SHAPE)
    if _denied(object_in(field_of(payload, "consent"))):
        return [Filtered("consent") for _ in raws]
    user_id = id_text(field_of(payload, "user_id"))
    client_id = id_text(field_of(payload, "client_id")) or id_text(field_of(payload, "app_instance_id"))
    sender = _Sender(received_at, client_id or user_id, user_id, field_of(payload, "timestamp_micros"), Counter())
    return incoming(raws, partial(_translated, sender), received_at, latest=latest)


def complaints(batch: Sequence[Incoming]) -> list[dict[str, str]]:
    """What Google's debug address would say of these events."""
    return [complaint(f"events[{place}]", one.reason) for place, one in enumerate(batch) if isinstance(one, Refusal)]


def complaint(path: str, reason: str) -> dict[str, str]:
    code = CODES.get(reason.partition(":")[0], "VALUE_INVALID")
    return {"fieldPath": path, "description": reason, "validationCode": code}


def _denied(consent: Mapping[str, Any]) -> bool:
    """What is said of analytics decides; where nothing is, who keeps their data from advertisers keeps it from us."""
    said = {name: str(value).upper() for name, value in consent.items()}
    return (said.get("analytics_storage") or said.get("ad_user_data")) == "DENIED"


def _translated(sender: _Sender, event: Event) -> Translated:
    told = event.get("params")
    name, params = event.get("name"), object_in(told)
    exposure = viewed(name, params)
    if isinstance(exposure, Filtered):
        return exposure
    micros = event.get("timestamp_micros", sender.micros)
    found = {
        "id": _id(sender, event, micros),
        "name": name if exposure is None else EXPOSURE,
        "visitor_id": sender.visitor_id,
        "user_id": sender.user_id or None,
        "occurred_at": _time(micros),
        # What is no object is refused as a native event's properties would be.
        "properties": told if exposure is None else exposure,
        "context": _context(params),
    }
    if not sender.visitor_id:
        return refused(found, "no_id")
    return refused(found, "illegal_time") if found["occurred_at"] == "" else found


def _time(micros: Any) -> str | None:
    """None where it does not say, empty for a time that cannot be."""
    if micros is None:
        return None
    try:
        return (EPOCH + timedelta(microseconds=int(id_text(micros)))).isoformat()
    except (ValueError, OverflowError):
        return ""


def _id(sender: _Sender, event: Event, micros: Any) -> str:
    who = [sender.visitor_id, sender.user_id]
    transaction = id_text(object_in(event.get("params")).get("transaction_id"))
    if event.get("name") == "purchase" and transaction:
        return digest(PREFIX, ["purchase", *who, transaction])
    when = minute_of(sender.received_at) if micros is None else id_text(micros)
    return derived_id(PREFIX, [who, event], sender.seen, when)


def _context(params: Mapping[str, Any]) -> dict[str, str]:
    told = {known: params.get(name) for name, known in PAGE_FIELDS.items()}
    return texts({**told, "session_id": id_text(params.get("session_id"))})
