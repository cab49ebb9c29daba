"""Segment's HTTP API and RudderStack's, pure: track, page, screen, identify, alias and group become events of ours.

What identify and group tell of a person (traits) is not kept, nor are IP addresses: of them only the link between a
visitor and a user matters.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from tracking.consent import refused as consent_refused
from tracking.wire import shop
from tracking.wire.exposures import EXPOSURE, viewed
from tracking.wire.foreign import (
    Event,
    Translated,
    derived_id,
    field_of,
    incoming,
    list_of,
    minute_of,
    moment_of,
    object_in,
    object_of,
    refused,
    texts,
)
from tracking.wire.http import Refused
from tracking.wire.ids import LONGEST_ID, id_text
from tracking.wire.incoming import Filtered, Incoming
from tracking.wire.times import LATEST, Clock, drift

BATCH, IMPORT = "batch", "import"
SHAPE = 'Send JSON such as {"batch": [{"type": "track", "event": "…", "userId": "…"}]}'
PREFIX = "sg-"
# What changes when the same message is sent again.
OF_THE_SENDING = frozenset({"sentAt", "receivedAt", "writeKey", "context", "integrations", "_metadata"})
CAMPAIGN = {
    "source": "utmSource",
    "medium": "utmMedium",
    "name": "utmCampaign",
    "term": "utmTerm",
    "content": "utmContent",
}
PAGE_FIELDS = {"url": "page_location", "referrer": "page_referrer", "title": "page_title"}
# The page's address has them already, and only there would a secret in them be seen as one.
OF_THE_ADDRESS = frozenset({"search", "path"})
# Where Segment's and RudderStack's consent tools say what a visitor agreed to; kept is only that they refused.
CONSENT = ("consent", "consentManagement")
# RudderStack's word for a visitor who came from nowhere.
NOWHERE = "$direct"


@dataclass(frozen=True, slots=True)
class _Sending:
    """What is the same for all messages of a request. ``clock``: the sender's, as far as the request tells of it."""

    clock: Clock
    kind: str
    context: Event
    seen: Counter[str]


def parse(
    body: bytes, received_at: datetime, kind: str = BATCH, *, latest: timedelta | None = LATEST
) -> list[Incoming]:
    """Every event, in its order. ``kind``: what the address says that the body is, ``batch`` and ``import`` are lists.

    ``latest``: how late an event may come, None for as late as it likes, which an import may always.
    Raises ``Refused`` when the envelope cannot be read.
    """
    envelope = object_of(body, SHAPE)
    is_list = kind in {BATCH, IMPORT}
    if is_list and BATCH not in envelope:
        raise Refused(400, "unreadable", f"{SHAPE}.")
    raws = list_of(bytes(envelope[BATCH]), SHAPE) if is_list else [body.strip()]
    latest = None if kind == IMPORT else latest
    sending = _Sending(
        Clock(received_at, drift(received_at, moment_of(field_of(envelope, "sentAt"))), latest),
        kind,
        object_in(field_of(envelope, "context")) if is_list else {},
        Counter(),
    )
    return incoming(raws, partial(_translated, sending), received_at, latest=latest, id_field="messageId")


def write_key_in(body: bytes) -> str:
    """The key that the body names; empty for none. Raises ``Refused`` when the body cannot be read."""
    found = field_of(object_of(body, SHAPE), "writeKey")
    return found if isinstance(found, str) else ""


def _translated(sending: _Sending, message: Event) -> Translated:
    message_id = id_text(message.get("messageId")) or _derived(message, sending)
    kind = message.get("type", message.get("action")) if sending.kind in {BATCH, IMPORT} else sending.kind
    read = KINDS.get(kind) if isinstance(kind, str) else None
    if read is None:
        return refused({"id": message_id, "name": "", "type": kind}, "unreadable: unknown type")
    told = read(message)
    if isinstance(told, Filtered):
        return Filtered(told.reason, id_text(message.get("messageId"))[:LONGEST_ID] or None)
    visitor_id, user_id = _ids(message, kind)
    clock = _clock(message, sending)
    event = {
        "id": message_id,
        "name": told[0],
        "visitor_id": visitor_id,
        "user_id": user_id or None,
        "occurred_at": _time(message, clock),
        "properties": told[1],
        "context": _context(message, kind, sending.context) | clock.skew,
    }
    if not visitor_id:
        return refused(event, "no_id")
    return refused(event, "illegal_time") if event["occurred_at"] == "" else event


# ---- what each kind says: a name and properties ----

Told = tuple[str, Any] | Filtered


def _track(message: Event) -> Told:
    event, told = message.get("event"), message.get("properties")
    name, properties = event if isinstance(event, str) else "", object_in(told)
    exposure = viewed(name, properties)
    if exposure is not None:
        return exposure if isinstance(exposure, Filtered) else (EXPOSURE, exposure)
    if step := shop.named(name):
        return step, shop.properties_of(properties)
    # What is no object is refused as a native event's properties would be.
    return name, told


def _page(message: Event) -> Told:
    seen = {**_named(message), **object_in(message.get("properties"))}
    properties = {PAGE_FIELDS.get(name, name): value for name, value in seen.items() if name not in OF_THE_ADDRESS}
    return "page_view", {name: value for name, value in properties.items() if value not in ("", NOWHERE)}


def _screen(message: Event) -> Told:
    seen = {**_named(message), **object_in(message.get("properties"))}
    return "screen_view", {{"name": "screen_name"}.get(name, name): value for name, value in seen.items()}


def _named(message: Event) -> dict[str, str]:
    return texts({name: message.get(name) for name in ("name", "category")})


def _group(message: Event) -> Told:
    group = id_text(message.get("groupId"))
    return "group", {"group_id": group} if group else {}


KINDS: Mapping[str, Callable[[Event], Told]] = {
    "track": _track,
    "page": _page,
    "screen": _screen,
    "identify": lambda _: ("identify", {}),
    "alias": lambda _: ("alias", {}),
    "group": _group,
}


# ---- what all kinds say ----


def _ids(message: Event, kind: str) -> tuple[str, str]:
    """Visitor and user. An alias says of an earlier id that it is this user's."""
    anonymous, user = id_text(message.get("anonymousId")), id_text(message.get("userId"))
    earlier = id_text(message.get("previousId")) if kind == "alias" else ""
    return earlier or anonymous or user, user


def _clock(message: Event, sending: _Sending) -> Clock:
    """A batch is sent anew with a new ``sentAt``, so that goes before a message's own.

    What is imported was sent before, to somebody else: when, says nothing here.
    """
    clock = sending.clock
    if clock.drift is not None or sending.kind == IMPORT:
        return clock
    own = moment_of(message.get("sentAt"))
    return clock if own is None else replace(clock, drift=drift(clock.received_at, own))


def _time(message: Event, clock: Clock) -> str | None:
    """When it happened by our clock; None where it does not say, empty for a time that cannot be."""
    claimed = _claimed(message)
    if not claimed:
        return None
    moment = moment_of(claimed)
    try:
        return clock.corrected(moment).isoformat() if moment else ""
    except OverflowError:
        return ""


def _claimed(message: Event) -> Any:
    """By the sender's own clock: ``timestamp`` is somebody's correction already where there are both."""
    return message.get("originalTimestamp") or message.get("timestamp")


def _derived(message: Event, sending: _Sending) -> str:
    content = {name: value for name, value in message.items() if name not in OF_THE_SENDING}
    when = "" if _claimed(message) else minute_of(sending.clock.received_at)
    return derived_id(PREFIX, [sending.kind, content], sending.seen, when)


def _context(message: Event, kind: str, shared: Event) -> dict[str, Any]:
    told = {**shared, **object_in(message.get("context"))}
    page, campaign, library = (object_in(told.get(name)) for name in ("page", "campaign", "library"))
    if kind == "page":
        page = {**object_in(message.get("properties")), **page}
    known = texts({name: page.get(name) for name in ("url", "referrer", "title")})
    # Device, country and whether it was a program are found by these two, which are then left out.
    known |= texts({"userAgent": told.get("userAgent"), "ip": told.get("ip")})
    known |= texts(
        {
            "sdk": " ".join(texts({name: library.get(name) for name in ("name", "version")}).values()),
            "session_id": id_text(told.get("sessionId")),
        }
    )
    context: dict[str, Any] = {name: value for name, value in known.items() if value != NOWHERE}
    attributes = texts({attribute: campaign.get(name) for name, attribute in CAMPAIGN.items()})
    marks: dict[str, Any] = {mark: True for mark in ("test", "preview") if told.get(mark) is True}
    if any(consent_refused(told.get(name)) for name in CONSENT):
        marks["consent"] = "denied"
    return context | marks | ({"attributes": attributes} if attributes else {})
