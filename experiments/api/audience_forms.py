"""Who takes part, as JSON: pages, other tests, saved lists, exclusion groups, the holdout."""

from typing import Any

from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from experiments.javascript import in_range
from experiments.models import Holdout, Namespace, SavedGroup
from experiments.pages import LONGEST_PATTERN
from tracking.api.fields import IMMUTABLE, Number, Strict, StrictMixin, changing
from tracking.models import SLUG
from tracking.naming import readable

# Each running phase holds a copy of its lists, in the memory of each web process.
# As the admin's form, or it could not save what came over the API.
MOST_VALUES = 5_000
LONGEST_VALUE = 300
MOST_PAGES = 50
MOST_PREREQUISITES = 5
PAGE_KINDS = ["simple", "regex"]
NAME_BY_DEFAULT = gettext_lazy("Made of the key by default.")


@extend_schema_serializer(component_name="Page")
class PageForm(Strict):
    include = serializers.BooleanField(default=True, help_text=gettext_lazy("false: not on these pages."))
    kind = serializers.ChoiceField(
        PAGE_KINDS,
        default="simple",
        help_text=gettext_lazy("`simple`: an address in which `*` stands for anything; `regex`: a regular expression."),
    )
    pattern = serializers.CharField(
        max_length=LONGEST_PATTERN, help_text=gettext_lazy("`/pricing`, `shop.example/sale*`, a whole address.")
    )


@extend_schema_serializer(component_name="Prerequisite")
class PrerequisiteForm(Strict):
    experiment = serializers.CharField(
        max_length=60, validators=[SLUG], help_text=gettext_lazy("The key of a test that runs when this one starts.")
    )
    variants = serializers.ListField(
        child=serializers.CharField(max_length=60, validators=[SLUG]),
        min_length=1,
        max_length=20,
        help_text=gettext_lazy("Only people of these variants take part."),
    )


class OfOneKey(StrictMixin, serializers.ModelSerializer[Any]):
    """What a project knows by a key that never changes."""

    def get_fields(self) -> dict[str, Any]:
        return changing(super().get_fields(), self.instance)

    def validate_key(self, key: str) -> str:
        if self.instance is not None and key != self.instance.key:
            raise ValidationError(IMMUTABLE, "immutable")
        return key

    def create(self, validated_data: dict[str, Any]) -> Any:
        return self.Meta.model.objects.create(**{"name": readable(validated_data["key"]), **validated_data})

    def update(self, instance: Any, validated_data: dict[str, Any]) -> Any:
        for name, value in validated_data.items():
            setattr(instance, name, value)
        stamped = {field.name for field in instance._meta.fields} & {"updated_at"}
        instance.save(update_fields=[*validated_data, *stamped])
        return instance

    class Meta:
        model: Any = None


@extend_schema_serializer(component_name="Namespace")
class NamespaceForm(OfOneKey):
    key = serializers.CharField(max_length=60, validators=[SLUG], help_text=gettext_lazy("Never changes: it splits."))
    name = serializers.CharField(max_length=120, required=False, help_text=NAME_BY_DEFAULT)

    class Meta:
        model = Namespace
        fields = ["key", "name", "created_at"]
        read_only_fields = ["created_at"]


@extend_schema_field({"oneOf": [{"type": "string"}, {"type": "number"}]})
class Value(serializers.Field[Any, Any, Any, Any]):
    """A text or a number, as attributes of visitors are."""

    default_error_messages = {
        "invalid": gettext_lazy("Write a text or a number."),
        "too_long": gettext_lazy("Write at most 300 characters."),
        "too_large": gettext_lazy("Write a number of at most 19 digits."),
    }

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, bool) or not isinstance(data, str | int | float):
            self.fail("invalid")
        if isinstance(data, str) and len(data) > LONGEST_VALUE:
            self.fail("too_long")
        # The database gives 1e20 back as a whole number of 21 digits, which no configuration can carry.
        if not in_range(data):
            self.fail("too_large")
        return data

    def to_representation(self, value: Any) -> Any:
        return value


@extend_schema_serializer(component_name="SavedGroup")
class SavedGroupForm(OfOneKey):
    key = serializers.CharField(
        max_length=60, validators=[SLUG], help_text=gettext_lazy("What `$inGroup` names; never changes.")
    )
    name = serializers.CharField(max_length=120, required=False, help_text=NAME_BY_DEFAULT)
    attribute = serializers.CharField(
        max_length=100, required=False, help_text=gettext_lazy("The attribute that is listed; default `id`.")
    )
    values = serializers.ListField(child=Value(), max_length=MOST_VALUES)
    public = serializers.BooleanField(
        required=False,
        help_text=gettext_lazy(
            "Whether pages may read the values: GrowthBook's SDKs decide there, and show the original in tests with a "
            "list that is not public. Default false."
        ),
    )

    class Meta:
        model = SavedGroup
        fields = ["key", "name", "attribute", "values", "public", "created_at", "updated_at"]
        read_only_fields = ["created_at", "updated_at"]


@extend_schema_serializer(component_name="Holdout")
class HoldoutForm(Strict):
    share = Number(
        min_value=0, max_value=0.5, help_text=gettext_lazy("0.05 keeps every twentieth visitor out of all tests.")
    )
    locked = serializers.BooleanField(
        read_only=True, help_text=gettext_lazy("A test that keeps it out is running, so its share cannot change.")
    )


def shown_holdout(holdout: Holdout | None, *, locked: bool) -> dict[str, Any]:
    return {"share": holdout.share if holdout else 0.0, "locked": locked}
