"""What a page's request tells of its visitor, or a server of somebody else's, kept with the events."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from msgspec.structs import replace

from tracking.access import KnownKey
from tracking.addresses import UTM, address_of
from tracking.attributes import Surroundings, acceptable, derived
from tracking.models import KeyKind
from tracking.quality import mark_of
from tracking.wire.http import Request
from tracking.wire.incoming import Incoming, IncomingEvent

# Where in an event's context the visitor's attributes are, and the path of the first page of its visit.
ATTRIBUTES, LANDING = "attributes", "landing_page"
LONGEST_PATH = 1_000
# Not the address with its query and not the IP address: they would tell who it is.
KEPT = frozenset({
    "deviceType", "browser", "os", "country", "channel", "referrer", "host", "path",
    "utmSource", "utmMedium", "utmCampaign", "utmTerm", "utmContent", "returning",
})  # fmt: skip


class Seen(NamedTuple):
    """What is known of where an event comes from. The first and the last are gone before it is stored."""

    user_agent: str
    url: str
    referrer: str
    ip: str
    campaign: tuple[tuple[str, str], ...] = ()


def asks_itself(request: Request, key: KnownKey) -> bool:
    """Whether a page in a browser asks, of which the request tells, and not a server for somebody else."""
    return key.kind == KeyKind.CLIENT and bool(request.header("Origin"))


def enriched(request: Request, key: KnownKey, batch: Sequence[Incoming]) -> Sequence[Incoming]:
    """The batch with the attributes of its visitor in each context, and programs among a server's visitors marked.

    Of what a server sends, its events tell of the visitor and its request tells nothing.
    """
    browser = (request.header("User-Agent"), request.client_ip) if asks_itself(request, key) else None
    is_public = key.kind == KeyKind.CLIENT
    known: dict[Seen, dict[str, Any]] = {}
    # By the object: a batch that was read from one page has one for all its events, and keeps it alive here.
    done: dict[int, tuple[Mapping[str, Any], str]] = {}

    def seen_from(context: Mapping[str, Any]) -> tuple[Mapping[str, Any], str]:
        own = _own(context)
        seen = _seen(context, browser, own)
        if not any(seen) and LANDING not in context:
            return context, ""
        if seen not in known:
            known[seen] = derived(KEPT, Surroundings(*seen[:4], dict(seen.campaign)))
        # A page may say what we know how to ask about; a server is its owner's, and says what it likes.
        told = own if is_public else context.get(ATTRIBUTES, own)
        found = {**context, ATTRIBUTES: {**known[seen], **(told if isinstance(told, dict) else own)}}
        if LANDING in found:
            found[LANDING] = _path(found[LANDING])
        return found, "" if browser else _mark(seen, key)

    def step(event: IncomingEvent) -> IncomingEvent:
        place = id(event.context)
        if place not in done:
            done[place] = seen_from(event.context)
        context, mark = done[place]
        return replace(event, context=context, excluded=event.excluded or mark)

    return [step(one) if isinstance(one, IncomingEvent) else one for one in batch]


def _own(context: Mapping[str, Any]) -> dict[str, Any]:
    """Of the attributes that the sender told, those that are kept."""
    told = context.get(ATTRIBUTES)
    if not isinstance(told, dict):
        return {}
    return {name: value for name, value in acceptable(told).items() if name in KEPT}


def _seen(context: Mapping[str, Any], browser: tuple[str, str] | None, own: Mapping[str, Any]) -> Seen:
    agent, ip = browser or (_text(context, "userAgent") or _text(context, "user_agent"), _text(context, "ip"))
    campaign = tuple((name, own[name]) for name in UTM.values() if isinstance(own.get(name), str))
    return Seen(agent, _text(context, "url"), _text(context, "referrer"), ip, campaign)


def _mark(seen: Seen, key: KnownKey) -> str:
    return mark_of(lambda name: seen.user_agent if name == "User-Agent" else "", seen.ip, key.internal)


def _path(told: Any) -> str:
    """Of the address of a page or of its path: no host, and nothing of the query, which may tell who it is."""
    return address_of(told[:LONGEST_PATH]).path[:LONGEST_PATH] if isinstance(told, str) else ""


def _text(context: Mapping[str, Any], name: str) -> str:
    value = context.get(name, "")
    return value if isinstance(value, str) else ""
