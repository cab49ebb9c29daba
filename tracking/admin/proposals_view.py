"""Found on your pages: goals to accept with one click."""

from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext, ngettext

from tracking.accepting import known_goals, known_triggers
from tracking.admin.offering import add, asked_project, may_add, may_look, page_context
from tracking.admin.snippets import script_tag
from tracking.inventory import pages_of
from tracking.items import Page
from tracking.models import Key, KeyKind, Project, Stage
from tracking.proposing import Proposal, proposals

# As people call what was found.
KINDS = {
    "button": "Button",
    "link": "Link",
    "phone": "Phone number",
    "email": "E-mail address",
    "map": "Link to a map",
    "download": "File",
    "share": "Link to share",
    "outbound": "Link to another site",
    "form": "Form",
    "video": "Video or audio",
    "search": "Search field",
    "page": "Page",
    "article": "Article",
}
PAGES_NAMED = 3


class ProposalsView:
    """Mixed into the admin."""

    admin_site: Any

    def proposals_page(self, request: HttpRequest) -> HttpResponse:
        if not may_look(request):
            raise PermissionDenied
        project, projects = asked_project(request)
        known = pages_of(project.pk) if project else []
        found = found_on(project, known) if project else []
        if request.method == "POST" and project is not None:
            return self._accept(request, project, found)
        context = {
            **self.admin_site.each_context(request),
            **page_context(request, project, projects, gettext("Found on your pages")),
            "pages": known,
            "offers": [_offer(proposal) for proposal in found],
            "snippet": _snippet(project) if project and not known else "",
        }
        return TemplateResponse(request, "tracking/admin/offers/found.html", context)

    def _accept(self, request: HttpRequest, project: Project, found: list[Proposal]) -> HttpResponse:
        """All that were ticked, or the one whose button was pressed; by what is meant, so a rank may have changed."""
        if not may_add(request):
            raise PermissionDenied
        wanted = {request.POST["one"]} if "one" in request.POST else set(request.POST.getlist("pick"))
        add(request, project, [proposal.draft for proposal in found if proposal.id in wanted])
        return HttpResponseRedirect(request.get_full_path())


def found_on(project: Project, known: list[Page]) -> list[Proposal]:
    return proposals(known, known_goals(project.pk), known_triggers(project.pk))


def _offer(proposal: Proposal) -> dict[str, Any]:
    goal, count = proposal.draft.goal, len(proposal.pages)
    named = ", ".join(proposal.pages[:PAGES_NAMED])
    more = count - PAGES_NAMED
    if more > 0:
        named += " " + ngettext("and %(count)s more page", "and %(count)s more pages", more) % {"count": more}
    return {
        "id": proposal.id,
        "name": goal.name.spoken(gettext),
        "macro": goal.level == "macro",
        "stage": Stage(goal.stage).label,
        "kind": gettext(KINDS[proposal.kind]),
        "text": proposal.text,
        "pages": named,
        "why": proposal.why.spoken(gettext),
    }


def _snippet(project: Project) -> str:
    key = (
        Key.objects.filter(project=project, kind=KeyKind.CLIENT, revoked_at=None, expires_at=None)
        .order_by("id")
        .first()
    )
    return script_tag(settings.PUBLIC_URL, key.token) if key else ""
