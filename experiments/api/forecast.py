"""/api/v1/experiments/<key>/forecast/: what a draft could detect by when. Asked here, answered by a worker."""

from collections.abc import Mapping
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from experiments import forecasts, lifecycle
from experiments.api.experiments import find_experiment
from experiments.api.forecast_examples import EXPECTED, FORECAST, NOT_ASKED, PENDING
from experiments.api.forecast_forms import ForecastForm, OrderForm
from experiments.models import Experiment, Forecast
from tracking.api.fields import complaint, ordered
from tracking.api.schema import answered, sent
from tracking.api.views import ApiView
from tracking.wire.http import Refused


def _shown(experiment: Experiment, forecast: Forecast | None) -> Response:
    """202 while somebody should come back for it."""
    state = forecasts.state_of(forecast)
    content: dict[str, Any] = {
        "experiment": experiment.key,
        "status": state,
        "asked_at": forecast.asked_at if forecast else None,
        "computed_at": forecast.computed_at if forecast else None,
        "error": forecast.error if forecast and state == "failed" else None,
        "forecast": forecasts.answer_in(forecast),
    }
    return Response(ForecastForm(content).data, 202 if state == "pending" else 200)


def _rates(experiment: Experiment, rates: Mapping[str, float]) -> Mapping[str, float]:
    """Refuses goals that are not counted once a person: of a sum, a mean does not tell how it spreads."""
    known = set(experiment.goal_roles.filter(goal__measure="once").values_list("goal__key", flat=True))
    if surplus := sorted(rates.keys() - known):
        detail = _("This experiment has no goal “%(key)s” that is counted once a person.") % {"key": surplus[0]}
        raise ValidationError({"rates": complaint(detail, "does_not_exist")})
    return rates


class ForecastView(ApiView):
    scopes = {"GET": "read", "POST": "manage"}

    @extend_schema(
        operation_id="experiments_forecast",
        responses={200: ForecastForm, 202: ForecastForm},
        examples=[
            answered("what each goal can detect", FORECAST),
            answered("nobody has asked", NOT_ASKED),
            answered("not worked out yet", PENDING, status=202),
        ],
    )
    def get(self, request: Request, key: str) -> Response:
        """What was worked out last. 202: a newer answer is on its way, ask again in a second."""
        experiment = find_experiment(self.project, key)
        return _shown(experiment, forecasts.latest(experiment))

    @extend_schema(
        operation_id="experiments_ask_forecast",
        request=OrderForm,
        responses={202: ForecastForm},
        examples=[
            sent("from the history", {}),
            sent("for a page that is new", EXPECTED),
            answered("a worker will answer", PENDING, status=202),
        ],
    )
    def post(self, request: Request, key: str) -> Response:
        """Ask what a draft could detect by when, goal by goal, from what visitors did in the last 28 days, or from
        numbers that you expect. A worker answers within seconds: read it with GET."""
        experiment = find_experiment(self.project, key)
        order = ordered(request, OrderForm)
        if experiment.status not in lifecycle.UNBEGUN:
            detail = _("This experiment is %(status)s: its plan stands. Only what has not started can be planned.")
            raise Refused(409, "not_a_draft", detail % {"status": lifecycle.word(experiment.status)})
        assumed = forecasts.Assumed(order.get("people_per_day"), _rates(experiment, order.get("rates", {})))
        return _shown(experiment, forecasts.assume(experiment, assumed, timezone.now()))
