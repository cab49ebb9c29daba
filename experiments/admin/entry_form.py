"""The part of an experiment's form that says who takes part, where, and when."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from experiments.admin.audience_field import AudienceField, AudienceWidget
from experiments.admin.entry_fields import PagesField, PrerequisitesField
from experiments.admin.exclusion import Open, free_in, open_tests
from experiments.admin.fields import DayField, PercentField
from experiments.audiences import groups_named
from experiments.figures import percent
from experiments.models import Experiment, Namespace, SavedGroup
from tracking.admin.gate import OwnForm
from tracking.admin.offers import GoalSelect
from tracking.models import Project

PASSED = _("This time has passed. Choose one that lies ahead, or none.")


class NamespaceChoice(forms.ModelChoiceField):
    """Says how much of a group is free."""

    tests: list[Open]
    experiment_id: int | None = None

    def label_from_instance(self, obj: Namespace) -> str:
        free = free_in(obj, self.tests, but=self.experiment_id)
        return gettext("%(group)s · %(free)s free") % {"group": obj.name, "free": percent(free)}


class EntryForm(OwnForm):
    """Fields that a page does not show are not there, and nothing is looked up for them."""

    condition = AudienceField(
        label=_("Who takes part?"), required=False, help_text=_("The others see the original, and are not counted.")
    )
    pages = PagesField(
        label=_("On which pages?"),
        required=False,
        help_text=_(
            "One address a line, such as /pricing; * stands for anything. Empty: on every page that has the script tag."
        ),
    )
    namespace = NamespaceChoice(
        label=_("Exclusion group"),
        queryset=Namespace.objects.none(),
        required=False,
        empty_label=_("None: people may be in other tests too"),
        widget=GoalSelect,
        help_text=_("Nobody is in two tests of one group. Groups are made under Exclusion groups."),
    )
    namespace_share = PercentField(
        label=_("Share of the group"),
        initial=0.5,
        min_value=1,
        required=False,
        help_text=_("How much of the group this test may take. It must be free in one piece when the test starts."),
    )
    prerequisites = PrerequisitesField(
        label=_("Only people of other tests"),
        required=False,
        help_text=_("Variants of tests that run now. Of several tests, a chosen variant of each is needed."),
    )
    starts_at = DayField(label=_("Scheduled start"), required=False)
    planned_end = DayField(label=_("Planned end"), required=False)

    # What a new phase turned out to lack, in sentences.
    missing: Sequence[str] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.chosen_project = self._chosen_project()
        self._set_zone()
        self._offer_audience()
        self._offer_tests()

    def _chosen_project(self) -> Project | None:
        """None while it is still to be chosen."""
        if self.instance.project_id is not None:
            return self.instance.project
        sent = str(self.data.get(self.add_prefix("project"), ""))
        return self.projects.filter(pk=sent).first() if sent.isdecimal() and len(sent) < 18 else None

    def _set_zone(self) -> None:
        name = self.chosen_project.timezone if self.chosen_project else ""
        told = (
            gettext("Time of %(zone)s.") % {"zone": name.replace("_", " ")} if name else gettext("Time of the project.")
        )
        helps = {
            "starts_at": gettext("Starts by itself then, once you press Schedule. Empty: you start it."),
            "planned_end": gettext("Whole weeks are best, because weekdays differ. Midnight if no time is given."),
        }
        for field, words in helps.items():
            if isinstance(found := self.fields.get(field), DayField):
                found.zone, found.help_text = ZoneInfo(name or "UTC"), f"{told} {words}"

    def _offer_audience(self) -> None:
        field = self.fields.get("condition")
        if field is None or not isinstance(field.widget, AudienceWidget):
            return
        known = self.chosen_project if "project" not in self.fields else None
        of_these = {"project__in": [known] if known else self.projects}
        field.widget.lists = list(SavedGroup.objects.filter(**of_these).defer("values").order_by("name"))
        field.widget.project_id = known.pk if known else None
        field.widget.experiment_id = self.instance.pk
        field.widget.kept = self.instance.condition
        if isinstance(pages := self.fields.get("pages"), PagesField):
            pages.keep_rest(self.instance.pages)

    def _offer_tests(self) -> None:
        group, others = self.fields.get("namespace"), self.fields.get("prerequisites")
        if not isinstance(group, NamespaceChoice) or not isinstance(others, PrerequisitesField):
            return
        known = self.chosen_project if "project" not in self.fields else None
        these = [known] if known else self.projects
        group.tests = open_tests(these)
        group.experiment_id = self.instance.pk
        group.queryset = Namespace.objects.filter(project__in=these).order_by("name")
        offered = [one for one in group.tests if one.experiment.pk != self.instance.pk]
        others.offer(offered, self.instance.prerequisites, with_project=known is None)

    def clean_namespace_share(self) -> float:
        share: float | None = self.cleaned_data["namespace_share"]
        return Experiment._meta.get_field("namespace_share").default if share is None else share

    def clean_starts_at(self) -> datetime | None:
        return self._ahead("starts_at")

    def clean_planned_end(self) -> datetime | None:
        return self._ahead("planned_end")

    def _ahead(self, name: str) -> datetime | None:
        """A time that was saved before and has come since is left alone: the start says what it thinks of it."""
        moment: datetime | None = self.cleaned_data[name]
        if moment is not None and moment <= timezone.now() and name in self.changed_data:
            raise forms.ValidationError(PASSED)
        return moment

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        begins, ends = cleaned.get("starts_at"), cleaned.get("planned_end")
        if begins and ends and ends <= begins:
            self.add_error("planned_end", _("The planned end lies before the start: choose a later day."))
        if (
            cleaned.get("stops_by_itself")
            and "planned_end" in self.fields
            and not ends
            and "planned_end" not in self.errors
        ):
            self.add_error("stops_by_itself", _("Say at which planned end it should stop."))
        self._must_be_of_project(cleaned)
        if self.missing:
            self.add_error(None, list(self.missing))
        return cleaned

    def _must_be_of_project(self, cleaned: dict[str, Any]) -> None:
        """Where the project is chosen on the page, those of all projects somebody has are offered."""
        project = cleaned.get("project") or self.chosen_project
        if project is None or "project" not in self.fields:
            return
        group = cleaned.get("namespace")
        if group is not None and group.project_id != project.pk:
            self.add_error("namespace", _("This exclusion group belongs to another project."))
        wanted = groups_named(cleaned.get("condition", {}))
        if SavedGroup.objects.filter(project=project, key__in=wanted).count() < len(wanted):
            self.add_error("condition", _("This audience list belongs to another project."))
