"""Triggers, pure: what may be written of one, and what it tells."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tracking.selectors import is_selector
from tracking.trigger_kinds import (
    DEVICES,
    OPERATORS,
    READ_AS,
    SOURCES,
    SUBJECTS,
    TRIGGER_KINDS,
    Param,
    TriggerKind,
)

__all__ = [
    "DEVICES",
    "OPERATORS",
    "READ_AS",
    "SOURCES",
    "SUBJECTS",
    "TRIGGER_KINDS",
    "Param",
    "TriggerKind",
    "complaints",
    "conditions_complaints",
    "event_complaint",
    "event_of",
    "events_of",
    "pattern_complaint",
    "properties_complaints",
    "with_defaults",
]

# Addresses of the API below triggers/.
RESERVED_KEYS = frozenset({"publish", "versions"})
MOST_TRIGGERS = 200
MOST_CONDITIONS = 20
MOST_PROPERTIES = 20
MOST_NUMBERS = 20
LONGEST_TEXT = 300
LONGEST_PATTERN = 200

EVENT_NAME = re.compile(r"[A-Za-z$][\w.$: -]{0,99}", re.ASCII)
PROPERTY_NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")
ATTRIBUTE_NAME = re.compile(r"[A-Za-z_][\w:.-]{0,99}", re.ASCII)
LAYER_PATH = re.compile(r"[\w$-]+(\.[\w$-]+){0,9}", re.ASCII)
ADDRESS_PART = re.compile(r"host|path|path:([1-9]|1[0-9]|20)|query:[\w.\[\]-]{1,100}", re.ASCII)
# What Python reads and a browser does not, or otherwise.
NOT_IN_BROWSERS = re.compile(r"\(\?(P|>|\(|#|[a-zA-Z-]+[:)])|[*+?}]\+|\\[AZ]")
ESCAPED = re.compile(r"\\.|\[(?:\\.|[^\]\\])*\]", re.DOTALL)
# A group that is repeated though it repeats or chooses itself: such a pattern can hold up a page for minutes.
EXPLOSIVE = re.compile(r"\([^()]*[*+?{|][^()]*\)[*+{]")
# What takes in anything, without an end: with each one more, the time grows by the length of the text.
WIDE = re.compile(r"(?:\.|\\[wWdDsS])(?:[*+]|\{\d+,\})")
NARROW = re.compile(r"\\[^wWdDsS]|\[(?:\\.|[^\]\\])*\]", re.DOTALL)
MOST_WIDE = 3
GROUP = re.compile(r"\(([^()]*)\)(?![*+{])")


def event_of(kind: str, params: Mapping[str, Any]) -> str:
    """What a trigger tells when nobody has chosen a name; empty where it tells several, or one must be chosen."""
    name = str(params.get("name", ""))
    return TRIGGER_KINDS[kind].event or (name if EVENT_NAME.fullmatch(name) else "")


def events_of(kind: str, params: Mapping[str, Any], event: str = "") -> tuple[str, ...]:
    """All names of events that such a trigger can tell; ``event``: the name that was chosen."""
    one = event or event_of(kind, params)
    return (one,) if one else TRIGGER_KINDS[kind].events


def with_defaults(kind: str, params: Mapping[str, Any]) -> dict[str, Any]:
    """All details of the kind as the browser reads them: it knows no defaults of its own."""
    given = {name: value for name, value in params.items() if value not in (None, "", [], ())}
    details = {param.name: given.get(param.name, param.default) for param in TRIGGER_KINDS[kind].params}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in details.items()}


def complaints(kind: str, params: Mapping[str, Any]) -> dict[str, str]:
    """By detail, what is wrong with it in a sentence. Raises ``KeyError`` for an unknown kind."""
    known = {param.name: param for param in TRIGGER_KINDS[kind].params}
    wrong = {name: "This kind has no such detail." for name in params if name not in known}
    for name, param in known.items():
        value = params.get(name)
        if value is None or value in ("", [], ()):
            sentence = "Say which." if param.required else ""
        else:
            sentence = _param_complaint(param, value)
        if sentence:
            wrong[name] = sentence
    return wrong


def event_complaint(kind: str, params: Mapping[str, Any], event: str) -> str:
    """What is wrong with the chosen name of the event; empty when it can be used."""
    if event and not EVENT_NAME.fullmatch(event):
        return "Begin with a letter; then letters, digits, spaces and . _ - : $ are fine, 100 in all."
    return "" if events_of(kind, params, event) else "Say what the event shall be called."


def _param_complaint(param: Param, value: Any) -> str:
    if param.type in ("number", "seconds"):
        return _number_complaint(param, value)
    if param.type == "numbers":
        if not isinstance(value, list | tuple) or len(value) > MOST_NUMBERS:
            return f"Write at most {MOST_NUMBERS} numbers."
        return next((sentence for one in value if (sentence := _number_complaint(param, one))), "")
    if not isinstance(value, str):
        return "Write a text."
    if len(value) > LONGEST_TEXT:
        return f"At most {LONGEST_TEXT} characters."
    if param.type == "selector" and not is_selector(value):
        return "This is no CSS selector. Write #id, .class or the like."
    if param.choices and value not in param.choices:
        return f"Choose one of: {', '.join(param.choices)}."
    return ""


def _number_complaint(param: Param, value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return "Write a number."
    return "" if param.least <= value <= param.most else f"Write a number from {param.least:g} to {param.most:g}."


def pattern_complaint(pattern: str) -> str:
    """What keeps a regular expression from a page; empty when browsers can read it, and quickly."""
    if len(pattern) > LONGEST_PATTERN:
        return f"At most {LONGEST_PATTERN} characters."
    # Without what is escaped and what stands in brackets, where the signs mean nothing.
    bare = ESCAPED.sub(lambda found: found[0] if found[0] in (r"\A", r"\Z") else "x", pattern)
    if NOT_IN_BROWSERS.search(bare):
        return "Browsers do not read this regular expression."
    try:
        re.compile(re.sub(r"\(\?<(?![=!])", "(?P<", pattern))
    except (re.error, OverflowError, RecursionError):
        return "This is no regular expression."
    if len(WIDE.findall(NARROW.sub("x", pattern))) > MOST_WIDE:
        return "At most three of .* and the like: more could hold up the page."
    before, bare = "", bare.replace("(?:", "(")
    while before != bare and not EXPLOSIVE.search(bare):
        before, bare = bare, GROUP.sub(lambda found: found[1], bare)
    return "Do not repeat a group that itself repeats or chooses: it could hold up the page." if before != bare else ""


def conditions_complaints(kind: str, conditions: Iterable[Mapping[str, Any]]) -> dict[int, dict[str, str]]:
    """By place, from 0, what is wrong with each part of a condition. Too many are said at the first too many."""
    wrong: dict[int, dict[str, str]] = {}
    for place, condition in enumerate(conditions):
        if place == MOST_CONDITIONS:
            return {**wrong, place: {"subject": f"At most {MOST_CONDITIONS} conditions."}}
        if found := _condition_complaints(TRIGGER_KINDS[kind].subjects, condition):
            wrong[place] = found
    return wrong


def _condition_complaints(subjects: Sequence[str], condition: Mapping[str, Any]) -> dict[str, str]:
    subject, operator, value = condition.get("subject"), condition.get("operator"), condition.get("value")
    wrong = {name: "There is no such part." for name in condition if name not in {*CONDITION_PARTS, "not"}}
    if subject not in subjects:
        wrong["subject"] = "This kind of trigger cannot ask about that."
    if operator not in OPERATORS or (subject == "selector" and operator != "equals"):
        wrong["operator"] = "Choose “is” for an element." if operator in OPERATORS else "Choose how to compare."
    if not isinstance(condition.get("not", False), bool):
        wrong["not"] = "Write true or false."
    if sentence := _value_complaint(str(subject), str(operator), value):
        wrong["value"] = sentence
    return wrong


CONDITION_PARTS = ("subject", "operator", "value")


def _value_complaint(subject: str, operator: str, value: Any) -> str:
    if not isinstance(value, str) or (not value.strip() and operator != "equals"):
        return "Write a text."
    if len(value) > LONGEST_TEXT:
        return f"At most {LONGEST_TEXT} characters."
    if subject == "selector" and not is_selector(value):
        return "This is no CSS selector. Write #id, .class or the like."
    if subject == "device" and operator == "equals" and value.lower() not in DEVICES:
        return f"Choose one of: {', '.join(DEVICES)}."
    return pattern_complaint(value) if operator == "matches" else ""


def properties_complaints(properties: Iterable[Mapping[str, Any]]) -> dict[int, dict[str, str]]:
    """By place, from 0, what is wrong with each part of a captured property."""
    wrong: dict[int, dict[str, str]] = {}
    names: set[object] = set()
    for place, captured in enumerate(properties):
        if place == MOST_PROPERTIES:
            return {**wrong, place: {"name": f"At most {MOST_PROPERTIES} properties."}}
        found = _property_complaints(captured)
        if captured.get("name") in names:
            found["name"] = "This name is taken by a property above."
        names.add(captured.get("name"))
        if found:
            wrong[place] = found
    return wrong


def _property_complaints(captured: Mapping[str, Any]) -> dict[str, str]:
    parts = {"name", "source", "from", "selector", "as"}
    wrong = {name: "There is no such part." for name in captured if name not in parts}
    if not PROPERTY_NAME.fullmatch(str(captured.get("name", ""))):
        wrong["name"] = "Begin with a small letter; then small letters, digits and _ are fine, 60 in all."
    if captured.get("source") not in SOURCES:
        wrong["source"] = "Choose where it comes from."
    elif sentence := _from_complaint(str(captured["source"]), captured.get("from", "")):
        wrong["from"] = sentence
    selector = captured.get("selector", "")
    if not isinstance(selector, str) or len(selector) > LONGEST_TEXT or (selector and not is_selector(selector)):
        wrong["selector"] = "This is no CSS selector. Write #id, .class or the like."
    if captured.get("as", "text") not in READ_AS:
        wrong["as"] = "Choose text or number."
    return wrong


FROM = {
    "attribute": (ATTRIBUTE_NAME, "Write the name of an attribute, such as data-price."),
    "url": (ADDRESS_PART, "Write host, path, path:2 for its second part, or query:utm_source."),
    "data_layer": (LAYER_PATH, "Write a path such as ecommerce.value or ecommerce.items.0.price."),
}


def _from_complaint(source: str, given: object) -> str:
    if not isinstance(given, str) or len(given) > LONGEST_TEXT:
        return f"Write a text of at most {LONGEST_TEXT} characters."
    if source in FROM:
        pattern, sentence = FROM[source]
        return "" if pattern.fullmatch(given) else sentence
    return "Write the text." if source == "constant" and not given else ""
