"""What GrowthBook's event plugins send, pure: brought into our words and then read as native events are.

Their events have neither ids nor times. An exposure is one fact, however often it is told: its id is made of
experiment, phase, visitor and variant. Any other event can happen again: its id is made of what it says and of the
minute in which it came, so that a batch sent again at once is not counted again.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from tracking.wire.exposures import EXPOSURE, viewed
from tracking.wire.foreign import Event, Translated, derived_id, digest, incoming, list_of, minute_of
from tracking.wire.ids import id_text, normal_id
from tracking.wire.incoming import Filtered, Incoming

# Sent for every flag on every page: they say nothing that the exposures do not.
EVALUATIONS = frozenset({"Feature Evaluated", "$$feature_evaluated"})
PREFIX = "gb-"
SHAPE = 'Send a JSON list such as [{"event_name": "…"}]'
UTM = {f"utm_{name}": f"utm{name.capitalize()}" for name in ("source", "medium", "campaign", "term", "content")}


@dataclass(frozen=True, slots=True)
class Arrival:
    """``phases``: of each experiment, the one that runs; ``kept``: attributes of a visitor that may be stored."""

    received_at: datetime
    phases: Mapping[str, int]
    kept: frozenset[str]


def parse(body: bytes, arrival: Arrival) -> list[Incoming]:
    """Every event of the batch, in its order. Raises ``Refused`` when the batch itself cannot be read."""
    seen: Counter[str] = Counter()
    return incoming(list_of(body, SHAPE), lambda event: _translated(event, arrival, seen), arrival.received_at)


def _translated(event: Event, arrival: Arrival, seen: Counter[str]) -> Translated:
    name, properties = event.get("event_name"), _object(event.get("properties_json"))
    # Of any JSON type: what is no text is refused as a native event's name would be.
    if isinstance(name, str) and name in EVALUATIONS:
        return Filtered("feature_evaluated")
    exposure = viewed(name, properties)
    if exposure is None:
        visitor_id, user_id = _ids(event, {})
        return {
            "id": derived_id(PREFIX, event, seen, minute_of(arrival.received_at)),
            "name": name,
            "visitor_id": visitor_id,
            "user_id": user_id,
            "properties": properties,
            "context": _context(event, arrival.kept),
        }
    return exposure if isinstance(exposure, Filtered) else _exposure(event, properties, exposure, arrival)


def _exposure(event: Event, properties: Event, exposure: dict[str, Any], arrival: Arrival) -> dict[str, Any]:
    visitor_id, user_id = _ids(event, properties)
    experiment, variant = exposure["experiment"], exposure["variant"]
    phase = exposure.get("phase", arrival.phases.get(experiment, 0))
    return {
        "id": digest(PREFIX, [experiment, phase, visitor_id, user_id, variant]),
        "name": EXPOSURE,
        "visitor_id": visitor_id,
        "user_id": user_id,
        "properties": exposure,
        "context": _context(event, arrival.kept),
    }


def _ids(event: Event, properties: Event) -> tuple[str, str | None]:
    """Visitor and user. The visitor is whom the client hashed; a server may know the user alone."""
    hashed = id_text(properties.get("hashValue")) or id_text(properties.get("hash_value"))
    attribute = properties.get("hashAttribute") or properties.get("hash_attribute")
    device, user = id_text(event.get("device_id")), id_text(event.get("user_id"))
    if attribute == "user_id":
        user = hashed or user
    elif attribute == "id":
        device = hashed or device
    user_id = normal_id(user) if user else None
    return device or user_id or hashed, user_id


def _context(event: Event, kept: frozenset[str]) -> dict[str, Any]:
    told = _object(event.get("context_json"))
    attributes = {name: value for name, value in told.items() if name in kept}
    attributes |= {known: event[name] for name, known in UTM.items() if isinstance(event.get(name), str)}
    context = {name: event.get(name) for name in ("url", "page_id", "session_id")}
    context |= {"title": event.get("page_title"), "attributes": attributes, "sdk": _sdk(event)}
    return {name: value for name, value in context.items() if value}


def _sdk(event: Event) -> str:
    return f"growthbook-{id_text(event.get('sdk_language'))} {id_text(event.get('sdk_version'))}".strip()


def _object(value: Any) -> dict[str, Any]:
    """Some SDKs send an object, some its JSON text."""
    if isinstance(value, str):
        try:
            value = msgspec.json.decode(value)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return {}
    return value if isinstance(value, dict) else {}
