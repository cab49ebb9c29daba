"""The page on which triggers go live: what would change, who published what before, and the way back."""

import hashlib
from collections.abc import Callable, Sequence
from typing import Any

import orjson
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action

from tracking.admin.debug_links import author_of
from tracking.admin.gate import without_project
from tracking.admin.triggers_words import in_words
from tracking.models import Project, Trigger, TriggerVersion
from tracking.publishing import NoSuchVersion, differences, drafts, publish, restore
from tracking.tenancy import projects_of
from tracking.trigger_changes import Difference, Entry

# Of older versions the API tells.
VERSIONS_SHOWN = 50
LONGEST_NOTE, LONGEST_AUTHOR = 200, 150


class PublishView:
    """Mixed into the admin."""

    admin_site: Any
    opts: Any
    has_view_permission: Callable[..., bool]
    has_change_permission: Callable[..., bool]

    @action(description=_("Publish and versions"), url_path="publish", permissions=["view"], icon="publish")
    def publishing(self, request: HttpRequest) -> HttpResponse:
        """Of the project that the list shows, or else of the first."""
        projects = list(projects_of(request.user).order_by("name"))
        if not projects:
            return without_project(request)
        asked = request.GET.get("project__id__exact", "")
        chosen = next((one for one in projects if str(one.pk) == asked), projects[0])
        return HttpResponseRedirect(publish_url(chosen.pk))

    def publish_page(self, request: HttpRequest, project_id: int) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        project = projects_of(request.user).filter(pk=project_id).first()
        if project is None:
            raise Http404
        if request.method == "POST":
            return self._order(request, project)
        found = differences(project.pk)
        ids = dict(Trigger.objects.filter(project=project).values_list("key", "pk")) if found else {}
        versions = list(TriggerVersion.objects.filter(project=project).defer("body")[:VERSIONS_SHOWN])
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": gettext("Publish triggers"),
            "project": project,
            "others": projects_of(request.user).exclude(pk=project.pk).order_by("name"),
            "shown": [(in_words(one), form_url(ids.get(one.key))) for one in found],
            "summary": summary(found),
            "seen": fingerprint(drafts(project.pk)),
            "versions": versions,
            "current": versions[0] if versions else None,
            "longest_note": LONGEST_NOTE,
            "can_publish": self.has_change_permission(request),
        }
        return TemplateResponse(request, "tracking/admin/triggers/publish.html", context)

    def _order(self, request: HttpRequest, project: Project) -> HttpResponse:
        """One of the buttons: publish, bring a version back, or make the drafts what pages follow."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        if number := request.POST.get("restore", ""):
            self._restore(request, project, number)
        elif request.POST.get("seen") != fingerprint(drafts(project.pk)):
            told = gettext("Somebody has changed the triggers since you opened this page. Please look again.")
            messages.warning(request, told)
        else:
            note = request.POST.get("note", "").strip()[:LONGEST_NOTE]
            made = publish(project.pk, author=author_of(request)[:LONGEST_AUTHOR], note=note)
            self._tell(request, made)
        return HttpResponseRedirect(publish_url(project.pk))

    def _restore(self, request: HttpRequest, project: Project, number: str) -> None:
        try:
            # No project has a billion versions, and a larger number would be none to the database.
            wanted = int(number) if number.isascii() and number.isdecimal() and len(number) < 10 else 0
            made = restore(project.pk, wanted, author=author_of(request)[:LONGEST_AUTHOR])
        except NoSuchVersion as error:
            raise Http404 from error
        self._tell(request, made, back=wanted)

    def _tell(self, request: HttpRequest, made: TriggerVersion | None, *, back: int | None = None) -> None:
        if made is not None:
            told = gettext("Version %(number)s is published. Pages follow it within a minute.")
            messages.success(request, told % {"number": made.number})
        elif back is not None:
            messages.success(request, gettext("Your changes are discarded: the triggers are what pages follow."))
        else:
            messages.info(request, gettext("Pages follow these triggers already."))


def publish_url(project_id: int) -> str:
    return reverse("admin:tracking_trigger_publish", args=[project_id])


def form_url(trigger_id: int | None) -> str:
    """Empty for a trigger that was deleted."""
    return reverse("admin:tracking_trigger_change", args=[trigger_id]) if trigger_id else ""


def fingerprint(entries: Sequence[Entry]) -> str:
    """Of the drafts that somebody has seen, so that nothing else is published by the click."""
    return hashlib.sha256(orjson.dumps(entries, option=orjson.OPT_SORT_KEYS)).hexdigest()[:16]


def summary(found: Sequence[Difference]) -> str:
    counts = {
        gettext("%(count)s new"): sum(one.change == "added" for one in found),
        gettext("%(count)s changed"): sum(one.change == "changed" for one in found),
        gettext("%(count)s taken away"): sum(one.change in ("off", "removed") for one in found),
    }
    return ", ".join(words % {"count": count} for words, count in counts.items() if count)
