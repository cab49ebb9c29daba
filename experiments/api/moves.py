"""/api/v1/experiments/<key>/start/ and all other moves."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from experiments import lifecycle
from experiments.api import drafts
from experiments.api.examples import IN_THE_PAST, NEW_PHASE, STARTED, STOPPED
from experiments.api.experiments import find_experiment, shown
from experiments.api.forms import CoverageForm, ExperimentForm, Moment, NewPhaseForm, Nothing, PhaseForm, ShipForm
from experiments.models import Experiment, Phase
from tracking.api.fields import Strict, ordered
from tracking.api.schema import answered, sent
from tracking.api.views import ApiView
from tracking.wire.http import Refused

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
Order = Mapping[str, Any]
# In the documentation: a form without fields would have no body there.
WORDLESS = {"application/json": {"type": "object", "additionalProperties": False}}


def _moment(order: Order, now: datetime) -> datetime:
    """When the move happens. Raises ``Refused`` 400 for a time that is not in the past."""
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


def _not_before(experiment: Experiment, at: datetime) -> int | None:
    """The number of the newest phase. Raises ``Refused`` for a time that lies before its end, or before its start."""
    newest = experiment.phases.defer("plan").order_by("-number").first()
    if newest is not None and at < (newest.ended_at or newest.started_at):
        raise Refused(400, "ends_before_start", _("It cannot stop before it has started."), "at")
    return newest.number if newest else None


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
        """Start: variants, weights, audience, goals and the rule of the decision are frozen from here on."""
        experiment, at = find_experiment(self.project, key), _moment(ordered(request, Moment), timezone.now())
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
        at = _moment(ordered(request, Moment), now)
        with drafts.held(experiment) as current:
            if current.status in lifecycle.LIVE:
                _not_before(current, at)
            return Response(PhaseForm(lifecycle.stop(current, at=at, now=now)).data)


class NewPhaseView(ApiView):
    scopes = {"POST": "manage"}

    @extend_schema(
        operation_id="experiments_new_phase",
        request=NewPhaseForm(partial=True),
        responses={201: PhaseForm},
        examples=[sent("other weights", NEW_PHASE), answered("the phase", {**STARTED, "number": 2}, status=201)],
    )
    def post(self, request: Request, key: str) -> Response:
        """Change what is frozen: the phase that runs is closed, the fields are written, and the next phase begins, all
        in one. Everyone is assigned anew under a new seed, and the results begin anew."""
        experiment, now = find_experiment(self.project, key), timezone.now()
        form = NewPhaseForm(experiment, data=request.data)
        form.is_valid(raise_exception=True)
        fields = dict(form.validated_data)
        at = _moment({"at": fields.pop("at", now)}, now)
        # As whoever asks has seen it: of two who ask at once for the next phase, one gets it.
        seen = _not_before(experiment, at)
        with drafts.held(experiment) as current:
            drafts.write(current, drafts.changes(current, fields))
            return Response(PhaseForm(lifecycle.new_phase(current, at=at, now=now, after=seen)).data, 201)


@dataclass(frozen=True)
class Move:
    """One that answers the experiment as it stands then. ``carry_out`` gets it, the order and the time."""

    name: str
    words: str
    carry_out: Callable[[Experiment, Order, datetime], object]
    form: type[Strict] = Nothing
    example: Order = field(default_factory=dict)


def view_of(move: Move) -> type[ApiView]:
    class MoveView(ApiView):
        scopes = {"POST": "manage"}

        @extend_schema(
            operation_id=f"experiments_{move.name}",
            request=WORDLESS if move.form is Nothing else move.form,
            responses=ExperimentForm,
            examples=[sent("now", dict(move.example))],
        )
        def post(self, request: Request, key: str) -> Response:
            experiment, now = find_experiment(self.project, key), timezone.now()
            order = ordered(request, move.form)
            with drafts.held(experiment) as current, drafts.telling_what_is_frozen():
                move.carry_out(current, order, now)
            return shown(self.project, key)

    MoveView.post.__doc__ = move.words
    return MoveView


MOVES = [
    Move(
        "schedule",
        "Let it start by itself at `starts_at`. Until then it can still be changed.",
        lambda experiment, _order, now: lifecycle.schedule(experiment, now=now),
    ),
    Move(
        "unschedule",
        "Make a draft of it again: it does not start by itself.",
        lambda experiment, _order, _now: lifecycle.unschedule(experiment),
    ),
    Move(
        "pause",
        "Let nobody new in for now; what people already in it do still counts.",
        lambda experiment, _order, now: lifecycle.pause(experiment, at=now),
    ),
    Move(
        "resume",
        "Let people in again, in the same phase: everyone keeps their variant.",
        lambda experiment, _order, now: lifecycle.resume(experiment, at=now),
    ),
    Move(
        "coverage",
        "Take more of the traffic; nobody changes the variant. Less needs a new phase.",
        lambda experiment, order, _now: lifecycle.grow_coverage(experiment, order["coverage"]),
        CoverageForm,
        {"coverage": 0.75},
    ),
    Move(
        "ship",
        "Give everyone this variant, without a deploy. What still runs is stopped first.",
        lambda experiment, order, now: lifecycle.ship(experiment, order["variant"], now=now),
        ShipForm,
        {"variant": "green"},
    ),
    Move(
        "unship",
        "Take the shipped variant back: everyone sees the original.",
        lambda experiment, _order, _now: lifecycle.unship(experiment),
    ),
    Move(
        "archive",
        "Put away what is over. A variant that is shipped must be taken back first.",
        lambda experiment, _order, _now: lifecycle.archive(experiment),
    ),
    Move(
        "unarchive",
        "Take it out of the archive.",
        lambda experiment, _order, _now: lifecycle.unarchive(experiment),
    ),
]
