"""What pages that offer goals have in common: the project they are about, and adding what was ticked."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext

from tracking.accepting import Accepted, TooManyTriggers, accept
from tracking.admin.debug_links import author_of
from tracking.catalogue import A_DOZEN
from tracking.debugging import LONGEST_AUTHOR
from tracking.drafts import Draft
from tracking.models import Goal, Project, TriggerVersion
from tracking.tenancy import projects_of

AUTHOR = min(LONGEST_AUTHOR, TriggerVersion._meta.get_field("author").max_length or LONGEST_AUTHOR)


def asked_project(request: HttpRequest) -> tuple[Project | None, list[Project]]:
    """The one that the page names, or the first where it names none; and all that somebody has.

    Never another one than was asked for: what is ordered then would be done in the wrong place.
    """
    projects = list(projects_of(request.user).order_by("name"))
    asked = request.POST.get("project") or request.GET.get("project", "")
    if not asked:
        return (projects[0] if projects else None), projects
    found = next((one for one in projects if str(one.pk) == asked), None)
    if found is None:
        raise Http404
    return found, projects


def page_context(request: HttpRequest, project: Project | None, projects: list[Project], title: str) -> dict[str, Any]:
    goals = Goal.objects.filter(project=project).count() if project else 0
    return {
        "title": title,
        "project": project,
        "projects": projects if len(projects) > 1 else [],
        "goals_now": goals,
        "most": A_DOZEN,
        "crowded": goals >= A_DOZEN,
        "may_add": may_add(request),
    }


def may_look(request: HttpRequest) -> bool:
    return request.user.has_perm("tracking.view_goal") or may_add(request)


def may_add(request: HttpRequest) -> bool:
    return request.user.has_perm("tracking.add_goal") and request.user.has_perm("tracking.add_trigger")


def add(request: HttpRequest, project: Project, drafts: Sequence[Draft], *, worth: Decimal | None = None) -> bool:
    """Adds what was ticked and says so. Whether anything was."""
    if not drafts:
        messages.warning(request, gettext("Nothing was ticked, so nothing was added."))
        return False
    go_live = "draft" not in request.POST
    try:
        done = accept(project, drafts, author=author_of(request)[:AUTHOR], go_live=go_live, worth=worth)
    except TooManyTriggers as error:
        messages.error(request, str(error))
        return False
    messages.success(request, _told(done, project))
    return True


def _told(done: Accepted, project: Project) -> SafeString:
    count = len(done.goals)
    told = ngettext("%(count)s goal added.", "%(count)s goals added.", count) % {"count": count}
    if done.version is not None:
        live = gettext("Version %(number)s is published: your pages follow it within a minute.")
        told = f"{told} {live % {'number': done.version.number}}"
    elif done.triggers:
        url = reverse("admin:tracking_trigger_publish", args=[project.pk])
        drafts = gettext("Their triggers are drafts until you publish them:")
        return format_html('{} {} <a href="{}">{}</a>.', told, drafts, url, gettext("Publish triggers"))
    return format_html("{}", told)
