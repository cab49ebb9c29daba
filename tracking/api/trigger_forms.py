"""Triggers and their published versions as JSON: which fields, and what they may be together."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

from tracking.api.fields import IMMUTABLE, Strict, StrictMixin, changing, complaint, rows_of
from tracking.models import EVENT_NAME, SLUG, Trigger, TriggerVersion
from tracking.naming import readable
from tracking.triggers import (
    MOST_CONDITIONS,
    MOST_PROPERTIES,
    OPERATORS,
    READ_AS,
    RESERVED_KEYS,
    SOURCES,
    SUBJECTS,
    TRIGGER_KINDS,
    complaints,
    conditions_complaints,
    event_complaint,
    properties_complaints,
)

KINDS = [(name, kind.label) for name, kind in TRIGGER_KINDS.items()]
SUBJECT_CHOICES = list(SUBJECTS.items())
OPERATOR_CHOICES = list(OPERATORS.items())
SOURCE_CHOICES = list(SOURCES.items())
AS_CHOICES = list(READ_AS.items())
ANY_JSON = {"type": "object", "additionalProperties": True}


@extend_schema_serializer(component_name="TriggerCondition")
class ConditionForm(Strict):
    subject = serializers.ChoiceField(SUBJECT_CHOICES)
    operator = serializers.ChoiceField(OPERATOR_CHOICES)
    value = serializers.CharField(max_length=300, allow_blank=True, trim_whitespace=False)

    def get_fields(self) -> dict[str, Any]:
        """``not`` is a word of Python's."""
        negated = serializers.BooleanField(default=False, help_text=gettext_lazy("Only where it does not hold."))
        return {**super().get_fields(), "not": negated}


@extend_schema_serializer(component_name="CapturedProperty")
class PropertyForm(Strict):
    name = serializers.CharField(max_length=60, help_text=gettext_lazy("What the event calls it, such as value."))

    def get_fields(self) -> dict[str, Any]:
        """These are words of Python's, or of the class above."""
        place = serializers.CharField(
            max_length=300,
            default="",
            allow_blank=True,
            trim_whitespace=False,
            help_text=gettext_lazy("The attribute, part of the address, path in the dataLayer, or the text itself."),
        )
        nearest = serializers.CharField(
            max_length=300,
            default="",
            allow_blank=True,
            help_text=gettext_lazy("The nearest such element, going up from where it happened. Empty: that one."),
        )
        source = serializers.ChoiceField(SOURCE_CHOICES)
        kind = serializers.ChoiceField(AS_CHOICES, default="text")
        return {**super().get_fields(), "source": source, "from": place, "selector": nearest, "as": kind}


@extend_schema_field(ANY_JSON)
class Params(serializers.DictField):
    """What a kind needs to know; which those are is said by the kind."""


@extend_schema_serializer(component_name="Trigger")
class TriggerForm(StrictMixin, serializers.ModelSerializer[Trigger]):
    key = serializers.CharField(
        max_length=60, validators=[SLUG], help_text=gettext_lazy("Unique in the project; never changes.")
    )
    name = serializers.CharField(max_length=120, required=False, help_text=gettext_lazy("Made of the key by default."))
    kind = serializers.ChoiceField(KINDS)
    event = serializers.CharField(
        max_length=100,
        required=False,
        allow_blank=True,
        validators=[EVENT_NAME],
        help_text=gettext_lazy("What is told when it happens; empty: the usual name for this kind."),
    )
    params = Params(required=False, help_text=gettext_lazy("What the kind needs to know, such as a selector."))
    conditions = rows_of(ConditionForm, most=MOST_CONDITIONS, required=False)
    properties = rows_of(PropertyForm, most=MOST_PROPERTIES, required=False)
    is_on = serializers.BooleanField(
        required=False, help_text=gettext_lazy("False: pages lose it with the next publishing.")
    )

    class Meta:
        model = Trigger
        fields = [
            "key", "name", "kind", "event", "params", "conditions", "properties", "is_on", "created_at", "updated_at",
        ]  # fmt: skip
        read_only_fields = ["created_at", "updated_at"]

    def get_fields(self) -> dict[str, Any]:
        return changing(super().get_fields(), self.instance)

    def validate_key(self, key: str) -> str:
        if self.instance is not None and key != self.instance.key:
            raise ValidationError(IMMUTABLE, "immutable")
        if key in RESERVED_KEYS:
            raise ValidationError(_("This word is an address of the API: choose another key."), "reserved")
        return key

    def validate_conditions(self, rows: list[Mapping[str, Any]]) -> list[dict[str, Any]]:
        return [dict(row) for row in rows]

    def validate_properties(self, rows: list[Mapping[str, Any]]) -> list[dict[str, Any]]:
        return [dict(row) for row in rows]

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if self.instance is None:
            attrs = {"name": readable(attrs["key"]), **attrs}
        if wrong := _conflicts(self.instance or Trigger(), attrs):
            raise ValidationError(wrong)
        return attrs

    def create(self, validated_data: dict[str, Any]) -> Trigger:
        return Trigger.objects.create(**validated_data)

    def update(self, instance: Trigger, validated_data: dict[str, Any]) -> Trigger:
        """Only what was named is written: two people who change different fields both have their way."""
        for name, value in validated_data.items():
            setattr(instance, name, value)
        instance.save(update_fields=[*validated_data, "updated_at"])
        return instance


def _conflicts(trigger: Trigger, changes: Mapping[str, Any]) -> dict[str, Any]:
    """What does not fit together once ``changes`` are made to ``trigger``, by field."""

    def after(name: str) -> Any:
        return changes.get(name, getattr(trigger, name))

    kind, params = after("kind"), after("params")
    if kind not in TRIGGER_KINDS:
        return {"kind": complaint(_("This installation does not know this kind."), "invalid_choice")}
    details = {name: _told(text) for name, text in complaints(kind, params).items()}
    wrong: dict[str, Any] = {"params": details} if details else {}
    if not details and (text := event_complaint(kind, params, after("event"))):
        wrong["event"] = _told(text)
    for name, found in (
        ("conditions", conditions_complaints(kind, after("conditions"))),
        ("properties", properties_complaints(after("properties"))),
    ):
        if found:
            # In a list as long as the one that was sent, so that each complaint has its place.
            rows = [{part: _told(text) for part, text in found.get(n, {}).items()} for n in range(max(found) + 1)]
            wrong[name] = rows
    return wrong


def _told(text: str) -> list[ErrorDetail]:
    """The rules are pure, so their sentences are translated here."""
    return complaint(_(text), "invalid")


@extend_schema_serializer(component_name="PublishOrder")
class PublishOrder(Strict):
    note = serializers.CharField(
        max_length=200,
        required=False,
        default="",
        allow_blank=True,
        help_text=gettext_lazy("Why, for those who read the list of versions later."),
    )


@extend_schema_serializer(component_name="TriggerVersionLine")
class VersionLine(serializers.ModelSerializer[TriggerVersion]):
    author = serializers.CharField(help_text=gettext_lazy("Who published it: a person, or the name of a key."))
    restored_from = serializers.IntegerField(
        allow_null=True, help_text=gettext_lazy("The number of the version that was brought back.")
    )

    class Meta:
        model = TriggerVersion
        fields = ["number", "note", "author", "restored_from", "created_at"]


@extend_schema_serializer(component_name="TriggerVersion")
class VersionForm(VersionLine):
    triggers = serializers.ListField(
        source="body", child=Params(), help_text=gettext_lazy("All triggers, as pages are sent them.")
    )

    class Meta:
        model = TriggerVersion
        fields = [*VersionLine.Meta.fields, "triggers"]
