"""Fields and serializers that refuse what they do not know: a typo is told, never dropped."""

from collections.abc import Mapping
from decimal import Decimal
from math import isfinite
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.request import Request

# Naming more of them would only make the answer long.
MOST_UNKNOWN = 20

UNKNOWN = _("There is no such field here.")
READ_ONLY = _("This field cannot be written.")
IMMUTABLE = _("A key never changes: pages and scripts name it.")


def complaint(text: str | Promise, code: str) -> list[ErrorDetail]:
    return [ErrorDetail(str(text), code)]


def changing(fields: dict[str, Any], instance: object) -> dict[str, Any]:
    """No field is required in a change. DRF's ``partial`` would excuse, and leave without defaults, nested rows too."""
    if instance is not None:
        for field in fields.values():
            field.required = False
    return fields


class StrictMixin(serializers.Serializer[Any]):
    """Refuses fields that are unknown or cannot be written."""

    def to_internal_value(self, data: Any) -> Any:
        surplus = self._surplus(data) if isinstance(data, Mapping) else {}
        try:
            value = super().to_internal_value(data)
        except ValidationError as error:
            if isinstance(error.detail, dict):
                raise ValidationError({**error.detail, **surplus}) from error
            raise
        if surplus:
            raise ValidationError(surplus)
        return value

    def _surplus(self, data: Mapping[str, Any]) -> dict[str, list[ErrorDetail]]:
        unknown = [name for name in data if name not in self.fields][:MOST_UNKNOWN]
        sealed = [name for name in data if name in self.fields and self.fields[name].read_only]
        return {
            **{name: complaint(UNKNOWN, "unknown") for name in unknown},
            **{name: complaint(READ_ONLY, "read_only") for name in sealed},
        }


class Strict(StrictMixin):
    """A plain serializer that refuses unknown fields."""


def rows_of(form: type[Strict], *, most: int, least: int = 0, **options: Any) -> Any:
    """A list of rows, each checked by ``form``."""
    return form(many=True, min_length=least or None, max_length=most, **options)  # type: ignore[call-arg]  # many's own


class Number(serializers.FloatField):
    """A finite JSON number: no text, no true, no NaN."""

    default_error_messages = {"invalid": _("Write a number.")}

    def to_internal_value(self, data: Any) -> float:
        if isinstance(data, bool) or not isinstance(data, int | float) or not isfinite(data):
            self.fail("invalid")
        return super().to_internal_value(data)


class Amount(serializers.DecimalField):
    """An exact decimal inside, a JSON number outside."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options, coerce_to_string=False)

    def to_internal_value(self, data: Any) -> Decimal:
        if isinstance(data, bool):
            self.fail("invalid")
        return super().to_internal_value(data)

    def to_representation(self, value: Any) -> float | None:  # type: ignore[override]  # JSON has no decimal
        return None if value is None else float(value)


def asked(request: Request, question: type[Strict]) -> dict[str, Any]:
    """The arguments of the address, checked; unknown or repeated ones are refused with 400."""
    repeated = [name for name, values in request.query_params.lists() if len(values) > 1]
    if repeated:
        raise ValidationError({name: complaint(_("Write this once."), "repeated") for name in repeated[:MOST_UNKNOWN]})
    serializer = question(data=request.query_params.dict())
    serializer.is_valid(raise_exception=True)
    found: dict[str, Any] = serializer.validated_data
    return found


def ordered(request: Request, form: type[Strict], **context: Any) -> dict[str, Any]:
    """The body, checked against ``form``."""
    serializer = form(data=request.data, context=context)
    serializer.is_valid(raise_exception=True)
    found: dict[str, Any] = serializer.validated_data
    return found
