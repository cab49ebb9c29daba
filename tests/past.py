"""Visitors of the last weeks, as events: what a forecast reads."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from tracking.capture import capture
from tracking.models import Project
from tracking.wire.native import IncomingEvent

MINUTE = timedelta(minutes=1)


def did(
    project: Project, visitor: str, name: str, at: datetime, *, user: str = "", excluded: str = "", **properties: Any
) -> None:
    event = IncomingEvent(f"{name}-{visitor}-{at}", name, visitor, user, at, properties, {}, excluded)
    capture(project.id, [event], "client")


def came(project: Project, now: datetime, people: int, *, days: int = 28, did: Mapping[str, int] | None = None) -> None:
    """``people`` visitors, spread evenly over the last ``days``; ``did``: by event, how many of the first did it."""
    events = []
    for number in range(people):
        at = now - timedelta(days=days) * (1 - number / people) + MINUTE
        events.append(_event("page_view", number, min(at, now - MINUTE)))
        done = [name for name, count in (did or {}).items() if number < count]
        events += [_event(name, number, min(at + MINUTE, now - MINUTE / 2)) for name in done]
    for start in range(0, len(events), 2000):
        capture(project.id, events[start : start + 2000], "client")


def _event(name: str, number: int, at: datetime) -> IncomingEvent:
    return IncomingEvent(f"{name}-{number}", name, f"visitor-{number}", "", at, {}, {}, "")
