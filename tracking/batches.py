"""A batch on its way into the store: what can be answered without asking the database, and the rows that remain."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from tracking.outcomes import Aside, Delta, deltas_of, kept
from tracking.privacy.tombstones import user_digest, visitor_digest
from tracking.rejecting import refused
from tracking.wire.native import Incoming, IncomingEvent, Refusal

# By project and event id.
Identity = tuple[int, str]


@dataclass(frozen=True, slots=True)
class Receipt:
    """The answer for one event: ``stored``, ``duplicate``, ``filtered`` or ``rejected``."""

    id: str | None
    status: str
    reason: str = ""
    excluded: str = ""

    def as_json(self) -> dict[str, Any]:
        told: dict[str, Any] = {"id": self.id, "status": self.status}
        if self.reason:
            told["reason"] = self.reason
        if self.excluded:
            told["excluded"] = self.excluded
        return told


class _Row(msgspec.Struct):
    """An event as ``tracking.capture`` hands it over. ``dv``, ``du``: the digests of tombstones of visitor and user."""

    p: int
    s: str
    i: str
    n: str
    v: str
    u: str
    t: datetime
    x: str
    pr: Any
    c: Any
    dv: str
    du: str | None


class Prepared(NamedTuple):
    """``decided``: None for each event that is to be stored; of those, ``rows`` has the JSON by its id, in order."""

    project_id: int
    batch: Sequence[Incoming]
    decided: list[Receipt | None]
    rows: dict[str, bytes]


class _Known(NamedTuple):
    """What the rows of a batch share: mostly it is one visitor on one page. ``contexts``: by the object."""

    digests: dict[str, str]
    contexts: dict[int, msgspec.Raw]


def prepared(project_id: int, batch: Sequence[Incoming], source: str) -> Prepared:
    decided: list[Receipt | None] = []
    rows: dict[str, bytes] = {}
    known = _Known({}, {})
    for one in batch:
        if not isinstance(one, IncomingEvent):
            decided.append(Receipt(one.id, "rejected" if isinstance(one, Refusal) else "filtered", one.reason))
        elif one.id in rows:
            decided.append(Receipt(one.id, "duplicate"))
        else:
            decided.append(None)
            rows[one.id] = _row(project_id, one, source, known)
    return Prepared(project_id, batch, decided, rows)


def _row(project_id: int, event: IncomingEvent, source: str, known: _Known) -> bytes:
    visitor, user, place = event.visitor_id, event.user_id, id(event.context)
    if visitor not in known.digests:
        known.digests[visitor] = visitor_digest(project_id, visitor)
    if place not in known.contexts:
        known.contexts[place] = msgspec.Raw(msgspec.json.encode(event.context))
    row = _Row(
        *(project_id, source, event.id, event.name, visitor, user, event.occurred_at, event.excluded),
        *(
            event.properties,
            known.contexts[place],
            known.digests[visitor],
            user_digest(project_id, user) if user else None,
        ),
    )
    return msgspec.json.encode(row)


def without(batch: Prepared, unstorable: set[str]) -> Prepared:
    """The batch with a refusal of each event that the database cannot hold, and nothing left to store."""
    decided = [
        Receipt(one.id, "rejected", "unstorable")
        if one.id in unstorable and isinstance(one, IncomingEvent)
        else receipt
        for one, receipt in zip(batch.batch, batch.decided, strict=True)
    ]
    return batch._replace(decided=decided, rows={})


def aside_of(batch: Prepared, again: int = 0) -> Aside:
    """What is to be told of the events that are not stored. ``again``: so many were in another batch just before."""
    deltas = deltas_of(receipt for receipt in batch.decided if receipt is not None)
    if again:
        deltas.append(Delta("duplicate", "", again))
    refusals = (
        refused(one, receipt.reason) if isinstance(one, IncomingEvent) else one
        for one, receipt in zip(batch.batch, batch.decided, strict=True)
        if receipt is not None and receipt.status == "rejected" and isinstance(one, IncomingEvent | Refusal)
    )
    return Aside(deltas, kept(refusals))


def receipts_of(batch: Prepared, unstored: dict[Identity, bool]) -> list[Receipt]:
    """One for each event, in order.

    ``unstored``: what was there before (False), and what must not be kept, since its person was erased (True). What is
    answered ``stored`` is added: another batch of the group that has it, too, did not store it.
    """
    return [
        receipt or _receipt((batch.project_id, one.id or ""), one, unstored)
        for one, receipt in zip(batch.batch, batch.decided, strict=True)
    ]


def _receipt(identity: Identity, event: Incoming, unstored: dict[Identity, bool]) -> Receipt:
    erased = unstored.get(identity)
    unstored[identity] = False
    if erased is None:
        return Receipt(event.id, "stored", excluded=event.excluded if isinstance(event, IncomingEvent) else "")
    return Receipt(event.id, "filtered", "erased") if erased else Receipt(event.id, "duplicate")
