"""Audiences in the few words that the browser client understands, pure; None where only the server can say.

Who is told more than a page knows of its visitor (country, system, channel, lists, what an application adds) is asked
of the server, and so is whatever JavaScript might read otherwise than we do.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import orjson

from experiments.audiences import groups_named
from experiments.conditions import is_operators
from experiments.delivery.browser_patterns import is_harmless
from experiments.javascript import ARRAY
from experiments.targeting import compile_condition, complaint
from tracking.attributes import ATTRIBUTES

# ``True``: everybody; else a sign and what it is about: ["all", …], ["any", …], ["not", rule], ["in", name, values],
# ["has", name], ["re", name, pattern]. An attribute that is not known meets nothing but a "not".
Rule = bool | list[Any]
NOBODY: Rule = ["any"]
# Every page load carries it, for every visitor.
LARGEST = 2_000
# All values that the client ever knows of these.
CHOICES: Mapping[str, Sequence[str | bool]] = {
    "deviceType": tuple(ATTRIBUTES["deviceType"].choices),
    "browser": tuple(ATTRIBUTES["browser"].choices),
    "returning": (True, False),
}
TEXTS = frozenset(
    {
        *("id", "url", "host", "path", "query", "referrer"),
        *("utmSource", "utmMedium", "utmCampaign", "utmTerm", "utmContent"),
    }
)


class _Unsaid(Exception):
    """Has no words here."""


def audience_of(condition: Mapping[str, Any]) -> Rule | None:
    """Holds for the same visitors as ``compile_condition``."""
    if complaint(condition) is not None:
        return None
    try:
        rule = _whole(condition)
    except _Unsaid:
        return None
    return rule if len(orjson.dumps(rule)) <= LARGEST else None


def _whole(condition: Any) -> Rule:
    return _all([_part(key, wanted) for key, wanted in condition.items()])


def _part(key: str, wanted: Any) -> Rule:
    if key == "$not":
        return _not(_whole(wanted))
    if key == "$and":
        return _all([_whole(part) for part in wanted])
    if key in {"$or", "$nor"}:
        # As in the language, one of no conditions is always met.
        either = _any([_whole(part) for part in wanted]) if wanted else True
        return either if key == "$or" else _not(either)
    return _attribute(key, wanted)


def _attribute(name: str, wanted: Any) -> Rule:
    if groups_named({name: wanted}):
        raise _Unsaid
    if name in CHOICES:
        return _tried(name, wanted)
    if name not in TEXTS:
        raise _Unsaid
    asked = wanted.items() if is_operators(wanted) else [("=", wanted)]
    return _all([_asked(name, sign, value) for sign, value in asked])


def _tried(name: str, wanted: Any) -> Rule:
    """Of so few values each can be tried."""
    meets = compile_condition({name: wanted}, {})
    values = [value for value in CHOICES[name] if meets({name: value})]
    return _with_unknown(name, ["in", name, values] if values else NOBODY, meets({}))


def _asked(name: str, sign: str, wanted: Any) -> Rule:
    if sign == "$not":
        return _not(_attribute(name, wanted))
    if sign not in SIGNS:
        raise _Unsaid
    rule = SIGNS[sign](name, wanted)
    return _with_unknown(name, rule, compile_condition({name: wanted if sign == "=" else {sign: wanted}}, {})({}))


def _with_unknown(name: str, rule: Rule, meets: bool) -> Rule:
    """The rule, for who is not known met or not as the condition would have it: JavaScript sees "null" there."""
    if _meets_unknown(rule) is meets:
        return rule
    return _any([_not(["has", name]), rule]) if meets else _all([["has", name], rule])


def _meets_unknown(rule: Rule) -> bool:
    return rule is True or (isinstance(rule, list) and rule[0] == "not")


def _equal(name: str, wanted: Any) -> Rule:
    if not isinstance(wanted, str):
        raise _Unsaid
    return ["in", name, [wanted]]


def _among(name: str, wanted: Any) -> Rule:
    if not isinstance(wanted, ARRAY):
        raise _Unsaid
    texts = [value for value in wanted if isinstance(value, str)]
    return ["in", name, texts] if texts else NOBODY


def _found(name: str, wanted: Any) -> Rule:
    if not isinstance(wanted, str) or not is_harmless(wanted):
        raise _Unsaid
    return ["re", name, wanted]


# Of an attribute that is known, which is a text then.
SIGNS: Mapping[str, Callable[[str, Any], Rule]] = {
    "=": _equal,
    "$eq": _equal,
    "$ne": lambda name, wanted: _not(_equal(name, wanted)),
    "$in": _among,
    "$nin": lambda name, wanted: _not(_among(name, wanted)),
    "$exists": lambda name, wanted: ["has", name] if wanted else _not(["has", name]),
    "$regex": _found,
}


def _all(rules: list[Rule]) -> Rule:
    if NOBODY in rules:
        return NOBODY
    parts = [rule for rule in rules if rule is not True]
    return ["all", *parts] if len(parts) > 1 else parts[0] if parts else True


def _any(rules: list[Rule]) -> Rule:
    if True in rules:
        return True
    parts = [rule for rule in rules if rule != NOBODY]
    return ["any", *parts] if len(parts) > 1 else parts[0] if parts else NOBODY


def _not(rule: Rule) -> Rule:
    if rule is True:
        return NOBODY
    if rule == NOBODY:
        return True
    return rule[1] if isinstance(rule, list) and rule[0] == "not" else ["not", rule]
