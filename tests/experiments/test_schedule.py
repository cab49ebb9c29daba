"""Starts and ends that come by themselves."""

from datetime import timedelta

import pytest
from django.utils import timezone

from experiments import lifecycle, snapshot
from experiments.models import ConfigVersion, Experiment, Phase
from tests.factories import make_experiment, make_project

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def project():
    return make_project()


def planned(project, at, **fields):
    experiment = make_experiment(project, starts_at=at, **fields)
    lifecycle.schedule(experiment, now=at - HOUR)
    return experiment


def status_of(experiment):
    return Experiment.objects.get(id=experiment.id).status


def test_what_is_due_starts_and_what_is_not_waits(project, now):
    due, later = planned(project, now), planned(project, now + HOUR)

    assert lifecycle.keep_schedule(now) == 1

    assert (status_of(due), status_of(later)) == ("running", "scheduled")
    assert due.phases.get().started_at == now
    assert lifecycle.keep_schedule(now) == 0


@pytest.mark.parametrize("starts_at", [None, -HOUR, timedelta(0)])
def test_a_start_without_a_time_to_come_cannot_be_scheduled(project, now, starts_at):
    experiment = make_experiment(project, starts_at=starts_at if starts_at is None else now + starts_at)

    with pytest.raises(lifecycle.NotReady):
        lifecycle.schedule(experiment, now=now)

    assert status_of(experiment) == experiment.status == "draft"


def test_a_start_that_is_not_ready_goes_back_to_draft_and_says_why(project, now):
    experiment = planned(project, now)
    experiment.variants.filter(is_control=False).delete()

    assert lifecycle.keep_schedule(now) == 0

    experiment.refresh_from_db()
    assert (experiment.status, experiment.phases.count()) == ("draft", 0)
    assert "two variants" in experiment.schedule_problem
    assert not ConfigVersion.objects.exists()


@pytest.mark.parametrize("again", ["schedule", "start"])
def test_the_next_try_clears_what_was_wrong(project, now, again):
    experiment = make_experiment(project, starts_at=now + HOUR, schedule_problem="It lacked a variant.")

    if again == "schedule":
        lifecycle.schedule(experiment, now=now)
    else:
        lifecycle.start(experiment, at=now)

    assert Experiment.objects.get().schedule_problem == ""


def test_what_was_taken_from_the_schedule_does_not_start(project, now):
    experiment = planned(project, now)
    lifecycle.unschedule(experiment)

    assert lifecycle.keep_schedule(now) == 0
    assert status_of(experiment) == "draft"


def test_what_is_scheduled_may_be_started_by_hand(project, now):
    lifecycle.start(planned(project, now + HOUR), at=now)

    assert lifecycle.keep_schedule(now + HOUR) == 0
    assert Phase.objects.count() == 1


@pytest.mark.parametrize("paused", [False, True])
def test_what_is_to_stop_by_itself_stops_as_of_its_planned_end(project, now, paused):
    experiment = make_experiment(project, planned_end=now + HOUR, stops_by_itself=True)
    endless = make_experiment(project, planned_end=now + HOUR)
    for one in (experiment, endless):
        lifecycle.start(one, at=now)
    if paused:
        lifecycle.pause(experiment, at=now)

    assert lifecycle.keep_schedule(now + HOUR - timedelta(seconds=1)) == 0
    assert lifecycle.keep_schedule(now + 2 * HOUR) == 1

    assert (status_of(experiment), status_of(endless)) == ("stopped", "running")
    phase = experiment.phases.get()
    assert (phase.ended_at, phase.closed_at) == (now + HOUR, now + 2 * HOUR)
    assert lifecycle.keep_schedule(now + 2 * HOUR) == 0


def test_one_that_fails_does_not_hinder_the_others(project, now, caplog):
    broken, sound = planned(project, now - HOUR), planned(project, now)
    # No form lets this in; a plan cannot be built of it.
    Experiment.objects.filter(id=broken.id).update(prerequisites=[{"no": "such row"}])

    assert lifecycle.keep_schedule(now) == 1

    assert (status_of(broken), status_of(sound)) == ("scheduled", "running")
    assert "was not kept" in caplog.text


def test_a_stop_makes_room_for_a_start_at_the_same_beat(project, now):
    group = project.namespaces.create(key="checkout", name="Checkout")
    old = make_experiment(project, namespace=group, namespace_share=0.8, planned_end=now + HOUR, stops_by_itself=True)
    lifecycle.start(old, at=now)
    new = planned(project, now + HOUR, namespace=group, namespace_share=0.8)

    assert lifecycle.keep_schedule(now + HOUR) == 2
    assert [entry["plan"]["experiment"] for entry in snapshot.served_entries(project.id)] == [new.key]
