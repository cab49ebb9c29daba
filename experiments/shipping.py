"""Giving everyone one variant without a deploy, taking it back, and putting away what is over."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from experiments import snapshot
from experiments.enrolling import stop
from experiments.models import Experiment, Status
from experiments.moves import LIVE, IllegalMove, NotReady, move, overtaken, word
from experiments.phases import hold_project, plan_of
from experiments.readiness import problems_before_showing


def ship(experiment: Experiment, variant: str, *, now: datetime) -> None:
    """From now on everyone in the audience gets this variant, and nobody is enrolled. What still runs is stopped first.

    Raises ``NotReady`` for a variant that was not in the last phase, or that leads to a host no longer listed.
    """
    with transaction.atomic():
        hold_project(experiment.project_id)
        if experiment.status not in {*LIVE, Status.STOPPED}:
            told = _("This experiment is %(status)s: only what has run can be shipped.")
            raise IllegalMove(told % {"status": word(experiment.status)})
        plan = plan_of(experiment.phases.latest("number").plan)
        if plan.external:
            raise NotReady([_("Another system shows the variants of this experiment, so it must be shipped there.")])
        # Only what is shipped is shown from now on: the original is a way out where another variant leads away.
        chosen = [one for one in plan.variants if one.key == variant]
        if not chosen:
            raise NotReady([_("The last phase had no variant “%(key)s”.") % {"key": variant}])
        if problems := problems_before_showing(plan, chosen, experiment.project_id):
            raise NotReady(problems)
        if experiment.status in LIVE:
            stop(experiment, at=now, now=now)
        _set_shipped(experiment, variant)
        snapshot.publish(experiment.project_id, reason=f"{variant} of {experiment.key} shipped")
    experiment.shipped_variant = variant


def unship(experiment: Experiment) -> None:
    """Everyone sees the page as it is again."""
    with transaction.atomic():
        hold_project(experiment.project_id)
        if not experiment.shipped_variant:
            raise IllegalMove(_("No variant of this experiment is shipped."))
        _set_shipped(experiment, "")
        snapshot.publish(experiment.project_id, reason=f"{experiment.key} taken back")
    experiment.shipped_variant = ""


def archive(experiment: Experiment) -> None:
    """Put it away. Nothing that is served changes."""
    with transaction.atomic():
        hold_project(experiment.project_id)
        move(experiment, Status.ARCHIVED)
        if Experiment.objects.filter(id=experiment.id).exclude(shipped_variant="").exists():
            raise IllegalMove(_("A variant of this experiment is shipped, so it is still in use: take it back first."))
    experiment.status = Status.ARCHIVED


def unarchive(experiment: Experiment) -> None:
    with transaction.atomic():
        move(experiment, Status.STOPPED, among=(Status.ARCHIVED,))
    experiment.status = Status.STOPPED


def _set_shipped(experiment: Experiment, variant: str) -> None:
    as_seen = Experiment.objects.filter(
        id=experiment.id, status=Status.STOPPED, shipped_variant=experiment.shipped_variant
    )
    if not as_seen.update(shipped_variant=variant):
        raise overtaken()
