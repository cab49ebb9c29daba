"""What GrowthBook's event plugins send, pure: brought into our words and then read as native events are.

Their events have neither ids nor times. An exposure is one fact, however often it is told: its id is made of
experiment, phase, visitor and variant. Any other event can happen again: its id is made of what it says and of the
minute in which it came, so that a batch sent again at once is not counted again.
"""

import json
import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Any

import msgspec

from tracking.wire import native
from tracking.wire.http import Refused
from tracking.wire.ids import normal_id
from tracking.wire.native import MOST_EVENTS, IncomingEvent, Refusal

EXPOSURE = "experiment_viewed"
# JavaScript's plugin and Segment's specification; Python's plugin; the data layer.
EXPOSURES = frozenset({"Experiment Viewed", "$$experiment_viewed", EXPOSURE})
# Sent for every flag on every page: they say nothing that the exposures do not.
EVALUATIONS = frozenset({"Feature Evaluated", "$$feature_evaluated"})
# Where each spelling keeps the variant's key; ``variation_id`` is its index in Python, which also sends the key.
VARIANT_FIELDS = ("variation_key", "variationId", "variation_id")
SHAPE = 'Send a JSON list such as [{"event_name": "…"}]'
UTM = {f"utm_{name}": f"utm{name.capitalize()}" for name in ("source", "medium", "campaign", "term", "content")}

Incoming = IncomingEvent | Refusal
Event = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Filtered:
    """An event that nobody wants kept."""

    reason: str


@dataclass(frozen=True, slots=True)
class Arrival:
    """``phases``: of each experiment, the one that runs; ``kept``: attributes of a visitor that may be stored.

    ``opted_out``: the visitor does not take part in experiments, whatever a client decided by itself.
    """

    received_at: datetime
    phases: Mapping[str, int]
    kept: frozenset[str]
    opted_out: bool = False


def parse(body: bytes, arrival: Arrival) -> list[Incoming | Filtered]:
    """Every event of the batch, in its order. Raises ``Refused`` when the batch itself cannot be read."""
    batch = _batch(body)
    seen: Counter[str] = Counter()
    try:
        read = [_translated(event, arrival, seen) if isinstance(event, dict) else {} for event in batch]
        wanted = [event for event in read if not isinstance(event, Filtered)]
        raw = json.dumps({"events": wanted}, ensure_ascii=False).encode("utf-8", "replace")
    except RecursionError as error:
        raise Refused(400, "unreadable", "The events are nested too deeply.") from error
    events = iter(native.parse(raw, arrival.received_at))
    return [one if isinstance(one, Filtered) else next(events) for one in read]


def id_text(value: Any) -> str:
    """An id as GrowthBook's SDKs hash it: a number as its text; empty for what is no id."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        return ""
    if isinstance(value, float) and not math.isfinite(value):
        return ""
    return str(int(value)) if isinstance(value, int) or value.is_integer() else repr(value)


def _batch(body: bytes) -> list[Any]:
    try:
        found = _decoded(body)
    except (ValueError, RecursionError) as error:
        raise Refused(400, "unreadable", f"{SHAPE}: {str(error)[:200]}") from error
    if not isinstance(found, list):
        raise Refused(400, "unreadable", f"{SHAPE}.")
    if len(found) > MOST_EVENTS:
        raise Refused(413, "too_many_events", f"Send at most {MOST_EVENTS} events at once.")
    return found


def _decoded(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        # More lenient: half an emoji in one event must not refuse its neighbours.
        return json.loads(body)


def _translated(event: Event, arrival: Arrival, seen: Counter[str]) -> dict[str, Any] | Filtered:
    name, properties = event.get("event_name"), _object(event.get("properties_json"))
    # Of any JSON type: what is no text is refused as a native event's name would be.
    known = name if isinstance(name, str) else ""
    if known in EVALUATIONS:
        return Filtered("feature_evaluated")
    if known not in EXPOSURES or not _experiment(properties):
        visitor_id, user_id = _ids(event, {})
        return {
            "id": _passing_id(event, arrival, seen),
            "name": name,
            "visitor_id": visitor_id,
            "user_id": user_id,
            "properties": properties,
            "context": _context(event, arrival.kept),
        }
    if arrival.opted_out or properties.get("in_experiment") is False:
        return Filtered("opted_out" if arrival.opted_out else "not_in_experiment")
    return _exposure(event, properties, arrival)


def _exposure(event: Event, properties: Event, arrival: Arrival) -> dict[str, Any]:
    visitor_id, user_id = _ids(event, properties)
    experiment = _experiment(properties)
    variant = next((text for name in VARIANT_FIELDS if (text := id_text(properties.get(name)))), "")
    phase = arrival.phases.get(experiment, 0)
    return {
        "id": _digest([experiment, phase, visitor_id, user_id, variant]),
        "name": EXPOSURE,
        "visitor_id": visitor_id,
        "user_id": user_id,
        "properties": {"experiment": experiment, "variant": variant},
        "context": _context(event, arrival.kept),
    }


def _experiment(properties: Event) -> str:
    return id_text(properties.get("experimentId")) or id_text(properties.get("experiment_id"))


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


def _passing_id(event: Event, arrival: Arrival, seen: Counter[str]) -> str:
    """Two events of a batch that say the same are two; the same batch again is the same."""
    content = json.dumps(event, sort_keys=True)
    seen[content] += 1
    return _digest([content, seen[content], f"{arrival.received_at:%Y-%m-%dT%H:%M}"])


def _digest(parts: list[Any]) -> str:
    return "gb-" + blake2b(json.dumps(parts).encode(), digest_size=16).hexdigest()
