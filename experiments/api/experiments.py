"""/api/v1/experiments/: reading, and writing drafts."""

from django.db.models import Prefetch, QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from experiments.api import drafts
from experiments.api.examples import (
    ADDED_GOAL,
    ADDED_GOAL_ANSWER,
    EXPERIMENT,
    EXPERIMENT_ANSWER,
    EXPERIMENT_CHANGE,
    EXTERNAL_EXPERIMENT,
)
from experiments.api.forms import ExperimentForm, ExperimentsQuestion, GoalRoleForm
from experiments.models import Experiment, ExperimentGoal, Phase
from tracking.api.fields import asked, ordered
from tracking.api.schema import answered, sent
from tracking.api.views import ApiView, legal
from tracking.models import Project


def with_parts(experiments: QuerySet[Experiment]) -> QuerySet[Experiment]:
    """Four queries, however many experiments."""
    return experiments.select_related("namespace").prefetch_related(
        "variants",
        Prefetch("goal_roles", ExperimentGoal.objects.select_related("goal")),
        Prefetch("phases", Phase.objects.defer("plan")),
    )


def find_experiment(project: Project, key: str, among: QuerySet[Experiment] | None = None) -> Experiment:
    """Raises ``NotFound``: for another project's experiment as for one that never was."""
    experiments = Experiment.objects.all() if among is None else among
    experiment = experiments.filter(project=project, key=key).first() if legal(key) else None
    if experiment is None:
        raise NotFound(_("There is no such experiment."))
    return experiment


def shown(project: Project, key: str, *, status: int = 200) -> Response:
    experiment = find_experiment(project, key, with_parts(Experiment.objects.all()))
    return Response(ExperimentForm(experiment).data, status)


class ExperimentsView(ApiView):
    scopes = {"GET": "read", "POST": "manage"}

    @extend_schema(
        operation_id="experiments_list",
        parameters=[ExperimentsQuestion],
        responses=ExperimentForm(many=True),
        examples=[answered("an experiment", EXPERIMENT_ANSWER)],
    )
    def get(self, request: Request) -> Response:
        """The experiments of the project, page by page, newest first."""
        question = asked(request, ExperimentsQuestion)
        experiments = with_parts(Experiment.objects.filter(project=self.project))
        if "status" in question:
            experiments = experiments.filter(status=question["status"])
        return self.page(experiments, ExperimentForm)

    @extend_schema(
        operation_id="experiments_create",
        request=ExperimentForm,
        responses={201: ExperimentForm},
        examples=[
            sent("a call to action", EXPERIMENT),
            sent("arms given by another system", EXTERNAL_EXPERIMENT),
            answered("the draft", EXPERIMENT_ANSWER, status=201),
        ],
    )
    def post(self, request: Request) -> Response:
        """A new draft with its variants and goals: all of it, or nothing."""
        experiment = drafts.create(self.project, ordered(request, ExperimentForm))
        return shown(self.project, experiment.key, status=201)


class ExperimentView(ApiView):
    scopes = {"GET": "read", "PATCH": "manage", "DELETE": "manage"}

    @extend_schema(
        operation_id="experiments_read",
        responses=ExperimentForm,
        examples=[answered("a draft", EXPERIMENT_ANSWER)],
    )
    def get(self, request: Request, key: str) -> Response:
        """One experiment."""
        return shown(self.project, key)

    @extend_schema(
        operation_id="experiments_change",
        request=ExperimentForm(partial=True),
        responses=ExperimentForm,
        examples=[sent("a smaller share of the traffic", EXPERIMENT_CHANGE)],
    )
    def patch(self, request: Request, key: str) -> Response:
        """Change a draft. `variants` and `goals` are replaced as a whole. Once it has begun `name`, `hypothesis` and
        `stops_by_itself` still change, and `coverage` grows; all else answers `frozen`, and needs a new phase."""
        experiment = find_experiment(self.project, key)
        form = ExperimentForm(experiment, data=request.data)
        form.is_valid(raise_exception=True)
        drafts.edit(experiment, form.validated_data)
        return shown(self.project, key)

    @extend_schema(operation_id="experiments_delete", responses={204: None})
    def delete(self, request: Request, key: str) -> Response:
        """Delete a draft."""
        drafts.delete(find_experiment(self.project, key))
        return Response(status=204)


class AddedGoalsView(ApiView):
    scopes = {"POST": "manage"}

    @extend_schema(
        operation_id="experiments_add_goal",
        request=GoalRoleForm,
        responses={201: GoalRoleForm},
        examples=[sent("one more question", ADDED_GOAL), answered("it is exploratory", ADDED_GOAL_ANSWER, status=201)],
    )
    def post(self, request: Request, key: str) -> Response:
        """Add a goal, at any time until the results are final. After the start it is exploratory: it informs and
        never decides; its numbers are computed from events already received."""
        row = drafts.add_goal(find_experiment(self.project, key), ordered(request, GoalRoleForm))
        return Response(GoalRoleForm(row).data, 201)
