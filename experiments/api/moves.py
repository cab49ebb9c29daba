"""/api/v1/experiments/<key>/start/ and …/stop/."""

from datetime import UTC, datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from experiments import lifecycle
from experiments.api import drafts
from experiments.api.examples import IN_THE_PAST, STARTED, STOPPED
from experiments.api.experiments import find_experiment
from experiments.api.forms import Moment, PhaseForm
from experiments.models import Experiment, Phase
from tracking.api.fields import ordered
from tracking.api.schema import answered, sent
from tracking.api.views import ApiView
from tracking.wire.http import Refused

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)


def _moment(request: Request, now: datetime) -> datetime:
    """When the move happens. Raises ``Refused`` 400 for a time that is not in the past."""
    order: dict[str, Any] = ordered(request, Moment)
    at: datetime = order.get("at", now)
    if at > now:
        raise Refused(400, "in_the_future", _("This time has not come yet: leave “at” out for now."), "at")
    if at < EARLIEST:
        raise Refused(400, "too_early", _("This time is too long ago."), "at")
    return at


def _start(experiment: Experiment, at: datetime) -> Phase:
    if experiment.planned_end is not None and experiment.planned_end <= at:
        detail = _("The planned end must lie after the start: change it first.")
        raise Refused(400, "ends_before_start", detail, "planned_end")
    return lifecycle.start(experiment, at=at)


def _stop(experiment: Experiment, at: datetime, now: datetime) -> Phase:
    running = experiment.phases.filter(ended_at=None).first()
    if running is not None and at < running.started_at:
        raise Refused(400, "ends_before_start", _("It cannot stop before it has started."), "at")
    return lifecycle.stop(experiment, at=at, now=now)


class StartView(ApiView):
    scopes = {"POST": "manage"}

    @extend_schema(
        operation_id="experiments_start",
        request=Moment,
        responses={201: PhaseForm},
        examples=[
            sent("now", {}),
            sent("a test that ran elsewhere", IN_THE_PAST),
            answered("the phase", STARTED, status=201),
        ],
    )
    def post(self, request: Request, key: str) -> Response:
        """Start: variants, weights, goals and the rule of the decision are frozen from here on."""
        experiment, at = find_experiment(self.project, key), _moment(request, timezone.now())
        with drafts.held(experiment) as current:
            return Response(PhaseForm(_start(current, at)).data, 201)


class StopView(ApiView):
    scopes = {"POST": "manage"}

    @extend_schema(
        operation_id="experiments_stop",
        request=Moment,
        responses=PhaseForm,
        examples=[sent("now", {}), answered("the phase", STOPPED)],
    )
    def post(self, request: Request, key: str) -> Response:
        """Stop: nobody new is enrolled; what people do inside their goals' windows still counts."""
        experiment, now = find_experiment(self.project, key), timezone.now()
        at = _moment(request, now)
        with drafts.held(experiment) as current:
            return Response(PhaseForm(_stop(current, at, now)).data)
