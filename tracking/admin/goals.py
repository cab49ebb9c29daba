"""Goals: what counts, what it means, and the details that hardly anybody needs."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from tracking.admin.gate import OfOwnProjects, only_project
from tracking.admin.goal_form import GoalForm
from tracking.models import Goal, Level


@admin.register(Goal)
class GoalAdmin(OfOwnProjects):
    form = GoalForm
    list_display = ["name", "level_chip", "counts", "how", "leads_to", "project"]
    list_filter = ["level", "project", "category", "stage"]
    list_filter_submit = True
    search_fields = ["name", "key", "event"]
    prepopulated_fields = {"key": ["name"]}
    warn_unsaved_form = True
    conditional_fields = {
        "property": "measure == 'sum'",
        "currency": "measure == 'sum'",
        "leads_to": "level == 'micro'",
        "condition_operator": "condition_property",
        "condition_value": "condition_property",
    }
    fieldsets = (
        (
            _("What counts"),
            {
                "fields": [
                    "project",
                    "name",
                    "event",
                    "selector",
                    "measure",
                    "property",
                    "currency",
                ]
            },
        ),
        (
            _("Only some of these events"),
            {
                "fields": ["condition_property", "condition_operator", "condition_value"],
                "classes": ["collapse"],
                "description": _("Optional: count an event only if one of its properties says the right thing."),
            },
        ),
        (
            _("What it means"),
            {
                "fields": ["level", "leads_to", "desired", "category", "stage", "weight"],
                "description": _(
                    "A macro goal pays: a purchase, a lead. A micro goal is a small step on the way, and moves first."
                ),
            },
        ),
        (_("Details, fine as they are"), {"fields": ["key", "window_days"], "classes": ["collapse"]}),
    )

    class Media:
        js = ["tracking/goal-form.js"]

    def get_readonly_fields(self, request: HttpRequest, obj: Goal | None = None) -> list[str]:
        return [] if obj is None else ["key", "project"]

    def get_prepopulated_fields(self, request: HttpRequest, obj: Goal | None = None) -> dict[str, list[str]]:
        return self.prepopulated_fields if obj is None else {}

    def get_fieldsets(self, request: HttpRequest, obj: Goal | None = None) -> Any:
        """The project is asked for only where there is a choice."""
        fieldsets = super().get_fieldsets(request, obj)
        if obj is not None:
            kept = _("Experiments that have started keep the goal as it was then; a change counts for the next ones.")
            (name, options), *others = fieldsets
            return [(name, {**options, "description": kept}), *others]
        if only_project(request) is None:
            return fieldsets
        return [
            (name, {**options, "fields": [field for field in options["fields"] if field != "project"]})
            for name, options in fieldsets
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Goal]:
        return super().get_queryset(request).select_related("project", "leads_to")

    @display(description=_("level"), ordering="level", label={Level.MACRO: "success", Level.MICRO: "info"})
    def level_chip(self, goal: Goal) -> tuple[str, str]:
        return goal.level, gettext("Macro") if goal.level == Level.MACRO else gettext("Micro")

    @admin.display(description=_("what counts"), ordering="event")
    def counts(self, goal: Goal) -> str:
        if goal.selector:
            return gettext("Click on %(element)s") % {"element": goal.selector}
        return goal.event

    @admin.display(description=_("counted"), ordering="measure")
    def how(self, goal: Goal) -> str:
        if goal.measure == "sum":
            return gettext("Sum of %(number)s") % {"number": goal.property}
        return str(goal.get_measure_display())
