"""The form of an experiment and of its goals."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from unfold.forms import PaginationInlineFormSet
from unfold.widgets import UnfoldAdminTextInputWidget

from experiments.admin.entry_form import EntryForm
from experiments.admin.fields import PercentField
from experiments.admin.states import is_editable
from experiments.models import Experiment, ExperimentGoal, Role
from tracking.admin.own_names import Naming, settle_key
from tracking.models import Goal

NAMING = Naming(
    otherwise="experiment",
    same_name=_("There is already an experiment called “%(name)s”."),
    same_key=_("This project already has an experiment with this key."),
)


class ExperimentForm(EntryForm):
    key = forms.CharField(
        label=_("Key"),
        required=False,
        max_length=60,
        validators=Experiment._meta.get_field("key").validators,
        help_text=_("Made from the name; developers meet it. It cannot be changed after the start."),
        widget=UnfoldAdminTextInputWidget,
    )
    coverage = PercentField(
        label=_("Share of traffic"),
        initial=1.0,
        help_text=_("100 takes every visitor into the experiment, 20 every fifth; the others see the original."),
    )
    minimum_effect = PercentField(
        label=_("Smallest change worth having"),
        required=False,
        min_value=0.1,
        max_value=1000,
        help_text=_(
            "5: a change below 5 % would not be worth the work, so nothing is shipped for less, and the plan is made "
            "for it. Empty: the plan is made for 10 %."
        ),
    )
    alpha = PercentField(
        label=_("Tolerated false alarm"),
        initial=0.05,
        min_value=0.1,
        max_value=20,
        help_text=_("5 is usual: of twenty experiments without any effect, one may look like a winner."),
    )

    class Meta:
        model = Experiment
        fields = [
            "project",
            "name",
            "hypothesis",
            "kind",
            "coverage",
            "unit",
            "minimum_effect",
            "planned_sample",
            "starts_at",
            "planned_end",
            "stops_by_itself",
            "condition",
            "pages",
            "namespace",
            "namespace_share",
            "prerequisites",
            "alpha",
            "key",
        ]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "hypothesis" in self.fields:
            self.fields["hypothesis"].widget.attrs["rows"] = 3

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if "key" in self.fields and cleaned.get("name"):
            project = cleaned.get("project") or getattr(self.instance, "project", None)
            others = Experiment.objects.filter(project=project).exclude(pk=self.instance.pk)
            settle_key(self, cleaned, others, NAMING)
        return cleaned


class GoalChoice(forms.ModelChoiceField):
    def label_from_instance(self, obj: Goal) -> str:
        return f"{obj.name} ({obj.get_level_display().split(':')[0].lower()})"


class GoalRoleForm(forms.ModelForm):
    margin = PercentField(label=_("Tolerated loss"), initial=0.02, required=False, help_text=_("For a guardrail."))

    class Meta:
        model = ExperimentGoal
        fields = ["goal", "role", "margin"]

    def clean_margin(self) -> float:
        margin = self.cleaned_data["margin"]
        return ExperimentGoal._meta.get_field("margin").default if margin is None else margin


class LateGoalForm(GoalRoleForm):
    """What is added after the start only informs: nothing is asked but which goal."""

    margin = None  # type: ignore[assignment]  # Django's way of leaving a field out


class GoalRoleFormSet(PaginationInlineFormSet):
    """``late``: the experiment has started, so what is added now informs and never decides."""

    def add_fields(self, form: forms.ModelForm, index: int | None) -> None:
        """The goals on offer are looked up once, and not again for each row."""
        super().add_fields(form, index)
        field = form.fields.get("goal")
        if isinstance(field, forms.ModelChoiceField):
            # Through iter, or list() would ask for the length too.
            self.looked_up = getattr(self, "looked_up", None) or _with_projects(list(iter(field.iterator(field))))
            field.choices = self.looked_up

    def clean(self) -> None:
        super().clean()
        late = not is_editable(self.instance)
        for form in self.forms:
            # Rows that may not be changed are not read from the browser at all.
            if not form.has_changed() or form.instance.goal_id is None:
                continue
            if self.instance.project_id and form.instance.goal.project_id != self.instance.project_id:
                form.add_error("goal", _("This goal belongs to another project."))
            if late and form.instance.pk is None:
                form.instance.role = Role.SECONDARY


def _with_projects(choices: list[tuple[Any, str]]) -> list[tuple[Any, str]]:
    """Names each goal's project where there are several."""
    goals = {position: value.instance for position, (value, _label) in enumerate(choices) if value}
    if len({goal.project_id for goal in goals.values()}) < 2:
        return choices
    return [
        (value, f"{label} · {goals[position].project.name}" if position in goals else label)
        for position, (value, label) in enumerate(choices)
    ]


def goals_on_offer(experiment: Experiment | None) -> QuerySet[Goal]:
    goals = Goal.objects.select_related("project").order_by("-level", "name")
    return goals.filter(project=experiment.project_id) if experiment is not None else goals
