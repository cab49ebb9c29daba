"""What a draft can detect by when: a page that asks a worker, waits for it, and fills its plan into the draft."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action

from experiments import forecasts
from experiments.admin.listing import CHIPS
from experiments.admin.plan_form import AssumedForm
from experiments.admin.saving import held
from experiments.figures import ago
from experiments.forecast_page import error_in_words, page_of
from experiments.models import Experiment, Forecast, Status
from experiments.moves import UNBEGUN

# Workers come by every few seconds; after so long none does.
PATIENCE = timedelta(minutes=1)


class PlanView:
    """Mixed into the admin."""

    admin_site: Any
    opts: Any
    get_object: Callable[..., Experiment | None]
    has_view_permission: Callable[..., bool]
    has_change_permission: Callable[..., bool]
    log_change: Callable[..., Any]

    @action(description=_("Plan: what can it detect?"), url_path="plan", permissions=["view"], icon="insights")
    def plan_test(self, request: HttpRequest, object_id: str) -> HttpResponse:
        experiment = self.get_object(request, object_id)
        if experiment is None:
            raise Http404
        if experiment.status not in UNBEGUN:
            messages.info(request, gettext("“%(name)s” has started, so its plan stands.") % {"name": experiment.name})
            return HttpResponseRedirect(reverse("admin:experiments_experiment_result", args=[experiment.pk]))
        if request.method == "POST":
            return self._order(request, experiment)
        forecast, now = forecasts.latest(experiment), timezone.now()
        if "fragment" not in request.GET and forecasts.is_outdated(forecast, experiment, now):
            forecast = forecasts.ask(experiment, now)
        return self._plan_page(request, experiment, forecast)

    def _order(self, request: HttpRequest, experiment: Experiment) -> HttpResponse:
        """One of the buttons: take the plan over, reckon with numbers that somebody expects, or ask again."""
        if not self.has_change_permission(request, experiment):
            raise PermissionDenied
        now = timezone.now()
        if "adopt" in request.POST:
            return self._adopt(request, experiment)
        if "assume" in request.POST:
            form = AssumedForm(experiment, forecasts.Assumed(), request.POST)
            if not form.is_valid():
                return self._plan_page(request, experiment, forecasts.latest(experiment), form)
            forecasts.assume(experiment, form.assumed, now)
        elif "forget" in request.POST:
            forecasts.assume(experiment, None, now)
        else:
            forecasts.ask(experiment, now)
        return HttpResponseRedirect(request.path)

    def _adopt(self, request: HttpRequest, experiment: Experiment) -> HttpResponse:
        with held(request, str(experiment.pk)) as current:
            still = current if current is not None and current.status in UNBEGUN else None
            done = still is not None and forecasts.adopt(still, timezone.now())
        if not done:
            messages.warning(request, gettext("This plan could not be taken over: the draft has changed meanwhile."))
            return HttpResponseRedirect(request.path)
        self.log_change(request, experiment, gettext("Took over the recommended plan."))
        messages.success(request, gettext("The plan is in the draft: look at “Plan” below."))
        return HttpResponseRedirect(reverse("admin:experiments_experiment_change", args=[experiment.pk]))

    def _plan_page(
        self, request: HttpRequest, experiment: Experiment, forecast: Forecast | None, form: AssumedForm | None = None
    ) -> HttpResponse:
        context = {
            "experiment": experiment,
            "chip": CHIPS[Status(experiment.status)],
            "can_change": self.has_change_permission(request, experiment),
            **self._answered(experiment, forecast),
        }
        template = "experiments/admin/plan_body.html"
        if "fragment" not in request.GET:
            template = "experiments/admin/plan.html"
            form = form or AssumedForm(experiment, forecasts.assumed_in(forecast))
            about = {"opts": self.opts, "object": experiment, "title": gettext("Plan"), "form": form}
            context |= {**self.admin_site.each_context(request), **about}
        answer = TemplateResponse(request, template, context)
        answer["Cache-Control"] = "no-store"
        return answer

    def _answered(self, experiment: Experiment, forecast: Forecast | None) -> dict[str, Any]:
        """What there is to show. An older answer stays below the word that a newer one is being worked out."""
        now, state = timezone.now(), forecasts.state_of(forecast)
        body = forecasts.answer_in(forecast)
        planned = (experiment.planned_sample, experiment.planned_end)
        return {
            "waiting": state == "pending",
            "nobody_answers": state == "pending" and forecast is not None and now - forecast.asked_at > PATIENCE,
            "error": error_in_words(forecast.error) if forecast and state == "failed" else "",
            "page": page_of(body, planned=planned, now=now) if body else None,
            "when": ago(forecast.computed_at, now) if body and forecast and forecast.computed_at else "",
        }
