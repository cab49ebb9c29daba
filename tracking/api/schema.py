"""The OpenAPI description of every operation: how to authenticate, what may go wrong, which scope a key needs."""

from typing import Any

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


@extend_schema_serializer(
    component_name="Errors",
    examples=[
        OpenApiExample(
            "a field is wrong",
            {
                "type": "validation_error",
                "errors": [{"code": "unknown", "detail": "There is no such field here.", "attr": "windw"}],
            },
            response_only=True,
        )
    ],
)
class ErrorsForm(serializers.Serializer[Any]):
    """The one shape of every error."""

    type = serializers.ChoiceField(["validation_error", "client_error", "server_error"])
    errors = ErrorForm(many=True)  # type: ignore[assignment]  # a field here, though DRF has a property of this name


def sent(name: str, value: Any) -> OpenApiExample:
    return OpenApiExample(name, value, request_only=True)


def answered(name: str, value: Any, *, status: int = 200) -> OpenApiExample:
    return OpenApiExample(name, value, response_only=True, status_codes=[str(status)])


REASONS = {
    "400": _("A field, an argument or the body is wrong; one error for each."),
    "401": _("No key, an unknown one or a revoked one."),
    "403": _("A client key, or a key without the scope."),
    "404": _("Not in this key's project."),
    "409": _("Not in this state, or the key is taken."),
    "503": _("The database is not answering; try again after `Retry-After` seconds."),
}


class AutoSchema(BaseAutoSchema):
    def get_description(self) -> str:  # type: ignore[override]  # as in drf-spectacular
        text = super().get_description()
        scope = getattr(self.view, "scopes", {}).get(self.method)
        return f"{text}\n\nNeeds a key with the scope `{scope}`." if scope else text

    def _get_response_bodies(self, direction: Any = "response") -> dict[str, Any]:
        bodies: dict[str, Any] = super()._get_response_bodies(direction)
        if not isinstance(self.view, ApiView):
            return bodies
        for status in sorted(self._possible_errors() - bodies.keys()):
            described = OpenApiResponse(ErrorsForm, str(REASONS[status]))
            bodies[status] = self._get_response_for_code(described, status)  # type: ignore[no-untyped-call]
        return bodies

    def _possible_errors(self) -> set[str]:
        possible = {"400", "401", "403", "503"}
        if "{" in self.path:
            possible.add("404")
        return possible | {"409"} if self.method in WRITES else possible
