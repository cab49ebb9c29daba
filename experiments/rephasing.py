"""Changing what is frozen: a new phase in place of the old one, or more of the traffic, which moves nobody."""

from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from experiments import snapshot
from experiments.models import Experiment, Phase, Status
from experiments.moves import LIVE, Frozen, IllegalMove, NotReady, move, overtaken
from experiments.phase_ends import close_phase, mark_enrolled, open_phase
from experiments.phases import hold_project, plan_of, to_json
from experiments.plan_building import with_coverage
from experiments.readiness import problems_before_start


def new_phase(experiment: Experiment, *, at: datetime, now: datetime, after: int | None = None) -> Phase:
    """Close the phase and open the next as of ``at``, with the experiment as it stands in the tables, changes included.

    ``after``: the number of the newest phase as the caller saw it; of two who saw the same, one wins.
    Raises ``IllegalMove``, ``AlreadyMoved`` or ``NotReady``.
    """
    with transaction.atomic():
        hold_project(experiment.project_id)
        if experiment.shipped_variant:
            raise IllegalMove(_("A variant of this experiment is shipped: take it back before a new phase."))
        # One that is running stays so: then it is the phase that says who was first.
        move(experiment, Status.RUNNING, among=(*LIVE, Status.STOPPED))
        old = experiment.phases.latest("number")
        if after not in {None, old.number} or (old.ended_at is None) != (experiment.status in LIVE):
            raise overtaken()
        fresh = Experiment.objects.select_related("project", "namespace").get(id=experiment.id)
        _refuse_another_splitter(old, fresh)
        begins = _hand_over(old, served=experiment.status == Status.RUNNING, at=at, now=now)
        if problems := problems_before_start(fresh, at=begins):
            raise NotReady(problems)
        phase = open_phase(fresh, at=begins)
        snapshot.publish(experiment.project_id, reason=f"phase {phase.number} of {experiment.key} started")
    experiment.status = Status.RUNNING
    return phase


def _refuse_another_splitter(old: Phase, fresh: Experiment) -> None:
    """Who splits the people, we or another system, is read of the experiment, also for the phases that are over."""
    if plan_of(old.plan).external != (fresh.kind == "external"):
        raise NotReady([_("Whether another system splits the people cannot change: make a new experiment for that.")])


def _hand_over(old: Phase, *, served: bool, at: datetime, now: datetime) -> datetime:
    """When the next phase begins: never before the old one has ended."""
    if old.ended_at is None:
        # Pages that loaded the old phase tell of it a little longer; while it was paused, nobody was let in.
        close_phase(old, at=at, now=now, handed_over=served)
    return max(at, old.ended_at or at)


def grow_coverage(experiment: Experiment, coverage: float) -> None:
    """Take more of the traffic into the open phase. Raises ``Frozen`` for less: people would lose their variant."""
    with transaction.atomic():
        hold_project(experiment.project_id)
        fresh = Experiment.objects.get(id=experiment.id)
        if fresh.status not in LIVE:
            raise IllegalMove(_("The share of traffic grows only while an experiment runs."))
        if not fresh.coverage <= coverage <= 1:
            raise Frozen(
                _("“%(name)s” has begun: its share of traffic can only grow, up to 1.") % {"name": fresh.name},
                ["coverage"],
            )
        phase = fresh.phases.get(ended_at=None)
        phase.plan = to_json(with_coverage(plan_of(phase.plan), coverage))
        phase.save(update_fields=["plan"])
        Experiment.objects.filter(id=fresh.id).update(coverage=coverage, updated_at=Now())
        mark_enrolled(phase, Q(excluded="mismatch"))
        snapshot.publish(experiment.project_id, reason=f"{experiment.key} takes {coverage:g} of the traffic")
    experiment.coverage = coverage
