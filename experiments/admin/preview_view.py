"""Links that show one variant to whoever opens them, for a look before and during a test."""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext

from experiments.admin.states import is_editable
from experiments.models import Experiment, Status
from experiments.payloads import PAYLOADS
from experiments.previews import VALID, link_token, preview_url
from experiments.redirects import LONGEST_ADDRESS, host_of
from tracking.models import Key, KeyKind


class PreviewView:
    """Mixed into the admin."""

    admin_site: Any
    opts: Any
    get_object: Callable[..., Experiment | None]
    has_view_permission: Callable[..., bool]

    def preview_page(self, request: HttpRequest, object_id: str, **_: Any) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        experiment = self.get_object(request, object_id)
        if experiment is None:
            raise Http404
        asked = request.GET.get("page")
        page = (_first_page(experiment) if asked is None else asked.strip())[:LONGEST_ADDRESS]
        wrong = bool(page) and host_of(page) is None
        context = {
            "experiment": experiment,
            "opts": self.opts,
            "object": experiment,
            "title": gettext("Preview"),
            "page": page,
            "wrong": wrong,
            "links": _links(experiment, "" if wrong else page),
            "days": VALID.days,
            "hint": _hint(experiment),
        }
        answer = TemplateResponse(
            request, "experiments/admin/preview.html", {**self.admin_site.each_context(request), **context}
        )
        # Whoever has such a link sees what is not public yet.
        answer["Cache-Control"] = "no-store"
        return answer


def _links(experiment: Experiment, page: str) -> list[dict[str, Any]]:
    """Without a page's address: what is to be added to one."""
    return [
        {
            "name": variant.name,
            "original": variant.is_control,
            "address": preview_url(page, link_token(experiment.project_id, experiment.key, variant.key)),
            "opens": bool(page),
        }
        for variant in experiment.variants.all()
    ]


def _hint(experiment: Experiment) -> str:
    """What keeps the links from showing anything; empty where nothing does."""
    if experiment.kind == "external":
        return gettext("Another system shows the variants of this experiment, so there is nothing to preview here.")
    if experiment.status == Status.ARCHIVED:
        return gettext("This experiment is archived, so its links show nothing. Bring it back first.")
    check = PAYLOADS[experiment.kind].complaints
    if any(check(variant.payload, variant.is_control) for variant in experiment.variants.all()):
        again = gettext("Some variants are not finished: the links show only what is filled in.")
        return again if is_editable(experiment) else ""
    return ""


def _first_page(experiment: Experiment) -> str:
    """The first address that it runs on and that stands for one page; with the site's origin where a key names it."""
    including = (str(row["pattern"]) for row in experiment.pages if row["include"] and row["kind"] == "simple")
    pattern = next((one for one in including if "*" not in one), "")
    if not pattern or "://" in pattern:
        return pattern
    if not pattern.startswith("/") and "." in pattern.partition("/")[0]:
        return f"https://{pattern}"
    keys = Key.objects.filter(project_id=experiment.project_id, kind=KeyKind.CLIENT, revoked_at=None)
    origin = next((key.origins[0] for key in keys.exclude(origins=[]).order_by("id")[:1]), "")
    return f"{origin}/{pattern.removeprefix('/')}" if origin else ""
