"""Compiles a condition of GrowthBook's language, pure: objects become closures, what is wrong is written down."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from experiments import expressions
from experiments.checks import OPERATORS, Check, always, among, equals, equals_in_any_case, negated, never
from experiments.javascript import ARRAY, kind_of, member

Test = Callable[[Mapping[str, Any]], bool]
Groups = Mapping[str, Sequence[Any]]

# Twenty of the largest patterns. A text of a stranger is tried on all of them.
MOST_STEPS = 20_000
LOGICAL = frozenset({"$and", "$or", "$nor", "$not"})
_ANY = frozenset({"string", "number", "boolean", "null", "array", "object"})
_ORDERED = (frozenset({"string", "number"}), "a number or a text")
_PLAIN = (frozenset({"string", "number", "boolean", "null"}), "a text, a number, true, false or null")
_LIST = (frozenset({"array"}), "a list")
_TEXT = (frozenset({"string"}), "a text")
# What each operator can do something with.
WANTS: dict[str, tuple[frozenset[str], str]] = {
    **dict.fromkeys(("$eq", "$ne"), _PLAIN),
    **dict.fromkeys(("$gt", "$gte", "$lt", "$lte"), _ORDERED),
    **dict.fromkeys(("$veq", "$vne", "$vgt", "$vgte", "$vlt", "$vlte"), _ORDERED),
    **dict.fromkeys(("$in", "$nin", "$ini", "$nini", "$all", "$alli"), _LIST),
    **dict.fromkeys(("$regex", "$regexi", "$type", "$inGroup", "$notInGroup"), _TEXT),
    "$exists": (frozenset({"boolean"}), "true or false"),
    "$size": (frozenset({"number", "object"}), "a number or rules for one"),
    "$elemMatch": (frozenset({"object"}), "an object of rules"),
    "$not": (_ANY, "anything"),
}


def is_operators(wanted: Any) -> bool:
    """An object with operators only; one with other keys too is a value to be equal to."""
    return isinstance(wanted, Mapping) and bool(wanted) and all(key.startswith("$") for key in wanted)


class Compiler:
    """``problems``: what a person should mend, in plain sentences, as met in ``whole``."""

    def __init__(self, groups: Groups) -> None:
        self.groups = groups
        self.problems: list[str] = []
        self.steps = 0
        self.nested: dict[str, Callable[[Any], Check]] = {
            "$not": lambda wanted: negated(self.check(wanted)),
            "$size": self._size,
            "$elemMatch": self._element,
            "$all": lambda wanted: self._all(wanted, self.check),
            "$alli": lambda wanted: self._all(wanted, self._check_in_any_case),
            "$inGroup": lambda wanted: self._group(wanted) or never,
            "$notInGroup": lambda wanted: negated(group) if (group := self._group(wanted)) else never,
        }

    def whole(self, condition: Any) -> Test:
        if not isinstance(condition, Mapping):
            return self._wrong("A condition is an object of attributes and rules.")
        return every([self._part(key, wanted) for key, wanted in condition.items()])

    def check(self, wanted: Any) -> Check:
        """What one attribute is asked: a value to be equal to, or operators that must all hold."""
        if not is_operators(wanted):
            return equals(wanted)
        return every([self._operator(operator, value) for operator, value in wanted.items()])

    def _part(self, key: str, wanted: Any) -> Test:
        if key == "$not":
            inner = self.whole(wanted)
            return negated(inner) if isinstance(wanted, Mapping) else inner
        if key in LOGICAL:
            return self._several(key, wanted)
        if key.startswith("$"):
            self.problems.append(f"There is no operator {key}.")
        elif not key:
            self.problems.append("An attribute has no name.")
        # It is of a newer version of the language, and whom it would let in is not known.
        return never if key == "$savedGroup" else self._attribute(key, wanted)

    def _several(self, key: str, wanted: Any) -> Test:
        if not isinstance(wanted, ARRAY):
            return self._wrong(f"{key} needs a list of conditions.")
        tests = [self.whole(part) for part in wanted]
        if key == "$and":
            return every(tests)
        return some(tests) if key == "$or" else negated(some(tests))

    def _attribute(self, key: str, wanted: Any) -> Test:
        check = self.check(wanted)
        if "." in key:
            return _nested(key, check)
        # The two that audiences mostly consist of are spared a call.
        if isinstance(wanted, str):
            return _text(key, wanted, check)
        if is_operators(wanted) and [*wanted] == ["$in"] and isinstance(wanted["$in"], ARRAY):
            return _one_of(key, wanted["$in"], check)
        return lambda attributes: check(attributes.get(key))

    def _operator(self, operator: str, wanted: Any) -> Check:
        if operator not in WANTS:
            self.problems.append(f"There is no operator {operator}.")
            return never
        kinds, words = WANTS[operator]
        if kind_of(wanted) not in kinds:
            self.problems.append(f"{operator} needs {words}.")
        elif operator in {"$regex", "$regexi"} and (wrong := self._unusable(wanted)):
            self.problems.append(wrong)
            return never
        return (self.nested.get(operator) or OPERATORS[operator])(wanted)

    def _unusable(self, pattern: str) -> str | None:
        if self.steps > MOST_STEPS:
            return "The regular expressions of a condition stand for too many steps together."
        if (wrong := expressions.complaint(pattern)) is None:
            self.steps += expressions.steps(pattern)
        return wrong

    def _size(self, wanted: Any) -> Check:
        check = self.check(wanted)
        return lambda value: isinstance(value, ARRAY) and check(len(value))

    def _element(self, wanted: Any) -> Check:
        check = self.check(wanted) if is_operators(wanted) else _of_element(self.whole(wanted))
        return lambda value: isinstance(value, ARRAY) and any(part is not None and check(part) for part in value)

    def _all(self, wanted: Any, make: Callable[[Any], Check]) -> Check:
        if not isinstance(wanted, ARRAY):
            return never
        checks = [make(part) for part in wanted]
        return lambda value: isinstance(value, ARRAY) and all(any(map(check, value)) for check in checks)

    def _check_in_any_case(self, wanted: Any) -> Check:
        return self.check(wanted) if is_operators(wanted) else equals_in_any_case(wanted)

    def _group(self, name: Any) -> Check | None:
        """A group that is not there has no members; one that is no list can answer neither question."""
        values = self.groups.get(name, ()) if isinstance(name, str) else ()
        return among(values) if isinstance(values, ARRAY) else None

    def _wrong(self, problem: str) -> Test:
        self.problems.append(problem)
        return never


def every(tests: Sequence[Check]) -> Check:
    if not tests:
        return always
    if len(tests) == 1:
        return tests[0]
    if len(tests) == 2:
        one, other = tests
        return lambda value: one(value) and other(value)

    def holds(value: Any) -> bool:
        for test in tests:  # noqa: SIM110 - twice as fast as all() of a generator
            if not test(value):
                return False
        return True

    return holds


def some(tests: Sequence[Check]) -> Check:
    """As in the language, one of no conditions is always met."""
    if not tests:
        return always

    def holds(value: Any) -> bool:
        for test in tests:  # noqa: SIM110 - twice as fast as any() of a generator
            if test(value):
                return True
        return False

    return holds


def _text(name: str, wanted: str, check: Check) -> Test:
    def holds(attributes: Mapping[str, Any]) -> bool:
        value = attributes.get(name)
        return value == wanted if type(value) is str else check(value)

    return holds


def _one_of(name: str, wanted: Sequence[Any], check: Check) -> Test:
    texts = frozenset(value for value in wanted if isinstance(value, str))

    def holds(attributes: Mapping[str, Any]) -> bool:
        value = attributes.get(name)
        return value in texts if type(value) is str else check(value)

    return holds


def _nested(path: str, check: Check) -> Test:
    first, *rest = path.split(".")

    def holds(attributes: Mapping[str, Any]) -> bool:
        value = attributes.get(first)
        for name in rest:
            value = member(value, name)
        return check(value)

    return holds


def _of_element(test: Test) -> Check:
    """Parts of a list are mostly objects; what is none has no attributes, a list those that JavaScript gives it."""

    def check(value: Any) -> bool:
        if isinstance(value, ARRAY):
            value = {"length": len(value), **{str(index): part for index, part in enumerate(value)}}
        return test(value if isinstance(value, Mapping) else {})

    return check
