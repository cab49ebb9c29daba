"""The OpenAPI description of every operation: how to authenticate, what may go wrong, which scope a key needs."""

from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema as BaseAutoSchema
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema_serializer
from rest_framework import serializers

from tracking.api.views import ApiView

KEY_SCHEME = "secretKey"
WRITES = {"POST", "PATCH", "DELETE"}


class KeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # its metaclass has no types
    target_class = "tracking.api.auth.KeyAuthentication"
    name = KEY_SCHEME

    def get_security_definition(self, auto_schema: BaseAutoSchema) -> dict[str, Any]:
        return {"type": "http", "scheme": "bearer", "description": "A secret key: `Authorization: Bearer sk_…`"}


@extend_schema_serializer(component_name="Error")
class ErrorForm(serializers.Serializer[Any]):
    code = serializers.CharField(help_text=_("For programs; never translated."))
    detail = serializers.CharField(help_text=_("For people."))
    attr = serializers.CharField(allow_null=True, help_text=_("Which field, such as `variants.1.payload.text`."))


@extend_schema_serializer(component_name="Errors")
class ErrorsForm(serializers.Serializer[Any]):
    """The one shape of every error."""

    type = serializers.ChoiceField(["validation_error", "client_error", "server_error"])
    errors = ErrorForm(many=True)  # type: ignore[assignment]  # a field here, though DRF has a property of this name


def sent(name: str, value: Any) -> OpenApiExample:
    return OpenApiExample(name, value, request_only=True)


def answered(name: str, value: Any, *, status: int = 200) -> OpenApiExample:
    return OpenApiExample(name, value, response_only=True, status_codes=[str(status)])


@dataclass(frozen=True)
class Mistake:
    """What a status means, and one error that has it."""

    meaning: str | Promise
    code: str
    detail: str
    attr: str | None = None

    def example(self, status: str) -> OpenApiExample:
        kind = "validation_error" if self.attr else "server_error" if status >= "500" else "client_error"
        error = {"code": self.code, "detail": self.detail, "attr": self.attr}
        return answered(self.code, {"type": kind, "errors": [error]}, status=int(status))


MISTAKES = {
    "400": Mistake(
        _("A field, an argument or the body is wrong; one error for each."),
        "unknown",
        "There is no such field here.",
        "windw",
    ),
    "401": Mistake(
        _("No key, an unknown one or a revoked one."), "authentication_failed", "This key is unknown or revoked."
    ),
    "403": Mistake(
        _("A client key, or a key without the scope."), "permission_denied", "This key lacks the scope “manage”."
    ),
    "404": Mistake(_("Not in this key's project."), "not_found", "There is no such goal."),
    "409": Mistake(
        _("Not in this state, or the key is taken."),
        "frozen",
        "This experiment is running: its variants cannot change. Start a new phase with the change instead.",
    ),
    "503": Mistake(
        _("Try again after `Retry-After` seconds."),
        "unavailable",
        "The database is not answering. Try again soon.",
    ),
}


class AutoSchema(BaseAutoSchema):
    def get_summary(self) -> str:
        return str(super().get_description()).partition(".")[0].partition(":")[0]

    def get_description(self) -> str:  # type: ignore[override]  # as in drf-spectacular
        text = super().get_description()
        scope = getattr(self.view, "scopes", {}).get(self.method)
        return f"{text}\n\nNeeds a key with the scope `{scope}`." if scope else text

    def _get_response_bodies(self, direction: Any = "response") -> dict[str, Any]:
        bodies: dict[str, Any] = super()._get_response_bodies(direction)
        if not isinstance(self.view, ApiView):
            return bodies
        for status in sorted(self._possible_errors() - bodies.keys()):
            mistake = MISTAKES[status]
            described = OpenApiResponse(ErrorsForm, str(mistake.meaning), [mistake.example(status)])
            bodies[status] = self._get_response_for_code(described, status)  # type: ignore[no-untyped-call]
        return bodies

    def _possible_errors(self) -> set[str]:
        possible = {"400", "401", "403", "503"}
        if "{" in self.path:
            possible.add("404")
        return possible | {"409"} if self.method in WRITES else possible
