"""Audience lists and exclusion groups, each with how it is used."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.views import ChangeList
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from experiments.admin.audience_words import attribute_label
from experiments.admin.exclusion import Part, open_tests, parts_of
from experiments.audiences import groups_named
from experiments.figures import DASH, listed, number, percent
from experiments.models import Experiment, Namespace, SavedGroup, Status
from tracking.admin.gate import OfOwnProjects, OwnForm, only_project
from tracking.admin.own_names import Naming, settle_key
from tracking.attributes import ATTRIBUTES

MOST_VALUES = 5_000
LONGEST_VALUE = 300
NAMED_GROUP = Naming(
    otherwise="group",
    same_name=_("There is already an exclusion group called “%(name)s”."),
    same_key=_("This project already has an exclusion group with this key."),
)
NAMED_LIST = Naming(
    otherwise="list",
    same_name=_("There is already an audience list called “%(name)s”."),
    same_key=_("This project already has an audience list with this key."),
)


class NamedForm(OwnForm):
    """A name, and a key made of it that stays as it is."""

    naming: Naming
    key = forms.CharField(
        label=_("Key"),
        required=False,
        max_length=60,
        validators=Namespace._meta.get_field("key").validators,
        help_text=_("A short name for developers. It is made from the name and cannot be changed later."),
        widget=UnfoldAdminTextInputWidget,
    )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if "key" in self.fields and cleaned.get("name"):
            project = cleaned.get("project") or getattr(self.instance, "project", None)
            others = type(self.instance).objects.filter(project=project).exclude(pk=self.instance.pk)
            settle_key(self, cleaned, others, self.naming)
        return cleaned


class NamespaceForm(NamedForm):
    naming = NAMED_GROUP

    class Meta:
        model = Namespace
        fields = ["project", "name", "key"]


class SavedGroupForm(NamedForm):
    naming = NAMED_LIST
    attribute = forms.CharField(
        label=_("What is listed"),
        initial="user_id",
        max_length=100,
        widget=UnfoldAdminTextInputWidget(attrs={"list": "known-attributes", "spellcheck": "false"}),
        help_text=_("The attribute whose values these are, such as user_id, or one of your own."),
    )
    values = forms.CharField(
        label=_("Values"),
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 12, "spellcheck": "false", "class": "font-mono"}),
        help_text=_("One a line, at most 5,000. A test that runs keeps the list as it was at its start."),
    )

    class Meta:
        model = SavedGroup
        fields = ["project", "name", "key", "attribute", "values", "public"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "values" in self.fields:
            self.initial["values"] = "\n".join(map(str, self.instance.values))

    def clean_values(self) -> list[Any]:
        """Numbers that came over the API stay numbers, though the page shows them as texts."""
        lines = dict.fromkeys(line.strip() for line in str(self.cleaned_data["values"]).splitlines() if line.strip())
        if len(lines) > MOST_VALUES:
            told = _("These are %(count)s values; a list holds at most %(most)s.")
            raise ValidationError(told, params={"count": number(len(lines)), "most": number(MOST_VALUES)})
        if any(len(line) > LONGEST_VALUE for line in lines):
            raise ValidationError(_("A value is longer than %(most)s characters."), params={"most": LONGEST_VALUE})
        before = {str(value): value for value in self.instance.values}
        return [before.get(line, line) for line in lines]


class NamedAdmin(OfOwnProjects):
    """Asks for the project only where there is a choice, and never again."""

    search_fields = ["name", "key"]
    prepopulated_fields = {"key": ["name"]}
    warn_unsaved_form = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("project")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [] if obj is None else ["project", "key"]

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> dict[str, list[str]]:
        return self.prepopulated_fields if obj is None else {}

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        hidden = {"project"} if obj is None and only_project(request) is not None else set()
        return [
            (name, {**options, "fields": [field for field in options["fields"] if field not in hidden]})
            for name, options in self.sections(obj)
        ]

    def sections(self, obj: Any) -> list[tuple[Any, dict[str, Any]]]:
        raise NotImplementedError

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """No deleting by the dozen: what is in use stays, and is said one by one."""
        return {name: entry for name, entry in super().get_actions(request).items() if name != "delete_selected"}


class WithParts(ChangeList):
    """All open tests are read once, and not again for each row."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        tests = open_tests({group.project_id for group in self.result_list})
        for group in self.result_list:
            group.open_parts = parts_of(group, tests)


@admin.register(Namespace)
class NamespaceAdmin(NamedAdmin):
    form = NamespaceForm
    list_display = ["name", "taken", "project"]

    def get_changelist(self, request: HttpRequest, **_kwargs: Any) -> type[WithParts]:
        return WithParts

    def sections(self, obj: Any) -> list[tuple[Any, dict[str, Any]]]:
        about = _("Tests of one group never share a visitor: each takes a part of them, and the parts do not overlap.")
        asked = (None, {"fields": ["project", "name", "key"], "description": about})
        return [asked, (_("Who has which part"), {"fields": ["parts"]})] if obj is not None else [asked]

    def get_readonly_fields(self, request: HttpRequest, obj: Namespace | None = None) -> list[str]:
        return [*super().get_readonly_fields(request, obj), "parts"]

    def has_delete_permission(self, request: HttpRequest, obj: Namespace | None = None) -> bool:
        """Experiments keep the group they were in."""
        used = obj is not None and Experiment.objects.filter(namespace=obj).exists()
        return bool(super().has_delete_permission(request, obj)) and not used

    @admin.display(description=_("in use"))
    def taken(self, group: Namespace) -> SafeString:
        return bar(group.open_parts, short=True)  # type: ignore[attr-defined]  # set in WithParts

    @admin.display(description=_("visitors"))
    def parts(self, group: Namespace) -> SafeString:
        return bar(parts_of(group, open_tests([group.project_id])))


# As many colours as a bar can tell apart.
HUES = 6


def bar(parts: Iterable[Part], *, short: bool = False) -> SafeString:
    """Each open test's part, and what is free."""
    pieces: list[dict[str, Any]] = []
    place = 0.0
    for number_of, part in enumerate(parts):
        start, end = part.limits
        pieces += _free(place, start)
        address = reverse("admin:experiments_experiment_change", args=[part.experiment.pk])
        named = {"name": part.experiment.name, "url": address, "hue": number_of % HUES}
        pieces.append({**named, **_piece(start, end)})
        place = max(place, end)
    pieces += _free(place, 1.0)
    free = sum(piece["share"] for piece in pieces if not piece["name"])
    context = {"pieces": pieces, "free": percent(round(free, 3)), "short": short}
    return SafeString(render_to_string("experiments/admin/exclusion_bar.html", context))


def _free(start: float, end: float) -> list[dict[str, Any]]:
    return [{"name": "", **_piece(start, end)}] if end > start else []


def _piece(start: float, end: float) -> dict[str, Any]:
    """In thousandths of the bar."""
    share = round(end - start, 3)
    return {"share": share, "shown": percent(share), "start": round(start * 1000), "width": round(share * 1000)}


@admin.register(SavedGroup)
class SavedGroupAdmin(NamedAdmin):
    form = SavedGroupForm
    list_display = ["name", "about", "size", "changed", "project"]
    change_form_template = "experiments/admin/saved_group_form.html"

    def sections(self, obj: Any) -> list[tuple[Any, dict[str, Any]]]:
        about = _("A list of values, such as the ids of your best customers, that the audience of a test may name.")
        return [(None, {"fields": ["project", "name", "attribute", "values", "public", "key"], "description": about})]

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        group = context.get("original")
        context["known_attributes"] = [(name, attribute_label(name)) for name in ATTRIBUTES]
        context["used_by"] = listed([f"“{one.name}”" for one in users_of(group)]) if group is not None else ""
        return super().render_change_form(request, context, *args, **kwargs)

    def has_delete_permission(self, request: HttpRequest, obj: SavedGroup | None = None) -> bool:
        """An experiment that is still to start would not find it."""
        used = obj is not None and any(one.status != Status.ARCHIVED for one in users_of(obj))
        return bool(super().has_delete_permission(request, obj)) and not used

    @admin.display(description=_("what is listed"), ordering="attribute")
    def about(self, group: SavedGroup) -> str:
        return attribute_label(group.attribute)

    @admin.display(description=_("values"))
    def size(self, group: SavedGroup) -> str:
        return number(len(group.values)) if group.values else DASH

    @admin.display(description=_("changed"), ordering="updated_at")
    def changed(self, group: SavedGroup) -> Any:
        return group.updated_at


def users_of(group: SavedGroup) -> list[Experiment]:
    """Experiments whose audience names the list."""
    rows = Experiment.objects.filter(project_id=group.project_id).exclude(condition={})
    rows = rows.only("name", "status", "condition").order_by("name")
    return [one for one in rows if group.key in groups_named(one.condition)]
