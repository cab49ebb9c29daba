"""The fields of a changed form: its own fields stand as rows, each with what becomes of it."""

import json
from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import INPUT_CLASSES, SELECT_CLASSES, UnfoldBooleanSwitchWidget

from experiments.admin.variant_parts.controls import selector, words
from experiments.payloads import form as payloads
from experiments.payloads.form import LONGEST_NAME, MOST_FIELDS, MOST_STEPS, TOKENS, Row

PARTS = {"form_selector": "selector", "form_button": "button", "form_next": "next", "form_back": "back"}
FIELD_OF = {part: field for field, part in PARTS.items()} | {"progress": "form_progress"}
CHECKS = payloads.CHECKS
LAYOUT = (
    ("form_selector", "form_button"),
    "form_rows",
    ("form_in_order", "form_progress"),
    ("form_next", "form_back"),
)
NO_ROWS = _("The rows of the form cannot be read: load the page again.")


class RowsWidget(forms.Widget):
    template_name = "experiments/admin/form_rows.html"

    class Media:
        js = ["experiments/form-rows.js", "experiments/variant-preview.js"]
        css = {"all": ["experiments/variants.css"]}

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(name, value, attrs)
        steps = [[str(step), gettext("Step %(number)d") % {"number": step}] for step in range(1, MOST_STEPS + 1)]
        context["widget"]["offered"] = {
            "tokens": [[token, token] for token in TOKENS],
            "steps": steps,
            "most": MOST_FIELDS,
            "longest": LONGEST_NAME,
            "classes": {"input": " ".join(INPUT_CLASSES), "select": " ".join(SELECT_CLASSES)},
        }
        return context


class RowsField(forms.Field):
    """Cleaned to rows, one a field of the form; rows without a name fall out."""

    widget = RowsWidget

    def prepare_value(self, value: Any) -> Any:
        return value if isinstance(value, str) else json.dumps(value or [])

    def to_python(self, value: Any) -> list[Row]:
        try:
            rows = json.loads(value or "[]")
            return [_row(row) for row in rows if str(row.get("name", "")).strip()]
        except (ValueError, TypeError, AttributeError):
            raise ValidationError(NO_ROWS) from None

    def validate(self, value: list[Row]) -> None:
        names = [row["name"] for row in value]
        if len(set(names)) < len(names):
            raise ValidationError(_("A field of the form stands in two rows."))

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return self.to_python(data) != [_row(row) for row in initial or []]
        except ValidationError:
            return True


def _row(entered: Mapping[str, Any]) -> Row:
    row: Row = {part: str(entered.get(part, "")).strip() for part in ("name", "label", "placeholder", "message")}
    row |= {part: str(entered.get(part, "")) for part in ("autocomplete", "required")}
    return row | {"hide": bool(entered.get("hide")), "step": int(entered.get("step") or 0)}


class FormFields(forms.Form):
    form_selector = selector(
        _("Which form"), _("A CSS selector that names the form, such as #signup-form."), example="#signup-form"
    )
    form_button = words(_("Text of its button"), _("Empty: the text of the page stays."), example=_("Get my quote"))
    form_rows = RowsField(
        label=_("Fields"),
        required=False,
        help_text=_("Only those that change. Call each field what the page calls it: a developer or the picker knows."),
    )
    form_in_order = forms.BooleanField(
        label=_("Put the fields in the order of these rows"), required=False, widget=UnfoldBooleanSwitchWidget
    )
    form_progress = forms.BooleanField(
        label=_("Show a progress bar over the steps"), required=False, widget=UnfoldBooleanSwitchWidget
    )
    form_next = words(_("Button to the next step"), _("Empty: an arrow."), example=_("Continue"))
    form_back = words(_("Button to the step before"), _("Empty: an arrow."), example=_("Back"))


def initial(payload: Mapping[str, Any]) -> dict[str, Any]:
    found = {field: payload.get(part, "") for field, part in PARTS.items()}
    return found | {
        "form_rows": payloads.rows_of(payload),
        "form_in_order": bool(payload.get("order")),
        "form_progress": bool(payload.get("progress")),
    }


def payload_of(cleaned: Mapping[str, Any]) -> dict[str, Any]:
    found = {part: cleaned.get(field, "") for field, part in PARTS.items()}
    found |= payloads.payload_of(cleaned.get("form_rows") or [], in_order=bool(cleaned.get("form_in_order")))
    found["progress"] = bool(cleaned.get("form_progress"))
    return {part: value for part, value in found.items() if value}
