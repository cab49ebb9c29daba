"""A running experiment with all that a result can hold: people with a past, looks, a refinement, an outlook."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from experiments import ledger
from experiments.computing import compute_open_phases
from experiments.lifecycle import start
from experiments.models import Experiment
from experiments.phases import open_phases
from experiments.rebuild import BEFORE, Enrolled
from experiments.refining import refine_open_phases
from tests.factories import make_experiment, make_goal
from tracking.models import Goal, Person, Project

DAYS = 12
DAY = timedelta(days=1)


def make_running(project: Project) -> Experiment:
    """Twelve days in, nine to go. Nothing has to be filled in from before, so looks may be taken at once."""
    goals: dict[Goal, str] = {
        make_goal(project, "purchase", name="Purchase", level="macro", window=3): "primary",
        make_goal(project, "refund", name="Refund", level="macro", desired="decrease"): "guardrail",
        make_goal(project, "revenue", name="Revenue", level="macro", measure="sum", property="value"): "secondary",
        make_goal(project, "click", name="Click"): "secondary",
    }
    now = timezone.now()
    experiment = make_experiment(project, "hero", goals=goals, planned_end=now + 9 * DAY, minimum_effect=0.05)
    start(experiment, at=now - DAYS * DAY)
    experiment.phases.update(opened_at=F("started_at"))
    return experiment


def enrol(experiment: Experiment, people: int) -> None:
    """As a rollup and the jobs do: half are treated and buy more often; who bought before buys again."""
    phase = experiment.phases.get()
    goals = dict(experiment.goal_roles.values_list("goal__key", "goal_id"))
    names = [f"v:{number}" for number in range(people)]
    persons = Person.objects.bulk_create([Person(project=experiment.project, key=name) for name in names])
    draw = Random(7)
    rebuilt = {person.id: _person(phase.started_at, goals, draw) for person in persons}
    with transaction.atomic():
        opened = next(one for one in open_phases(experiment.project_id) if one.id == phase.id)
        ledger.apply_to_tallies(ledger.store(opened, rebuilt))
    compute_open_phases(timezone.now())
    refine_open_phases(timezone.now())
    compute_open_phases(timezone.now())


def _person(began: datetime, goals: Mapping[str, int], draw: Random) -> Enrolled:
    treated, bought_before = draw.random() < 0.5, draw.randrange(3)
    done = {"click": 1} if draw.random() < 0.3 + 0.2 * treated else {}
    if draw.random() < 0.1 + 0.05 * treated + 0.2 * bought_before:
        done |= {"purchase": 1, "revenue": draw.randint(5, 100)}
    done |= {"refund": 1} if draw.random() < 0.1 else {}
    return Enrolled(
        variant="green" if treated else "original",
        exposed_at=began + draw.randrange(DAYS) * DAY,
        covariates={
            BEFORE: {str(goals[key]): float(bought_before) for key in ("purchase", "revenue")},
            "device": "phone" if draw.random() < 0.7 else "desktop",
        },
        values={goals[key]: Decimal(value) for key, value in done.items()},
    )
