"""What a page's request tells of its visitor, kept with the events; and the mark of those that are robots."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from tracking.access import KnownKey
from tracking.attributes import Surroundings, acceptable, derived
from tracking.bots import is_bot
from tracking.models import KeyKind
from tracking.wire.http import Request
from tracking.wire.native import IncomingEvent, Refusal

# Where in an event's context the visitor's attributes are.
ATTRIBUTES = "attributes"
# Not the address with its query and not the IP address: they would tell who it is.
KEPT = frozenset({
    "deviceType", "browser", "os", "country", "channel", "referrer", "host", "path",
    "utmSource", "utmMedium", "utmCampaign", "utmTerm", "utmContent", "returning",
})  # fmt: skip

Batch = Sequence[IncomingEvent | Refusal]


def asks_itself(request: Request, key: KnownKey) -> bool:
    """Whether a page in a browser asks, of which the request tells, and not a server for somebody else."""
    return key.kind == KeyKind.CLIENT and bool(request.header("Origin"))


def enriched(request: Request, key: KnownKey, batch: Batch) -> Batch:
    """The batch with the attributes of its visitor in each context; a server's batch stays as it is."""
    if not asks_itself(request, key):
        return batch
    agent, ip = request.header("User-Agent"), request.client_ip
    robot = is_bot(agent)
    known: dict[tuple[str, str], dict[str, Any]] = {}

    def seen_from(context: Mapping[str, Any]) -> dict[str, Any]:
        page = _text(context, "url"), _text(context, "referrer")
        if page not in known:
            known[page] = derived(KEPT, Surroundings(agent, *page, ip))
        return known[page]

    def with_attributes(event: IncomingEvent) -> IncomingEvent:
        told = event.context.get(ATTRIBUTES)
        own = (
            {name: value for name, value in acceptable(told).items() if name in KEPT} if isinstance(told, dict) else {}
        )
        context = {**event.context, ATTRIBUTES: seen_from(event.context) | own}
        return replace(event, context=context, excluded=event.excluded or ("bot" if robot else ""))

    return [with_attributes(one) if isinstance(one, IncomingEvent) else one for one in batch]


def _text(context: Mapping[str, Any], name: str) -> str:
    value = context.get(name, "")
    return value if isinstance(value, str) else ""
