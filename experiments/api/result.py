"""/api/v1/experiments/<key>/results/: the stored result as the worker left it; nothing is computed here."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from experiments import results
from experiments.api.experiments import find_experiment
from experiments.api.forms import ResultsQuestion
from experiments.api.result_examples import NOT_COMPUTED, RESULT
from experiments.api.result_forms import ResultForm
from experiments.models import Experiment, Phase, Status
from experiments.moves import UNBEGUN
from tracking.api.fields import asked
from tracking.api.schema import ErrorsForm, answered
from tracking.api.views import ApiView
from tracking.wire.http import Refused


def find_phase(experiment: Experiment, number: int | None) -> Phase:
    """The newest phase, or that number. Raises ``Refused`` 409 for what has not begun."""
    if experiment.status in UNBEGUN:
        raise Refused(409, "not_started", _("This experiment has not started, so it has no result."))
    phases = experiment.phases.select_related("experiment", "result").order_by("-number")
    phase = phases.first() if number is None else phases.filter(number=number).first()
    if phase is None:
        raise NotFound(_("This experiment has no such phase."))
    return phase


def status_of(phase: Phase) -> str:
    """Of this phase: an experiment that runs again in another leaves it stopped."""
    if phase.ended_at is not None:
        return "stopped"
    return "paused" if phase.experiment.status == Status.PAUSED else "running"


def not_computed(phase: Phase) -> dict[str, Any]:
    """The head of a result whose numbers do not exist yet."""
    return {
        "experiment": phase.experiment.key,
        "phase": phase.number,
        "status": status_of(phase),
        "started_at": phase.started_at,
        "ended_at": phase.ended_at,
        "planned_end": phase.planned_end,
        "planned_sample": phase.planned_sample,
        "days_left": None,
        "computed_at": None,
        "data_through": None,
        "stale": True,
        "error": None,
        "reason": {
            "code": "not_computed_yet",
            "detail": _("The first result is computed within seconds of the start, by the worker."),
        },
    }


class ResultsView(ApiView):
    scopes = {"GET": "read"}

    @extend_schema(
        operation_id="experiments_results",
        parameters=[ResultsQuestion],
        responses={200: ResultForm, 409: OpenApiResponse(ErrorsForm, "It has not started.")},
        examples=[answered("a finished test", RESULT), answered("nothing computed yet", NOT_COMPUTED)],
    )
    def get(self, request: Request, key: str) -> Response:
        """The last good result, with its age. `stale` says that newer events may be missing."""
        question = asked(request, ResultsQuestion)
        phase = find_phase(find_experiment(self.project, key), question.get("phase"))
        body = results.read(phase, now=timezone.now())
        # A pause changes no number, so nothing is computed anew for it.
        return Response(not_computed(phase) if body is None else {**body, "status": status_of(phase)})
