"""The operators of GrowthBook's condition language, pure: each takes what is wanted and gives a check of one value.

Every check answers for any JSON value and never raises; a wanted value of a wrong type gives what the SDKs give.
"""

from collections.abc import Callable, Sequence
from operator import ge, gt, le, lt
from typing import Any

from experiments.expressions import expression
from experiments.javascript import ARRAY, alike, comparable, kind_of, number_of, text_of, truthy, version_key

Check = Callable[[Any], bool]
Comparison = Callable[[Any, Any], bool]
NUMBERS = (int, float)


def never(_value: Any) -> bool:
    return False


def always(_value: Any) -> bool:
    return True


def negated(check: Check) -> Check:
    return lambda value: not check(value)


def equals(wanted: Any) -> Check:
    """A value written without an operator: the attribute is brought to its type, so ``"7"`` meets 7."""
    kind = kind_of(wanted)
    if kind == "string":
        return lambda value: value == wanted if type(value) is str else text_of(value) == wanted
    if kind == "number":
        return lambda value: value == wanted if type(value) in NUMBERS else number_of(value) == wanted
    if kind == "boolean":
        return lambda value: value is wanted if type(value) is bool else value is not None and truthy(value) is wanted
    if kind == "null":
        return lambda value: value is None
    return lambda value: alike(value, wanted)


def equals_in_any_case(wanted: Any) -> Check:
    if not isinstance(wanted, str):
        return equals(wanted)
    lower = wanted.lower()
    return lambda value: text_of(value).lower() == lower


def is_same(wanted: Any) -> Check:
    """The same value of the same type; two lists or objects never are."""
    kind = kind_of(wanted)
    if kind == "string":
        return lambda value: type(value) is str and value == wanted
    if kind == "number":
        return lambda value: type(value) in NUMBERS and value == wanted
    return (lambda value: value is wanted) if kind in {"boolean", "null"} else never


def is_not_same(wanted: Any) -> Check:
    if isinstance(wanted, str):
        return lambda value: type(value) is not str or value != wanted
    return negated(is_same(wanted))


def compared(holds: Comparison) -> Callable[[Any], Check]:
    def of(wanted: Any) -> Check:
        if type(wanted) not in NUMBERS:
            return lambda value: holds(*comparable(value, wanted))
        return lambda value: holds(value, wanted) if type(value) in NUMBERS else holds(*comparable(value, wanted))

    return of


def versions(holds: Comparison) -> Callable[[Any], Check]:
    def of(wanted: Any) -> Check:
        key = version_key(wanted)
        return lambda value: holds(version_key(value), key)

    return of


def among(wanted: Sequence[Any]) -> Check:
    """One of these, of the same type; of a list, any part."""
    one = _one_of(wanted)

    def check(value: Any) -> bool:
        if not isinstance(value, ARRAY):
            return one(value)
        for part in value:  # noqa: SIM110 - twice as fast as any() of a generator
            if one(part):
                return True
        return False

    return check


def _one_of(wanted: Sequence[Any]) -> Check:
    texts = frozenset(value for value in wanted if isinstance(value, str))
    numbers = frozenset(value for value in wanted if type(value) in NUMBERS)
    others = tuple(value for value in wanted if value is None or isinstance(value, bool))

    def check(value: Any) -> bool:
        if type(value) is str:
            return value in texts
        if type(value) in NUMBERS:
            return value in numbers
        return any(value is other for other in others)

    return check


def among_in_any_case(wanted: Sequence[Any]) -> Check:
    check = among([_lower(value) for value in wanted])
    return lambda value: check([_lower(part) for part in value] if isinstance(value, ARRAY) else _lower(value))


def _lower(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


def exists(wanted: Any) -> Check:
    return (lambda value: value is not None) if truthy(wanted) else (lambda value: value is None)


def has_kind(wanted: Any) -> Check:
    return lambda value: kind_of(value) == wanted


def matches(*, any_case: bool) -> Callable[[Any], Check]:
    def of(wanted: Any) -> Check:
        found = expression(wanted, any_case=any_case) if isinstance(wanted, str) else None
        return (lambda value: found(text_of(value))) if found else never

    return of


def of_list(make: Callable[[Sequence[Any]], Check], *, negate: bool = False) -> Callable[[Any], Check]:
    """Where no list was given nothing holds, neither "one of" nor "none of"."""

    def of(wanted: Any) -> Check:
        if not isinstance(wanted, ARRAY):
            return never
        return negated(make(wanted)) if negate else make(wanted)

    return of


# Those that hold other conditions ($not, $size, $elemMatch, $all) or name a group are made by the compiler.
OPERATORS: dict[str, Callable[[Any], Check]] = {
    "$eq": is_same,
    "$ne": is_not_same,
    "$gt": compared(gt),
    "$gte": compared(ge),
    "$lt": compared(lt),
    "$lte": compared(le),
    "$in": of_list(among),
    "$nin": of_list(among, negate=True),
    "$ini": of_list(among_in_any_case),
    "$nini": of_list(among_in_any_case, negate=True),
    "$exists": exists,
    "$type": has_kind,
    "$regex": matches(any_case=False),
    "$regexi": matches(any_case=True),
    "$veq": versions(lambda value, wanted: bool(value == wanted)),
    "$vne": versions(lambda value, wanted: bool(value != wanted)),
    "$vgt": versions(gt),
    "$vgte": versions(ge),
    "$vlt": versions(lt),
    "$vlte": versions(le),
}
