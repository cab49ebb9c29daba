"""The shape of a forecast: it orders what the worker has stored, and is the API's documentation of it."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from experiments.api.comparison_forms import ReasonForm, absent
from experiments.forecasts import MOST_A_DAY
from experiments.models import Role
from tracking.api.fields import Number, Strict
from tracking.models import Desired, Level

SMALLEST_RATE = 1e-6
STATES = ["not_asked", "pending", "failed", "ready"]


def whole(text: Any = None) -> serializers.IntegerField:
    """A whole number, or null where it cannot be known."""
    return serializers.IntegerField(allow_null=True, help_text=text)


@extend_schema_serializer(component_name="ForecastOrder")
class OrderForm(Strict):
    """What is left out is taken from the history."""

    people_per_day = Number(
        required=False,
        min_value=SMALLEST_RATE,
        max_value=MOST_A_DAY,
        help_text=_("Visitors who will come to the page; times the coverage of the draft."),
    )
    rates = serializers.DictField(
        child=Number(min_value=SMALLEST_RATE, max_value=1 - SMALLEST_RATE),
        required=False,
        help_text=_("By the key of a goal that is counted once a person, the share of visitors who reach it."),
    )


@extend_schema_serializer(component_name="Baseline")
class BaselineForm(serializers.Serializer[Any]):
    mean = serializers.FloatField(help_text=_("Per visitor; a share of visitors where it is counted once."))
    variance = serializers.FloatField(help_text=_("Of one visitor's value."))
    active = serializers.FloatField(help_text=_("The share of visitors who did it at all."))
    visitors = whole(_("How many this was read from, at most 20,000; null: it is expected."))
    assumed = serializers.BooleanField(help_text=_("Expected, and not read from the history."))


@extend_schema_serializer(component_name="Needed")
class NeededForm(serializers.Serializer[Any]):
    people = whole(_("In all variants together."))
    weeks = whole(_("Whole weeks until they have come."))
    reason = ReasonForm(allow_null=True, help_text=_("Why a number is null, or why it is no plan."))


@extend_schema_serializer(component_name="CappedForecast")
class CappedForm(serializers.Serializer[Any]):
    cap = serializers.FloatField(help_text=_("What larger sums are read as: of those who paid, 99 % paid less."))
    mean = serializers.FloatField()
    detectable = serializers.ListField(child=absent())
    needed = NeededForm()


@extend_schema_serializer(component_name="GoalForecast")
class GoalForecastForm(serializers.Serializer[Any]):
    key = serializers.CharField()
    name = serializers.CharField()
    level = serializers.ChoiceField(Level.choices)
    role = serializers.ChoiceField(Role.choices)
    measure = serializers.CharField()
    desired = serializers.ChoiceField(Desired.choices)
    currency = serializers.CharField()
    margin = absent(_("The tolerated loss of a guardrail; null for others."))
    rule = serializers.CharField(help_text=_("What it will be judged by."))
    baseline = BaselineForm(allow_null=True)
    detectable = serializers.ListField(
        child=absent(),
        help_text=_(
            "For each of `weeks`, the smallest relative change that is found with `power`; of a guardrail the smallest "
            "loss that is ruled out. null: too few people to say anything."
        ),
    )
    needed = NeededForm(help_text=_("For a change of `lift`; of a guardrail, to prove it safe within its margin."))
    capped = CappedForm(allow_null=True, help_text=_("The same for capped sums, which the result shows beside."))
    explained_by_past = absent(_("Share of the variance that the 28 days before explain: what an adjustment gains."))


@extend_schema_serializer(component_name="RecommendedPlan")
class RecommendedForm(serializers.Serializer[Any]):
    people = serializers.IntegerField(help_text=_("For `planned_sample`."))
    weeks = serializers.IntegerField(help_text=_("Between the start and `planned_end`."))
    enough = serializers.BooleanField(help_text=_("false: a change of `lift` would take longer than makes sense."))


@extend_schema_serializer(component_name="Assumed")
class AssumedForm(serializers.Serializer[Any]):
    people_per_day = absent()
    rates = serializers.DictField(child=serializers.FloatField(), help_text=_("By the key of a goal."))


@extend_schema_serializer(component_name="ForecastBody")
class ForecastBodyForm(serializers.Serializer[Any]):
    visitors = serializers.IntegerField(help_text=_("Seen in the last 28 days, in the whole project."))
    days = serializers.FloatField(help_text=_("Days of history, at most 28."))
    people_per_day = serializers.FloatField(help_text=_("Who would join the experiment, given its coverage."))
    assumed = AssumedForm(allow_null=True, help_text=_("What was expected instead of the history."))
    lift = serializers.FloatField(help_text=_("`minimum_effect` of the experiment, or 0.1."))
    alpha = serializers.FloatField()
    power = serializers.FloatField()
    weeks = serializers.ListField(child=serializers.IntegerField())
    goals = GoalForecastForm(many=True)
    recommended = RecommendedForm(allow_null=True)
    reason = ReasonForm(allow_null=True, help_text=_("Why there are no goals."))


@extend_schema_serializer(component_name="Forecast")
class ForecastForm(serializers.Serializer[Any]):
    experiment = serializers.CharField()
    status = serializers.ChoiceField(STATES)
    asked_at = serializers.DateTimeField(allow_null=True)
    computed_at = serializers.DateTimeField(allow_null=True)
    error = serializers.CharField(allow_null=True, help_text=_("Why the last computation failed."))
    forecast = ForecastBodyForm(allow_null=True, help_text=_("The last answer; while `pending`, an older one."))
