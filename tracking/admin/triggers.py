"""Triggers: what visitors do on a page, turned into events without a developer. Drafts, until they are published."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from tracking.admin.gate import OfOwnProjects, only_project
from tracking.admin.triggers_form import DETAILS, TriggerForm
from tracking.admin.triggers_publish import PublishView, publish_url, summary
from tracking.admin.triggers_rules import SOURCE_HELP
from tracking.admin.triggers_words import event_in_words, kind_label
from tracking.models import Trigger
from tracking.publishing import waiting
from tracking.tenancy import projects_of
from tracking.triggers import TRIGGER_KINDS

STATES = {
    "published": (_("On your pages"), "success"),
    "added": (_("New, not published"), "info"),
    "changed": (_("Changed, not published"), "warning"),
    "off": (_("Off with the next publishing"), "warning"),
    "unused": (_("Off"), ""),
}


class KindFilter(admin.SimpleListFilter):
    """In words."""

    title = _("when")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(name, kind_label(name)) for name in TRIGGER_KINDS]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Trigger]) -> QuerySet[Trigger]:
        return queryset.filter(kind=self.value()) if self.value() else queryset


@admin.register(Trigger)
class TriggerAdmin(PublishView, OfOwnProjects):
    form = TriggerForm
    change_form_template = "tracking/admin/triggers/form.html"
    list_before_template = "tracking/admin/triggers/waiting.html"
    list_display = ["name", "kind_in_words", "tells", "state", "project"]
    list_filter = ["project", KindFilter, "is_on"]
    list_filter_submit = True
    search_fields = ["name", "key", "event"]
    prepopulated_fields = {"key": ["name"]}
    actions_list = ["publishing"]
    warn_unsaved_form = True
    conditional_fields = {name: f"kind == '{kind}'" for name, (kind, _param) in DETAILS.items()}
    fieldsets = (
        (_("1 · What happens"), {"fields": ["project", "name", "kind", *DETAILS]}),
        (_("2 · When it counts"), {"fields": ["conditions"]}),
        (_("3 · What is told"), {"fields": ["event", "properties"]}),
        (_("Details, fine as they are"), {"fields": ["is_on", "key"]}),
    )

    class Media:
        js = ["tracking/triggers.js"]
        css = {"all": ["tracking/triggers.css"]}

    # ---- what is shown ----

    def get_queryset(self, request: HttpRequest) -> QuerySet[Trigger]:
        return super().get_queryset(request).select_related("project")

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """The list with what is not on the pages yet: for the line above it, and for the state of each trigger."""
        found = super().get_changelist_instance(request)
        differing = waiting()
        projects = projects_of(request.user).in_bulk(differing) if differing else {}
        found.waiting = [
            {"project": projects[pk].name, "summary": summary(differing[pk]), "url": publish_url(pk)} for pk in projects
        ]
        changes = {(pk, one.key): one.change for pk, several in differing.items() for one in several}
        for row in found.result_list:
            row.standing = changes.get((row.project_id, row.key), "published" if row.is_on else "unused")
        return found

    def get_custom_urls(self) -> tuple[tuple[str, str, Any], ...]:
        return (("publish/<int:project_id>/", "tracking_trigger_publish", self._publish_by_url),)

    def _publish_by_url(self, request: HttpRequest, project_id: int, model_admin: Any = None) -> HttpResponse:
        return self.publish_page(request, project_id)

    @admin.display(description=_("when"), ordering="kind")
    def kind_in_words(self, trigger: Trigger) -> str:
        return kind_label(trigger.kind)

    @admin.display(description=_("event"), ordering="event")
    def tells(self, trigger: Trigger) -> str:
        return event_in_words(trigger.kind, trigger.params, trigger.event)

    @display(description=_("state"), label={code: tone for code, (_words, tone) in STATES.items()})
    def state(self, trigger: Trigger) -> tuple[str, str]:
        standing: str = trigger.standing  # type: ignore[attr-defined]  # set in get_changelist_instance
        return standing, str(STATES[standing][0])

    # ---- the form ----

    def get_readonly_fields(self, request: HttpRequest, obj: Trigger | None = None) -> list[str]:
        return [] if obj is None else ["key", "project"]

    def get_prepopulated_fields(self, request: HttpRequest, obj: Trigger | None = None) -> dict[str, list[str]]:
        return self.prepopulated_fields if obj is None else {}

    def get_fieldsets(self, request: HttpRequest, obj: Trigger | None = None) -> Any:
        """The project is asked for only where there is a choice."""
        hidden = {"project"} if obj is None and only_project(request) is not None else set()
        return [
            (name, {**options, "fields": [field for field in options["fields"] if field not in hidden]})
            for name, options in super().get_fieldsets(request, obj)
        ]

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        context["kinds"] = {
            name: {
                "help": gettext(kind.help),
                "event": kind.event or ", ".join(kind.events),
                "subjects": kind.subjects,
            }
            for name, kind in TRIGGER_KINDS.items()
        }
        context["sources"] = {
            name: {part: text if isinstance(text, bool) else str(text) for part, text in about.items()}
            for name, about in SOURCE_HELP.items()
        }
        return super().render_change_form(request, context, *args, **kwargs)
