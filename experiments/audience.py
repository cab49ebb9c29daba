"""Who takes part, as a marketer says it, pure: any of several groups of rules; GrowthBook's conditions and back."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from experiments.expressions import LONGEST_PATTERN

Takes = Literal["text", "number", "texts", "list", "nothing"]
# What a form can hold before its page becomes unreadable; longer lists of values belong into an audience list.
MOST_GROUPS = 20
MOST_RULES = 20
MOST_VALUES = 200
LONGEST_VALUE = 300
LONGEST_NAME = 100
LARGEST_NUMBER = 2**53
# What a pattern reads as something else than itself, in JavaScript and in Python alike.
MEANING = r"\^$.|?*+()[]{}"


@dataclass(frozen=True, slots=True)
class Rule:
    """``value``: a text, a number, a tuple of texts, the key of an audience list, or None; see ``OPERATORS``."""

    attribute: str
    operator: str
    value: Any = None


Group = tuple[Rule, ...]
Groups = tuple[Group, ...]


@dataclass(frozen=True, slots=True)
class Operator:
    """``sign``: GrowthBook's operator; "=" stands for the plain value. ``fixed``: the value of one that takes none."""

    takes: Takes
    sign: str
    fixed: bool | None = None


# In the order in which they are offered. ``contains`` and its like are patterns with nothing in them but the text.
OPERATORS: dict[str, Operator] = {
    "is": Operator("text", "="),
    "is_not": Operator("text", "$ne"),
    "one_of": Operator("texts", "$in"),
    "none_of": Operator("texts", "$nin"),
    "contains": Operator("text", "$regex"),
    "starts_with": Operator("text", "$regex"),
    "ends_with": Operator("text", "$regex"),
    "yes": Operator("nothing", "=", fixed=True),
    "no": Operator("nothing", "=", fixed=False),
    "equals": Operator("number", "="),
    "at_least": Operator("number", "$gte"),
    "at_most": Operator("number", "$lte"),
    "in_list": Operator("list", "$inGroup"),
    "not_in_list": Operator("list", "$notInGroup"),
    "known": Operator("nothing", "$exists", fixed=True),
    "unknown": Operator("nothing", "$exists", fixed=False),
}
CHOICE = ("is", "is_not", "one_of", "none_of", "known", "unknown")
LISTED = ("in_list", "not_in_list")
TEXT = ("is", "is_not", "one_of", "none_of", "contains", "starts_with", "ends_with", *LISTED, "known", "unknown")


def operators_for(kind: str, *, has_choices: bool) -> tuple[str, ...]:
    """What may be asked of an attribute of this type (``tracking.attributes``); "" is one only the caller knows."""
    if kind == "boolean":
        return ("yes", "no", "known", "unknown")
    if kind == "number":
        return ("equals", "at_least", "at_most", "known", "unknown")
    if kind == "country" or has_choices:
        return (*CHOICE, *LISTED)
    return TEXT if kind else tuple(OPERATORS)


# ---- to the condition ----


def to_condition(groups: Iterable[Group]) -> dict[str, Any]:
    """Of rules that have no ``complaint``. Empty groups are left out; without any, everybody takes part."""
    wholes = [_all_of(group) for group in groups if group]
    return wholes[0] if len(wholes) == 1 else {"$or": wholes} if wholes else {}


def _all_of(group: Group) -> dict[str, Any]:
    """A list even where one object would do: the database keeps no order of an object's fields."""
    rules = [{rule.attribute: _wanted(rule)} for rule in group]
    return rules[0] if len(rules) == 1 else {"$and": rules}


def _wanted(rule: Rule) -> Any:
    operator = OPERATORS[rule.operator]
    value: Any = rule.value if operator.fixed is None else operator.fixed
    if operator.takes == "texts":
        value = list(value)
    if operator.sign == "$regex":
        value = _pattern(rule.operator, value)
    return value if operator.sign == "=" else {operator.sign: value}


def _pattern(operator: str, text: str) -> str:
    escaped = "".join(f"\\{letter}" if letter in MEANING else letter for letter in text)
    return {"starts_with": f"^{escaped}", "ends_with": f"{escaped}$"}.get(operator, escaped)


# ---- and back ----


def from_condition(condition: object) -> Groups | None:
    """None for a condition that these rules cannot say: it was written over the API."""
    if condition == {}:
        return ()
    if not isinstance(condition, Mapping):
        return None
    several = condition.get("$or") if list(condition) == ["$or"] else [condition]
    if not isinstance(several, list) or not several:
        return None
    groups = []
    for part in several:
        group = _group_of(part)
        if not group:
            return None
        groups.append(group)
    return tuple(groups)


def _group_of(part: object) -> Group | None:
    """None where a part of it cannot be said."""
    rules: list[Rule] = []
    for attribute, wanted in _pairs(part):
        found = _rules_of(attribute, wanted)
        if found is None:
            return None
        rules += found
    return tuple(rules)


def _pairs(part: object) -> Iterator[tuple[str, Any]]:
    """Attributes with what is asked of them; "$" stands for what cannot be read."""
    if not isinstance(part, Mapping):
        yield "$", None
        return
    for attribute, wanted in part.items():
        if attribute == "$and" and isinstance(wanted, list) and wanted:
            for inner in wanted:
                yield from _pairs(inner)
        else:
            yield attribute, wanted


def _rules_of(attribute: str, wanted: Any) -> list[Rule] | None:
    if attribute.startswith("$") or not attribute:
        return None
    asked = list(wanted.items()) if isinstance(wanted, Mapping) else [("=", wanted)]
    rules = [_rule_of(attribute, sign, value) for sign, value in asked]
    known = [rule for rule in rules if rule is not None]
    return known if known and len(known) == len(rules) and not any(map(wrong, known)) else None


def _rule_of(attribute: str, sign: str, value: Any) -> Rule | None:
    if sign == "$regex":
        return _literal(attribute, value)
    for name, operator in OPERATORS.items():
        if operator.sign != sign:
            continue
        if operator.fixed is not None:
            if value is operator.fixed:
                return Rule(attribute, name)
        elif _is(operator.takes, value):
            return Rule(attribute, name, tuple(value) if operator.takes == "texts" else value)
    return None


def _is(takes: Takes, value: Any) -> bool:
    if takes == "number":
        return isinstance(value, int | float) and not isinstance(value, bool)
    if takes == "texts":
        return isinstance(value, list | tuple) and all(isinstance(part, str) for part in value)
    return isinstance(value, str)


def _literal(attribute: str, pattern: Any) -> Rule | None:
    """Only a pattern that we would have written ourselves: its text, escaped, at one end or anywhere."""
    if not isinstance(pattern, str):
        return None
    text = re.sub(r"\\(.)", r"\1", pattern.removeprefix("^"), flags=re.DOTALL)
    for operator, found in (("contains", text), ("starts_with", text), ("ends_with", text.removesuffix("$"))):
        if found and _pattern(operator, found) == pattern:
            return Rule(attribute, operator, found)
    return None


# ---- what may be wrong ----


def wrong(rule: Rule) -> str | None:
    """The code of what is wrong with a rule: ``attribute``, ``operator``, ``value``, ``number``, ``long``; or None."""
    if not rule.attribute or rule.attribute.startswith("$") or len(rule.attribute) > LONGEST_NAME:
        return "attribute"
    operator = OPERATORS.get(rule.operator)
    if operator is None:
        return "operator"
    if operator.takes == "nothing":
        return None
    if operator.takes == "number":
        fits = _is("number", rule.value) and abs(rule.value) <= LARGEST_NUMBER
        return None if fits else "number"
    texts = rule.value if operator.takes == "texts" else (rule.value,)
    if not isinstance(texts, tuple) or not texts or not all(isinstance(text, str) and text for text in texts):
        return "value"
    if operator.sign == "$regex" and _pattern_units(rule) > LONGEST_PATTERN:
        return "long"
    return "long" if len(texts) > MOST_VALUES or any(len(text) > LONGEST_VALUE for text in texts) else None


def _pattern_units(rule: Rule) -> int:
    """Its length as JavaScript counts it."""
    return len(_pattern(rule.operator, rule.value).encode("utf-16-le", "surrogatepass")) // 2


def lists_named(groups: Sequence[Group]) -> set[str]:
    return {rule.value for group in groups for rule in group if OPERATORS[rule.operator].takes == "list"}
