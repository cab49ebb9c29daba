"""A running experiment with everything a result can hold: people with a past, planned looks, a refinement, an outlook."""

from datetime import timedelta
from decimal import Decimal

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
    rebuilt = {
        person.id: Enrolled(
            variant="green" if place % 2 else "original",
            exposed_at=phase.started_at + place % DAYS * DAY,
            covariates={
                BEFORE: {str(goals["purchase"]): float(place % 3)},
                "device": "phone" if place // 2 % 4 < 3 else "desktop",
            },
            values={goals[key]: Decimal(value) for key, value in _done(place).items() if key in goals},
        )
        for place, person in enumerate(persons)
    }
    with transaction.atomic():
        (opened,) = open_phases(experiment.project_id)
        ledger.apply_to_tallies(ledger.store(opened, rebuilt))
    compute_open_phases(timezone.now())
    refine_open_phases(timezone.now())
    compute_open_phases(timezone.now())


def _done(place: int) -> dict[str, int]:
    done = {"click": 1} if place % 5 == 0 else {}
    if place % 3 == 2 or place % 10 == 1:
        done |= {"purchase": 1, "revenue": 5 + place % 97}
    return done | ({"refund": 1} if place % 14 == 3 else {})
