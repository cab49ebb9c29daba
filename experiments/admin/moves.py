"""Start and Stop: a page that says what will happen, a POST that does it, and a friendly word to a second click."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action
from unfold.enums import ActionVariant

from experiments.bucketing import shares
from experiments.figures import day, number, percent
from experiments.lifecycle import AlreadyMoved, IllegalMove, NotReady, problems_before_start, start, stop
from experiments.models import Experiment, Phase, Role, Status


def plan_in_words(experiment: Experiment) -> list[tuple[str, str]]:
    """What a start would set going, as a list of labels and sentences."""
    variants = list(experiment.variants.all())
    weights = [variant.weight for variant in variants]
    parts = shares(weights) if sum(weights) > 0 else weights
    roles = list(experiment.goal_roles.select_related("goal"))
    lines = [
        (gettext("Who"), _audience(experiment)),
        (
            gettext("Sees"),
            ", ".join(f"{variant.name} ({percent(part)})" for variant, part in zip(variants, parts, strict=True)),
        ),
        (gettext("Decides"), ", ".join(row.goal.name for row in roles if row.role == Role.PRIMARY)),
        (gettext("Must not suffer"), ", ".join(row.goal.name for row in roles if row.role == Role.GUARDRAIL)),
        (gettext("Informs"), ", ".join(row.goal.name for row in roles if row.role == Role.SECONDARY)),
        (gettext("Until"), _until(experiment)),
    ]
    return [(label, text) for label, text in lines if text]


def _audience(experiment: Experiment) -> str:
    if experiment.kind == "external":
        return gettext("Whoever the other system assigns in %(project)s") % {"project": experiment.project}
    if experiment.coverage >= 1:
        return gettext("Every visitor of %(project)s") % {"project": experiment.project}
    words = {"share": percent(experiment.coverage), "project": experiment.project}
    return gettext("%(share)s of the visitors of %(project)s; the others see the original") % words


def _until(experiment: Experiment) -> str:
    parts = []
    if experiment.planned_sample:
        parts.append(gettext("%(people)s people have met it") % {"people": number(experiment.planned_sample)})
    if experiment.planned_end:
        parts.append(gettext("%(day)s has come") % {"day": day(experiment.planned_end, timezone.now())})
    if not parts:
        return gettext("You stop it. Without a plan it takes more people until a winner can be named.")
    return gettext(" and ").join(parts)


def after_stop(experiment: Experiment) -> list[str]:
    days = max((row.goal.window for row in experiment.goal_roles.select_related("goal")), default=0)
    return [
        gettext("Everybody sees the original again; nobody new joins the experiment."),
        ngettext(
            "What people in the experiment do still counts for up to %(days)s day, so the numbers may move a little.",
            "What people in the experiment do still counts for up to %(days)s days, so the numbers may move a little.",
            days,
        )
        % {"days": days},
        gettext("A stopped experiment cannot be started again; for another run make a new one."),
    ]


class Moves:
    """The two buttons; mixed into the admin."""

    admin_site: Any
    opts: Any
    get_object: Callable[..., Experiment | None]
    has_change_permission: Callable[..., bool]
    log_change: Callable[..., Any]

    @action(
        description=_("Start"),
        url_path="start",
        permissions=["change"],
        icon="play_arrow",
        variant=ActionVariant.PRIMARY,
    )
    def start_test(self, request: HttpRequest, object_id: str) -> HttpResponse:
        experiment = self._movable(request, object_id)
        if experiment.status != Status.DRAFT:
            return self._too_late(request, experiment)
        if request.method == "POST":
            return self._move(request, experiment, lambda now: start(experiment, at=now))
        return self._start_page(request, experiment, problems_before_start(experiment, at=timezone.now()))

    @action(
        description=_("Stop"),
        url_path="stop",
        permissions=["change"],
        icon="stop",
        variant=ActionVariant.DANGER,
    )
    def stop_test(self, request: HttpRequest, object_id: str) -> HttpResponse:
        experiment = self._movable(request, object_id)
        if experiment.status != Status.RUNNING:
            return self._too_late(request, experiment)
        if request.method == "POST":
            return self._move(request, experiment, lambda now: stop(experiment, at=now, now=now))
        context = {
            "title": gettext("Stop “%(name)s”?") % {"name": experiment.name},
            "sentences": after_stop(experiment),
            "confirm": gettext("Stop the experiment"),
            "danger": True,
            "back": self._result_url(experiment),
        }
        return self._answer(request, "tracking/admin/confirm.html", context)

    def _movable(self, request: HttpRequest, object_id: str) -> Experiment:
        experiment = self.get_object(request, object_id)
        if experiment is None:
            raise Http404
        if not self.has_change_permission(request, experiment):
            raise PermissionDenied
        return experiment

    def _move(self, request: HttpRequest, experiment: Experiment, verb: Callable[[datetime], Phase]) -> HttpResponse:
        try:
            verb(timezone.now())
        except NotReady as error:
            return self._start_page(request, experiment, error.problems)
        except (AlreadyMoved, IllegalMove):
            experiment.refresh_from_db(fields=["status"])
            return self._too_late(request, experiment)
        began = experiment.status == Status.RUNNING
        self.log_change(request, experiment, gettext("Started.") if began else gettext("Stopped."))
        told = gettext("“%(name)s” is running.") if began else gettext("“%(name)s” is stopped.")
        messages.success(request, told % {"name": experiment.name})
        return HttpResponseRedirect(self._result_url(experiment))

    def _start_page(self, request: HttpRequest, experiment: Experiment, problems: list[str]) -> HttpResponse:
        context = {
            "title": gettext("Start “%(name)s”?") % {"name": experiment.name},
            "problems": problems,
            "lines": plan_in_words(experiment),
            "unplanned": not (experiment.planned_end or experiment.planned_sample),
            "back": reverse("admin:experiments_experiment_change", args=[experiment.pk]),
        }
        return self._answer(request, "experiments/admin/start.html", context)

    def _too_late(self, request: HttpRequest, experiment: Experiment) -> HttpResponse:
        words = {
            Status.DRAFT: gettext("“%(name)s” has not been started yet."),
            Status.RUNNING: gettext("“%(name)s” is running already. One start is enough."),
            Status.STOPPED: gettext("“%(name)s” has been stopped already."),
        }
        messages.info(request, words[Status(experiment.status)] % {"name": experiment.name})
        return HttpResponseRedirect(self._result_url(experiment))

    def _result_url(self, experiment: Experiment) -> str:
        return reverse("admin:experiments_experiment_result", args=[experiment.pk])

    def _answer(self, request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
        return TemplateResponse(
            request, template, {**self.admin_site.each_context(request), "opts": self.opts, **context}
        )
