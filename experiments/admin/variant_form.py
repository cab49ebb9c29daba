"""A variant as a form: what it changes is filled in field by field and kept as the payload of its kind."""

import json
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.forms import PaginationInlineFormSet
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from experiments.admin.fields import ColourField
from experiments.models import Variant
from experiments.payloads import PAYLOADS
from tracking.naming import key_for

# Form field → field of the payload.
CTA = {"cta_selector": "selector", "cta_text": "text", "cta_background": "background", "cta_color": "color"}
FORM_FIELD = {part: field for field, part in CTA.items()}


class VariantForm(forms.ModelForm):
    cta_text = forms.CharField(
        label=_("Text of the button"),
        required=False,
        max_length=300,
        widget=UnfoldAdminTextInputWidget(
            attrs={"placeholder": _("Start free, no card needed"), "data-preview": "text"}
        ),
        help_text=_("Empty: the text of the page stays."),
    )
    cta_background = ColourField(
        label=_("Background"), required=False, help_text=_("Empty: the colour of the page stays.")
    )
    cta_color = ColourField(label=_("Text colour"), required=False, help_text=_("Empty: the colour of the page stays."))
    cta_selector = forms.CharField(
        label=_("Where on the page"),
        required=False,
        max_length=300,
        widget=UnfoldAdminTextInputWidget(attrs={"placeholder": "#signup"}),
        help_text=_("A CSS selector that names the element, such as #signup or .buy-button. Ask a developer once."),
    )
    payload_json = forms.JSONField(
        label=_("JSON for the developer"),
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 4, "spellcheck": "false", "class": "font-mono"}),
        help_text=_("Handed to your code as it is. For developers."),
    )

    class Meta:
        model = Variant
        fields = ["name", "is_control", "weight"]
        help_texts = {"weight": ""}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        payload = self.instance.payload
        for field, part in CTA.items():
            self.initial.setdefault(field, payload.get(part, ""))
        self.initial.setdefault("payload_json", payload or None)

    def has_changed(self) -> bool:
        """A pre-filled variant counts as written, though nobody touched it."""
        return super().has_changed() or (self.instance.pk is None and bool(self.data.get(self.add_prefix("name"))))

    def validate_constraints(self) -> None:
        """The formset sees that there is one original; row by row, swapping it for another would look forbidden."""

    def take_payload(self, kind: str) -> None:
        """Make the payload of this kind of what was filled in, and complain at the field that is wrong."""
        payload = self._payload(kind)
        wrong = PAYLOADS[kind].complaints(payload, bool(self.cleaned_data.get("is_control")))
        for part, complaint in wrong.items():
            # An unfinished variant may be kept in a draft; the start asks for the rest.
            if payload:
                self.add_error(FORM_FIELD.get(part, "payload_json") if kind != "external" else None, str(complaint))
        self.instance.payload = payload

    def _payload(self, kind: str) -> dict[str, Any]:
        if kind == "cta":
            filled = {part: self.cleaned_data.get(field, "") for field, part in CTA.items()}
            return {part: value for part, value in filled.items() if value}
        if kind == "json":
            return self._json()
        return {}

    def _json(self) -> dict[str, Any]:
        content = self.cleaned_data.get("payload_json")
        if content is not None and not isinstance(content, dict):
            self.add_error("payload_json", _("Write a JSON object, in braces: {…}."))
            return {}
        return content or {}


class VariantFormSet(PaginationInlineFormSet):
    def clean(self) -> None:
        super().clean()
        kept = [form for form in self.forms if self._is_kept(form)]
        kind = self.instance.kind
        for form in kept:
            if kind in PAYLOADS:
                form.take_payload(kind)
        there = [form for form in self.forms if self._is_there(form)]
        if sum(bool(form.cleaned_data.get("is_control")) for form in there) > 1:
            raise forms.ValidationError(_("Only one variant can be the original: untick the others."))
        weights = [form.cleaned_data.get("weight") for form in there]
        if weights and all(weight == 0 for weight in weights):
            raise forms.ValidationError(_("Give the variants weights above 0."))
        self._fill_keys(kept)

    def _is_there(self, form: forms.BaseForm) -> bool:
        """Rows that will be there after the save, touched or not."""
        cleaned = getattr(form, "cleaned_data", None)
        return bool(cleaned) and not cleaned.get("DELETE")  # type: ignore[union-attr]

    def _is_kept(self, form: forms.BaseForm) -> bool:
        cleaned = getattr(form, "cleaned_data", None)
        return bool(cleaned) and not cleaned.get("DELETE") and form.has_changed()  # type: ignore[union-attr]

    def _fill_keys(self, forms_in_order: list[Any]) -> None:
        """Keys from names, and positions from the order on the page: which is the order of the bucket ranges."""
        taken = {form.instance.key for form in self.initial_forms if form.instance.key}
        for position, form in enumerate(self.forms):
            form.instance.position = position
        for form in forms_in_order:
            if not form.instance.key:
                form.instance.key = key_for(form.cleaned_data.get("name", ""), taken=taken, otherwise="variant")
                taken.add(form.instance.key)


def starters() -> list[dict[str, Any]]:
    """The two variants that a new experiment begins with."""
    return [
        {"name": _("Original"), "is_control": True, "weight": 1.0},
        {"name": _("New version"), "is_control": False, "weight": 1.0},
    ]


def summary(variant: Variant) -> str:
    """What a variant changes, in one line, for those who may no longer edit it."""
    payload = variant.payload
    if not payload:
        return str(_("Nothing: the page as it is"))
    if not set(payload) <= set(FORM_FIELD):
        return json.dumps(payload, ensure_ascii=False)
    words = {"selector": _("on"), "text": _("text"), "background": _("background"), "color": _("text colour")}
    return ", ".join(f"{words[part]} {payload[part]}" for part in words if payload.get(part))
