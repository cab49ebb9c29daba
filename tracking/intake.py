"""The one way in: every event of every format goes through these steps, in this order, before it is stored."""

import dataclasses
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from msgspec.structs import replace

from tracking.access import KnownKey
from tracking.batches import Receipt
from tracking.capture import capture
from tracking.consent import refused, withheld
from tracking.enriching import asks_itself, enriched
from tracking.models import KeyKind
from tracking.names import admitted
from tracking.private_ids import private_id
from tracking.quality import mark_of
from tracking.scrubbing import scrubbed_batch
from tracking.wire.foreign import object_in, value_of
from tracking.wire.http import Request
from tracking.wire.incoming import Filtered, Incoming, IncomingEvent, Refusal
from tracking.wire.segment import CONSENT


def take(request: Request, key: KnownKey, batch: Sequence[Incoming]) -> list[Receipt]:
    """Store what may be stored; one receipt for each event, in order.

    Raises ``django.db.Error`` when PostgreSQL cannot commit: then nothing of the batch is stored, or nothing is known
    of it, and sent again it counts once.
    """
    wanted = _agreed(request, key, batch)
    seen = _marked(request, key, enriched(request, key, wanted))
    # Scrubbed first: no private text becomes a name that is kept.
    clean = scrubbed_batch(seen)
    kept = [_private(key.project_id, one) if isinstance(one, IncomingEvent) else one for one in clean]
    receipts = capture(key.project_id, admitted(key.project_id, kept, datetime.now(UTC).date()), key.source)
    # By the ids that the sender knows.
    return [
        receipt if receipt.id == one.id else dataclasses.replace(receipt, id=one.id)
        for one, receipt in zip(batch, receipts, strict=True)
    ]


def _agreed(request: Request, key: KnownKey, batch: Sequence[Incoming]) -> list[Incoming]:
    """Without those of visitors who did not agree; of theirs that were refused, nothing but the reason is left.

    A server says in the event itself what its visitor decided; headers of its requests are its own.
    """
    header = request.header if key.kind == KeyKind.CLIENT else _nothing

    def step(one: Incoming) -> Incoming:
        if isinstance(one, Filtered):
            return one
        context = one.context if isinstance(one, IncomingEvent) else _context_of(one)
        reason = withheld(context, header, honours_dnt=key.honours_dnt)
        if not reason:
            return one
        return Filtered(reason, one.id) if isinstance(one, IncomingEvent) else Refusal(one.id, one.reason)

    return [step(one) for one in batch]


def _nothing(_name: str) -> str:
    return ""


def _context_of(refusal: Refusal) -> Mapping[str, Any]:
    """What is said of consent in an event that could not be read as one; nothing where it cannot be read at all."""
    try:
        context = object_in(object_in(value_of(refusal.raw)).get("context"))
    except (ValueError, RecursionError):
        # Nobody can tell whether they agreed.
        return {"consent": False}
    return {**context, "consent": False} if any(refused(context.get(name)) for name in CONSENT) else context


def _private(project_id: int, event: IncomingEvent) -> IncomingEvent:
    event_id, visitor_id = private_id(project_id, event.id), private_id(project_id, event.visitor_id)
    user_id = private_id(project_id, event.user_id)
    if event_id is event.id and visitor_id is event.visitor_id and user_id is event.user_id:
        return event
    return replace(event, id=event_id, visitor_id=visitor_id, user_id=user_id)


def _marked(request: Request, key: KnownKey, batch: Sequence[Incoming]) -> Sequence[Incoming]:
    mark = mark_of(request.header, request.client_ip, key.internal) if asks_itself(request, key) else ""
    if not mark:
        return batch
    return [
        replace(one, excluded=mark) if isinstance(one, IncomingEvent) and not one.excluded else one for one in batch
    ]
