"""A variant as a form: what it changes is filled in field by field and kept as the payload of its kind."""

from types import ModuleType
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.forms import PaginationInlineFormSet
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from experiments.admin.variant_parts import cta, popup
from experiments.admin.variant_parts import form as form_parts
from experiments.models import Variant
from experiments.payloads import PAYLOADS
from experiments.payloads.checks import complaints_of
from experiments.payloads.popup import MOMENT
from tracking.admin.picking import SelectorInput
from tracking.naming import key_for

# What a variant shows on the page, filled in field by field.
SHOWN: dict[str, ModuleType] = {"cta": cta, "form": form_parts, "popup": popup}
FIELD_OF = {kind: module.FIELD_OF for kind, module in SHOWN.items()} | {"redirect": {"url": "to_url"}}
# Kind → the field of its one value.
VALUED = {"boolean": "flag_on", "string": "flag_text", "number": "flag_number"}
ON_OFF = {"on": True, "off": False}
LAYOUT = (
    ("name", "weight"),
    "is_control",
    *(row for module in SHOWN.values() for row in module.LAYOUT),
    "to_url",
    "flag_on",
    "flag_text",
    "flag_number",
    "payload_json",
)


class VariantForm(cta.CtaFields, form_parts.FormFields, popup.PopupFields, forms.ModelForm):
    to_url = forms.CharField(
        label=_("Page to send visitors to"),
        required=False,
        max_length=2000,
        widget=UnfoldAdminTextInputWidget(attrs={"placeholder": "/pricing-new"}),
        help_text=_(
            "A path such as /pricing-new, or a whole address on a host that the project lists. "
            "Empty for the original: visitors stay where they are."
        ),
    )
    flag_on = forms.ChoiceField(
        label=_("Switch"),
        required=False,
        choices=[("", _("Choose …")), ("on", _("On")), ("off", _("Off"))],
        widget=UnfoldAdminSelectWidget,
        help_text=_("What the code of your site is told: true or false."),
    )
    flag_text = forms.CharField(
        label=_("Text"),
        required=False,
        strip=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
        help_text=_("What the code of your site is told."),
    )
    flag_number = forms.FloatField(
        label=_("Number"),
        required=False,
        widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "decimal"}),
        help_text=_("What the code of your site is told."),
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

    def __init__(self, *args: Any, kind: str, project_id: int | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for one in self.fields.values():
            if isinstance(one.widget, SelectorInput):
                one.widget.project = project_id
        payload = self.instance.payload
        for field, value in _shown_before(kind, payload).items():
            self.initial.setdefault(field, value)
        for field, fits in (("flag_on", bool), ("flag_text", str), ("flag_number", (int, float))):
            value = payload.get("value")
            if isinstance(value, fits) and (field == "flag_on") == isinstance(value, bool):
                self.initial.setdefault(field, ("on" if value else "off") if field == "flag_on" else value)
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
            # An unfinished variant may be kept in a draft; the start asks for the rest. Unreadable rows have been told.
            if payload and "form_rows" not in self.errors:
                self.add_error(self._field_of(kind, part), str(complaint))
        self.instance.payload = payload

    def _field_of(self, kind: str, part: str) -> str | None:
        if kind == "external":
            return None
        otherwise = "form_rows" if kind == "form" else "payload_json"
        return VALUED.get(kind) or FIELD_OF.get(kind, {}).get(part, otherwise)

    def _payload(self, kind: str) -> dict[str, Any]:
        if kind in SHOWN:
            return dict(SHOWN[kind].payload_of(self.cleaned_data))
        if kind == "redirect":
            address = self.cleaned_data.get("to_url", "")
            return {"url": address} if address else {}
        if kind in VALUED:
            value = self._value(self.cleaned_data.get(VALUED[kind]), kind)
            return {} if value is None else {"value": value}
        return self._json() if kind == "json" else {}

    def _value(self, entered: Any, kind: str) -> Any:
        """None for what is still empty. A whole number stays one: 3 and not 3.0."""
        if kind == "boolean":
            return ON_OFF.get(entered)
        if kind == "number" and isinstance(entered, float) and entered.is_integer():
            return int(entered)
        return None if entered == "" else entered

    def _json(self) -> dict[str, Any]:
        content = self.cleaned_data.get("payload_json")
        if content is not None and not isinstance(content, dict):
            self.add_error("payload_json", _("Write a JSON object, in braces: {…}."))
            return {}
        return content or {}


def _shown_before(kind: str, payload: dict[str, Any]) -> dict[str, Any]:
    """By form field. Nothing where the kind has been changed since: the payload of another would be misread."""
    if kind == "redirect":
        return {"to_url": payload.get("url", "")}
    if kind not in SHOWN or complaints_of(payload, SHOWN[kind].CHECKS, ""):
        return {}
    return dict(SHOWN[kind].initial(payload))


class VariantFormSet(PaginationInlineFormSet):
    def get_form_kwargs(self, index: int | None) -> dict[str, Any]:
        kwargs: dict[str, Any] = super().get_form_kwargs(index)
        return {**kwargs, "kind": self.instance.kind, "project_id": self.instance.project_id}

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
        if kind == "popup":
            _ask_one_moment(there)
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


def _ask_one_moment(rows: list[Any]) -> None:
    """Pop-ups that come at different moments would be compared over different people."""
    said = [form for form in rows if form.instance.payload]
    for form in said[1:]:
        if any(form.instance.payload.get(part) != said[0].instance.payload.get(part) for part in MOMENT):
            form.add_error("popup_after", _("All variants come at the same moment: say here what the first one says."))


def starters() -> list[dict[str, Any]]:
    """The two variants that a new experiment begins with."""
    return [
        {"name": _("Original"), "is_control": True, "weight": 1.0},
        {"name": _("New version"), "is_control": False, "weight": 1.0},
    ]
