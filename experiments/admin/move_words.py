"""The moves that only ask once more: where they are offered, what they say beforehand and afterwards, what they do."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from experiments import lifecycle
from experiments.admin.entry_words import moment_in_words
from experiments.models import Experiment, Status
from experiments.moves import LIVE

Words = str | Promise


@dataclass(frozen=True, slots=True)
class Move:
    """``title`` and ``told`` take the experiment's name; ``sentences`` say what will happen.

    ``obstacles``: what is known beforehand to stand in the way.
    """

    among: Sequence[str]
    title: Words
    sentences: Callable[[Experiment], list[str]]
    confirm: Words
    told: Words
    logged: Words
    verb: Callable[[Experiment, datetime], object]
    danger: bool = False
    obstacles: Callable[[Experiment, datetime], list[str]] = lambda _experiment, _now: []


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
        gettext(
            "To stop for a while only, pause it. After a stop you can ship a variant to everyone, "
            "or run it again as a new phase with numbers of its own."
        ),
    ]


def _before_schedule(experiment: Experiment) -> list[str]:
    first = gettext("No start is set yet: enter one in the draft.")
    if experiment.starts_at is not None:
        moment = moment_in_words(experiment.starts_at, experiment.project.timezone)
        first = gettext("It starts by itself on %(moment)s.") % {"moment": moment}
    return [
        first,
        gettext("Until then you can still change everything, or cancel the schedule."),
        gettext("If something is missing by then, it becomes a draft again and its page says what."),
    ]


def _before_cancel(_experiment: Experiment) -> list[str]:
    return [gettext("It becomes a draft again and does not start by itself."), gettext("Nothing changes on your site.")]


def _before_pause(_experiment: Experiment) -> list[str]:
    return [
        gettext("Everybody sees the original, and nobody new joins the experiment."),
        gettext("What people in the experiment do goes on counting."),
        gettext("After Resume everybody sees the same variant as before."),
    ]


def _before_resume(_experiment: Experiment) -> list[str]:
    return [
        gettext("Visitors are split between the variants again. Whoever met one before sees the same one."),
        gettext("The numbers go on where they were; who came during the pause is not counted."),
    ]


def _before_taking_back(_experiment: Experiment) -> list[str]:
    return [
        gettext("Everybody sees the page as it is again, within seconds."),
        gettext("The result stays as it is. You can ship a variant again at any time."),
    ]


def _before_archive(_experiment: Experiment) -> list[str]:
    return [
        gettext("It no longer stands in the list; the filter “Archived” shows it. Nothing is deleted."),
        gettext("Nothing changes on your site. You can bring it back at any time."),
    ]


def _before_bringing_back(_experiment: Experiment) -> list[str]:
    return [gettext("It stands among the stopped experiments again. Nothing changes on your site.")]


MOVES: dict[str, Move] = {
    "schedule_test": Move(
        (Status.DRAFT,), _("Schedule “%(name)s”?"), _before_schedule, _("Schedule the start"),
        _("“%(name)s” is scheduled."), _("Scheduled."),
        lambda experiment, now: lifecycle.schedule(experiment, now=now),
        obstacles=lambda experiment, now: lifecycle.problems_before_schedule(experiment, now=now),
    ),
    "cancel_schedule": Move(
        (Status.SCHEDULED,), _("Cancel the schedule of “%(name)s”?"), _before_cancel, _("Cancel the schedule"),
        _("“%(name)s” is a draft again."), _("Cancelled the schedule."),
        lambda experiment, _now: lifecycle.unschedule(experiment),
    ),
    "pause_test": Move(
        (Status.RUNNING,), _("Pause “%(name)s”?"), _before_pause, _("Pause the experiment"),
        _("“%(name)s” is paused."), _("Paused."),
        lambda experiment, now: lifecycle.pause(experiment, at=now),
    ),
    "resume_test": Move(
        (Status.PAUSED,), _("Resume “%(name)s”?"), _before_resume, _("Resume the experiment"),
        _("“%(name)s” is running again."), _("Resumed."),
        lambda experiment, now: lifecycle.resume(experiment, at=now),
    ),
    "stop_test": Move(
        LIVE, _("Stop “%(name)s”?"), after_stop, _("Stop the experiment"),
        _("“%(name)s” is stopped."), _("Stopped."),
        lambda experiment, now: lifecycle.stop(experiment, at=now, now=now), danger=True,
    ),
    "take_back": Move(
        (Status.STOPPED,), _("Take back what is shipped of “%(name)s”?"), _before_taking_back, _("Take it back"),
        _("“%(name)s”: everybody sees the page as it is again."), _("Took the shipped variant back."),
        lambda experiment, _now: lifecycle.unship(experiment), danger=True,
    ),
    "archive_test": Move(
        (Status.STOPPED,), _("Archive “%(name)s”?"), _before_archive, _("Archive it"),
        _("“%(name)s” is archived."), _("Archived."),
        lambda experiment, _now: lifecycle.archive(experiment),
    ),
    "bring_back": Move(
        (Status.ARCHIVED,), _("Bring “%(name)s” back?"), _before_bringing_back, _("Bring it back"),
        _("“%(name)s” is back among the stopped experiments."), _("Brought back from the archive."),
        lambda experiment, _now: lifecycle.unarchive(experiment),
    ),
}  # fmt: skip

# Said to whoever comes too late for a move.
ALREADY: dict[str, Words] = {
    Status.DRAFT: _("“%(name)s” has not been started yet."),
    Status.SCHEDULED: _("“%(name)s” is scheduled and has not started yet."),
    Status.RUNNING: _("“%(name)s” is running already. One start is enough."),
    Status.PAUSED: _("“%(name)s” is paused already."),
    Status.STOPPED: _("“%(name)s” has been stopped already."),
    Status.ARCHIVED: _("“%(name)s” is archived already."),
}
