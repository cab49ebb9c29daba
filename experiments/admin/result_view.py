"""The result page: what was computed last, shown within one look; refreshes itself by fetching its own fragment."""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext

from experiments.admin.entry_words import moment_in_words
from experiments.admin.listing import CHIPS
from experiments.admin.states import BEGUN
from experiments.models import Experiment, Status
from experiments.moves import LIVE, UNBEGUN
from experiments.presentation import page_of
from experiments.result_times import when
from experiments.results import latest_phase, read


class ResultView:
    """Mixed into the admin."""

    admin_site: Any
    opts: Any
    get_object: Callable[..., Experiment | None]
    has_view_permission: Callable[..., bool]
    has_change_permission: Callable[..., bool]

    def result_page(self, request: HttpRequest, object_id: str, **_: Any) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        experiment = self.get_object(request, object_id)
        if experiment is None:
            raise Http404
        now = timezone.now()
        phase = latest_phase(experiment)
        body = read(phase, now=now) if phase else None
        page = page_of(body, now=now) if body else None
        context = {
            "experiment": experiment,
            "chip": CHIPS[Status(experiment.status)],
            "when": when(body, now) if body else "",
            "page": page,
            "specs": dict(page.specs) if page else {},
            "can_change": self.has_change_permission(request, experiment),
            "running": experiment.status == Status.RUNNING,
            "may_stop": experiment.status in LIVE,
            "may_ship": experiment.status in BEGUN and not experiment.shipped_variant and experiment.kind != "external",
            "may_explain": experiment.status not in UNBEGUN,
            "may_start": experiment.status in UNBEGUN,
            "starts": _start_of(experiment),
        }
        if "fragment" in request.GET:
            answer = TemplateResponse(request, "experiments/admin/result_body.html", context)
        else:
            # The theme ends its breadcrumb with "object".
            about = {"opts": self.opts, "object": experiment, "title": gettext("Result")}
            frame = {**self.admin_site.each_context(request), **about}
            answer = TemplateResponse(request, "experiments/admin/result.html", {**frame, **context})
        answer["Cache-Control"] = "no-store"
        return answer


def _start_of(experiment: Experiment) -> str:
    """When a scheduled test starts by itself; empty for any other."""
    if experiment.status != Status.SCHEDULED or experiment.starts_at is None:
        return ""
    return moment_in_words(experiment.starts_at, experiment.project.timezone)
