"""POST /v1/assign as an ordinary Django and DRF view: the same question, the same configuration in memory, one answer.

Only what surrounds the decisions differs. ``drf_wsgi`` serves it, with ``drf_settings``.
"""

from typing import Any

from django.urls import path
from rest_framework import serializers
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from experiments.asking import question_of
from experiments.assignment import Compiled, Question
from experiments.snapshot import configuration
from tracking.access import KnownKey, key_of
from tracking.wire.http import Refused
from tracking.wire.http import Request as Asked


class FromMemory(BaseAuthentication):
    """The keyring of the hot paths: a query a request would say more of the database than of the framework."""

    def authenticate(self, request: Request) -> tuple[None, KnownKey]:
        try:
            return None, key_of(Asked(request.META))
        except Refused as error:
            raise AuthenticationFailed(str(error)) from error


class HasKey(BasePermission):
    def has_permission(self, request: Request, _view: APIView) -> bool:
        return isinstance(request.auth, KnownKey)


class QuestionSerializer(serializers.Serializer[dict[str, Any]]):
    visitor_id = serializers.CharField(max_length=200)
    user_id = serializers.CharField(max_length=200, required=False, allow_blank=True)
    attributes = serializers.DictField(required=False)


class AssignView(APIView):
    authentication_classes = [FromMemory]
    permission_classes = [HasKey]

    def post(self, request: Request) -> Response:
        form = QuestionSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        told, key = form.validated_data, request.auth
        assert isinstance(key, KnownKey)  # HasKey has seen to it
        served = configuration(key.project_id)
        ids = (told["visitor_id"], told.get("user_id", ""))
        question = question_of(Asked(request.META), key, served, ids, told.get("attributes"))
        here = [one for one in served.running.values() if one.on_page(question.url)]
        assignments = {one.key: assignment(one, question) for one in here}
        return Response({"visitor_id": ids[0], "config": served.number, "assignments": assignments})


def assignment(one: Compiled, question: Question) -> dict[str, Any]:
    outcome = one.assign(question)
    return {
        "variant": outcome.variant.key,
        "in_experiment": outcome.in_experiment,
        "reason": outcome.reason,
        "payload": outcome.variant.payload,
        "phase": one.phase,
    }


urlpatterns = [path("v1/assign", AssignView.as_view())]
