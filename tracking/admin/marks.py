"""Marked visitors: who is counted or not, since when and why; and the way back."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from tracking import marks
from tracking.admin.debug_links import author_of
from tracking.admin.gate import OfOwnProjects, OwnForm, only_project
from tracking.marks import Decision
from tracking.models import Mark, VisitorMark
from tracking.wire.ids import normal_id

# What we decide ourselves, in words; ``tracking.quality`` says when.
REASONS = {
    "over_300_a_minute": _("More than 300 events in one minute"),
    "over_60_a_minute": _("More than 60 events a minute, for ten minutes on end"),
}
CHIPS = {
    "bot": _("Robot"),
    "internal": _("Own people"),
    "test": _("Test"),
    "counted": _("Real visitor"),
    "over": _("Decision ended"),
}


class MarkForm(OwnForm):
    class Meta:
        model = VisitorMark
        fields = ["project", "visitor_id", "mark", "reason"]

    def clean_visitor_id(self) -> str:
        found = normal_id(self.cleaned_data["visitor_id"])
        if found is None:
            raise forms.ValidationError(_("This is nobody's id."))
        return found


class InForce(admin.SimpleListFilter):
    title = _("decisions")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("now", _("In force")), ("ended", _("Ended"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[VisitorMark]) -> QuerySet[VisitorMark]:
        return queryset if self.value() is None else queryset.filter(lifted_at__isnull=self.value() == "now")


@admin.register(VisitorMark)
class MarkAdmin(OfOwnProjects):
    """A decision is made and ended, and never edited or deleted: results were as it says at its time."""

    form = MarkForm
    list_display = ["visitor", "chip", "why", "created_at", "by", "lifted_at", "project"]
    list_display_links = None
    list_filter = [InForce, "mark", "project"]
    list_filter_submit = True
    search_fields = ["visitor_id"]
    actions = ["count_again"]
    ordering = ["-id"]
    fieldsets = (
        (
            None,
            {
                "fields": ["project", "visitor_id", "mark", "reason"],
                "description": _(
                    "It holds for everything this visitor has done and will do, in all tests that are not closed yet. "
                    "Results follow within seconds, nothing is deleted, and you can take it back at any time."
                ),
            },
        ),
    )

    def get_fieldsets(self, request: HttpRequest, obj: VisitorMark | None = None) -> Any:
        """The project is asked for only where there is a choice."""
        if only_project(request) is None:
            return super().get_fieldsets(request, obj)
        ((name, options),) = super().get_fieldsets(request, obj)
        return [(name, {**options, "fields": [field for field in options["fields"] if field != "project"]})]

    def get_queryset(self, request: HttpRequest) -> QuerySet[VisitorMark]:
        return super().get_queryset(request).select_related("project")

    def save_model(self, request: HttpRequest, obj: VisitorMark, form: Any, change: bool) -> None:
        decision = Decision(Mark(obj.mark), obj.reason, author_of(request))
        marks.make(obj.project_id, obj.visitor_id, decision, at=timezone.now())
        held = VisitorMark.objects.get(project_id=obj.project_id, visitor_id=obj.visitor_id, lifted_at=None)
        obj.pk = held.pk

    @admin.action(description=_("Take the decision back (count them again)"), permissions=["change"])
    def count_again(self, request: HttpRequest, queryset: QuerySet[VisitorMark]) -> None:
        """Ends the decision; whoever was found out by what they did is not marked so a second time."""
        ended = marks.lift(list(queryset.values_list("pk", flat=True)), at=timezone.now())
        if not ended:
            messages.info(request, gettext("These decisions had ended already."))
            return
        told = ngettext(
            "%(count)s decision has ended. Results follow within seconds.",
            "%(count)s decisions have ended. Results follow within seconds.",
            ended,
        )
        messages.success(request, told % {"count": ended})

    def has_change_permission(self, request: HttpRequest, obj: VisitorMark | None = None) -> bool:
        return obj is None and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: VisitorMark | None = None) -> bool:
        return False

    @admin.display(description=_("visitor"), ordering="visitor_id")
    def visitor(self, mark: VisitorMark) -> SafeString:
        asked = urlencode([("project", str(mark.project_id)), ("visitor", mark.visitor_id)])
        shown = mark.visitor_id if len(mark.visitor_id) <= 40 else f"{mark.visitor_id[:39]}…"
        return format_html('<a href="{}?{}">{}</a>', reverse("admin:tracking_live"), asked, shown)

    @display(
        description=_("decision"),
        ordering="mark",
        label={"bot": "warning", "internal": "info", "test": "info", "counted": "success", "over": ""},
    )
    def chip(self, mark: VisitorMark) -> tuple[str, Any]:
        state = mark.mark if mark.lifted_at is None else "over"
        return state, CHIPS[mark.mark]

    @admin.display(description=_("why"), ordering="reason")
    def why(self, mark: VisitorMark) -> str:
        return str(REASONS.get(mark.reason, mark.reason) if not mark.made_by else mark.reason)

    @admin.display(description=_("by"), ordering="made_by")
    def by(self, mark: VisitorMark) -> str:
        return mark.made_by or gettext("Found by itself")
