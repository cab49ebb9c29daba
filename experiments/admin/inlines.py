"""Variants and goals inside an experiment: editable in a draft, afterwards to be read, with room for one more goal."""

from typing import Any

from django.contrib import admin
from django.db.models import ForeignKey, QuerySet, Sum, Window
from django.forms import ModelChoiceField
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import StackedInline, TabularInline

from experiments.admin.experiment_form import (
    GoalChoice,
    GoalRoleForm,
    GoalRoleFormSet,
    LateGoalForm,
    goals_on_offer,
)
from experiments.admin.variant_form import LAYOUT, VariantForm, VariantFormSet, starters
from experiments.admin.variant_words import summary
from experiments.figures import DASH, percent
from experiments.models import Experiment, ExperimentGoal, Role, Variant
from experiments.moves import UNBEGUN
from tracking.admin.gate import Gate
from tracking.admin.offers import GoalSelect


class VariantInline(Gate, StackedInline):
    model = Variant
    form = VariantForm
    formset = VariantFormSet
    verbose_name_plural = _("2 · Variants")
    template_before = "experiments/admin/variants_intro.html"
    fields = LAYOUT

    def get_extra(self, request: HttpRequest, obj: Experiment | None = None, **kwargs: Any) -> int:
        return len(starters()) if obj is None else 0


class FrozenVariants(Gate, TabularInline):
    """The variants of an experiment that has started: to be read."""

    model = Variant
    verbose_name_plural = _("2 · Variants")
    fields = ("name", "share", "changes")
    readonly_fields = fields
    hide_title = True
    can_delete = False
    extra = 0

    def has_add_permission(self, request: HttpRequest, obj: Experiment | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Experiment | None = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Variant]:
        whole = Window(Sum("weight"), partition_by="experiment_id")
        return super().get_queryset(request).select_related("experiment").annotate(whole=whole)

    @admin.display(description=_("share"))
    def share(self, variant: Variant) -> str:
        whole: float = variant.whole  # type: ignore[attr-defined]  # annotated above
        return percent(variant.weight / whole) if whole else DASH

    @admin.display(description=_("what it changes"))
    def changes(self, variant: Variant) -> str:
        return summary(variant)


class GoalInline(Gate, TabularInline):
    model = ExperimentGoal
    form = GoalRoleForm
    formset = GoalRoleFormSet
    verbose_name = _("goal")
    verbose_name_plural = _("3 · Goals")
    template_before = "experiments/admin/goals_intro.html"
    hide_title = True
    fields: tuple[str, ...] = ("goal", "role", "margin")

    def get_extra(self, request: HttpRequest, obj: Experiment | None = None, **kwargs: Any) -> int:
        """A row to fill in while no goal decides."""
        return int(obj is None or lacks_primary(obj))

    def get_queryset(self, request: HttpRequest) -> QuerySet[ExperimentGoal]:
        return super().get_queryset(request).select_related("goal")

    def formfield_for_foreignkey(self, db_field: ForeignKey, request: HttpRequest, **kwargs: Any) -> ModelChoiceField:
        if db_field.name == "goal":
            experiment = getattr(request, "experiment", None)
            kwargs |= {"queryset": goals_on_offer(experiment), "form_class": GoalChoice, "widget": GoalSelect}
            kwargs["empty_label"] = _("Choose a goal")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


def lacks_primary(experiment: Experiment) -> bool:
    """Of one that is still set up."""
    primaries: list[ExperimentGoal] = experiment.primaries  # type: ignore[attr-defined]  # prefetched
    return experiment.status in UNBEGUN and not primaries


class LateGoals(GoalInline):
    """The goals of an experiment that has started: to be read, with room for one more question, which informs only."""

    form = LateGoalForm
    fields = ("goal", "role_shown", "tolerated")
    readonly_fields = ("role_shown", "tolerated")
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Experiment | None = None) -> bool:
        """A frozen phase answers nothing new."""
        return bool(super().has_add_permission(request, obj)) and _open_phase(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Experiment | None = None) -> bool:
        return False

    @admin.display(description=_("role"))
    def role_shown(self, row: ExperimentGoal) -> str:
        return str(row.get_role_display())

    @admin.display(description=_("tolerated loss"))
    def tolerated(self, row: ExperimentGoal) -> str:
        return percent(row.margin) if row.role == Role.GUARDRAIL else DASH


def _open_phase(request: HttpRequest, experiment: Experiment | None) -> bool:
    """Asked several times in a request, looked up once."""
    if experiment is None:
        return False
    if not hasattr(request, "phase_is_open"):
        request.phase_is_open = experiment.phases.filter(finalised_at=None).exists()  # type: ignore[attr-defined]
    return bool(request.phase_is_open)  # type: ignore[attr-defined]


def first_rows(inline: type) -> list[dict[str, Any]]:
    """What a new experiment is pre-filled with."""
    if inline is VariantInline:
        return starters()
    return [{"role": Role.PRIMARY}]
