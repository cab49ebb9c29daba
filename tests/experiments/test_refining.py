"""Refinements: computed from people's values by a worker that can afford it, and shown with the next result."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from experiments import ledger, refining, results
from experiments.computing import compute
from experiments.lifecycle import start
from experiments.models import Enrolment, Phase, Refinement
from experiments.phases import open_phases
from experiments.rebuild import BEFORE, Enrolled
from tests.factories import make_experiment, make_goal, make_project
from tracking.models import Person

pytestmark = pytest.mark.django_db
LATER = refining.AT_LEAST + timedelta(seconds=1)


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def phase(now):
    project = make_project()
    revenue = make_goal(project, "revenue", level="macro", measure="sum", property="value")
    experiment = make_experiment(project, goals=[revenue])
    start(experiment, at=now - timedelta(days=40))
    return Phase.objects.get(experiment=experiment)


def enrol(phase, people, *, first=0):
    """As a rollup does: every second person is treated, pays by their number, and paid a little less before."""
    project = phase.experiment.project
    persons = [Person.objects.create(project=project, key=f"v:{first + number}") for number in range(people)]
    (goal,) = phase.experiment.goal_roles.values_list("goal_id", flat=True)
    rebuilt = {
        person.id: Enrolled(
            variant="green" if place % 2 else "original",
            exposed_at=phase.started_at + timedelta(days=place % 5),
            covariates={BEFORE: {str(goal): float(place // 2)}, "device": "phone" if place % 4 < 2 else "desktop"},
            values={goal: Decimal(place // 2 + place % 2)},
        )
        for place, person in enumerate(persons)
    }
    (opened,) = open_phases(project.id)
    ledger.apply_to_tallies(ledger.store(opened, rebuilt))


def against(phase, now):
    body = results.read(Phase.objects.select_related("experiment__project", "result").get(id=phase.id), now=now)
    return body["goals"][0]["variants"][1]["vs_control"]


def test_a_result_shows_the_refinement_computed_since(phase, now):
    enrol(phase, 200)
    compute(phase.id, now)
    assert against(phase, now)["refined"] is None

    assert refining.refine_open_phases(now) == 1
    compute(phase.id, now)

    refined = against(phase, now)["refined"]
    assert refined["with_covariates"]["variance_reduction"] > 0.99
    assert refined["with_covariates"]["diff"] == pytest.approx(1)
    assert refined["capped"]["cap"] > 90
    assert [segment["name"] for segment in refined["segments"]] == ["device"]
    assert len(refined["cohorts"]["days"]) == 5


def test_it_is_computed_again_only_when_the_numbers_have_changed(phase, now):
    enrol(phase, 60)
    compute(phase.id, now)

    assert [refining.refine_open_phases(now + LATER * count) for count in range(3)] == [1, 0, 0]
    compute(phase.id, now + 3 * LATER)
    assert refining.refine_open_phases(now + 4 * LATER) == 0, "a result that only shows it is no change"

    enrol(phase, 60, first=60)
    compute(phase.id, now + 5 * LATER)
    assert refining.refine_open_phases(now + 6 * LATER) == 1


def test_what_takes_long_is_computed_seldom(phase, now):
    enrol(phase, 60)
    compute(phase.id, now)
    refining.refine_open_phases(now)
    Refinement.objects.update(seconds=60, tallies_digest="old")

    assert refining.refine_open_phases(now + LATER) == 0
    assert refining.refine_open_phases(now + refining.PATIENCE * timedelta(seconds=61)) == 1


def test_one_phase_that_cannot_be_refined_stops_no_other(phase, now):
    enrol(phase, 60)
    compute(phase.id, now)
    Enrolment.objects.filter(phase=phase).update(covariates=[1])

    assert refining.refine_open_phases(now) == 0
    assert not Refinement.objects.exists()


def test_the_cost_in_queries_does_not_grow_with_people(phase, now):
    enrol(phase, 60)
    compute(phase.id, now)
    with CaptureQueriesContext(connection) as few:
        refining.refine_open_phases(now)
    enrol(phase, 300, first=60)
    compute(phase.id, now + LATER)

    with CaptureQueriesContext(connection) as many:
        assert refining.refine_open_phases(now + 2 * LATER) == 1

    assert len(many) <= len(few) <= 12
