"""GrowthBook's condition language, pure: a condition is compiled once into closures and then asked for every visitor.

Source: GrowthBook SDK specification 0.8.0, section evalCondition, and its vectors. What JavaScript makes of a value
(a number beside a text, a missing attribute in a comparison) is part of the language: see ``javascript``.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from experiments.conditions import LOGICAL, Compiler, Groups, Test, is_operators
from experiments.javascript import ARRAY, CONTAINER, in_range

LARGEST = 32 * 1024
# Deeper than anybody writes by hand, shallow enough for every parser on the way.
DEEPEST = 20


def compile_condition(condition: Mapping[str, Any], groups: Groups) -> Test:
    """Whether attributes meet the condition; an empty one is met by all, a malformed part of one by nobody.

    Never raises: what ``complaint`` would refuse is compiled to something that does not hold.
    """
    return _nobody if _deeper_than(condition, DEEPEST) else Compiler(groups).whole(condition)


def attributes_in(condition: Mapping[str, Any]) -> frozenset[str]:
    """Names of the attributes that it reads; of a path such as ``address.city`` the first part."""
    found: set[str] = set()
    waiting: list[Any] = [condition]
    while waiting:
        part = waiting.pop()
        if isinstance(part, ARRAY):
            waiting.extend(part)
        elif isinstance(part, Mapping):
            waiting.extend(part[key] for key in part if key in LOGICAL)
            found.update(key.partition(".")[0] for key in part if key not in LOGICAL)
    return frozenset(found)


def complaint(condition: object) -> str | None:
    """What is wrong with a condition, in a plain sentence; None when it can be used."""
    if not isinstance(condition, Mapping):
        return "A condition is an object of attributes and rules."
    if _deeper_than(condition, DEEPEST):
        return f"A condition goes at most {DEEPEST} levels deep."
    try:
        size = len(json.dumps(condition))
    except (TypeError, ValueError):
        return "A condition consists of texts, numbers, true, false, null, lists and objects."
    if size > LARGEST:
        return f"A condition has at most {LARGEST // 1024} KB; keep long lists in a saved group."
    if not in_range(condition):
        return "A number has at most 19 digits."
    compiler = Compiler({})
    compiler.whole(condition)
    return compiler.problems[0] if compiler.problems else None


def explained(
    condition: Mapping[str, Any],
    groups: Groups,
    attributes: Mapping[str, Any],
    in_words: Callable[[Mapping[str, Any]], str] | None = None,
) -> list[tuple[str, bool]]:
    """The rules that must all hold, each in words (else those of the language), and whether it held.

    What stands under ``$or`` or ``$not`` is one rule: its parts alone decide nothing.
    """
    if _deeper_than(condition, DEEPEST):
        return [("$never", False)]
    say = in_words or words
    return [(say(rule), compile_condition(rule, groups)(attributes)) for rule in _rules(condition)]


def words(condition: Mapping[str, Any]) -> str:
    """A condition as one line: ``country $in [PL, DE] $and deviceType = mobile``."""
    return " $and ".join(_rule_words(rule) for rule in _rules(condition)) or "$always"


def _rules(condition: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    """The condition cut into conditions that must all hold, none of which can be cut further."""
    for key, value in condition.items():
        if key in {"$and", "$nor"} and isinstance(value, ARRAY) and all(isinstance(part, Mapping) for part in value):
            for part in value:
                yield from _rules(part) if key == "$and" else [{"$not": part}]
            if key == "$nor" and not value:
                yield {key: value}
        elif key not in LOGICAL and is_operators(value):
            yield from ({key: {operator: wanted}} for operator, wanted in value.items())
        else:
            yield {key: value}


def _rule_words(rule: Mapping[str, Any]) -> str:
    ((key, value),) = rule.items()
    if key == "$not" and isinstance(value, Mapping):
        return f"$not ({words(value)})"
    if key == "$or" and isinstance(value, ARRAY) and all(isinstance(part, Mapping) for part in value):
        return " $or ".join(f"({words(part)})" for part in value) or "$always"
    if key not in LOGICAL and is_operators(value):
        ((operator, wanted),) = value.items()
        return f"{key} {operator} {_value_words(wanted)}"
    return f"{key} = {_value_words(value)}"


def _value_words(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, ARRAY):
        return f"[{', '.join(_value_words(part) for part in value)}]"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_value_words(part)}" for key, part in value.items()) + "}"
    return json.dumps(value)


def _deeper_than(value: Any, most: int) -> bool:
    """Level by level, so that no depth can exhaust the stack."""
    level = [value]
    for _ in range(most + 1):
        level = [
            part
            for container in level
            if isinstance(container, CONTAINER)
            for part in (container.values() if isinstance(container, Mapping) else container)
        ]
        if not level:
            return False
    return True


def _nobody(_attributes: Mapping[str, Any]) -> bool:
    return False
