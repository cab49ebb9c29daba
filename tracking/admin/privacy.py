"""A person's data: a copy as a file, and the end of it, with a receipt. Ids come by POST and are in no address."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, ngettext

from tracking.admin.debug_links import author_of
from tracking.admin.gate import OfOwnProjects
from tracking.admin.offering import asked_project
from tracking.models import Project
from tracking.models.privacy import PrivacyReceipt
from tracking.privacy.erasing import erase_person
from tracking.privacy.exporting import exported
from tracking.privacy.registry import tables
from tracking.privacy.whose import Whose, whose
from tracking.wire.ids import normal_id

PAGE = "admin:tracking_privacyreceipt_changelist"
MOST_RECEIPTS = 20
MAY_COPY, MAY_ERASE = "tracking.view_privacyreceipt", "tracking.add_privacyreceipt"


@admin.register(PrivacyReceipt)
class PrivacyAdmin(OfOwnProjects):
    """Receipts are proof and are never edited; their list is the page on which they are made."""

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if not request.user.has_perm(MAY_COPY):
            raise PermissionDenied
        project, projects = asked_project(request)
        person, wrong = _asked(request, project)
        if project and person:
            answer = self._done(request, project, person)
            if answer is not None:
                return answer
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("A person's data"),
            "project": project,
            "projects": projects if len(projects) > 1 else [],
            "kind": request.POST.get("kind", "visitor"),
            "id": request.POST.get("id", ""),
            "wrong": wrong,
            "person": person,
            "found": _found(person) if person else None,
            "confirming": request.POST.get("action") == "ask",
            "may_erase": request.user.has_perm(MAY_ERASE),
            "receipts": _receipts(project) if project else [],
        }
        return TemplateResponse(request, "tracking/admin/person.html", context)

    def _done(self, request: HttpRequest, project: Project, person: Whose) -> HttpResponse | None:
        """A copy, or an erasure; None when neither was ordered."""
        action, now = request.POST.get("action"), timezone.now()
        if action == "copy":
            copy = exported(person, asked_by=author_of(request), now=now)
            answer = JsonResponse(copy, encoder=DjangoJSONEncoder, json_dumps_params={"indent": 2})
            answer["Content-Disposition"] = f'attachment; filename="person-{copy["receipt"][:8]}.json"'
            answer["Cache-Control"] = "no-store"
            return answer
        if action != "erase":
            return None
        if not request.user.has_perm(MAY_ERASE):
            raise PermissionDenied
        ids = {f"{request.POST.get('kind')}_id": normal_id(request.POST.get("id", "")) or ""}
        receipt = erase_person(project.pk, **ids, asked_by=author_of(request), now=now)
        told = gettext("Erased. The number of the receipt: %(number)s.") % {"number": receipt.pk}
        messages.success(request, told)
        return HttpResponseRedirect(f"{reverse(PAGE)}?project={project.pk}")

    def has_module_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(MAY_COPY)

    def has_view_permission(self, request: HttpRequest, obj: PrivacyReceipt | None = None) -> bool:
        """There is no page of a single one, and the list is by project."""
        return obj is None and request.user.has_perm(MAY_COPY)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: PrivacyReceipt | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: PrivacyReceipt | None = None) -> bool:
        return False


def _asked(request: HttpRequest, project: Project | None) -> tuple[Whose | None, bool]:
    """Whom the form names, and whether what was written names nobody."""
    kind = request.POST.get("kind")
    if request.method != "POST" or project is None or kind not in {"visitor", "user"}:
        return None, False
    known = normal_id(request.POST.get("id", ""))
    return (None, True) if known is None else (whose(project.pk, **{f"{kind}_id": known}), False)


def _found(person: Whose) -> list[str]:
    """What there is of somebody, in words; empty when there is nothing."""
    rows = {table.label: table.rows(person).count() for table in tables()}
    events, refused = rows["tracking.Event"], rows["tracking.RejectedEvent"]
    devices, tests = len(person.visitor_ids), rows.get("experiments.Enrolment", 0)
    if not any(rows.values()):
        return []
    told = [
        (events, ngettext("%(count)s event", "%(count)s events", events)),
        (devices, ngettext("on %(count)s device", "on %(count)s devices", devices)),
        (refused, ngettext("%(count)s refused event", "%(count)s refused events", refused)),
        (tests, ngettext("a part in %(count)s test", "a part in %(count)s tests", tests)),
    ]
    return [words % {"count": f"{count:,}"} for count, words in told if count]


def _receipts(project: Project) -> list[dict[str, Any]]:
    rows = PrivacyReceipt.objects.filter(project=project).order_by("-requested_at")[:MOST_RECEIPTS]
    return [{"row": row, "events": row.counts.get("tracking.Event", 0)} for row in rows]
