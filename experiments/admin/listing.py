"""The list of experiments: what each one is about and how it stands, in three queries however many there are."""

from typing import Any

from django.contrib import admin
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.views import ChangeList

from experiments.figures import DASH, day, number
from experiments.models import Experiment, ExperimentGoal, Phase, Result, Role, Status
from experiments.moves import UNBEGUN
from experiments.wording import VERDICT_TONES, VERDICTS, standing

CHIPS = {
    Status.DRAFT: "",
    Status.SCHEDULED: "warning",
    Status.RUNNING: "info",
    Status.PAUSED: "warning",
    Status.STOPPED: "",
    Status.ARCHIVED: "",
    "shipped": "success",
}
TONES = {"good": "success", "bad": "danger", "wait": "warning", "flat": ""}


def with_standing(experiments: QuerySet[Experiment]) -> QuerySet[Experiment]:
    """Each with its project, primary goals, and phases (newest first) with the stored result but not its body."""
    primary = ExperimentGoal.objects.filter(role=Role.PRIMARY).select_related("goal")
    phases = Phase.objects.order_by("-number").defer("plan").select_related("result").defer("plan", "result__body")
    return experiments.select_related("project").prefetch_related(
        Prefetch("goal_roles", queryset=primary, to_attr="primaries"),
        Prefetch("phases", queryset=phases, to_attr="newest_phases"),
    )


def phase_of(experiment: Experiment) -> Phase | None:
    phases: list[Phase] = experiment.newest_phases  # type: ignore[attr-defined]  # prefetched by with_standing
    return phases[0] if phases else None


def result_of(experiment: Experiment) -> Result | None:
    phase = phase_of(experiment)
    return getattr(phase, "result", None) if phase else None


class StatusFilter(admin.SimpleListFilter):
    """What has been put away is shown only when asked for."""

    title = _("status")
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [*Status.choices, ("all", _("All, also archived"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Experiment]) -> QuerySet[Experiment]:
        if self.value() in Status.values:
            return queryset.filter(status=self.value())
        return queryset if self.value() == "all" else queryset.exclude(status=Status.ARCHIVED)

    def choices(self, changelist: Any) -> Any:
        """Django's first choice is “All”, which is not what it is here."""
        first, *rest = super().choices(changelist)
        yield {**first, "display": _("All but archived")}
        yield from rest


class Lines(ChangeList):
    """A name leads to what one wants of it: a draft to its form, whatever was started to its result."""

    def url_for_result(self, result: Experiment) -> str:
        page = "change" if result.status in UNBEGUN else "result"
        return reverse(f"admin:experiments_experiment_{page}", args=[result.pk])


class Columns:
    """Columns of the list; mixed into the admin."""

    def get_changelist(self, request: HttpRequest, **_kwargs: Any) -> type[Lines]:
        return Lines

    @display(description=_("status"), ordering="status", label=CHIPS)
    def status_chip(self, experiment: Experiment) -> tuple[str, str]:
        if experiment.shipped_variant:
            return "shipped", gettext("Shipped")
        return experiment.status, str(experiment.get_status_display())

    @admin.display(description=_("decides"))
    def primary(self, experiment: Experiment) -> str:
        rows: list[ExperimentGoal] = experiment.primaries  # type: ignore[attr-defined]  # prefetched
        return ", ".join(row.goal.name for row in rows) or DASH

    @admin.display(description=_("people so far"))
    def people(self, experiment: Experiment) -> str:
        result = result_of(experiment)
        return number(result.people) if result else DASH

    @admin.display(description=_("started"))
    def started(self, experiment: Experiment) -> str:
        phase = phase_of(experiment)
        return day(phase.started_at, timezone.now()) if phase else DASH

    @display(
        description=_("verdict"),
        label={code: TONES[VERDICT_TONES.get(code, "wait")] for code in VERDICTS} | {"nobody": ""},
    )
    def verdict(self, experiment: Experiment) -> tuple[str, str] | None:
        result = result_of(experiment)
        return standing(experiment.status, result.verdict, result.people)[:2] if result else None

    @admin.display(description=_("result"))
    def result_link(self, experiment: Experiment) -> SafeString | str:
        if phase_of(experiment) is None:
            return DASH
        link = '<a href="{}/result/" class="font-semibold text-primary-600 dark:text-primary-500">{}</a>'
        return format_html(link, experiment.pk, gettext("See result"))
