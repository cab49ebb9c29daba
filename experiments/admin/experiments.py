"""Experiments: set up in the order in which one thinks, started and stopped by buttons, read on a page of their own."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import flatten_fieldsets
from django.core.exceptions import NON_FIELD_ERRORS
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from experiments.admin.audience_view import AudienceView
from experiments.admin.experiment_form import ExperimentForm
from experiments.admin.explain_view import ExplainView
from experiments.admin.frozen import FROZEN, HIDDEN_FROZEN, SHOWN_FROZEN, Frozen
from experiments.admin.inlines import FrozenVariants, GoalInline, LateGoals, VariantInline, first_rows, lacks_primary
from experiments.admin.listing import Columns, StatusFilter, with_standing
from experiments.admin.moves import BUTTONS, Moves
from experiments.admin.plan_view import PlanView
from experiments.admin.preview_view import PreviewView
from experiments.admin.result_view import ResultView
from experiments.admin.saving import Saving
from experiments.admin.states import is_editable, mark_new_phase, opens_phase
from experiments.models import Experiment, Status
from experiments.moves import UNBEGUN
from tracking.admin.gate import OfOwnProjects, only_project
from tracking.models import Goal
from tracking.tenancy import visible

admin.site.index_template = "experiments/admin/dashboard.html"


@admin.register(Experiment)
class ExperimentAdmin(
    Saving, Moves, PlanView, ResultView, PreviewView, ExplainView, AudienceView, Frozen, Columns, OfOwnProjects
):
    form = ExperimentForm
    list_display = ["name", "status_chip", "result_link", "verdict", "primary", "people", "started", "project"]
    list_filter = [StatusFilter, "project", "kind"]
    list_filter_submit = True
    search_fields = ["name", "key", "hypothesis"]
    prepopulated_fields = {"key": ["name"]}
    actions_detail = ["plan_test", *BUTTONS]
    change_form_template = "experiments/admin/experiment_form.html"
    warn_unsaved_form = True
    fieldsets = (
        (_("1 · What do you want to find out?"), {"fields": ["project", "name", "hypothesis", "kind"]}),
        (_("4 · Audience"), {"fields": ["condition", "pages", "coverage"]}),
        (
            _("5 · Plan"),
            {"fields": ["minimum_effect", "planned_sample", "starts_at", "planned_end", "stops_by_itself"]},
        ),
        (
            _("Beside other tests"),
            {
                "fields": ["namespace", "namespace_share", "prerequisites"],
                "classes": ["collapse"],
                "description": _("Optional: keep its people out of other tests, or take only people of another one."),
            },
        ),
        (_("Details, fine as they are"), {"fields": ["unit", "alpha", "key"], "classes": ["collapse"]}),
    )

    class Media:
        js = ["experiments/experiment-form.js"]

    # ---- what is shown ----

    def get_queryset(self, request: HttpRequest) -> QuerySet[Experiment]:
        return with_standing(super().get_queryset(request))

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Experiment | None:
        found: Experiment | None = super().get_object(request, object_id, from_field)
        if found is not None:
            mark_new_phase(found, request)
        return found

    def get_custom_urls(self) -> tuple[tuple[str, str, Any], ...]:
        return (
            ("audience/", "experiments_experiment_audience", self._audience_by_url),
            ("<path:object_id>/result/", "experiments_experiment_result", self._result_by_url),
            ("<path:object_id>/preview/", "experiments_experiment_preview", self._preview_by_url),
            ("<path:object_id>/explain/", "experiments_experiment_explain", self._explain_by_url),
        )

    def _audience_by_url(self, request: HttpRequest, model_admin: Any = None) -> HttpResponse:
        return self.audience_count(request)

    def _result_by_url(self, request: HttpRequest, object_id: str, model_admin: Any = None) -> HttpResponse:
        return self.result_page(request, object_id)

    def _preview_by_url(self, request: HttpRequest, object_id: str, model_admin: Any = None) -> HttpResponse:
        return self.preview_page(request, object_id)

    def _explain_by_url(self, request: HttpRequest, object_id: str, model_admin: Any = None) -> HttpResponse:
        return self.explain_page(request, object_id)

    def get_fieldsets(self, request: HttpRequest, obj: Experiment | None = None) -> Any:
        """The project is asked for only where there is a choice; what is frozen is shown in people's units."""
        editable = is_editable(obj)
        hidden = set() if editable else set(HIDDEN_FROZEN)
        if (obj is None or obj.status in UNBEGUN) and only_project(request) is not None:
            hidden.add("project")
        if opens_phase(obj):
            # It begins with the save.
            hidden.add("starts_at")
        shown = {} if editable else SHOWN_FROZEN
        return [
            (
                name,
                {**options, "fields": [shown.get(field, field) for field in options["fields"] if field not in hidden]},
            )
            for name, options in super().get_fieldsets(request, obj)
        ]

    def get_inlines(self, request: HttpRequest, obj: Experiment | None) -> list[Any]:
        return [VariantInline, GoalInline] if is_editable(obj) else [FrozenVariants, LateGoals]

    def get_readonly_fields(self, request: HttpRequest, obj: Experiment | None = None) -> list[str]:
        if is_editable(obj):
            return [] if obj is None or obj.status in UNBEGUN else ["project", "key"]
        return FROZEN

    def get_prepopulated_fields(self, request: HttpRequest, obj: Experiment | None = None) -> dict[str, list[str]]:
        return self.prepopulated_fields if obj is None else {}

    def get_formset_kwargs(self, request: HttpRequest, obj: Experiment, inline: Any, prefix: str) -> dict[str, Any]:
        kwargs: dict[str, Any] = super().get_formset_kwargs(request, obj, inline, prefix)
        is_first = not obj.pk or (isinstance(inline, GoalInline) and lacks_primary(obj))
        return {**kwargs, "initial": first_rows(type(inline))} if is_first else kwargs

    def get_inline_instances(self, request: HttpRequest, obj: Experiment | None = None) -> list[Any]:
        # The goals on offer are those of this experiment's project; an inline is not told its parent otherwise.
        request.experiment = obj  # type: ignore[attr-defined]
        return super().get_inline_instances(request, obj)

    def get_actions_detail(self, request: HttpRequest, object_id: int) -> list[Any]:
        """The buttons of this state, to be found by the end of their names; none while a new phase is prepared."""
        experiment = self.get_object(request, str(object_id))
        fitting = self.buttons_of(experiment) if experiment and not opens_phase(experiment) else ()
        return [
            action for action in super().get_actions_detail(request, object_id) if action.action_name.endswith(fitting)
        ]

    def has_delete_permission(self, request: HttpRequest, obj: Experiment | None = None) -> bool:
        """Only a draft is thrown away; what was measured stays."""
        is_draft = obj is None or obj.status == Status.DRAFT
        return bool(super().has_delete_permission(request, obj)) and is_draft

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """No deleting by the dozen: it would ask for each experiment's state and then refuse."""
        return {name: entry for name, entry in super().get_actions(request).items() if name != "delete_selected"}

    # ---- what is done ----

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        context = {"no_goals": not visible(Goal.objects.all(), request.user).exists(), **(extra_context or {})}
        return super().add_view(request, form_url, context)

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        """A complaint about a field that this page does not show is told above the form."""
        form, shown = context["adminform"], set(flatten_fieldsets(context["adminform"].fieldsets))
        unseen = {field: texts for field, texts in form.errors.items() if field not in {*shown, NON_FIELD_ERRORS}}
        context["unseen_errors"] = [
            f"{form.form.fields[field].label}: {text}" for field, texts in unseen.items() for text in texts
        ]
        context |= self.page_state(context.get("original"))
        return super().render_change_form(request, context, *args, **kwargs)

    def response_change(self, request: HttpRequest, obj: Experiment) -> HttpResponse:
        """A new phase has been told of already: that something was changed says less."""
        begun = self._next_step(request, obj) if opens_phase(obj) else None
        return begun or super().response_change(request, obj)

    def response_post_save_add(self, request: HttpRequest, obj: Experiment) -> HttpResponse:
        return self._next_step(request, obj) or super().response_post_save_add(request, obj)

    def response_post_save_change(self, request: HttpRequest, obj: Experiment) -> HttpResponse:
        return self._next_step(request, obj) or super().response_post_save_change(request, obj)

    def _next_step(self, request: HttpRequest, experiment: Experiment) -> HttpResponse | None:
        if opens_phase(experiment):
            return HttpResponseRedirect(reverse("admin:experiments_experiment_result", args=[experiment.pk]))
        if "_start" not in request.POST or experiment.status not in UNBEGUN:
            return None
        return HttpResponseRedirect(reverse("admin:experiments_experiment_start_test", args=[experiment.pk]))
