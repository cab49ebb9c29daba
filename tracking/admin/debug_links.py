"""Links that open the debug panel on a page of one's own: for a look around, or to pick an element for a form."""

from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action

from tracking.debugging import VALID, debug_url
from tracking.models import Key, KeyKind, Project
from tracking.tenancy import projects_of

LONGEST_ADDRESS = 2_000
# Whoever may look at one of these may see them at work.
MAY = ("tracking.view_trigger", "tracking.view_goal")


def author_of(request: HttpRequest) -> str:
    """As the panel and the list of versions name people."""
    user = request.user
    return (user.get_full_name() if user.is_authenticated else "") or user.get_username()


def is_address(page: str) -> bool:
    """Whether this is a whole address, as the browser shows it."""
    try:
        parts = urlsplit(page)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and " " not in page
    except ValueError:
        return False


class DebugLinks:
    """Mixed into the admin of projects."""

    actions_detail = ["debug"]
    admin_site: Any
    opts: Any

    def get_custom_urls(self) -> tuple[tuple[str, str, Any], ...]:
        return (
            *super().get_custom_urls(),  # type: ignore[misc]  # the theme's, which comes after this one
            ("debug-link/", "tracking_project_debug_link", self._link_by_url),
        )

    @action(description=_("Debug on my site"), url_path="debug", icon="bug_report")
    def debug(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The page that makes links, ``admin:tracking_project_debug``; ``?page=``: for which page."""
        _must_be_allowed(request)
        project = _project(request, object_id)
        if project is None:
            raise Http404
        asked = request.GET.get("page")
        page = (_first_page(project) if asked is None else asked.strip())[:LONGEST_ADDRESS]
        wrong = bool(page) and not is_address(page)
        context = {
            "project": project,
            "opts": self.opts,
            "object": project,
            "title": gettext("Debug on my site"),
            "page": page,
            "wrong": wrong,
            "link": _link(request, project, page) if page and asked is not None and not wrong else "",
            "hours": int(VALID.total_seconds() // 3600),
        }
        context = {**self.admin_site.each_context(request), **context}
        return TemplateResponse(request, "tracking/admin/debug.html", context)

    def _link_by_url(self, request: HttpRequest, model_admin: Any = None) -> HttpResponse:
        """Asked by ``pick.js``: project and page as a form, the answer in JSON."""
        _must_be_allowed(request)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        project, page = _project(request, request.POST.get("project", "")), request.POST.get("page", "").strip()
        if project is None:
            return _refused(gettext("Choose the project first."))
        if not is_address(page) or len(page) > LONGEST_ADDRESS:
            return _refused(gettext("Write the whole address, as the browser shows it: https://…"))
        return JsonResponse({"url": _link(request, project, page, pick=True)})


def _must_be_allowed(request: HttpRequest) -> None:
    if not any(request.user.has_perm(name) for name in MAY):
        raise PermissionDenied


def _project(request: HttpRequest, project_id: str) -> Project | None:
    is_id = project_id.isascii() and project_id.isdecimal() and len(project_id) < 18
    return projects_of(request.user).filter(pk=project_id).first() if is_id else None


def _refused(detail: str) -> JsonResponse:
    return JsonResponse({"detail": detail}, status=400)


def _link(request: HttpRequest, project: Project, page: str, *, pick: bool = False) -> str:
    here = request.build_absolute_uri("/").rstrip("/")
    return debug_url(page, project, author_of(request), admin=here, pick=pick)


def _first_page(project: Project) -> str:
    """An address that a key of the project names; empty where none does."""
    keys = Key.objects.filter(project=project, kind=KeyKind.CLIENT, revoked_at=None).exclude(origins=[])
    return next((f"{key.origins[0]}/" for key in keys.order_by("id")[:1]), "")
