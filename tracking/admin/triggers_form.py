"""The form of a trigger: first the kind, then only what that kind needs to know, each in a field of its own."""

from typing import Any

from django import forms
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminDecimalFieldWidget, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from tracking.admin.gate import OwnForm
from tracking.admin.own_names import Naming, settle_key
from tracking.admin.picking import SelectorInput
from tracking.admin.triggers_rows import RowsWidget
from tracking.admin.triggers_rules import ConditionsField, PropertiesField
from tracking.models import Trigger
from tracking.triggers import MOST_TRIGGERS, RESERVED_KEYS, TRIGGER_KINDS, Param, complaints, event_complaint

NAMING = Naming(
    otherwise="trigger",
    same_name=_("There is already a trigger called “%(name)s”."),
    same_key=_("This project already has a trigger with this key."),
)
# The page writes here what is said of the chosen kind.
KIND_HELP = SafeString("<span data-kind-help></span>")
GROUPS: tuple[tuple[Any, tuple[str, ...]], ...] = (
    (_("Clicks"), ("click", "link_click", "outbound_click", "download", "contact_click", "rage_click")),
    (_("Forms"), ("form_start", "form_submit", "form_abandon")),
    (_("Reading and watching"), ("element_visible", "scroll_depth", "read_to_end", "media_progress", "hover", "copy")),
    (_("Pages and visits"), ("page_view", "history_change", "time_on_page", "time_spent", "visit_count")),
    (_("Search and sharing"), ("site_search", "share")),
    (_("From the page's own code"), ("data_layer", "custom_event")),
)


def kind_choices() -> list[Any]:
    """In groups; a kind that is in none stands at the end."""
    grouped = [(label, [_choice(kind) for kind in kinds if kind in TRIGGER_KINDS]) for label, kinds in GROUPS]
    known = {kind for _label, kinds in GROUPS for kind in kinds}
    rest = [_choice(kind) for kind in TRIGGER_KINDS if kind not in known]
    return [("", _("Choose what happens")), *grouped, *rest]


def _choice(kind: str) -> tuple[str, str]:
    return kind, gettext(TRIGGER_KINDS[kind].label)


def field_name(kind: str, param: str) -> str:
    """A name of its own for each kind: help and limits differ, and the theme makes each a variable of the page."""
    return f"{kind}__{param}"


DETAILS: dict[str, tuple[str, Param]] = {
    field_name(name, param.name): (name, param) for name, kind in TRIGGER_KINDS.items() for param in kind.params
}


class NumbersField(forms.CharField):
    """Numbers with commas between, as a list."""

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(map(str, value)) if isinstance(value, list | tuple) else value

    def clean(self, value: Any) -> Any:
        words = str(super().clean(value)).replace(",", " ").replace(";", " ").replace("%", " ").split()
        return list(dict.fromkeys(_number(word) for word in words))

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.prepare_value(initial), data)


class NumberField(forms.CharField):
    def clean(self, value: Any) -> Any:
        text = str(super().clean(value)).replace(",", ".")
        return _number(text) if text else ""


def _number(text: str) -> int | float:
    for kind in (int, float):
        try:
            # Other scripts' digits and underscores are numbers to Python only.
            return kind(text if text.isascii() and "_" not in text else "")
        except ValueError:
            continue
    raise forms.ValidationError(gettext("“%(text)s” is no number.") % {"text": text[:40]})


def field_of(param: Param) -> forms.Field:
    about: dict[str, Any] = {"label": _(param.label), "required": False}
    if param.help:
        about["help_text"] = _(param.help)
    if param.type == "selector":
        return forms.CharField(**about, max_length=300, widget=SelectorInput(attrs={"placeholder": "#buy"}))
    about["initial"] = param.default
    if param.choices:
        choices = [(value, _(label)) for value, label in param.choices.items()]
        return forms.ChoiceField(**about, choices=choices, widget=UnfoldAdminSelectWidget)
    if param.type == "numbers":
        return NumbersField(**about, widget=UnfoldAdminTextInputWidget)
    if param.type in ("number", "seconds"):
        limits = {"min": f"{param.least:g}", "max": f"{param.most:g}", "step": "any"}
        return NumberField(**about, widget=UnfoldAdminDecimalFieldWidget(attrs=limits))
    return forms.CharField(**about, max_length=300, widget=UnfoldAdminTextInputWidget)


class TriggerForm(OwnForm):
    key = forms.CharField(
        label=_("Key"),
        required=False,
        max_length=60,
        validators=Trigger._meta.get_field("key").validators,
        help_text=_("A short name for developers. It is made from the name and cannot be changed later."),
        widget=UnfoldAdminTextInputWidget,
    )
    kind = forms.ChoiceField(label=_("When"), choices=kind_choices, help_text=KIND_HELP, widget=UnfoldAdminSelectWidget)
    conditions = ConditionsField()
    properties = PropertiesField()

    class Meta:
        model = Trigger
        fields = ["project", "name", "key", "kind", "event", "is_on"]
        help_texts = {
            "name": _("For you and your colleagues, such as “Buy button clicked”."),
            "event": _("What goals count. Empty: the usual name for this kind."),
            "is_on": _("Off: pages lose it the next time you publish."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            if isinstance(field.widget, SelectorInput | RowsWidget):
                field.widget.project = self.instance.project_id
        if self.instance.pk is None:
            return
        for name, (kind, param) in DETAILS.items():
            if kind == self.instance.kind and param.name in self.instance.params:
                self.initial[name] = self.instance.params[param.name]
        self.initial.update({"conditions": self.instance.conditions, "properties": self.instance.properties})

    def full_clean(self) -> None:
        """What a condition may ask depends on the kind, and fields are cleaned each for itself."""
        if "conditions" in self.fields:
            self.fields["conditions"].kind = self.data.get(self.add_prefix("kind"), "")  # type: ignore[attr-defined]  # ours
        super().full_clean()

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if "kind" in cleaned:
            self._settle_details(cleaned)
        self._settle_key(cleaned)
        return cleaned

    def _settle_key(self, cleaned: dict[str, Any]) -> None:
        project = cleaned.get("project") or getattr(self.instance, "project", None)
        others = Trigger.objects.filter(project=project).exclude(pk=self.instance.pk)
        if "key" in self.fields and cleaned.get("name"):
            settle_key(self, cleaned, others, NAMING)
        if cleaned.get("key") in RESERVED_KEYS:
            self.add_error("key", _("This word is an address of the API: choose another key."))
        if self.instance.pk is None and others.count() >= MOST_TRIGGERS:
            most = _("A project has at most %(most)s triggers: delete one first.")
            self.add_error(None, most % {"most": MOST_TRIGGERS})

    def _settle_details(self, cleaned: dict[str, Any]) -> None:
        """Only what the kind asks for is kept: what was entered for another kind before is forgotten."""
        kind = cleaned["kind"]
        names = {param.name: field_name(kind, param.name) for param in TRIGGER_KINDS[kind].params}
        given = {param: cleaned.get(name) for param, name in names.items()}
        params = {param: value for param, value in given.items() if value not in (None, "", [])}
        for param, text in complaints(kind, params).items():
            if names[param] not in self.errors:
                self.add_error(names[param], gettext(text))
        fine = not self.errors.keys() & {*names.values(), "event"}
        if fine and (text := event_complaint(kind, params, cleaned.get("event", ""))):
            self.add_error("event", gettext(text))
        self.instance.params = params
        for rows in ("conditions", "properties"):
            if rows in cleaned:
                setattr(self.instance, rows, cleaned[rows])


# One field for each detail of each kind, since each has its own label, help and limits.
TriggerForm.declared_fields |= {name: field_of(param) for name, (_kind, param) in DETAILS.items()}
TriggerForm.base_fields |= TriggerForm.declared_fields
