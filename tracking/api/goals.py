"""/api/v1/goals/: the questions of the key's project."""

from django.db import transaction
from django.db.models import ProtectedError, QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from tracking.api.examples import GOAL_CHANGE, MACRO_GOAL, MICRO_GOAL, MICRO_GOAL_ANSWER
from tracking.api.fields import asked
from tracking.api.goal_forms import GoalForm
from tracking.api.paging import PageQuestion
from tracking.api.schema import answered, sent
from tracking.api.views import ApiView, legal, refusing_twice
from tracking.models import Goal, Level, Project
from tracking.wire.http import Refused

SHOWN = answered("a micro goal", MICRO_GOAL_ANSWER)


class GoalsQuestion(PageQuestion):
    level = serializers.ChoiceField(Level.choices, required=False)


def find_goal(project: Project, key: str, among: QuerySet[Goal] | None = None) -> Goal:
    """Raises ``NotFound``: for another project's goal as for one that never was."""
    goals = Goal.objects.all() if among is None else among
    goal = goals.select_related("leads_to").filter(project=project, key=key).first() if legal(key) else None
    if goal is None:
        raise NotFound(_("There is no such goal."))
    return goal


class GoalsView(ApiView):
    scopes = {"GET": "read", "POST": "manage"}
    ordering = "key"

    @extend_schema(
        operation_id="goals_list", parameters=[GoalsQuestion], responses=GoalForm(many=True), examples=[SHOWN]
    )
    def get(self, request: Request) -> Response:
        """The goals of the project, page by page."""
        question = asked(request, GoalsQuestion)
        goals = Goal.objects.filter(project=self.project).select_related("leads_to")
        return self.page(goals.filter(level=question["level"]) if "level" in question else goals, GoalForm)

    @extend_schema(
        operation_id="goals_create",
        request=GoalForm,
        responses={201: GoalForm},
        examples=[
            sent("the goal that pays", MACRO_GOAL),
            sent("a small step towards it", MICRO_GOAL),
            answered("a micro goal", MICRO_GOAL_ANSWER, status=201),
        ],
    )
    def post(self, request: Request) -> Response:
        """A new goal. Only `key` is required; events sent before it was made count too."""
        form = GoalForm(data=request.data, context={"project": self.project})
        form.is_valid(raise_exception=True)
        taken = Refused(409, "already_exists", _("This project already has a goal with this key."), "key")
        with refusing_twice("goal_key_once", taken):
            form.save(project=self.project)
        return Response(form.data, 201)


class GoalView(ApiView):
    scopes = {"GET": "read", "PATCH": "manage", "DELETE": "manage"}

    @extend_schema(operation_id="goals_read", responses=GoalForm, examples=[SHOWN])
    def get(self, request: Request, key: str) -> Response:
        """One goal."""
        return Response(GoalForm(find_goal(self.project, key)).data)

    @extend_schema(
        operation_id="goals_change",
        request=GoalForm(partial=True),
        responses=GoalForm,
        examples=[sent("only what costs 10 or more", GOAL_CHANGE)],
    )
    def patch(self, request: Request, key: str) -> Response:
        """Change some fields. A running experiment keeps the goal as it was when it started."""
        with transaction.atomic():
            goal = find_goal(self.project, key, Goal.objects.select_for_update(of=("self",)))
            form = GoalForm(goal, data=request.data, context={"project": self.project})
            form.is_valid(raise_exception=True)
            form.save()
        return Response(form.data)

    @extend_schema(operation_id="goals_delete", responses={204: None})
    def delete(self, request: Request, key: str) -> Response:
        """Delete a goal that no experiment uses and no other goal leads to."""
        try:
            find_goal(self.project, key).delete()
        except ProtectedError as error:
            detail = _("An experiment uses this goal, or another goal leads to it; so it stays.")
            raise Refused(409, "in_use", detail) from error
        return Response(status=204)
