"""Goals as JSON: which fields, and what they may be together."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError as IllegalValue
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

from tracking.api.fields import IMMUTABLE, Amount, Strict, StrictMixin, changing, complaint, rows_of
from tracking.goals import OPERATORS, number
from tracking.models import EVENT_NAME, SLUG, Goal, Level
from tracking.naming import NO_SELECTOR, readable
from tracking.projects import must_be_currency
from tracking.selectors import is_selector

MOST_CONDITIONS = 20
COMPARES = {"at_least", "at_most"}


class ConditionValue(serializers.CharField):
    """Conditions compare text; true and false are written as JSON writes them."""

    def to_internal_value(self, data: Any) -> str:
        return str(data).lower() if isinstance(data, bool) else super().to_internal_value(data)


@extend_schema_serializer(component_name="Condition")
class ConditionForm(Strict):
    property = serializers.CharField(max_length=100, help_text=gettext_lazy("A property of the event."))
    operator = serializers.ChoiceField(list(OPERATORS))
    value = ConditionValue(max_length=300, allow_blank=True, trim_whitespace=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["operator"] in COMPARES and number(attrs["value"]) is None:
            raise ValidationError({"value": complaint(_("Write a number."), "invalid")})
        return attrs


class GoalKey(serializers.SlugRelatedField[Goal]):
    """A goal of the caller's project, by its key."""

    default_error_messages = {
        "does_not_exist": gettext_lazy("This project has no goal “{value}”."),
        "invalid": gettext_lazy("Write the key of a goal."),
    }

    def get_queryset(self) -> QuerySet[Goal]:
        return Goal.objects.filter(project=self.context["project"])

    def to_internal_value(self, data: Any) -> Goal:
        if not isinstance(data, str):
            self.fail("invalid")
        goal: Goal = super().to_internal_value(data)
        return goal


@extend_schema_serializer(component_name="Goal")
class GoalForm(StrictMixin, serializers.ModelSerializer[Goal]):
    key = serializers.CharField(
        max_length=60, validators=[SLUG], help_text=gettext_lazy("Unique in the project; never changes.")
    )
    name = serializers.CharField(max_length=120, required=False, help_text=gettext_lazy("Made of the key by default."))
    event = serializers.CharField(
        max_length=100,
        required=False,
        validators=[EVENT_NAME],
        help_text=gettext_lazy("The event that counts; by default the key with dashes as underscores."),
    )
    conditions = rows_of(ConditionForm, most=MOST_CONDITIONS, required=False)
    weight = Amount(
        max_digits=14, decimal_places=4, required=False, allow_null=True, help_text=gettext_lazy("Worth of one.")
    )
    leads_to = GoalKey(slug_field="key", queryset=Goal.objects.none(), required=False, allow_null=True)

    class Meta:
        model = Goal
        fields = [
            "key", "name", "level", "event", "selector", "conditions", "measure", "property", "currency", "window",
            "desired", "category", "stage", "weight", "leads_to", "created_at", "updated_at",
        ]  # fmt: skip
        read_only_fields = ["created_at", "updated_at"]

    def get_fields(self) -> dict[str, Any]:
        return changing(super().get_fields(), self.instance)

    def validate_key(self, key: str) -> str:
        if self.instance is not None and key != self.instance.key:
            raise ValidationError(IMMUTABLE, "immutable")
        return key

    def validate_selector(self, selector: str) -> str:
        if selector and not is_selector(selector):
            raise ValidationError(NO_SELECTOR, "invalid")
        return selector

    def validate_currency(self, code: str) -> str:
        if code:
            must_be_currency(code)
        return code

    def validate_conditions(self, rows: list[Mapping[str, Any]]) -> list[dict[str, Any]]:
        return [dict(row) for row in rows]

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if self.instance is None:
            attrs = {"name": readable(attrs["key"]), "event": attrs["key"].replace("-", "_"), **attrs}
        wrong = _conflicts(Goal(), attrs) if self.instance is None else _conflicts(self.instance, attrs)
        if wrong:
            raise ValidationError(wrong)
        return attrs

    def create(self, validated_data: dict[str, Any]) -> Goal:
        return Goal.objects.create(**validated_data)

    def update(self, instance: Goal, validated_data: dict[str, Any]) -> Goal:
        """Only what was named is written: two people who change different fields both have their way."""
        for name, value in validated_data.items():
            setattr(instance, name, value)
        instance.save(update_fields=[*validated_data, "updated_at"])
        return instance


def _conflicts(goal: Goal, changes: Mapping[str, Any]) -> dict[str, list[ErrorDetail]]:
    """What does not fit together once ``changes`` are made to ``goal``, by field."""

    def after(name: str) -> Any:
        return changes.get(name, getattr(goal, name))

    wrong: dict[str, list[ErrorDetail]] = {}
    if (event := _illegal_event(after("event"))) is not None:
        wrong["event"] = event
    if after("measure") == "sum" and not after("property"):
        wrong["property"] = complaint(_("A sum needs the property that carries the number."), "required")
    target = after("leads_to")
    if target is not None and after("level") == Level.MACRO:
        wrong["leads_to"] = complaint(_("Only a micro goal leads to another goal."), "not_micro")
    elif target is not None and target.level != Level.MACRO:
        wrong["leads_to"] = complaint(_("“%(key)s” is not a macro goal.") % {"key": target.key}, "not_macro")
    if changes.get("level") == Level.MICRO and goal.pk and goal.level == Level.MACRO and goal.served_by.exists():
        wrong["level"] = complaint(_("Other goals lead to this one, so it must stay a macro goal."), "served")
    return wrong


def _illegal_event(name: str) -> list[ErrorDetail] | None:
    """The event may have been made of a key, which is freer than the name of an event."""
    try:
        EVENT_NAME(name)
    except IllegalValue:
        return complaint(_("No event name can be made of this key: write “event” too."), "required")
    return None
