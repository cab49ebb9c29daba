"""What an import found: people and outcomes by arm, and the rows left out, in words and as a file for a spreadsheet."""

import csv
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TextIO

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from experiments.importing.mapping import FileMapping
from experiments.importing.rows import Rejected
from experiments.importing.translate import Entry, Event, SecondArm

REASONS: Mapping[str, str | Promise] = {
    "unreadable": _("cannot be read as CSV"),
    "columns": _("another number of columns than the first line"),
    "characters": _("not UTF-8 text"),
    "no_id": _("no id of a person"),
    "illegal_id": _("this id names nobody, or is too long"),
    "unknown_arm": _("unknown arm"),
    "contradiction": _("contradicts the arm"),
    "repeated": _("repeated person: the first row counts"),
    "two_arms": _("the person is in two arms and counted as mixed, in neither"),
    "time": _("not a time"),
    "too_early": _("before the start of the test"),
    "too_late": _("after the end of the test"),
    "future": _("lies in the future"),
    "empty": _("empty outcome"),
    "not_yes_or_no": _("neither yes nor no"),
    "not_a_number": _("not a number"),
    "not_a_count": _("not a whole number from 0 to 1000"),
    "refused": _("refused by the server"),
}
# What a spreadsheet would take for a formula; an apostrophe in front keeps it text.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\0")
FIRST_EVENTS = 5


@dataclass
class Arm:
    persons: int = 0
    reached: Counter[str] = field(default_factory=Counter)
    total: dict[str, Decimal] = field(default_factory=dict)

    def count(self, values: Mapping[str, Decimal], sign: int = 1) -> None:
        self.persons += sign
        for goal, value in values.items():
            self.reached[goal] += sign
            self.total[goal] = self.total.get(goal, Decimal(0)) + sign * value


@dataclass
class Findings:
    arms: dict[str, Arm]
    rejected: list[Rejected] = field(default_factory=list)
    events: int = 0
    mixed: int = 0
    first_events: list[Event] = field(default_factory=list)

    @classmethod
    def of(cls, mapping: FileMapping) -> "Findings":
        return cls({variant: Arm() for variant in mapping.variants})

    @property
    def persons(self) -> int:
        return sum(arm.persons for arm in self.arms.values())

    def add(self, found: Entry | SecondArm | Rejected) -> tuple[Event, ...]:
        """Counts it in; the events to send."""
        if isinstance(found, Rejected):
            self.rejected.append(found)
            return ()
        if isinstance(found, SecondArm):
            self.rejected.append(found.rejected)
            self.arms[found.first].count(found.values, sign=-1)
            self.mixed += 1
            events: tuple[Event, ...] = (found.event,)
        else:
            self.arms[found.variant].count(found.values)
            events = found.events
        self.events += len(events)
        self.first_events += events[: FIRST_EVENTS - len(self.first_events)]
        return events

    def by_reason(self) -> list[tuple[str, int]]:
        """The commonest first."""
        counts = Counter(rejected.code for rejected in self.rejected)
        return [(str(REASONS[code]), count) for code, count in counts.most_common()]


def sentence(rejected: Rejected) -> str:
    value = f": {rejected.value[:80]}" if rejected.value else ""
    return f"{REASONS[rejected.code]}{value}"


def write_rejected(file: TextIO, rejected: list[Rejected]) -> None:
    table = csv.writer(file)
    table.writerow(["line", "person", "reason", "detail"])
    for row in rejected:
        table.writerow([row.line, _plain(row.person), str(REASONS[row.code]), _plain(row.value)])


def _plain(text: str) -> str:
    shown = text.encode("utf-8", "replace").decode()
    return f"'{shown}" if shown.startswith(FORMULA) else shown
