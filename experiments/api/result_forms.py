"""The shape of a result, for the API's documentation: the body is stored by the worker and passed on as it is."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from experiments.models import Role
from tracking.models import Desired, Level

CHECK_STATUSES = ["ok", "warning", "failed", "unknown"]
PHASE_STATUSES = ["running", "stopped"]


def absent(text: Any = None) -> serializers.FloatField:
    """A number, or null where it cannot be known."""
    return serializers.FloatField(allow_null=True, help_text=text)


def ends(text: Any) -> serializers.ListField:
    """Both ends of an interval; an end that is null is unbounded."""
    end = serializers.FloatField(allow_null=True)
    return serializers.ListField(child=end, min_length=2, max_length=2, allow_null=True, help_text=text)


@extend_schema_serializer(component_name="Reason")
class ReasonForm(serializers.Serializer[Any]):
    code = serializers.CharField(help_text=_("For programs."))
    detail = serializers.CharField(help_text=_("For people."))


@extend_schema_serializer(component_name="VerdictReason")
class BecauseForm(ReasonForm):
    goal = serializers.CharField(allow_null=True, help_text=_("The goal it is about; null: the test as a whole."))


@extend_schema_serializer(component_name="Check")
class CheckForm(serializers.Serializer[Any]):
    code = serializers.CharField()
    status = serializers.ChoiceField(CHECK_STATUSES)
    detail = serializers.CharField()
    p_value = absent()


@extend_schema_serializer(component_name="Health")
class HealthForm(serializers.Serializer[Any]):
    status = serializers.ChoiceField(CHECK_STATUSES)
    checks = CheckForm(many=True)
    enrolled = serializers.IntegerField(help_text=_("People who count."))
    excluded = serializers.DictField(child=serializers.IntegerField(), help_text=_("People left out, by reason."))


@extend_schema_serializer(component_name="ResultVariant")
class ResultVariantForm(serializers.Serializer[Any]):
    key = serializers.CharField()
    name = serializers.CharField()
    is_control = serializers.BooleanField()
    weight = serializers.FloatField(help_text=_("Share of the traffic; all of them add up to 1."))
    enrolled = serializers.IntegerField()


@extend_schema_serializer(component_name="Decision")
class DecisionForm(serializers.Serializer[Any]):
    rule = serializers.CharField()
    significant = serializers.BooleanField(allow_null=True, help_text=_("null: not a question yet; see `reason`."))
    direction = serializers.ChoiceField(["better", "worse", "not_worse"], allow_null=True)
    reason = serializers.CharField(allow_null=True)


@extend_schema_serializer(component_name="Comparison")
class ComparisonForm(serializers.Serializer[Any]):
    method = serializers.CharField(help_text=_("What computed this, with its version: `score/1`, `welch/1`."))
    diff = absent(_("Variant minus control: a share of people, or a value per person."))
    diff_ci = ends(_("At the level 1 − alpha; an end that is null is unbounded."))
    newcombe_ci = ends(_("Newcombe's interval for a difference of shares."))
    lift = absent(_("Relative change: 0.1 is +10 %."))
    lift_ci = ends(_("Koopman for shares, Fieller for means."))
    statistic = absent(_("z or t."))
    df = absent(_("Degrees of freedom of t."))
    p_value = absent(_("Two-sided, not corrected."))
    chance_to_beat_control = absent(_("Not protected against repeated looks."))
    reason = ReasonForm(allow_null=True, help_text=_("Why a number is null."))
    correction = serializers.ChoiceField(["holm", "bh", "none"])
    adjusted_p_value = absent(_("Corrected over the family of the goal."))
    decision = DecisionForm()


@extend_schema_serializer(component_name="Arm")
class ArmForm(serializers.Serializer[Any]):
    key = serializers.CharField()
    n = serializers.IntegerField(help_text=_("People."))
    converted = serializers.IntegerField(help_text=_("People with at least one event that counts."))
    sum = serializers.FloatField(help_text=_("Over people."))
    sum_squares = serializers.FloatField(help_text=_("Over people, for your own t-test."))
    mean = absent(_("sum / n"))
    vs_control = ComparisonForm(allow_null=True, help_text=_("null for the control."))


@extend_schema_serializer(component_name="ResultGoal")
class ResultGoalForm(serializers.Serializer[Any]):
    key = serializers.CharField()
    name = serializers.CharField()
    level = serializers.ChoiceField(Level.choices)
    role = serializers.ChoiceField(Role.choices)
    measure = serializers.CharField()
    desired = serializers.ChoiceField(Desired.choices)
    currency = serializers.CharField()
    leads_to = serializers.CharField(allow_null=True)
    margin = serializers.FloatField()
    exploratory = serializers.BooleanField(help_text=_("Added after the start."))
    progress = serializers.FloatField(help_text=_("How much of the past is computed, 0 to 1."))
    variants = ArmForm(many=True)


@extend_schema_serializer(component_name="Verdict")
class VerdictForm(serializers.Serializer[Any]):
    code = serializers.ChoiceField(["ship", "roll_back", "keep_running", "inconclusive", "blocked"])
    variant = serializers.CharField(allow_null=True)
    because = BecauseForm(many=True)


@extend_schema_serializer(component_name="Result")
class ResultForm(serializers.Serializer[Any]):
    """Goals come in the order primary, guardrails, secondary macro, micro. A number that is null has its reason."""

    experiment = serializers.CharField()
    phase = serializers.IntegerField()
    status = serializers.ChoiceField(PHASE_STATUSES)
    started_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)
    planned_end = serializers.DateTimeField(allow_null=True)
    planned_sample = serializers.IntegerField(allow_null=True)
    days_left = serializers.IntegerField(allow_null=True)
    computed_at = serializers.DateTimeField(allow_null=True, help_text=_("null: nothing was computed yet."))
    data_through = serializers.DateTimeField(allow_null=True, help_text=_("Events received before are in it."))
    stale = serializers.BooleanField(help_text=_("Newer events may be missing: the worker has not come by."))
    error = serializers.CharField(
        allow_null=True, help_text=_("Why the last computation failed; the result before it stays.")
    )
    alpha = serializers.FloatField(required=False)
    currency = serializers.CharField(required=False)
    health = HealthForm(required=False)
    variants = ResultVariantForm(many=True, required=False)
    goals = ResultGoalForm(many=True, required=False)
    verdict = VerdictForm(required=False)
    reason = ReasonForm(required=False, help_text=_("Why there is no result yet."))
