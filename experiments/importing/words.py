"""What an import tells the person at the terminal, as lines of text."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from experiments.http_client import ENCODER
from experiments.importing.mapping import FileMapping
from experiments.importing.report import Findings, sentence

# So many lines can be read; the rest is in the file.
SHOWN = 20


def rejected_rows(findings: Findings) -> Iterator[str]:
    """The first ones with line and reason, then all of them counted."""
    rejected = sorted(findings.rejected, key=lambda row: row.line)
    if not rejected:
        return
    count = len(rejected)
    yield ngettext("%d row is left out:", "%d rows are left out:", count) % count
    for row in rejected[:SHOWN]:
        who = f" ({row.person[:40]})" if row.person else ""
        yield "  " + _("line %d") % row.line + f"{who}: {sentence(row)}"
    if count > SHOWN:
        yield "  " + _("… and %d more; --report FILE writes them all.") % (count - SHOWN)
    for reason, times in findings.by_reason():
        yield f"{times:>9,} × {reason}"


def preview(mapping: FileMapping, findings: Findings) -> Iterator[str]:
    yield from _found(mapping, findings)
    yield _("%s events would be sent to the server. The first:") % f"{findings.events:,}"
    for event in findings.first_events:
        yield ENCODER.encode(event).decode()


def _found(mapping: FileMapping, findings: Findings) -> Iterator[str]:
    goals = [(outcome.goal, outcome.measured) for outcome in mapping.outcome]
    rows = [
        [
            key,
            f"{arm.persons:,}",
            *(_cell(measure, arm.reached[goal], arm.total.get(goal, 0)) for goal, measure in goals),
        ]
        for key, arm in findings.arms.items()
    ]
    yield from table([_("variant"), _("people"), *(goal for goal, _measure in goals)], rows)
    if findings.mixed:
        yield (
            ngettext(
                "%d person was met in two arms and is counted in neither.",
                "%d people were met in two arms and are counted in neither.",
                findings.mixed,
            )
            % findings.mixed
        )


def answers(counted: Counter[str]) -> str:
    order = ("stored", "duplicate", "rejected")
    said = ", ".join(f"{counted[status]:,} {status}" for status in order if counted[status])
    return _("%(count)s events sent: %(said)s.") % {"count": f"{counted.total():,}", "said": said or "0"}


def result(content: Mapping[str, Any]) -> Iterator[str]:
    """What the server has counted, by variant."""
    goals = content["goals"]
    rows = []
    for variant in content["variants"]:
        cells = [next(arm for arm in goal["variants"] if arm["key"] == variant["key"]) for goal in goals]
        counted = [_cell(goal["measure"], arm["converted"], arm["sum"]) for goal, arm in zip(goals, cells, strict=True)]
        rows.append([variant["key"], f"{variant['enrolled']:,}", *counted])
    yield from table([_("variant"), _("enrolled"), *(goal["key"] for goal in goals)], rows)
    left_out = {reason: count for reason, count in content["health"]["excluded"].items() if count}
    if left_out:
        yield _("Left out by the server: %s") % ", ".join(f"{count:,} {reason}" for reason, count in left_out.items())


def _cell(measure: str, reached: int, total: Decimal | float) -> str:
    """How many people reached the goal; for a number, what it adds up to as well."""
    return f"{reached:,}" if measure == "once" else f"{total:,} ({reached:,})"


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """The first column to the left, all others, which are numbers, to the right."""
    widths = [max(len(row[place]) for row in [header, *rows]) for place in range(len(header))]
    for row in [header, *rows]:
        first, *others = (
            cell.rjust(width) if place else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        yield "  ".join([first, *others])
