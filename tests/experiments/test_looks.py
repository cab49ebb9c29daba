"""The book of looks: written once, by the worker that computes, and only of whole numbers."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from experiments import results
from experiments.computing import compute
from experiments.lifecycle import start
from experiments.models import Look, Phase, Result, Tally
from tests.factories import make_experiment, make_project
from tracking import dues

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def experiment(now):
    """In its tenth day of twenty."""
    experiment = make_experiment(make_project(), planned_end=now + 10 * DAY)
    start(experiment, at=now - 10 * DAY)
    Phase.objects.filter(experiment=experiment).update(opened_at=now - 10 * DAY)
    return experiment


def phase_of(experiment):
    return Phase.objects.get(experiment=experiment)


def count(experiment, converted, people=2_000):
    """As if rollups had counted so many."""
    phase = phase_of(experiment)
    (goal,) = experiment.goal_roles.all()
    Tally.objects.filter(phase=phase).delete()
    for variant, number in zip(("original", "green"), converted, strict=True):
        common = {"phase": phase, "variant": variant, "day": phase.started_at.date()}
        Tally.objects.create(**common, persons=people)
        Tally.objects.create(**common, goal=goal.goal, persons=number, total=Decimal(number), squares=Decimal(number))


def body_of(experiment, now):
    compute(phase_of(experiment).id, now)
    return results.read(results.latest_phase(experiment), now=now)


def adjusted(body):
    return body["goals"][0]["variants"][1]["vs_control"]["adjusted"]


def test_a_look_is_taken_once_a_day_and_told(experiment, now):
    count(experiment, (100, 120))

    bodies = [body_of(experiment, now + later) for later in (timedelta(0), timedelta(hours=1), DAY)]

    assert [len(body["looks"]) for body in bodies] == [1, 1, 2]
    assert bodies[0]["looks"][0]["spent"] == pytest.approx(0.5, abs=0.01)
    assert adjusted(bodies[2])["look"] == 2


def test_what_a_look_decided_is_not_taken_back(experiment, now):
    count(experiment, (100, 200))
    first = body_of(experiment, now)
    count(experiment, (190, 200))
    later = body_of(experiment, now + DAY)

    assert (first["verdict"]["code"], later["verdict"]["code"]) == ("ship", "ship")
    assert adjusted(later) == adjusted(first)


def test_between_looks_the_numbers_move_and_the_decision_does_not(experiment, now):
    count(experiment, (100, 120))
    body_of(experiment, now)
    count(experiment, (100, 220))
    between = body_of(experiment, now + timedelta(hours=2))

    assert between["verdict"]["code"] == "keep_running"
    assert between["goals"][0]["variants"][1]["converted"] == 220
    assert adjusted(between)["look"] == 1


def test_no_look_is_taken_while_people_wait_to_be_counted(experiment, now):
    count(experiment, (100, 200))
    dues.mark(experiment.project_id, ["ann"])

    body_of(experiment, now + timedelta(minutes=1))

    assert not Look.objects.exists()


def test_a_phase_that_is_being_filled_with_its_past_is_looked_at_when_it_is_quiet(experiment, now):
    Phase.objects.update(opened_at=now)
    count(experiment, (100, 200))

    assert body_of(experiment, now)["looks"] == []
    assert body_of(experiment, now + timedelta(seconds=5))["looks"] == []
    Result.objects.update(computed_at=now - timedelta(seconds=11))
    assert len(body_of(experiment, now)["looks"]) == 1


def test_after_the_planned_end_the_verdict_is_frozen(experiment, now):
    count(experiment, (100, 110))
    at_end = body_of(experiment, now + 10 * DAY)
    count(experiment, (100, 200))
    after = body_of(experiment, now + 15 * DAY)

    assert [body["verdict"]["code"] for body in (at_end, after)] == ["inconclusive", "inconclusive"]
    assert len(after["looks"]) == 1
