"""What did not arrive, and why; and one visitor's events while they arrive."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from tracking.admin.arrival_words import SILENCE, Words, words_of
from tracking.admin.aside_view import aside_context, try_again
from tracking.admin.backlog_view import standings
from tracking.admin.debug_links import MAY
from tracking.admin.gate import OfOwnProjects
from tracking.admin.offering import asked_project
from tracking.models import Project
from tracking.models.naming import LONGEST_ID
from tracking.models.outcomes import RejectedEvent
from tracking.outcomes import ONE_PAGE, Row, counts, rejected
from tracking.silence import why_silent
from tracking.watching import Sighting, newest_visitors, signs_of, watched
from tracking.wire.ids import normal_id

PERIODS = {1: _("Last 24 hours"), 7: _("Last 7 days")}
OUTCOMES = {
    "stored": (_("Stored"), "good"),
    "duplicate": (_("Sent twice"), "flat"),
    "filtered": (_("Left out"), "wait"),
    "rejected": (_("Refused"), "bad"),
}
# How often an open page asks for news.
EVERY_MS = 1_000


def may_watch(request: HttpRequest) -> bool:
    return any(request.user.has_perm(name) for name in MAY)


@admin.register(RejectedEvent)
class ArrivalsAdmin(OfOwnProjects):
    """Refused events are not edited, and are shown among the reasons; so the list is a page of its own."""

    def get_custom_urls(self) -> tuple[tuple[str, str, Any], ...]:
        return (
            ("live/", "tracking_live", self._live_by_url),
            ("live/events/", "tracking_live_events", self._events_by_url),
            ("aside/", "tracking_aside", self._aside_by_url),
        )

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        project, context = self._page(request, gettext("What did not arrive, and why"))
        days = 7 if request.GET.get("days") == "7" else 1
        if project is not None:
            context |= _arrivals(project, days, _number(request.GET.get("before", "")))
            context |= {"standings": standings(project, days, timezone.now())}
        context |= {"days": days, "periods": [(number, words, number == days) for number, words in PERIODS.items()]}
        return TemplateResponse(request, "tracking/admin/arrivals/reasons.html", context)

    def _live_by_url(self, request: HttpRequest, model_admin: Any = None) -> HttpResponse:
        project, context = self._page(request, gettext("Live"))
        asked = request.GET.get("visitor", "").strip()[: LONGEST_ID + 1]
        if project is not None:
            context |= {"visitor": asked, "newest": newest_visitors(project.pk), "every_ms": EVERY_MS}
            context |= _live(project, asked)
        return TemplateResponse(request, "tracking/admin/arrivals/live.html", context)

    def _aside_by_url(self, request: HttpRequest, model_admin: Any = None) -> HttpResponse:
        project, context = self._page(request, gettext("Set aside"))
        if project is not None and request.method == "POST":
            try_again(request, project)
            return HttpResponseRedirect(f"{reverse('admin:tracking_aside')}?project={project.pk}")
        context |= aside_context(project) if project is not None else {}
        return TemplateResponse(request, "tracking/admin/arrivals/aside.html", context)

    def _events_by_url(self, request: HttpRequest, model_admin: Any = None) -> JsonResponse:
        """Asked by ``live.js``: what the page shows now, and a stamp that is the same while nothing has changed."""
        _must_be_allowed(request)
        project, _projects = asked_project(request)
        shown = _live(project, request.GET.get("visitor", "").strip()) if project else {}
        html = render_to_string("tracking/admin/arrivals/sightings.html", {"project": project, **shown}, request)
        stamp = hashlib.sha256(html.encode()).hexdigest()[:16]
        return JsonResponse({"stamp": stamp, "html": html})

    def _page(self, request: HttpRequest, title: str) -> tuple[Project | None, dict[str, Any]]:
        _must_be_allowed(request)
        project, projects = asked_project(request)
        context = {**self.admin_site.each_context(request), "title": title, "project": project}
        return project, {**context, "projects": projects if len(projects) > 1 else []}

    def has_view_permission(self, request: HttpRequest, obj: RejectedEvent | None = None) -> bool:
        """There is no page of a single one, and the list is by project."""
        return obj is None and may_watch(request)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return may_watch(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: RejectedEvent | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: RejectedEvent | None = None) -> bool:
        return False


def _must_be_allowed(request: HttpRequest) -> None:
    if not may_watch(request):
        raise PermissionDenied


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 18 else None


def _spoken(count: int) -> str:
    return number_format(count, force_grouping=True)


def _share(count: int, total: int) -> str:
    """Never 0 % of something, and never all of it where something is missing."""
    share = 100 * count / total if total else 0
    if 0 < share < 0.1:
        return gettext("under 0.1 %")
    if 99.9 < share < 100:
        return gettext("over 99.9 %")
    return gettext("%(share)s %%") % {"share": number_format(round(share, 1), 0 if share in {0, 100} else 1)}


def _arrivals(project: Project, days: int, before: int | None) -> dict[str, Any]:
    now = timezone.now()
    since = now - timedelta(days=days)
    rows = counts(project.pk, since.replace(minute=0, second=0, microsecond=0), now + timedelta(hours=1))
    total = sum(row.events for row in rows)
    refused = rejected(project.pk, since, before=before, most=ONE_PAGE + 1)
    return {
        "total": _spoken(total),
        "anything": total > 0,
        "figures": _figures(rows, total),
        "reasons": _reasons(rows, total),
        "refused": [(row, words_of("rejected", row.reason)) for row in refused[:ONE_PAGE]],
        "before": before,
        "older": refused[ONE_PAGE - 1].pk if len(refused) > ONE_PAGE else None,
        "why": None if total else _why(project),
    }


def _figures(rows: Sequence[Row], total: int) -> list[dict[str, Any]]:
    by_outcome: Counter[str] = Counter()
    for row in rows:
        by_outcome[row.outcome] += row.events
    return [
        {
            "label": label,
            "tone": tone if by_outcome[outcome] else "flat",
            "count": _spoken(by_outcome[outcome]),
            "share": _share(by_outcome[outcome], total),
            "part": by_outcome[outcome],
        }
        for outcome, (label, tone) in OUTCOMES.items()
    ]


def _reasons(rows: Sequence[Row], total: int) -> list[dict[str, Any]]:
    """What is not in the results, the most frequent first; what was refused comes before what is as it should be."""
    found: Counter[tuple[str, str]] = Counter()
    for row in rows:
        if row.outcome != "stored" or row.reason:
            found[row.outcome, row.reason] += row.events
    order = ["rejected", "filtered", "stored", "duplicate"]
    labels = {**OUTCOMES, "stored": (_("Not counted"), "flat")}
    return [
        {
            "label": labels[outcome][0],
            "tone": labels[outcome][1],
            "words": words_of(outcome, reason),
            "count": _spoken(count),
            "share": _share(count, total),
        }
        for (outcome, reason), count in sorted(found.items(), key=lambda one: (order.index(one[0][0]), -one[1]))
    ]


def _why(project: Project) -> Words:
    return SILENCE[why_silent(signs_of(project, timezone.now()))]


def _live(project: Project, asked: str) -> dict[str, Any]:
    """``wrong``: what was written is nobody's id."""
    visitor_id = normal_id(asked) or ""
    found = watched(project.pk, visitor_id, timezone.now()) if visitor_id else []
    arguments = urlencode({"project": project.pk, "visitor": visitor_id})
    return {
        "watching": visitor_id,
        "wrong": bool(asked) and not visitor_id,
        "sightings": [(one, _told(one)) for one in found],
        "why": _why(project) if visitor_id and not found else None,
        "fragment": f"{reverse('admin:tracking_live_events')}?{arguments}",
    }


def _told(one: Sighting) -> dict[str, Any]:
    """The mark of an event, in words."""
    if one.state == "counted":
        return {"label": gettext("Stored"), "tone": "good", "words": None}
    if one.state == "marked":
        return {"label": gettext("Stored, not counted"), "tone": "wait", "words": words_of("stored", one.reason)}
    return {"label": gettext("Refused"), "tone": "bad", "words": words_of("rejected", one.reason)}
