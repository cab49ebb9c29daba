"""The book of planned looks: its only writer and reader. What a look showed is never changed by a later one."""

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import msgspec

from experiments import looking
from experiments.models import Look, Phase
from experiments.results import IMPORT_LAG
from experiments.rows import Case, Place
from experiments.sights import Sight

# Who is waited for longer than this holds a look back: it must not be taken of half the numbers.
LONGEST_BACKLOG = timedelta(seconds=10)
# A phase that is said to have begun long ago is first filled with its past, for as long as this at most.
FILLING = timedelta(days=1)
# The jobs come by every few seconds: numbers that have not moved for so long have arrived.
QUIET = timedelta(seconds=6)


def sights_of(phase_id: int) -> dict[Place, list[Sight]]:
    """By goal and variant, oldest first."""
    found: dict[Place, list[Sight]] = defaultdict(list)
    for body in Look.objects.filter(phase_id=phase_id).order_by("number").values_list("body", flat=True):
        for sight in msgspec.convert(body, list[Sight]):
            found[sight.goal, sight.variant].append(sight)
    return dict(found)


def told(phase_id: int) -> list[dict[str, Any]]:
    """The looks as an answer names them."""
    taken = Look.objects.filter(phase_id=phase_id).order_by("number")
    return [dict(look) for look in taken.values("number", "taken_at", "spent", "people")]


@dataclass(frozen=True, slots=True)
class Tallies:
    """Of a phase, at one moment. waiting_since: who waits to be counted since then, asked before they were read.

    unchanged_since: when the result was computed that they still agree with; None: they have changed since.
    """

    waiting_since: datetime | None
    unchanged_since: datetime | None


def may_be_taken(phase: Phase, tallies: Tallies, now: datetime) -> bool:
    """Whether the tallies hold all that has happened."""
    if tallies.waiting_since is not None and tallies.waiting_since < now - LONGEST_BACKLOG:
        return False
    being_filled = phase.started_at < phase.opened_at - IMPORT_LAG and now < phase.opened_at + FILLING
    quiet = tallies.unchanged_since is not None and tallies.unchanged_since < now - QUIET
    return quiet or not being_filled


def take(phase_id: int, case: Case) -> Case:
    """The case with what a look shows now, if one is due; it is written down for good."""
    rows = looking.due(case)
    if not rows:
        return case
    number = Look.objects.filter(phase_id=phase_id).count() + 1
    seen = looking.look(case, rows, number=number)
    if not seen:
        return case
    Look.objects.create(
        phase_id=phase_id,
        number=number,
        taken_at=case.standing.now,
        spent=case.standing.spent,
        people=case.standing.people,
        body=msgspec.to_builtins(seen),
    )
    added = {(sight.goal, sight.variant): sight for sight in seen}
    sights = {place: [*case.sights.get(place, ()), *_one(added.get(place))] for place in {*case.sights, *added}}
    return replace(case, sights=sights)


def _one(sight: Sight | None) -> list[Sight]:
    return [] if sight is None else [sight]
