"""/api/v1/experiments/<key>/explain/: why a visitor gets a variant, now or at any past time."""

from typing import Any

import orjson
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from experiments.api.experiments import find_experiment
from experiments.api.explain_examples import EXPLAINED, NOT_RUNNING
from experiments.explaining import Asker, explain
from tracking.api.fields import Strict, asked
from tracking.api.schema import answered
from tracking.api.views import ApiView
from tracking.wire.http import Refused
from tracking.wire.ids import LONGEST_ID, normal_id

LARGEST_ATTRIBUTES = 16_384
LONGEST_ADDRESS = 2_000


class IdField(serializers.CharField):
    """An id made equal as in assignment and events."""

    default_error_messages = {"nobody": gettext_lazy("This id names nobody.")}

    def to_internal_value(self, data: Any) -> str:
        found = normal_id(super().to_internal_value(data))
        if found is None:
            self.fail("nobody")
        return found


class ExplainQuestion(Strict):
    visitor = IdField(max_length=LONGEST_ID, help_text=gettext_lazy("The visitor's id."))
    user = IdField(max_length=LONGEST_ID, required=False, help_text=gettext_lazy("The user's id, where one was sent."))
    at = serializers.DateTimeField(required=False, help_text=gettext_lazy("The moment; default: now."))
    url = serializers.CharField(
        max_length=LONGEST_ADDRESS, required=False, help_text=gettext_lazy("The whole address of the page.")
    )
    attributes = serializers.CharField(
        max_length=LARGEST_ATTRIBUTES,
        required=False,
        help_text=gettext_lazy(
            "A JSON object of the visitor's attributes, all that were known. Left out: not known; "
            "then rules about them say null and count as passed."
        ),
    )

    def validate_attributes(self, text: str) -> dict[str, Any]:
        try:
            found = orjson.loads(text)
        except orjson.JSONDecodeError:
            found = None
        if not isinstance(found, dict):
            raise ValidationError(_('Write a JSON object such as {"country": "PL"}.'), "invalid")
        return found


@extend_schema_serializer(component_name="ExplanationStep")
class StepForm(serializers.Serializer[Any]):
    code = serializers.CharField(help_text=gettext_lazy("Which rule."))
    passed = serializers.BooleanField(
        allow_null=True, help_text=gettext_lazy("null: it cannot be told; it is then taken as passed.")
    )
    detail = serializers.CharField(help_text=gettext_lazy("For people."))


@extend_schema_serializer(component_name="Explanation")
class ExplanationForm(serializers.Serializer[Any]):
    experiment = serializers.CharField()
    at = serializers.DateTimeField()
    variant = serializers.CharField(allow_null=True)
    in_experiment = serializers.BooleanField()
    reason = serializers.CharField(help_text=gettext_lazy("As `POST /v1/assign` says it."))
    bucket = serializers.IntegerField(allow_null=True, help_text=gettext_lazy("0 to 9,999."))
    phase = serializers.IntegerField(allow_null=True)
    config = serializers.IntegerField(
        allow_null=True, help_text=gettext_lazy("The version in force, as every assignment names it.")
    )
    digest = serializers.CharField(allow_null=True, help_text=gettext_lazy("It proves what that version said."))
    since = serializers.DateTimeField(allow_null=True, help_text=gettext_lazy("When the version came into force."))
    assumed = serializers.ListField(
        child=serializers.CharField(),
        help_text=gettext_lazy("Codes of steps that could not be told and were taken as passed."),
    )
    steps = StepForm(many=True, help_text=gettext_lazy("In their order: the first that was not passed decides."))


class ExplainView(ApiView):
    scopes = {"GET": "read"}

    @extend_schema(
        operation_id="experiments_explain",
        parameters=[ExplainQuestion],
        responses=ExplanationForm,
        examples=[answered("rule by rule", EXPLAINED), answered("before the start", NOT_RUNNING)],
    )
    def get(self, request: Request, key: str) -> Response:
        """Why a visitor gets a variant: the decision rule by rule, by the configuration in force at that time."""
        experiment, question, now = find_experiment(self.project, key), asked(request, ExplainQuestion), timezone.now()
        at = question.get("at", now)
        if at > now:
            raise Refused(400, "in_the_future", _("This time has not come yet: leave “at” out for now."), "at")
        asker = Asker(question["visitor"], question.get("user", ""), question.get("attributes"), question.get("url"))
        return Response(ExplanationForm(explain(self.project.id, experiment.key, asker, at=at)).data)
