"""The holdout of a project: visitors who meet no experiment at all."""

import secrets

from django.db import transaction
from django.utils.translation import gettext as _

from experiments.entry import live_phases
from experiments.models import Holdout
from experiments.moves import Frozen
from experiments.phases import hold_project, plan_of
from tracking.models import Project


def is_locked(project: Project) -> bool:
    """Whether an open phase keeps the holdout out: its people were counted on."""
    plans = (plan_of(phase.plan) for phase in live_phases(project.id))
    return any(one.reason == "holdout" for plan in plans for one in plan.filters)


def set_holdout(project: Project, share: float) -> Holdout:
    """Keep this share of visitors out of every experiment that starts from now on; 0: nobody.

    The seed stays, so a larger share keeps those already held out. Raises ``Frozen`` while an open phase holds it.
    """
    with transaction.atomic():
        hold_project(project.id)
        held, made = Holdout.objects.get_or_create(
            project=project, defaults={"share": share, "seed": f"holdout-{secrets.token_hex(8)}"}
        )
        if made or held.share == share:
            return held
        if is_locked(project):
            sentence = _(
                "A test that keeps the holdout out is running: its share cannot change until that has stopped."
            )
            raise Frozen(sentence, ["share"])
        held.share = share
        held.save(update_fields=["share", "updated_at"])
    return held
