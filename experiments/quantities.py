"""A goal's numbers with their units: rates, sums and means per person, and differences of them."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from experiments.figures import DASH, SPACE, THIN, between, number, percent, points

Body = Mapping[str, Any]


def is_rate(goal: Body) -> bool:
    return bool(goal["measure"] == "once")


def amount(value: float, goal: Body, *, decimals: int = 2, signed: bool = False) -> str:
    return number(value, decimals, signed=signed) + _currency(goal)


def total(goal: Body) -> str:
    """Over all variants: how many people did it, or the sum."""
    if is_rate(goal):
        return number(sum(arm["converted"] for arm in goal["variants"]))
    return amount(sum(arm["sum"] for arm in goal["variants"]), goal, decimals=0)


def mean(arm: Body, goal: Body) -> str:
    if arm["mean"] is None:
        return DASH
    return percent(arm["mean"]) if is_rate(goal) else number(arm["mean"], 2)


def unit(goal: Body) -> str:
    """What follows a mean."""
    return "" if is_rate(goal) else f"{_currency(goal)} {_('a person')}"


def seen(arm: Body, goal: Body) -> tuple[str, str]:
    """“297 of 19,188” and “1.55 %”; of a sum what it is, and what that makes a person."""
    if not is_rate(goal):
        return amount(arm["sum"], goal), f"{mean(arm, goal)}{unit(goal)}"
    of = _("%(converted)s of %(people)s") % {"converted": number(arm["converted"]), "people": number(arm["n"])}
    return of, mean(arm, goal)


def difference(value: float | None, goal: Body) -> str:
    if value is None:
        return DASH
    return f"{points(value)}{THIN}{_('pp')}" if is_rate(goal) else amount(value, goal, signed=True)


def loss(value: float | None, goal: Body) -> str:
    """What a choice may cost, a person: without a sign, and never a 0 that is none."""
    if value is None:
        return DASH
    tail = f"{THIN}{_('pp')}" if is_rate(goal) else _currency(goal)
    shown = value * 100 if is_rate(goal) else value
    least = 0.01
    return f"<{SPACE}{number(least, 2)}{tail}" if shown < least else number(shown, 2) + tail


def difference_between(ends: Sequence[float | None] | None, goal: Body) -> str:
    if ends is None:
        return DASH
    low, high = ends
    if is_rate(goal):
        return between((low, high), points, tail=f"{THIN}{_('pp')}")
    return between((low, high), lambda value: number(value, 2, signed=True), tail=_currency(goal))


def _currency(goal: Body) -> str:
    return f"{THIN}{goal['currency']}" if goal["currency"] else ""
