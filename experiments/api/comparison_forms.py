"""The shape of one comparison in a result: what decides, what may be read on any day, and the closer look."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers


def absent(text: Any = None, **options: Any) -> serializers.FloatField:
    """A number, or null where it cannot be known."""
    return serializers.FloatField(allow_null=True, help_text=text, **options)


def ends(text: Any = None, **options: Any) -> serializers.ListField:
    """Both ends of an interval; an end that is null is unbounded."""
    end = serializers.FloatField(allow_null=True)
    return serializers.ListField(child=end, min_length=2, max_length=2, allow_null=True, help_text=text, **options)


def pair(text: Any = None) -> serializers.ListField:
    """A number of people in the control and in the variant."""
    return serializers.ListField(child=serializers.IntegerField(), min_length=2, max_length=2, help_text=text)


@extend_schema_serializer(component_name="Reason")
class ReasonForm(serializers.Serializer[Any]):
    code = serializers.CharField(help_text=_("For programs."))
    detail = serializers.CharField(help_text=_("For people."))


@extend_schema_serializer(component_name="Decision")
class DecisionForm(serializers.Serializer[Any]):
    rule = serializers.ChoiceField(
        ["fixed_horizon", "group_sequential", "confidence_sequence"],
        help_text=_("At planned looks, on any day, or once after the end of an imported test."),
    )
    significant = serializers.BooleanField(allow_null=True, help_text=_("null: not a question yet; see `reason`."))
    direction = serializers.ChoiceField(["better", "worse", "not_worse"], allow_null=True)
    reason = serializers.CharField(allow_null=True)


@extend_schema_serializer(component_name="Adjusted")
class AdjustedForm(serializers.Serializer[Any]):
    """The numbers that carry the decision: corrected for every look taken and for the family of the goal."""

    rule = serializers.CharField()
    p_value = absent(_("The same as `adjusted_p_value`."))
    level = absent(_("Nominal level of the intervals."))
    diff = absent()
    diff_ci = ends(_("Leaves out 0 exactly when the p-value is below alpha."))
    lift = absent()
    lift_ci = ends()
    look = serializers.IntegerField(
        allow_null=True, help_text=_("Number of the planned look they were taken at; null: they are of now.")
    )


@extend_schema_serializer(component_name="AlwaysValid")
class AlwaysValidForm(serializers.Serializer[Any]):
    """The goal alone, by its confidence sequence: may be read on any day, as often as one likes."""

    p_value = absent()
    diff_ci = ends()
    lift_ci = ends()


@extend_schema_serializer(component_name="MarginTest")
class MarginTestForm(serializers.Serializer[Any]):
    method = serializers.CharField()
    margin = serializers.FloatField(help_text=_("Relative to the control: 0.02 is 2 %."))
    p_value = absent(_("One-sided."))
    reason = ReasonForm(allow_null=True)


@extend_schema_serializer(component_name="BayesianReading")
class BayesianForm(serializers.Serializer[Any]):
    prior = serializers.CharField()
    chance_to_beat_control = absent(_("Of being better in the direction desired."))
    expected_loss = absent(_("Of choosing the variant, in the unit of the measure per person."))
    lift = absent(_("Posterior median."))
    lift_ci = ends(_("Credible interval."))
    protected = serializers.BooleanField(
        help_text=_("Whether the rule that allows for looks agrees; else it is not protected against looking early.")
    )
    reason = ReasonForm(allow_null=True)


class RefinedNumbers(serializers.Serializer[Any]):
    method = serializers.CharField()
    diff = absent()
    diff_ci = ends()
    lift = absent()
    lift_ci = ends()
    p_value = absent()


@extend_schema_serializer(component_name="Capped")
class CappedForm(RefinedNumbers):
    """The largest amounts count as the cap; only for sums."""

    cap = serializers.FloatField()
    percentile = serializers.FloatField(help_text=_("Of the amounts of all who paid, in all variants together."))
    people_capped = pair(_("In the control and in the variant."))
    caution = ReasonForm(allow_null=True)


@extend_schema_serializer(component_name="WithCovariates")
class WithCovariatesForm(RefinedNumbers):
    """Adjusted for what was known of people before they met a variant."""

    variance_reduction = serializers.FloatField(help_text=_("0.3 is worth 43 % more people; it may be 0 or below."))
    covariates = serializers.ListField(child=serializers.CharField())
    reason = ReasonForm(allow_null=True, help_text=_("Why nothing was adjusted."))


@extend_schema_serializer(component_name="CohortDay")
class CohortDayForm(serializers.Serializer[Any]):
    day = serializers.DateField()
    n = serializers.IntegerField()
    diff = absent()
    diff_ci = ends()


@extend_schema_serializer(component_name="Cohorts")
class CohortsForm(serializers.Serializer[Any]):
    """The difference by the day people met the variant, of the days whose windows have closed."""

    days = CohortDayForm(many=True)
    slope = absent(_("Change of the difference per day."))
    slope_ci = ends()
    p_value = absent(_("Of “the same on all days”."))
    reason = ReasonForm(allow_null=True)


@extend_schema_serializer(component_name="SegmentValue")
class SegmentValueForm(RefinedNumbers):
    value = serializers.CharField()
    n = pair(_("People in the control and in the variant."))
    adjusted_p_value = absent(_("Over all values of all segments."))


@extend_schema_serializer(component_name="Segment")
class SegmentForm(serializers.Serializer[Any]):
    name = serializers.CharField()
    values = SegmentValueForm(many=True)
    interaction_p_value = absent(_("Of “the effect is the same in all of them”."))
    adjusted_interaction_p_value = absent(_("Over all segments."))
    reason = ReasonForm(allow_null=True)


@extend_schema_serializer(component_name="Refined")
class RefinedForm(serializers.Serializer[Any]):
    """A closer look, computed a little later from people's own values; it never decides."""

    capped = CappedForm(allow_null=True)
    with_covariates = WithCovariatesForm(allow_null=True)
    cohorts = CohortsForm(allow_null=True)
    segments = SegmentForm(many=True)


@extend_schema_serializer(component_name="Comparison")
class ComparisonForm(serializers.Serializer[Any]):
    """Fixed-horizon numbers, and beside them `adjusted`, which decides."""

    method = serializers.CharField(help_text=_("What computed this, with its version: `score/2`, `welch/2`."))
    diff = absent(_("Variant minus control: a share of people, or a value per person."))
    diff_ci = ends(_("At the level 1 − alpha, as if looked at once; an end that is null is unbounded."))
    newcombe_ci = ends(_("Newcombe's interval for a difference of shares."))
    lift = absent(_("Relative change: 0.1 is +10 %."))
    lift_ci = ends(_("Koopman for shares, Fieller for means."))
    statistic = absent(_("z or t."))
    df = absent(_("Degrees of freedom of t."))
    p_value = absent(_("Two-sided, as if looked at once, not corrected."))
    chance_to_beat_control = absent(_("Not protected against repeated looks."))
    reason = ReasonForm(allow_null=True, help_text=_("Why a number is null."))
    correction = serializers.ChoiceField(["holm", "e_bh", "bh", "none"])
    adjusted_p_value = absent(_("Corrected over the looks and the family of the goal."))
    adjusted = AdjustedForm(allow_null=True)
    always_valid = AlwaysValidForm(allow_null=True, help_text=_("null for an imported test."))
    shrunk_lift = absent(_("A winner's lift, corrected for having been picked because it won."))
    non_inferiority = MarginTestForm(allow_null=True, help_text=_("Of a guardrail against its margin."))
    equivalence = MarginTestForm(
        allow_null=True, help_text=_("Of a primary goal, where a smallest change worth having was declared.")
    )
    bayesian = BayesianForm()
    refined = RefinedForm(allow_null=True, help_text=_("null until it is computed."))
    decision = DecisionForm()
