"""Goals, pure: which events count for a goal, and how they are measured. A new measure is one function and one line."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Literal

Level = Literal["micro", "macro"]
Desired = Literal["increase", "decrease"]
Operator = Literal["equals", "not_equals", "contains", "starts_with", "at_least", "at_most"]

# Beyond this a number is a mistake or an attack; one such value would drown every sum.
LARGEST_VALUE = Decimal(10) ** 12
# A longer text is nothing that a marketer's condition asks about, and is not read.
LONGEST_TEXT = 1_000
VALUE_STEP = Decimal("0.000001")
# What the same visitor does once more within it is the same click, heard twice; and after so long without anything that
# the goal counts, the next is another session, as in Google Analytics. Where the page names its sessions, it decides.
DOUBLE = timedelta(seconds=1)
SESSION_GAP = timedelta(minutes=30)
# Whoever loads the page of thanks again has not bought again. Only of purchases: one order may be refunded twice.
PURCHASE, TRANSACTION = "purchase", "transaction_id"
NO_TRANSACTION = frozenset({"", "0", "null", "undefined", "none", "nan", "false", "true"})
# ASCII and short: "1_000", digits of other scripts or a page full of digits are not plainly a number.
PLAIN_NUMBER = re.compile(r"[ \t\r\n]*[+-]?([0-9]{1,30}(\.[0-9]{0,30})?|\.[0-9]{1,30})([eE][+-]?[0-9]{1,3})?[ \t\r\n]*")


@dataclass(frozen=True, slots=True)
class Fact:
    """An event as the pure modules see it. ``excluded`` names why it is kept but not counted, or is empty.

    session: as the page named it, or empty. likeness: equal for two events that say the same of the same page; None
    where that is not known, or where it makes no double of them: what is imported was told apart before.
    """

    event_id: str
    name: str
    visitor_id: str
    occurred_at: datetime
    properties: Mapping[str, Any]
    source: str = "client"
    excluded: str = ""
    session: str = ""
    likeness: int | None = None


@dataclass(frozen=True, slots=True)
class Condition:
    property: str
    operator: Operator
    value: str


@dataclass(frozen=True, slots=True)
class GoalRule:
    """What a goal asks of events. ``property``: the number that ``sum`` adds up; ``window_days`` from exposure."""

    event: str
    measure: str
    window_days: int
    property: str = ""
    currency: str = ""
    conditions: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True)
class Score:
    """One person's value for one goal. Exists only where at least one event counted."""

    value: Decimal
    last_at: datetime


def number(raw: object) -> Decimal | None:
    """A JSON number, or a string that plainly is one, as an exact decimal of six places; None for anything else."""
    if isinstance(raw, bool) or not isinstance(raw, int | float | str | Decimal):
        return None
    if isinstance(raw, str) and (len(raw) > LONGEST_TEXT or not PLAIN_NUMBER.fullmatch(raw)):
        return None
    try:
        value = Decimal(str(raw).strip())
        # Compared and not abs(): that would round a long number to 28 digits first.
        return value.quantize(VALUE_STEP) if -LARGEST_VALUE <= value <= LARGEST_VALUE else None
    except ArithmeticError:
        return None


def _text(raw: object) -> str:
    """What a condition reads: texts, numbers as they were sent, true and false; all others are empty."""
    if isinstance(raw, bool):
        return str(raw).lower()
    if isinstance(raw, Decimal):
        return format(raw, "f")
    if isinstance(raw, str):
        return raw if len(raw) <= LONGEST_TEXT else ""
    return str(raw) if isinstance(raw, int | float) else ""


def _compares(raw: object, wanted: str, holds: Callable[[Decimal, Decimal], bool]) -> bool:
    left, right = number(raw), number(wanted)
    return left is not None and right is not None and holds(left, right)


OPERATORS: dict[str, Callable[[object, str], bool]] = {
    "equals": lambda raw, wanted: _text(raw) == wanted,
    "not_equals": lambda raw, wanted: _text(raw) != wanted,
    "contains": lambda raw, wanted: wanted in _text(raw),
    "starts_with": lambda raw, wanted: _text(raw).startswith(wanted),
    "at_least": lambda raw, wanted: _compares(raw, wanted, lambda left, right: left >= right),
    "at_most": lambda raw, wanted: _compares(raw, wanted, lambda left, right: left <= right),
}


def counts(rule: GoalRule, fact: Fact) -> bool:
    """Whether this event belongs to the goal, its time apart."""
    if fact.excluded or fact.name != rule.event:
        return False
    if rule.currency and fact.properties.get("currency", rule.currency) != rule.currency:
        return False
    return all(
        OPERATORS[condition.operator](fact.properties.get(condition.property, ""), condition.value)
        for condition in rule.conditions
    )


def counted(rule: GoalRule, facts: Sequence[Fact]) -> list[Fact]:
    """The events that belong to the goal, oldest first, each deed once, whatever the order in which they arrived.

    Two that say the same of the same page less than a second apart are one, and so is a purchase that is told again
    with its ``transaction_id``, however late. The first of them stays.
    """
    found = [fact for fact in facts if counts(rule, fact)]
    if len(found) < 2:
        return found
    found.sort(key=lambda fact: (fact.occurred_at, fact.event_id))
    last: dict[tuple[str, int], datetime] = {}
    bought: set[str] = set()
    kept = []
    for fact in found:
        transaction = _transaction(fact)
        if not _is_double(fact, last) and transaction not in bought:
            kept.append(fact)
        if transaction:
            bought.add(transaction)
    return kept


def _is_double(fact: Fact, last: dict[tuple[str, int], datetime]) -> bool:
    if fact.likeness is None:
        return False
    alike = fact.visitor_id, fact.likeness
    before, last[alike] = last.get(alike), fact.occurred_at
    return before is not None and fact.occurred_at - before < DOUBLE


def _transaction(fact: Fact) -> str:
    """Empty for what is no purchase, and for an id that broken code sends for every purchase."""
    if fact.name != PURCHASE:
        return ""
    told = _text(fact.properties.get(TRANSACTION)).strip(" \t\r\n")
    return "" if told.lower() in NO_TRANSACTION else told


def _once(_: GoalRule, __: Sequence[Fact]) -> Decimal:
    return Decimal(1)


def _once_per_session(_: GoalRule, facts: Sequence[Fact]) -> Decimal:
    named = {(fact.visitor_id, fact.session) for fact in facts if fact.session}
    last: dict[str, datetime] = {}
    others = 0
    for fact in facts:
        if not fact.session:
            before, last[fact.visitor_id] = last.get(fact.visitor_id), fact.occurred_at
            others += before is None or fact.occurred_at - before >= SESSION_GAP
    return Decimal(len(named) + others)


def _count(_: GoalRule, facts: Sequence[Fact]) -> Decimal:
    return Decimal(len(facts))


def _sum(rule: GoalRule, facts: Sequence[Fact]) -> Decimal | None:
    values = [value for fact in facts if (value := number(fact.properties.get(rule.property))) is not None]
    return sum(values, Decimal(0)) if values else None


# Each is given the events that count, oldest first, at least one.
MEASURES: dict[str, Callable[[GoalRule, Sequence[Fact]], Decimal | None]] = {
    "once": _once,
    "once_per_session": _once_per_session,
    "count": _count,
    "sum": _sum,
}


def measure(rule: GoalRule, facts: Sequence[Fact], exposed_at: datetime) -> Score | None:
    """One person's score: events at or after exposure and inside the window; None when nothing counted.

    Raises ``KeyError`` for a measure that is not in ``MEASURES``.
    """
    return _measured(rule, counted(rule, facts), exposed_at, exposed_at + timedelta(days=rule.window_days))


def measure_around(
    rule: GoalRule, facts: Sequence[Fact], exposed_at: datetime, *, days: int
) -> tuple[Score | None, Score | None]:
    """``measure``, and the same question about the days before the exposure, which no variant can have changed.

    What was done before and is told again afterwards belongs to before.
    """
    found = counted(rule, facts)
    return (
        _measured(rule, found, exposed_at, exposed_at + timedelta(days=rule.window_days)),
        _measured(rule, found, exposed_at - timedelta(days=days), exposed_at),
    )


def _measured(rule: GoalRule, found: Sequence[Fact], since: datetime, until: datetime) -> Score | None:
    inside = [fact for fact in found if since <= fact.occurred_at < until]
    if not inside:
        return None
    value = MEASURES[rule.measure](rule, inside)
    return None if value is None else Score(value, inside[-1].occurred_at)
