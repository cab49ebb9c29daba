"""Triggers in the marketer's words: kinds, conditions, captured properties, and what publishing would change.

The registry is pure, so its words are translated here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from tracking.trigger_changes import Changed, Difference
from tracking.triggers import READ_AS, SOURCES, SUBJECTS, TRIGGER_KINDS, Param, events_of

Words = str | Promise

# How to compare, with and without "not", as one choice.
COMPARISONS: dict[tuple[str, bool], Words] = {
    ("equals", False): _("is"),
    ("equals", True): _("is not"),
    ("contains", False): _("contains"),
    ("contains", True): _("does not contain"),
    ("starts_with", False): _("starts with"),
    ("starts_with", True): _("does not start with"),
    ("ends_with", False): _("ends with"),
    ("ends_with", True): _("does not end with"),
    ("matches", False): _("matches the regular expression"),
    ("matches", True): _("does not match the regular expression"),
}
CHANGES: dict[str, tuple[Words, str]] = {
    "added": (_("New"), "good"),
    "changed": (_("Changed"), "wait"),
    "off": (_("Switched off"), "flat"),
    "removed": (_("Deleted"), "bad"),
}
PARTS: dict[str, Words] = {
    "kind": _("When"),
    "event": _("Event"),
    "conditions": _("Only when"),
    "properties": _("Told with it"),
}


@dataclass(frozen=True)
class ShownPart:
    label: str
    before: str
    after: str


@dataclass(frozen=True)
class Shown:
    """A difference as the page shows it. ``tone``: of its tag."""

    key: str
    name: str
    change: str
    tone: str
    about: str
    parts: tuple[ShownPart, ...]


def kind_label(kind: str) -> str:
    """The name itself of a kind that this release does not know."""
    return gettext(TRIGGER_KINDS[kind].label) if kind in TRIGGER_KINDS else kind


def event_in_words(kind: str, params: Mapping[str, Any], event: str) -> str:
    names = events_of(kind, params, event) if kind in TRIGGER_KINDS else (event,)
    return ", ".join(names)


def condition_in_words(condition: Mapping[str, Any]) -> str:
    subject = SUBJECTS.get(condition["subject"])
    how = COMPARISONS.get((condition["operator"], bool(condition.get("not"))), condition["operator"])
    return f"{gettext(subject) if subject else condition['subject']} {how} “{condition['value']}”"


def property_in_words(captured: Mapping[str, Any]) -> str:
    """``value: Text of an element (.price), as a number``."""
    source = SOURCES.get(captured["source"])
    places = [text for text in (captured.get("from", ""), captured.get("selector", "")) if text]
    where = f" ({', '.join(places)})" if places else ""
    number = f", {gettext(READ_AS['number']).lower()}" if captured.get("as") == "number" else ""
    return f"{captured['name']}: {gettext(source) if source else captured['source']}{where}{number}"


def in_words(one: Difference) -> Shown:
    change, tone = CHANGES[one.change]
    parts = tuple(_part(one.kind, part) for part in one.parts)
    return Shown(one.key, one.name, str(change), tone, kind_label(one.kind), parts)


def _part(kind: str, changed: Changed) -> ShownPart:
    section, _dot, name = changed.part.partition(".")
    if section == "params":
        param = next((one for one in TRIGGER_KINDS[kind].params if one.name == name), None)
        label = gettext(param.label) if param else name
        return ShownPart(label, _detail(param, changed.before), _detail(param, changed.after))
    before, after = (_said(section, value) for value in (changed.before, changed.after))
    return ShownPart(str(PARTS[section]), before, after)


def _detail(param: Param | None, value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if param is not None and value in param.choices:
        return gettext(param.choices[value])
    return "" if value is None else str(value)


def _said(section: str, value: Any) -> str:
    if section == "kind":
        return kind_label(value)
    if section == "conditions":
        return _listed([condition_in_words(one) for one in value])
    if section == "properties":
        return _listed([property_in_words(one) for one in value])
    return str(value)


def _listed(sentences: Sequence[str]) -> str:
    return "; ".join(sentences)
