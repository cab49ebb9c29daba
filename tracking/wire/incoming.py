"""What every format becomes, pure: an event that can be stored, or why one cannot or must not be."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec


# A struct and not a dataclass: it is made, and changed step by step, for every event that comes.
class IncomingEvent(msgspec.Struct, frozen=True):
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
    """``id`` is None where the event did not even have a readable one. ``raw``: what was sent, ``name``: if known."""

    id: str | None
    reason: str
    raw: bytes = field(default=b"", compare=False, repr=False)
    name: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Filtered:
    """An event that nobody wants kept."""

    reason: str
    id: str | None = None


Incoming = IncomingEvent | Refusal | Filtered
