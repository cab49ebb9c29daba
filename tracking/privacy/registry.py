"""The one list of tables that know something of a visitor. Export and erasure read it, and so does a test."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from django.db.models import QuerySet

from tracking.privacy.whose import Whose

# deleted: the rows go. detached: they stay as those of nobody, since frozen results stand on them. recounted: they
# follow the events by themselves, and those of frozen results stay as those of nobody.
Erasing = Literal["deleted", "detached", "recounted"]
# None: kept as long as what it belongs to, or worked off within seconds.
Retention = Literal["events", "rejected", "people"] | None


@dataclass(frozen=True, slots=True)
class Table:
    """``rows``: those of one person. ``told``: the fields that an export shows."""

    label: str
    rows: Callable[[Whose], QuerySet[Any]]
    erasing: Erasing
    retention: Retention
    told: tuple[str, ...]


@dataclass(slots=True)
class _Registry:
    tables: dict[str, Table] = field(default_factory=dict)
    harmless: dict[str, str] = field(default_factory=dict)
    holds: list[Callable[[int], datetime | None]] = field(default_factory=list)


_KNOWN = _Registry()


def register(*tables: Table) -> None:
    """Called by each floor of the house for its own tables."""
    for table in tables:
        _KNOWN.tables[table.label] = table


def register_harmless(label: str, why: str) -> None:
    """A table that looks as if it knew visitors, and why it does not."""
    _KNOWN.harmless[label] = why


def register_hold(hold: Callable[[int], datetime | None]) -> None:
    """``hold(project_id)``: events from then on are still needed; None: none are."""
    if hold not in _KNOWN.holds:
        _KNOWN.holds.append(hold)


def tables() -> Iterable[Table]:
    return tuple(_KNOWN.tables.values())


def harmless() -> dict[str, str]:
    return dict(_KNOWN.harmless)


def needed_since(project_id: int) -> datetime | None:
    """The oldest event that somebody still counts on."""
    found = [moment for hold in _KNOWN.holds if (moment := hold(project_id)) is not None]
    return min(found, default=None)
