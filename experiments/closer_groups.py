"""Groups of people in a closer look: whether they differ beyond chance, which is the only question they can answer."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from experiments.closer_parts import Pair, Part, Table, change_of, interval_of
from experiments.figures import listed, number

Body = Mapping[str, Any]

# More names than these make no sentence.
MOST_NAMED = 4


def groups(pairs: Sequence[Pair], alpha: float) -> Part:
    """In full for the goals that decide; of the others only what differs."""
    title = _("Groups of people")
    found = [(pair, segment) for pair in pairs for segment in (pair.against.get("refined") or {}).get("segments") or ()]
    if not found:
        return Part(title, [_("Nothing is known of these people that would sort them into groups, such as a device.")])
    deciding = [(pair, segment) for pair, segment in found if pair.goal["role"] == "primary"]
    others = [(pair, segment) for pair, segment in found if pair.goal["role"] != "primary"]
    about = _("A group that does well beside one that does not is mostly chance. What counts is whether they differ.")
    tables = [_table(pair, segment, alpha) for pair, segment in deciding]
    return Part(title, [about, *_elsewhere(others, alpha)], tables)


def _elsewhere(found: Sequence[tuple[Pair, Body]], alpha: float) -> Iterator[str]:
    differing = [(pair, segment) for pair, segment in found if _differ(segment, alpha)]
    for pair, segment in differing:
        yield _answer(pair, segment, alpha)
    if found and not differing:
        yield _("In the other goals no groups differ beyond chance.")


def _table(pair: Pair, segment: Body, alpha: float) -> Table:
    rows = [
        [
            _value(one["value"]),
            number(one["n"][0]),
            number(one["n"][1]),
            change_of(one),
            interval_of(one),
        ]
        for one in segment["values"]
    ]
    heads = [segment["name"], _("People with the original"), _("with the variant"), _("Change"), _("Interval")]
    return Table(heads, rows, _answer(pair, segment, alpha))


def _differ(segment: Body, alpha: float) -> bool:
    p_value = segment["adjusted_interaction_p_value"]
    return p_value is not None and p_value < alpha


def _answer(pair: Pair, segment: Body, alpha: float) -> str:
    words = {"groups": _names(segment), "goal": pair.name}
    if segment["adjusted_interaction_p_value"] is None:
        return _("“%(goal)s”, %(groups)s: too few people to compare.") % words
    if _differ(segment, alpha):
        return (
            _("“%(goal)s”: %(groups)s differ beyond chance. That is an idea for the next experiment, no decision.")
            % words
        )
    return _("“%(goal)s”: %(groups)s do not differ beyond chance.") % words


def _names(segment: Body) -> str:
    values = [_value(one["value"]) for one in segment["values"]]
    if len(values) <= MOST_NAMED:
        return listed(values)
    return _("the %(n)s groups of “%(name)s”") % {"n": number(len(values)), "name": segment["name"]}


def _value(value: str) -> str:
    return {"unknown": _("not known"), "other": _("all others")}.get(value, value)
