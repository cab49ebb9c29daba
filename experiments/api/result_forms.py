"""The shape of a result, for the API's documentation: the body is stored by the worker and passed on as it is."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from experiments.api.comparison_forms import ComparisonForm, ReasonForm, absent
from experiments.models import Role
from tracking.models import Desired, Level

CHECK_STATUSES = ["ok", "warning", "failed", "unknown"]
PHASE_STATUSES = ["running", "paused", "stopped"]


@extend_schema_serializer(component_name="VerdictReason")
class BecauseForm(ReasonForm):
    goal = serializers.CharField(allow_null=True, help_text=_("The goal it is about; null: the test as a whole."))


@extend_schema_serializer(component_name="Check")
class CheckForm(serializers.Serializer[Any]):
    code = serializers.CharField()
    status = serializers.ChoiceField(CHECK_STATUSES)
    detail = serializers.CharField()
    p_value = absent(_("As if looked at once."))
    always_valid_p_value = absent(_("May be looked at every day; it decides while a test runs."))


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
    shrunk_lift = absent(_("What to expect of the variant shipped: winners look better than they are."))


@extend_schema_serializer(component_name="LeftFamily")
class LeftForm(serializers.Serializer[Any]):
    goal = serializers.CharField()
    variant = serializers.CharField()
    reason = serializers.CharField()


@extend_schema_serializer(component_name="Family")
class FamilyForm(serializers.Serializer[Any]):
    """Goals that are corrected together."""

    family = serializers.ChoiceField(["primary", "guardrail", "secondary", "micro", "exploratory"])
    correction = serializers.CharField()
    members = serializers.IntegerField(help_text=_("Comparisons with a p-value."))
    left = LeftForm(many=True, help_text=_("Those without one, and why."))


@extend_schema_serializer(component_name="Look")
class LookForm(serializers.Serializer[Any]):
    number = serializers.IntegerField()
    taken_at = serializers.DateTimeField()
    spent = serializers.FloatField(help_text=_("Share of the plan that was behind us."))
    people = serializers.IntegerField()


@extend_schema_serializer(component_name="GoalOutlook")
class GoalOutlookForm(serializers.Serializer[Any]):
    detectable_lift = absent(_("What will be detectable at the planned end; for a guardrail, the loss ruled out."))
    baseline = absent(_("Mean of the control so far."))


@extend_schema_serializer(component_name="Outlook")
class OutlookForm(serializers.Serializer[Any]):
    """Where a running test is going."""

    people_per_day = absent(_("Over the last seven full days."))
    days_left = serializers.IntegerField(allow_null=True)
    expected_people = serializers.IntegerField(allow_null=True)
    goals = serializers.DictField(child=GoalOutlookForm(), help_text=_("By goal key."))


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
    families = FamilyForm(many=True, required=False)
    minimum_effect = absent(_("The smallest relative change worth having, where declared."), required=False)
    looks = LookForm(many=True, required=False, help_text=_("The planned looks taken so far."))
    outlook = OutlookForm(allow_null=True, required=False, help_text=_("null once stopped."))
    refined_at = serializers.DateTimeField(allow_null=True, required=False)
    verdict = VerdictForm(required=False)
    reason = ReasonForm(required=False, help_text=_("Why there is no result yet."))
