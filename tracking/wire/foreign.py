"""What the formats of others have in common, pure: their events are brought into our words one by one, each event that
cannot be is refused alone, and the rest is read as native events are."""

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any

import msgspec

from tracking.wire import native
from tracking.wire.http import LARGEST_INFLATED, Refused
from tracking.wire.ids import LONGEST_ID
from tracking.wire.incoming import Filtered, Incoming, Refusal
from tracking.wire.native import LARGEST_EVENT, LONGEST_NAME, MOST_EVENTS, client_id, plain_json
from tracking.wire.times import LATEST, aware

Event = Mapping[str, Any]
# A native event that is not checked yet, or why there is none.
Translated = dict[str, Any] | Refusal | Filtered


def object_of(body: bytes, shape: str) -> Mapping[str, msgspec.Raw]:
    """The fields of an envelope as they were sent. ``shape``: what to tell a sender whose body is none."""
    try:
        return msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        found = _lenient(body, shape)
    if not isinstance(found, dict):
        raise Refused(400, "unreadable", f"{shape}.")
    return {name: _raw(value) for name, value in found.items()}


def list_of(body: bytes, shape: str) -> list[bytes]:
    """The events of a batch as they were sent. Raises ``Refused`` for what is no list, or too long a one."""
    try:
        found = msgspec.json.decode(body, type=list[msgspec.Raw])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        content = _lenient(body, shape)
        if not isinstance(content, list):
            raise Refused(400, "unreadable", f"{shape}.") from None
        found = [_raw(one) for one in content]
    if len(found) > MOST_EVENTS:
        raise Refused(413, "too_many_events", f"Send at most {MOST_EVENTS} events at once.")
    return [bytes(raw) for raw in found]


def value_of(raw: bytes) -> Any:
    """Raises ``ValueError`` or ``RecursionError`` for what nobody can read."""
    try:
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        # More lenient: half an emoji in one event must not refuse its neighbours.
        return json.loads(raw)


def field_of(envelope: Mapping[str, msgspec.Raw], name: str) -> Any:
    """None where there is none that can be read."""
    try:
        return value_of(bytes(envelope[name]))
    except (KeyError, ValueError, RecursionError):
        return None


def _lenient(body: bytes, shape: str) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Refused(400, "unreadable", f"{shape}: {str(error)[:200]}") from error


def _raw(value: Any) -> msgspec.Raw:
    return msgspec.Raw(plain_json(value))


def incoming(
    raws: Sequence[bytes],
    translate: Callable[[Event], Translated],
    received_at: datetime,
    *,
    latest: timedelta | None = LATEST,
    id_field: str = "",
) -> list[Incoming]:
    """Every event, in its order. ``translate`` is asked for each that is an object and not too large.

    ``id_field``: where the senders of this format put the id of an event, empty where they have none.
    """
    read = [_encoded(raw, translate, id_field) for raw in raws]
    wanted = b",".join(one for one in read if isinstance(one, bytes))
    # They were measured as they came; in our words the same event may be a little longer.
    body = b'{"events":[%b]}' % wanted
    events = iter(native.parse(body, received_at, latest=latest, largest=LARGEST_INFLATED))
    return [next(events) if isinstance(one, bytes) else one for one in read]


def _encoded(raw: bytes, translate: Callable[[Event], Translated], id_field: str) -> bytes | Refusal | Filtered:
    if len(raw) > LARGEST_EVENT:
        return Refusal(client_id(raw, id_field), "event_too_large", raw)
    try:
        event = value_of(raw)
        if not isinstance(event, dict):
            return Refusal(None, "unreadable: an event is an object", raw)
        found = translate(event)
        return plain_json(found) if isinstance(found, dict) else found
    except RecursionError:
        reason = "nested_too_deeply"
    except ValueError:
        reason = "unreadable"
    return Refusal(client_id(raw, id_field), reason, raw)


def refused(event: dict[str, Any], reason: str) -> Refusal:
    """Of an event that is in our words already: of what was sent, traits and addresses of people are not kept."""
    name = event["name"] if isinstance(event["name"], str) else ""
    return Refusal(event["id"][:LONGEST_ID], reason, plain_json(event), name[:LONGEST_NAME])


def object_in(value: Any) -> dict[str, Any]:
    """Empty for what is none."""
    return value if isinstance(value, dict) else {}


def texts(told: Mapping[str, Any]) -> dict[str, str]:
    """Those of the fields that are texts and say something."""
    return {name: value for name, value in told.items() if isinstance(value, str) and value}


def moment_of(value: Any) -> datetime | None:
    """A time as ISO 8601 writes it, without a zone taken as UTC; None for what is none."""
    # A count of milliseconds would be read as the day 1772-03-66 or the like.
    if not isinstance(value, str) or value[4:5] != "-":
        return None
    try:
        return aware(datetime.fromisoformat(value))
    except (ValueError, OverflowError):
        return None


def derived_id(prefix: str, content: Any, seen: Counter[str], when: str) -> str:
    """The id of an event that came without one: of what it says.

    Two events of a batch that say the same are two; the same batch again is the same. ``when``: what of the time makes
    another event of it.
    """
    text = json.dumps(content, sort_keys=True)
    seen[text] += 1
    return digest(prefix, [text, seen[text], when])


def minute_of(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M}"


def digest(prefix: str, parts: list[Any]) -> str:
    return prefix + blake2b(json.dumps(parts).encode(), digest_size=16).hexdigest()
