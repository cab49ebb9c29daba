"""The table of all numbers: what was counted, what carries the decision, and what a single look would have said."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from experiments import quantities, wording
from experiments.figures import DASH, day, equals, lift, lifts, number, p_value, percent
from experiments.leading import is_imported
from experiments.result_times import moment
from experiments.safe_numbers import safe_numbers

Body = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Cell:
    """``below`` stands under it, smaller."""

    text: str
    below: str = ""


@dataclass(frozen=True, slots=True)
class Numbers:
    """``beside``: the last column is what a single look would have said, and decides nothing."""

    heads: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    notes: Sequence[str]
    beside: bool


def numbers_of(body: Body) -> Numbers:
    several, once = len(body["variants"]) > 2, is_imported(body)
    names = wording.names_of(body)
    treatment = next((names[variant["key"]] for variant in body["variants"] if not variant["is_control"]), "")
    heads = [_("Goal"), wording.control_name(body), _("Variant") if several else treatment]
    heads += [_("Change"), _("Difference"), _("p, corrected")]
    heads += [] if once else [_("As if looked at once")]
    rows = [
        _cells(goal, control, arm, names[arm["key"]] if several else "", once=once)
        for goal in body["goals"]
        if goal["progress"] == 1  # half-counted numbers would only mislead
        for control in goal["variants"]
        if control["vs_control"] is None
        for arm in goal["variants"]
        if arm["vs_control"] is not None
    ]
    return Numbers(heads, rows, list(_notes(body)), beside=not once)


def _cells(goal: Body, control: Body, arm: Body, variant: str, *, once: bool) -> list[Cell]:
    against, safe = arm["vs_control"], safe_numbers(arm["vs_control"])
    cells = [
        Cell(goal["name"], variant),
        Cell(*quantities.seen(control, goal)),
        Cell(*quantities.seen(arm, goal)),
        Cell(lift(safe.lift), lifts(safe.lift_ci) if safe.lift_ci else ""),
        _difference(safe.diff, safe.diff_ci, goal),
        Cell(p_value(against["adjusted_p_value"])),
    ]
    if once:
        return cells
    single = _difference(against["diff"], against["diff_ci"], goal)
    return [*cells, Cell(single.below or DASH, equals(against["p_value"]) if single.below else "")]


def _difference(diff: float | None, ends: Sequence[float | None] | None, goal: Body) -> Cell:
    if diff is None or ends is None:
        return Cell(DASH)
    return Cell(quantities.difference(diff, goal), quantities.difference_between(ends, goal))


def _notes(body: Body) -> Iterator[str]:
    if is_imported(body):
        yield _("Interval and corrected p allow for several goals and variants.")
        return
    yield _(
        "Interval and corrected p allow for several goals and variants, and for every look. They carry the decision."
    )
    if looks := body.get("looks"):
        words = {
            "n": number(len(looks)),
            "date": day(moment(looks[-1]["taken_at"]), body["computed_at"]),
            "share": percent(round(looks[-1]["spent"], 2)),
        }
        told = ngettext(
            "Goals that decide or guard are read at a daily look: %(n)s so far, on %(date)s, with %(share)s of the "
            "plan behind it.",
            "Goals that decide or guard are read at a daily look: %(n)s so far, the last on %(date)s, with %(share)s "
            "of the plan behind it.",
            len(looks),
        )
        yield told % words
    yield _(
        "“As if looked at once” would hold if today were the planned end and nobody had looked before. "
        "It decides nothing."
    )
