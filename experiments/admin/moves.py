"""The buttons of an experiment: a page that says what will happen, and a POST that does it once."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action
from unfold.enums import ActionVariant

from experiments import lifecycle
from experiments.admin.coverage_form import CoverageForm
from experiments.admin.move_words import ALREADY, MOVES, Move
from experiments.admin.ship_form import ShipForm, after_ship
from experiments.admin.start_words import plan_in_words
from experiments.admin.states import ASKS, BEGUN
from experiments.figures import percent
from experiments.models import Experiment, Status
from experiments.moves import LIVE, UNBEGUN, AlreadyMoved, Frozen, IllegalMove, NotReady

# By state, what can be done: in this order from left to right.
BUTTONS_OF: dict[str, tuple[str, ...]] = {
    Status.DRAFT: ("plan_test", "schedule_test", "start_test"),
    Status.SCHEDULED: ("cancel_schedule", "start_test"),
    Status.RUNNING: ("widen_test", "next_phase", "ship_test", "pause_test", "stop_test"),
    Status.PAUSED: ("widen_test", "next_phase", "ship_test", "resume_test", "stop_test"),
    Status.STOPPED: ("next_phase", "archive_test", "ship_test"),
    Status.ARCHIVED: ("bring_back",),
}
BUTTONS = [
    *("schedule_test", "cancel_schedule", "widen_test", "next_phase", "archive_test", "bring_back", "take_back"),
    *("ship_test", "pause_test", "resume_test", "start_test", "stop_test"),
]


class Moves:
    """Mixed into the admin."""

    admin_site: Any
    opts: Any
    get_object: Callable[..., Experiment | None]
    has_change_permission: Callable[..., bool]
    log_change: Callable[..., Any]

    def buttons_of(self, experiment: Experiment) -> tuple[str, ...]:
        if experiment.shipped_variant:
            return ("take_back",)
        all_taken = experiment.coverage >= 1 or experiment.kind == "external"
        useless = {"widen_test"} if all_taken else set()
        if experiment.kind == "external":
            useless.add("ship_test")
        return tuple(name for name in BUTTONS_OF[experiment.status] if name not in useless)

    # ---- moves that only ask once more ----

    @action(description=_("Schedule"), url_path="schedule", permissions=["change"], icon="schedule")
    def schedule_test(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._confirmed(request, object_id, MOVES["schedule_test"])

    @action(description=_("Cancel schedule"), url_path="unschedule", permissions=["change"], icon="event_busy")
    def cancel_schedule(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._confirmed(request, object_id, MOVES["cancel_schedule"])

    @action(description=_("Pause"), url_path="pause", permissions=["change"], icon="pause")
    def pause_test(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._confirmed(request, object_id, MOVES["pause_test"])

    @action(
        description=_("Resume"), url_path="resume", permissions=["change"], icon="play_arrow",
        variant=ActionVariant.PRIMARY,
    )  # fmt: skip
    def resume_test(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._confirmed(request, object_id, MOVES["resume_test"])

    @action(description=_("Stop"), url_path="stop", permissions=["change"], icon="stop", variant=ActionVariant.DANGER)
    def stop_test(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._confirmed(request, object_id, MOVES["stop_test"])

    @action(
        description=_("Take it back"), url_path="unship", permissions=["change"], icon="undo",
        variant=ActionVariant.DANGER,
    )  # fmt: skip
    def take_back(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._confirmed(request, object_id, MOVES["take_back"])

    @action(description=_("Archive"), url_path="archive", permissions=["change"], icon="archive")
    def archive_test(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._confirmed(request, object_id, MOVES["archive_test"])

    @action(description=_("Bring back"), url_path="unarchive", permissions=["change"], icon="unarchive")
    def bring_back(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._confirmed(request, object_id, MOVES["bring_back"])

    def _confirmed(self, request: HttpRequest, object_id: str, move: Move) -> HttpResponse:
        experiment = self._movable(request, object_id)
        if experiment.status not in move.among:
            return self._too_late(request, experiment)
        name = {"name": experiment.name}
        if request.method == "POST":
            problems = self._tried(request, experiment, lambda now: move.verb(experiment, now))
            if not problems:
                return self._done(request, experiment, str(move.told) % name, str(move.logged))
        else:
            problems = move.obstacles(experiment, timezone.now())
        context = {
            "title": str(move.title) % name,
            "sentences": move.sentences(experiment),
            "problems": problems,
            # Where a form asks for something, another answer may do; here only the settings can be mended.
            "blocked": bool(problems),
            "confirm": move.confirm,
            "danger": move.danger,
        }
        return self._ask(request, experiment, "experiments/admin/move.html", context)

    # ---- moves that ask something ----

    @action(
        description=_("Start"), url_path="start", permissions=["change"], icon="play_arrow",
        variant=ActionVariant.PRIMARY,
    )  # fmt: skip
    def start_test(self, request: HttpRequest, object_id: str) -> HttpResponse:
        experiment = self._movable(request, object_id)
        if experiment.status not in UNBEGUN:
            return self._too_late(request, experiment)
        if request.method == "POST":
            problems = self._tried(request, experiment, lambda now: lifecycle.start(experiment, at=now))
            if not problems:
                told = gettext("“%(name)s” is running.") % {"name": experiment.name}
                return self._done(request, experiment, told, gettext("Started."))
        else:
            problems = lifecycle.problems_before_start(experiment, at=timezone.now())
        context = {
            "title": gettext("Start “%(name)s”?") % {"name": experiment.name},
            "problems": problems,
            "lines": plan_in_words(experiment),
            "unplanned": not (experiment.planned_end or experiment.planned_sample),
        }
        return self._ask(request, experiment, "experiments/admin/start.html", context)

    @action(description=_("More visitors"), url_path="widen", permissions=["change"], icon="group_add")
    def widen_test(self, request: HttpRequest, object_id: str) -> HttpResponse:
        experiment = self._movable(request, object_id)
        if experiment.status not in LIVE:
            return self._too_late(request, experiment)
        form = CoverageForm(experiment.coverage, request.POST or None)
        problems: list[str] = []
        if request.method == "POST" and form.is_valid():
            share: float = form.cleaned_data["coverage"]
            problems = self._tried(request, experiment, lambda _now: lifecycle.grow_coverage(experiment, share))
            if not problems:
                told = gettext("“%(name)s” takes %(share)s of the visitors now.")
                words = {"name": experiment.name, "share": percent(share)}
                return self._done(request, experiment, told % words, gettext("Took more visitors."))
        context = {
            "title": gettext("Take more visitors into “%(name)s”?") % {"name": experiment.name},
            "sentences": [
                gettext("It takes %(share)s of the visitors now.") % {"share": percent(experiment.coverage)},
                gettext("Nobody who is in changes the variant; the numbers go on. It cannot be made smaller again."),
            ],
            "problems": problems,
            "form": form,
            "confirm": gettext("Take more visitors"),
        }
        return self._ask(request, experiment, "experiments/admin/move.html", context)

    @action(
        description=_("Ship"), url_path="ship", permissions=["change"], icon="rocket_launch",
    )  # fmt: skip
    def ship_test(self, request: HttpRequest, object_id: str) -> HttpResponse:
        experiment = self._movable(request, object_id)
        if experiment.status not in BEGUN or experiment.shipped_variant:
            return self._too_late(request, experiment)
        form = ShipForm(experiment, request.POST or None)
        problems: list[str] = []
        if request.method == "POST" and form.is_valid():
            chosen: str = form.cleaned_data["variant"]
            problems = self._tried(request, experiment, lambda now: lifecycle.ship(experiment, chosen, now=now))
            if not problems:
                told = gettext("“%(variant)s” of “%(name)s” is shipped to everyone.")
                words = {"variant": form.name_of(chosen), "name": experiment.name}
                return self._done(request, experiment, told % words, gettext("Shipped %(key)s.") % {"key": chosen})
        context = {
            "title": gettext("Ship a variant of “%(name)s” to everyone?") % {"name": experiment.name},
            "sentences": after_ship(experiment),
            "problems": problems,
            "form": form,
            "confirm": gettext("Ship it to everyone"),
        }
        return self._ask(request, experiment, "experiments/admin/move.html", context)

    @action(description=_("New phase"), url_path="new-phase", permissions=["change"], icon="restart_alt")
    def next_phase(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """To the form, which can be changed then; what is saved there opens the phase."""
        experiment = self._movable(request, object_id)
        if experiment.status not in BEGUN or experiment.shipped_variant:
            return self._too_late(request, experiment)
        address = reverse("admin:experiments_experiment_change", args=[experiment.pk])
        return HttpResponseRedirect(f"{address}?{ASKS}=new")

    # ---- what all of them share ----

    def _movable(self, request: HttpRequest, object_id: str) -> Experiment:
        experiment = self.get_object(request, object_id)
        if experiment is None:
            raise Http404
        if not self.has_change_permission(request, experiment):
            raise PermissionDenied
        return experiment

    def _tried(self, request: HttpRequest, experiment: Experiment, verb: Callable[[datetime], object]) -> list[str]:
        """What stands in the way, in sentences; empty when it is done."""
        try:
            verb(timezone.now())
        except NotReady as error:
            return error.problems
        except Frozen as error:
            return [str(error)]
        except (AlreadyMoved, IllegalMove) as error:
            experiment.refresh_from_db(fields=["status", "shipped_variant"])
            return [str(error)]
        return []

    def _done(self, request: HttpRequest, experiment: Experiment, told: str, logged: str) -> HttpResponse:
        self.log_change(request, experiment, logged)
        messages.success(request, told)
        return HttpResponseRedirect(self._home_of(experiment))

    def _too_late(self, request: HttpRequest, experiment: Experiment) -> HttpResponse:
        messages.info(request, str(ALREADY[experiment.status]) % {"name": experiment.name})
        return HttpResponseRedirect(self._home_of(experiment))

    def _home_of(self, experiment: Experiment) -> str:
        page = "change" if experiment.status in UNBEGUN else "result"
        return reverse(f"admin:experiments_experiment_{page}", args=[experiment.pk])

    def _ask(
        self, request: HttpRequest, experiment: Experiment, template: str, context: dict[str, Any]
    ) -> HttpResponse:
        shared = {
            "opts": self.opts,
            # The theme ends its breadcrumb with "object".
            "object": experiment,
            "experiment": experiment,
            "back": self._home_of(experiment),
            "settings": reverse("admin:experiments_experiment_change", args=[experiment.pk]),
        }
        return TemplateResponse(request, template, {**self.admin_site.each_context(request), **shared, **context})
