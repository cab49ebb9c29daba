"""Audiences as wholes, pure: the lists a condition names, and two conditions made into one."""

from collections.abc import Iterator, Mapping
from typing import Any

IN_LIST = ("$inGroup", "$notInGroup")


def groups_named(condition: object) -> set[str]:
    """The keys of all saved lists that a condition in GrowthBook's language names, however deep."""
    return {key for key in _named(condition) if isinstance(key, str)}


def _named(condition: object) -> Iterator[object]:
    if isinstance(condition, Mapping):
        for name, value in condition.items():
            if name in IN_LIST:
                yield value
            else:
                yield from _named(value)
    elif isinstance(condition, list | tuple):
        for part in condition:
            yield from _named(part)


def with_groups_renamed(condition: Any, names: Mapping[str, str]) -> Any:
    """The same condition, asking for other lists; only those in ``names``."""
    if not names:
        return condition
    if isinstance(condition, Mapping):
        return {
            name: names.get(value, value)
            if name in IN_LIST and isinstance(value, str)
            else with_groups_renamed(value, names)
            for name, value in condition.items()
        }
    if isinstance(condition, list | tuple):
        return [with_groups_renamed(part, names) for part in condition]
    return condition


def joined(first: Mapping[str, Any], second: Mapping[str, Any]) -> Mapping[str, Any]:
    """Both must hold."""
    if not first or not second:
        return first or second
    return {"$and": [first, second]}
