"""The form of a goal: one optional condition as three plain fields, and complaints in the marketer's words."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from tracking.admin.gate import OwnForm
from tracking.admin.offers import GoalSelect
from tracking.admin.own_names import Naming, settle_key
from tracking.admin.picking import SelectorInput
from tracking.goals import number
from tracking.models import Goal, Level
from tracking.naming import NO_SELECTOR, event_of_click
from tracking.projects import must_be_currency
from tracking.selectors import is_selector

OPERATOR_WORDS = [
    ("equals", _("is")),
    ("not_equals", _("is not")),
    ("contains", _("contains")),
    ("starts_with", _("starts with")),
    ("at_least", _("is at least")),
    ("at_most", _("is at most")),
]
NUMERIC = {"at_least", "at_most"}
NAMING = Naming(
    otherwise="goal",
    same_name=_("There is already a goal called “%(name)s”."),
    same_key=_("This project already has a goal with this key."),
)


class GoalChoice(forms.ModelChoiceField):
    """Names the project too where there are several."""

    several_projects = False

    def label_from_instance(self, obj: Goal) -> str:
        return f"{obj.name} · {obj.project.name}" if self.several_projects else obj.name


class GoalForm(OwnForm):
    key = forms.CharField(
        label=_("Key"),
        required=False,
        max_length=60,
        validators=Goal._meta.get_field("key").validators,
        help_text=_("A short name for developers. It is made from the name and cannot be changed later."),
        widget=UnfoldAdminTextInputWidget,
    )
    event = forms.CharField(
        label=_("Event"),
        required=False,
        max_length=100,
        validators=Goal._meta.get_field("event").validators,
        help_text=_(
            "What your pages or servers send, such as add_to_cart or purchase. "
            "Leave it empty if the goal is a click: say below which element."
        ),
        widget=UnfoldAdminTextInputWidget(attrs={"list": "known-events", "placeholder": "add_to_cart"}),
    )
    condition_property = forms.CharField(
        label=_("Only if"),
        required=False,
        max_length=100,
        help_text=_("Optional. A property of the event, such as plan or category. Empty: every such event counts."),
        widget=UnfoldAdminTextInputWidget(attrs={"placeholder": "plan"}),
    )
    condition_operator = forms.ChoiceField(
        label=_("How"), required=False, choices=OPERATOR_WORDS, widget=UnfoldAdminSelectWidget
    )
    condition_value = forms.CharField(
        label=_("What"), required=False, max_length=200, widget=UnfoldAdminTextInputWidget(attrs={"placeholder": "pro"})
    )

    # Not ``window``: the theme makes each field a variable of the page's script, where that name is the browser's.
    window_days = forms.IntegerField(
        label=_("Window, in days"),
        min_value=1,
        max_value=365,
        initial=30,
        help_text=Goal._meta.get_field("window").help_text,
        widget=UnfoldAdminIntegerFieldWidget,
    )

    class Meta:
        model = Goal
        fields = [
            "project",
            "name",
            "key",
            "event",
            "selector",
            "measure",
            "property",
            "currency",
            "level",
            "leads_to",
            "desired",
            "category",
            "stage",
            "weight",
        ]
        field_classes = {"leads_to": GoalChoice}
        widgets = {"leads_to": GoalSelect, "selector": SelectorInput}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._offer_macro_goals()
        if "selector" in self.fields:
            self.fields["selector"].widget.project = self.instance.project_id
        if self.instance.pk:
            self.initial["window_days"] = self.instance.window
        # More than one condition can only have come over the API; then the form leaves them alone.
        if self.instance.conditions and "condition_property" in self.fields:
            for part, value in self.instance.conditions[0].items():
                self.initial[f"condition_{part}"] = value

    def _offer_macro_goals(self) -> None:
        field = self.fields.get("leads_to")
        if field is None:
            return
        choices: QuerySet[Goal] = Goal.objects.filter(level=Level.MACRO).exclude(pk=self.instance.pk)
        choices = choices.filter(project__in=[self.instance.project_id] if self.instance.pk else self.projects)
        field.queryset = choices.select_related("project")  # type: ignore[attr-defined]  # a ModelChoiceField
        field.several_projects = self.instance.pk is None and self.only_project is None  # type: ignore[attr-defined]
        field.empty_label = _("Not linked to a macro goal")  # type: ignore[attr-defined]

    def clean_selector(self) -> str:
        selector = str(self.cleaned_data["selector"]).strip()
        if selector and not is_selector(selector):
            raise forms.ValidationError(NO_SELECTOR)
        return selector

    def clean_currency(self) -> str:
        currency = str(self.cleaned_data["currency"]).upper()
        if currency:
            must_be_currency(currency)
        return currency

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        self._fill_key(cleaned)
        self._fill_event(cleaned)
        if "window_days" in cleaned:
            self.instance.window = cleaned["window_days"]
        for field, complaint in _complaints(cleaned, self.instance):
            self.add_error(field, complaint)
        if not self.errors and "condition_property" in self.fields:
            self.instance.conditions = _conditions(cleaned, self.instance.conditions)
        return cleaned

    def _fill_key(self, cleaned: dict[str, Any]) -> None:
        if "key" not in self.fields or not cleaned.get("name"):
            return
        project = cleaned.get("project") or getattr(self.instance, "project", None)
        settle_key(self, cleaned, Goal.objects.filter(project=project), NAMING)

    def _fill_event(self, cleaned: dict[str, Any]) -> None:
        if cleaned.get("event") or {"event", "selector"} & self.errors.keys():
            return
        if cleaned.get("selector"):
            cleaned["event"] = event_of_click(cleaned.get("key") or self.instance.key or "")
        else:
            self.add_error("event", _("Say what counts: an event, or below the element that is clicked."))


def _complaints(cleaned: dict[str, Any], goal: Goal) -> Iterable[tuple[str, Any]]:
    if cleaned.get("measure") == "sum" and not cleaned.get("property"):
        yield "property", _("To add something up, say which number: for instance value.")
    target = cleaned.get("leads_to")
    if target is not None and cleaned.get("level") == Level.MACRO:
        yield "leads_to", _("Only a micro goal leads to another one; a macro goal is where the way ends.")
    project = cleaned.get("project") or getattr(goal, "project", None)
    if target is not None and project is not None and target.project_id != project.pk:
        yield "leads_to", _("That goal belongs to another project.")
    if cleaned.get("level") == Level.MICRO and goal.pk and Goal.objects.filter(Q(leads_to=goal)).exists():
        yield "level", _("Other goals lead to this one, so it has to stay a macro goal.")
    yield from _condition_complaints(cleaned)


def _condition_complaints(cleaned: dict[str, Any]) -> Iterable[tuple[str, Any]]:
    name, value = cleaned.get("condition_property"), cleaned.get("condition_value")
    if value and not name:
        yield "condition_property", _("Say which property has to have this value, or empty both fields.")
    if name and not value:
        yield "condition_value", _("Say which value it has to have, or empty both fields.")
    if name and value and cleaned.get("condition_operator") in NUMERIC and number(value) is None:
        yield "condition_value", _("“At least” and “at most” need a number.")


def _conditions(cleaned: dict[str, Any], before: list[dict[str, str]]) -> list[dict[str, str]]:
    """The first condition as the form has it; further ones stay as they are."""
    if not cleaned.get("condition_property"):
        return before[1:]
    first = {part: cleaned[f"condition_{part}"] for part in ("property", "operator", "value")}
    return [first, *before[1:]]
