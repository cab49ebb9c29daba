"""Experiments as JSON: what can be read and written."""

from collections.abc import Iterable, Sequence
from typing import Any

import orjson
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from experiments import pages, targeting
from experiments.api.audience_forms import MOST_PAGES, MOST_PREREQUISITES, PageForm, PrerequisiteForm
from experiments.models import Experiment, Phase, Role, Status, Unit, Variant, kind_choices
from experiments.payloads import PAYLOADS
from experiments.phases import pauses_of
from tracking.api.fields import IMMUTABLE, Number, Strict, changing, complaint, rows_of
from tracking.api.paging import PageQuestion
from tracking.models import SLUG
from tracking.naming import readable

MOST_VARIANTS = 20
MOST_GOALS = 50
# All variants of all running experiments are held in the memory of each web process.
LARGEST_PAYLOAD = 16_384
SMALLEST_WEIGHT, LARGEST_WEIGHT = 0.000001, 1_000_000
LARGEST_SAMPLE = 2**31 - 1

Row = dict[str, Any]
Complaints = list[dict[str, Any]]


@extend_schema_serializer(component_name="Variant")
class VariantForm(Strict):
    key = serializers.CharField(max_length=60, validators=[SLUG])
    name = serializers.CharField(max_length=120, required=False, help_text=gettext_lazy("Made of the key by default."))
    is_control = serializers.BooleanField(
        required=False, help_text=gettext_lazy("The original; the first variant when none is marked.")
    )
    weight = Number(
        default=1.0,
        min_value=SMALLEST_WEIGHT,
        max_value=LARGEST_WEIGHT,
        error_messages={"min_value": gettext_lazy("Write a weight above 0.")},
        help_text=gettext_lazy("Against the others: 1 and 1 split evenly, 3 and 1 give three quarters."),
    )
    payload = serializers.DictField(
        default=dict,
        help_text=gettext_lazy(
            "For `cta`: `selector`, `text`, `background`, `color`. For `redirect`: `url`. For `boolean`, `string` and "
            "`number`: `value`. For `json`: whatever the page reads. For `external`: nothing."
        ),
    )

    def validate_payload(self, payload: Row) -> Row:
        if len(orjson.dumps(payload)) > LARGEST_PAYLOAD:
            raise ValidationError(_("A payload may have 16 KB at most."), "too_large")
        return payload


@extend_schema_serializer(component_name="GoalRole")
class GoalRoleForm(Strict):
    goal = serializers.CharField(source="goal.key", help_text=gettext_lazy("The key of a goal."))
    role = serializers.ChoiceField(Role.choices, default=Role.SECONDARY)
    margin = Number(
        default=0.02,
        min_value=0,
        max_value=1,
        help_text=gettext_lazy("For a guardrail: 0.02 lets it get worse by 2 % at most."),
    )


@extend_schema_serializer(component_name="Pause")
class PauseForm(serializers.Serializer[Any]):
    since = serializers.DateTimeField()
    until = serializers.DateTimeField(allow_null=True, help_text=gettext_lazy("null: it still goes on."))


@extend_schema_serializer(component_name="Phase")
class PhaseForm(serializers.Serializer[Any]):
    number = serializers.IntegerField()
    started_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)
    planned_end = serializers.DateTimeField(allow_null=True)
    planned_sample = serializers.IntegerField(allow_null=True)
    pauses = serializers.SerializerMethodField(help_text=gettext_lazy("When nobody new was let in."))

    @extend_schema_field(PauseForm(many=True))
    def get_pauses(self, phase: Phase) -> list[Row]:
        found = [{"since": since, "until": until} for since, until in pauses_of(phase)]
        return list(PauseForm(found, many=True).data)


@extend_schema_serializer(component_name="Experiment")
class ExperimentForm(Strict):
    key = serializers.CharField(
        max_length=60, validators=[SLUG], help_text=gettext_lazy("Unique in the project; never changes.")
    )
    name = serializers.CharField(max_length=120, required=False, help_text=gettext_lazy("Made of the key by default."))
    hypothesis = serializers.CharField(max_length=5000, required=False, allow_blank=True)
    kind = serializers.ChoiceField(kind_choices(), required=False, help_text=gettext_lazy("Default: `cta`."))
    status = serializers.ChoiceField(Status.choices, read_only=True)
    unit = serializers.ChoiceField(Unit.choices, required=False, help_text=gettext_lazy("Default: `visitor`."))
    coverage = Number(required=False, min_value=0, max_value=1, help_text=gettext_lazy("Share of traffic; default 1."))
    alpha = Number(
        required=False, min_value=0.001, max_value=0.2, help_text=gettext_lazy("Tolerated false alarm; default 0.05.")
    )
    minimum_effect = Number(
        required=False,
        allow_null=True,
        min_value=0.001,
        max_value=10,
        help_text=gettext_lazy("The smallest relative change worth having: 0.03 is 3 %. Nothing is shipped for less."),
    )
    planned_sample = serializers.IntegerField(
        required=False,
        allow_null=True,
        min_value=1,
        max_value=LARGEST_SAMPLE,
        help_text=gettext_lazy("People in all variants together."),
    )
    planned_end = serializers.DateTimeField(
        required=False, allow_null=True, help_text=gettext_lazy("A plan finds a winner with fewer people.")
    )
    starts_at = serializers.DateTimeField(
        required=False, allow_null=True, help_text=gettext_lazy("When it starts by itself, once it is scheduled.")
    )
    stops_by_itself = serializers.BooleanField(
        required=False, help_text=gettext_lazy("At its planned end; default: someone stops it.")
    )
    schedule_problem = serializers.CharField(
        read_only=True, help_text=gettext_lazy("Why the scheduled start did not come about; one sentence a line.")
    )
    condition = serializers.DictField(
        required=False,
        help_text=gettext_lazy('The audience, in GrowthBook\'s language: `{"country": {"$in": ["PL"]}}`.'),
    )
    pages = rows_of(PageForm, most=MOST_PAGES, required=False)
    namespace = serializers.CharField(
        source="namespace.key",
        required=False,
        allow_null=True,
        max_length=60,
        help_text=gettext_lazy("Exclusion group: nobody is in two tests of one group."),
    )
    namespace_share = Number(
        required=False,
        min_value=0.01,
        max_value=1,
        help_text=gettext_lazy("How much of the group's visitors it may take; default 0.5."),
    )
    prerequisites = rows_of(PrerequisiteForm, most=MOST_PREREQUISITES, required=False)
    shipped_variant = serializers.CharField(
        read_only=True, help_text=gettext_lazy("What everyone gets since it was shipped; empty: nothing is.")
    )
    variants = rows_of(VariantForm, least=2, most=MOST_VARIANTS)
    goals = rows_of(GoalRoleForm, most=MOST_GOALS, required=False, source="goal_roles")
    phases = PhaseForm(many=True, read_only=True)
    created_at = serializers.DateTimeField(read_only=True)
    updated_at = serializers.DateTimeField(read_only=True)

    def get_fields(self) -> dict[str, Any]:
        return changing(super().get_fields(), self.instance)

    def validate_key(self, key: str) -> str:
        if self.instance is not None and key != self.instance.key:
            raise ValidationError(IMMUTABLE, "immutable")
        return key

    def validate_condition(self, condition: Row) -> Row:
        if (wrong := targeting.complaint(condition)) is not None:
            raise ValidationError(wrong, "illegal")
        return condition

    def validate_pages(self, rows: list[Row]) -> list[Row]:
        wrong = pages.complaints([pages.Page(**row) for row in rows])
        refuse([{"pattern": complaint(text, "illegal")} if text else {} for text in wrong])
        return [dict(row) for row in rows]

    def validate_prerequisites(self, rows: list[Row]) -> list[Row]:
        refuse(_twice([row["experiment"] for row in rows], "experiment", _("This test is named twice.")))
        return [dict(row) for row in rows]

    def validate_variants(self, rows: list[Row]) -> list[Row]:
        """Rows with a name and exactly one control."""
        refuse(_twice([row["key"] for row in rows], "key", _("Two variants have the same key.")))
        marked = [place for place, row in enumerate(rows) if row.get("is_control")]
        if len(marked) > 1:
            raise ValidationError(_("Only one variant can be the original."), "two_controls")
        control = marked[0] if marked else 0
        return [{"name": readable(row["key"]), **row, "is_control": place == control} for place, row in enumerate(rows)]

    def validate_goals(self, rows: list[Row]) -> list[Row]:
        rows = [{**row, "goal": row["goal"]["key"]} for row in rows]
        refuse(_twice([row["goal"] for row in rows], "goal", _("This goal is already in the experiment.")))
        return rows

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if self.instance is None:
            attrs = {"name": readable(attrs["key"]), **attrs}
        if "namespace" in attrs:
            attrs = {**attrs, "namespace": attrs["namespace"]["key"]}
        current = self.instance or Experiment()
        if attrs.keys() & {"kind", "variants"}:
            variants = attrs["variants"] if "variants" in attrs else _rows(current.variants.all())
            refuse(_unfit_payloads(attrs.get("kind", current.kind), variants), "variants")
        return attrs


def _rows(variants: Iterable[Variant]) -> list[Row]:
    return [{"payload": variant.payload, "is_control": variant.is_control} for variant in variants]


def _unfit_payloads(kind: str, variants: Sequence[Row]) -> Complaints:
    check = PAYLOADS[kind].complaints
    found = [check(row["payload"], row["is_control"]) for row in variants]
    return [
        {"payload": {name: complaint(text, "illegal") for name, text in wrong.items()}} if wrong else {}
        for wrong in found
    ]


def _twice(values: Sequence[str], field: str, text: str) -> Complaints:
    return [
        {field: complaint(text, "repeated")} if value in values[:place] else {} for place, value in enumerate(values)
    ]


def refuse(complaints: Complaints, attr: str | None = None) -> None:
    if any(complaints):
        raise ValidationError({attr: complaints} if attr else complaints)


class ExperimentsQuestion(PageQuestion):
    status = serializers.ChoiceField(Status.choices, required=False)


class ResultsQuestion(Strict):
    phase = serializers.IntegerField(
        required=False, min_value=1, max_value=32767, help_text=gettext_lazy("Default: the newest.")
    )


class Moment(Strict):
    """``at``: when it happened; now by default."""

    at = serializers.DateTimeField(
        required=False,
        help_text=gettext_lazy("When it happened, for tests that ran elsewhere. Not in the future; default: now."),
    )


@extend_schema_serializer(component_name="Nothing")
class Nothing(Strict):
    """An order without any words."""


@extend_schema_serializer(component_name="Coverage")
class CoverageForm(Strict):
    coverage = Number(min_value=0, max_value=1, help_text=gettext_lazy("Share of traffic, more than now."))


@extend_schema_serializer(component_name="Shipping")
class ShipForm(Strict):
    variant = serializers.CharField(max_length=60, help_text=gettext_lazy("The key of a variant of the last phase."))


@extend_schema_serializer(component_name="NewPhase")
class NewPhaseForm(ExperimentForm):
    """The fields to change, and when."""

    at = serializers.DateTimeField(
        required=False, write_only=True, help_text=gettext_lazy("When it happened. Not in the future; default: now.")
    )
