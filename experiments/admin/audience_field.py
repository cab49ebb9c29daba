"""The rules of an audience as a form field: rows that the page's script builds, sent as one hidden value."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from unfold.widgets import INPUT_CLASSES, SELECT_CLASSES

from experiments.admin.audience_words import audience_in_words, offered
from experiments.audience import (
    MOST_GROUPS,
    MOST_RULES,
    OPERATORS,
    Group,
    Groups,
    Rule,
    from_condition,
    lists_named,
    to_condition,
    wrong,
)
from experiments.models import SavedGroup

# What the page sends for a condition that it cannot show: it stays as it is.
KEEP = "keep"
COMPLAINTS: dict[str, str | Promise] = {
    "attribute": _("A rule does not say what it is about."),
    "operator": _("A rule does not say how to compare."),
    "value": _("A rule does not say with what to compare."),
    "number": _("A rule needs a number, such as 3 or 0.5."),
    "long": _("A rule has a value that is too long, or too many of them. Keep long lists under Audience lists."),
}


class AudienceWidget(forms.Widget):
    template_name = "experiments/admin/audience.html"

    class Media:
        js = ["experiments/audience.js"]

    def __init__(self) -> None:
        super().__init__()
        self.lists: Sequence[SavedGroup] = ()
        # None where the project is chosen on the page.
        self.project_id: int | None = None
        self.experiment_id: int | None = None
        self.kept: Mapping[str, Any] | None = None

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(name, value, attrs)
        lists = [{"key": one.key, "name": one.name, "project": one.project_id} for one in self.lists]
        names = {one.key: one.name for one in self.lists}
        about = {"project": self.project_id, "experiment": self.experiment_id}
        looks = {"input": " ".join(INPUT_CLASSES), "select": " ".join(SELECT_CLASSES)}
        context["widget"] |= {
            "offered": {**offered(), **about, "lists": lists, "classes": looks},
            "kept": audience_in_words(self.kept, names) if value == KEEP and self.kept is not None else [],
        }
        return context


class AudienceField(forms.Field):
    """Cleaned to a condition in GrowthBook's language."""

    widget: type[AudienceWidget] | AudienceWidget = AudienceWidget

    def prepare_value(self, value: Any) -> Any:
        """What somebody has entered stays as entered; a stored condition becomes rules."""
        if isinstance(value, str):
            return value
        groups = from_condition(value or {})
        return KEEP if groups is None else to_text(groups)

    def to_python(self, value: Any) -> dict[str, Any]:
        if value == KEEP:
            kept = getattr(self.widget, "kept", None)
            return dict(kept or {})
        groups = groups_in(value)
        lists = {one.key for one in getattr(self.widget, "lists", ())}
        told = {COMPLAINTS[code] for group in groups for rule in group if (code := wrong(rule)) is not None}
        if not told and (unknown := lists_named(groups) - lists):
            told = {_("There is no audience list “%(key)s” here.") % {"key": key} for key in unknown}
        if told:
            raise ValidationError(sorted(map(str, told)))
        return to_condition(groups)

    def has_changed(self, initial: Any, data: Any) -> bool:
        before = self.prepare_value(initial)
        return bool(before != data and (KEEP in (before, data) or groups_in(before) != groups_in(data)))


def to_text(groups: Iterable[Group]) -> str:
    rows = [
        [{"attribute": rule.attribute, "operator": rule.operator, "value": _shown(rule)} for rule in group]
        for group in groups
    ]
    # As the page's script writes it: so it sees that nothing has changed.
    return json.dumps(rows, ensure_ascii=False, separators=(",", ":"))


def _shown(rule: Rule) -> Any:
    if isinstance(rule.value, tuple):
        return list(rule.value)
    return rule.value if isinstance(rule.value, str) else "" if rule.value is None else json.dumps(rule.value)


def groups_in(text: Any) -> Groups:
    """Of what the page sends. Rows in which nothing was chosen are left out. Raises ``ValidationError``."""
    try:
        rows = json.loads(text or "[]")
        if len(rows) > MOST_GROUPS or any(len(row) > MOST_RULES for row in rows):
            raise ValidationError(_("These are more rules than a page can hold. Keep long lists under Audience lists."))
        groups = tuple(tuple(_rule(rule) for rule in row if rule.get("attribute")) for row in rows)
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise ValidationError(_("The rules did not arrive as the page sends them. Please enter them again.")) from error
    return tuple(group for group in groups if group)


def _rule(row: Mapping[str, Any]) -> Rule:
    attribute, name, value = str(row["attribute"]).strip(), str(row.get("operator", "")), row.get("value", "")
    operator = OPERATORS.get(name)
    if operator is None or operator.takes == "nothing":
        return Rule(attribute, name)
    if operator.takes == "texts":
        texts = (str(text).strip() for text in (value if isinstance(value, list) else [value]))
        return Rule(attribute, name, tuple(dict.fromkeys(text for text in texts if text)))
    if operator.takes == "number":
        return Rule(attribute, name, _number(str(value)))
    return Rule(attribute, name, str(value).strip())


def _number(text: str) -> int | float | str:
    """The text itself where it is no number: it is complained about later."""
    plain = text.strip().replace(",", ".")
    for kind in (int, float):
        try:
            return kind(plain)
        except ValueError:
            continue
    return plain
