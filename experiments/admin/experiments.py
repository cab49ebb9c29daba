"""Experiments: set up in the order in which one thinks, started and stopped by buttons, read on a page of their own."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import flatten_fieldsets
from django.core.exceptions import NON_FIELD_ERRORS
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin

from experiments.admin.experiment_form import ExperimentForm
from experiments.admin.inlines import FrozenVariants, GoalInline, LateGoals, VariantInline, first_rows, is_draft
from experiments.admin.listing import Columns, with_standing
from experiments.admin.moves import Moves
from experiments.admin.plan_view import PlanView
from experiments.admin.result_view import ResultView
from experiments.admin.saving import Saving
from experiments.figures import DASH, percent
from experiments.models import Experiment, Status
from tracking.admin.offers import only_project
from tracking.models import Goal, Project

admin.site.index_template = "experiments/admin/dashboard.html"
SHOWN_FROZEN = {"coverage": "coverage_shown", "minimum_effect": "minimum_effect_shown", "alpha": "alpha_shown"}
# A field and what it is shown as: both, or the field would stay in the form, required and unseen.
FROZEN = ["project", "kind", "unit", "planned_sample", "planned_end", "key", *SHOWN_FROZEN, *SHOWN_FROZEN.values()]


@admin.register(Experiment)
class ExperimentAdmin(Saving, Moves, PlanView, ResultView, Columns, ModelAdmin):
    form = ExperimentForm
    list_display = ["name", "status_chip", "result_link", "verdict", "primary", "people", "started", "project"]
    list_filter = ["status", "project", "kind"]
    list_filter_submit = True
    search_fields = ["name", "key", "hypothesis"]
    prepopulated_fields = {"key": ["name"]}
    actions_detail = ["plan_test", "start_test", "stop_test"]
    change_form_template = "experiments/admin/experiment_form.html"
    warn_unsaved_form = True
    fieldsets = (
        (_("1 · What do you want to find out?"), {"fields": ["project", "name", "hypothesis", "kind"]}),
        (_("4 · Audience and plan"), {"fields": ["coverage", "minimum_effect", "planned_end", "planned_sample"]}),
        (_("Details, fine as they are"), {"fields": ["unit", "alpha", "key"], "classes": ["collapse"]}),
    )

    class Media:
        js = ["experiments/experiment-form.js"]

    # ---- what is shown ----

    def get_queryset(self, request: HttpRequest) -> QuerySet[Experiment]:
        return with_standing(super().get_queryset(request))

    def get_custom_urls(self) -> tuple[tuple[str, str, Any], ...]:
        return (("<path:object_id>/result/", "experiments_experiment_result", self._result_by_url),)

    def _result_by_url(self, request: HttpRequest, object_id: str, model_admin: Any = None) -> HttpResponse:
        return self.result_page(request, object_id)

    def get_fieldsets(self, request: HttpRequest, obj: Experiment | None = None) -> Any:
        """The project is asked for only where there is a choice; what is frozen is shown in people's units."""
        hidden = {"project"} if is_draft(obj) and only_project() is not None else set()
        shown = {} if is_draft(obj) else SHOWN_FROZEN
        return [
            (
                name,
                {**options, "fields": [shown.get(field, field) for field in options["fields"] if field not in hidden]},
            )
            for name, options in super().get_fieldsets(request, obj)
        ]

    def get_inlines(self, request: HttpRequest, obj: Experiment | None) -> list[Any]:
        return [VariantInline, GoalInline] if is_draft(obj) else [FrozenVariants, LateGoals]

    def get_readonly_fields(self, request: HttpRequest, obj: Experiment | None = None) -> list[str]:
        return [] if is_draft(obj) else FROZEN

    def get_prepopulated_fields(self, request: HttpRequest, obj: Experiment | None = None) -> dict[str, list[str]]:
        return self.prepopulated_fields if obj is None else {}

    def get_formset_kwargs(self, request: HttpRequest, obj: Experiment, inline: Any, prefix: str) -> dict[str, Any]:
        kwargs: dict[str, Any] = super().get_formset_kwargs(request, obj, inline, prefix)
        return kwargs if obj.pk else {**kwargs, "initial": first_rows(type(inline))}

    def get_inline_instances(self, request: HttpRequest, obj: Experiment | None = None) -> list[Any]:
        # The goals on offer are those of this experiment's project; an inline is not told its parent otherwise.
        request.experiment = obj  # type: ignore[attr-defined]
        return super().get_inline_instances(request, obj)

    def get_actions_detail(self, request: HttpRequest, object_id: int) -> list[Any]:
        experiment = self.get_object(request, str(object_id))
        buttons = {Status.DRAFT: ("plan_test", "start_test"), Status.RUNNING: ("stop_test",)}
        fitting = buttons.get(Status(experiment.status), ()) if experiment else ()
        return [
            action for action in super().get_actions_detail(request, object_id) if action.action_name.endswith(fitting)
        ]

    def has_delete_permission(self, request: HttpRequest, obj: Experiment | None = None) -> bool:
        """Only a draft is thrown away; what was measured stays."""
        return bool(super().has_delete_permission(request, obj)) and is_draft(obj)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """No deleting by the dozen: it would ask for each experiment's state and then refuse."""
        return {name: entry for name, entry in super().get_actions(request).items() if name != "delete_selected"}

    @admin.display(description=_("share of traffic"))
    def coverage_shown(self, experiment: Experiment) -> str:
        return percent(experiment.coverage)

    @admin.display(description=_("smallest change worth having"))
    def minimum_effect_shown(self, experiment: Experiment) -> str:
        return DASH if experiment.minimum_effect is None else percent(experiment.minimum_effect)

    @admin.display(description=_("tolerated false alarm"))
    def alpha_shown(self, experiment: Experiment) -> str:
        return percent(experiment.alpha)

    # ---- what is done ----

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not Project.objects.exists():
            messages.info(request, _("First make a project: the site or app that you want to test."))
            return HttpResponseRedirect(reverse("admin:tracking_project_add"))
        context = {"no_goals": not Goal.objects.exists(), **(extra_context or {})}
        return super().add_view(request, form_url, context)

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        """A complaint about a field that this page does not show is told above the form."""
        form, shown = context["adminform"], set(flatten_fieldsets(context["adminform"].fieldsets))
        unseen = {field: texts for field, texts in form.errors.items() if field not in {*shown, NON_FIELD_ERRORS}}
        context["unseen_errors"] = [
            f"{form.form.fields[field].label}: {text}" for field, texts in unseen.items() for text in texts
        ]
        return super().render_change_form(request, context, *args, **kwargs)

    def response_post_save_add(self, request: HttpRequest, obj: Experiment) -> HttpResponse:
        return self._next_step(request, obj) or super().response_post_save_add(request, obj)

    def response_post_save_change(self, request: HttpRequest, obj: Experiment) -> HttpResponse:
        return self._next_step(request, obj) or super().response_post_save_change(request, obj)

    def _next_step(self, request: HttpRequest, experiment: Experiment) -> HttpResponse | None:
        if "_start" not in request.POST or experiment.status != Status.DRAFT:
            return None
        return HttpResponseRedirect(reverse("admin:experiments_experiment_start_test", args=[experiment.pk]))
