"""An audience in the marketer's words: what rules are called, and a condition as sentences."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from experiments.admin.countries import COUNTRIES
from experiments.audience import OPERATORS, Group, Rule, from_condition, operators_for
from experiments.targeting import words as words_of_the_language
from tracking.attributes import ATTRIBUTES

OPERATOR_WORDS: dict[str, str | Promise] = {
    "is": _("is"),
    "is_not": _("is not"),
    "one_of": _("is one of"),
    "none_of": _("is none of"),
    "contains": _("contains"),
    "starts_with": _("starts with"),
    "ends_with": _("ends with"),
    "yes": _("yes"),
    "no": _("no"),
    "equals": _("is the number"),
    "at_least": _("is at least"),
    "at_most": _("is at most"),
    "in_list": _("is in the list"),
    "not_in_list": _("is not in the list"),
    "known": _("is known"),
    "unknown": _("is unknown"),
}

# Operators of GrowthBook's language that may stand in a condition of the API.
LANGUAGE_WORDS: dict[str, str | Promise] = {
    "$and": _("and"),
    "$or": _("or"),
    "$not": _("not"),
    "$always": _("everybody"),
    "$never": _("nobody"),
    "$eq": _("is"),
    "$ne": _("is not"),
    "$in": _("is one of"),
    "$nin": _("is none of"),
    "$gt": _("is more than"),
    "$gte": _("is at least"),
    "$lt": _("is less than"),
    "$lte": _("is at most"),
    "$regex": _("fits the pattern"),
    "$exists": _("is known:"),
    "$inGroup": _("is in the list"),
    "$notInGroup": _("is not in the list"),
}


def attribute_label(name: str) -> str:
    """The registry is pure, so its labels are translated here."""
    return gettext(ATTRIBUTES[name].label) if name in ATTRIBUTES else f"“{name}”"


def choices_of(name: str) -> dict[str, str]:
    """Values with what to call them; empty where any value may be."""
    attribute = ATTRIBUTES.get(name)
    if attribute is None:
        return {}
    if attribute.type == "country":
        return dict(sorted(((code, gettext(name)) for code, name in COUNTRIES.items()), key=lambda pair: pair[1]))
    return {value: gettext(label) for value, label in attribute.choices.items()}


def offered() -> dict[str, Any]:
    """All that the page needs to offer rules."""
    attributes = [
        {
            "name": name,
            "label": attribute_label(name),
            "operators": operators_for(attribute.type, has_choices=bool(attribute.choices)),
            "choices": list(choices_of(name).items()),
        }
        for name, attribute in ATTRIBUTES.items()
    ]
    operators = {
        name: {"label": str(OPERATOR_WORDS[name]), "takes": operator.takes} for name, operator in OPERATORS.items()
    }
    return {"attributes": attributes, "operators": operators, "any": operators_for("", has_choices=False)}


def audience_in_words(condition: Mapping[str, Any], lists: Mapping[str, str]) -> list[str]:
    """One sentence for each group of which any will do; none for everybody. ``lists``: names of lists by key."""
    groups = from_condition(condition)
    if groups is None:
        return [_plainer(words_of_the_language(condition))]
    return [_group_in_words(group, lists) for group in groups]


def _plainer(line: str) -> str:
    """What the rows cannot say, with the language's operators in words: ``not (country = PL)``."""
    return re.sub(r"\$[A-Za-z]+", lambda found: str(LANGUAGE_WORDS.get(found[0], found[0])), line)


def _group_in_words(group: Group, lists: Mapping[str, str]) -> str:
    return gettext(" and ").join(_rule_in_words(rule, lists) for rule in group)


def _rule_in_words(rule: Rule, lists: Mapping[str, str]) -> str:
    parts = [attribute_label(rule.attribute), str(OPERATOR_WORDS[rule.operator]), _value_in_words(rule, lists)]
    joint = ": " if rule.operator in {"yes", "no"} else " "
    return joint.join(parts[:2]) + (f" {parts[2]}" if parts[2] else "")


def _value_in_words(rule: Rule, lists: Mapping[str, str]) -> str:
    takes = OPERATORS[rule.operator].takes
    if takes == "nothing":
        return ""
    if takes == "number":
        return json.dumps(rule.value)
    if takes == "list":
        return f"“{lists.get(rule.value, rule.value)}”"
    names = choices_of(rule.attribute)
    values: Sequence[str] = rule.value if takes == "texts" else [rule.value]
    return ", ".join(names.get(value, f"“{value}”") for value in values)
