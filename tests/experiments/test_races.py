"""Two people, or two workers, who move the same experiment at the same moment."""

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from experiments import lifecycle
from experiments.models import ConfigVersion, Experiment, Namespace, Phase
from experiments.snapshot import chained
from tests.factories import make_experiment, make_project

pytestmark = pytest.mark.django_db(transaction=True)

HOUR = timedelta(hours=1)
REFUSALS = (lifecycle.AlreadyMoved, lifecycle.IllegalMove, lifecycle.NotReady, lifecycle.Frozen)


def at_once(*works):
    """Run all at the same moment; for each what it gave, or the class of its refusal."""
    ready, found = threading.Barrier(len(works), timeout=30), [None] * len(works)

    def run(place, work):
        try:
            ready.wait()
            found[place] = work()
        except REFUSALS as refusal:
            found[place] = type(refusal)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=numbered) for numbered in enumerate(works)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    return found


def moving(verb, **times):
    """Each thread has read the experiment for itself, before the race."""
    experiment = Experiment.objects.get()
    return lambda: verb(experiment, **times)


def begun(**fields):
    now = timezone.now()
    experiment = make_experiment(make_project(), **fields)
    lifecycle.start(experiment, at=now - HOUR)
    return now


@pytest.mark.parametrize("_again", range(5))
def test_of_two_starts_one_wins(_again):
    make_experiment(make_project())
    now = timezone.now()

    found = at_once(moving(lifecycle.start, at=now), moving(lifecycle.start, at=now))

    assert sorted(isinstance(one, Phase) for one in found) == [False, True]
    assert lifecycle.AlreadyMoved in found
    assert Phase.objects.count() == ConfigVersion.objects.count() == 1


@pytest.mark.parametrize("_again", range(5))
def test_of_a_pause_and_two_stops_one_wins(_again):
    now = begun()

    found = at_once(
        moving(lifecycle.pause, at=now),
        moving(lifecycle.stop, at=now, now=now),
        moving(lifecycle.stop, at=now, now=now),
    )

    assert sum(isinstance(one, Phase) for one in found) == 1
    status = Experiment.objects.get().status
    assert status == ("paused" if isinstance(found[0], Phase) else "stopped")
    assert (Phase.objects.get().ended_at is None) == (status == "paused")


def test_of_two_new_phases_instead_of_the_same_one_wins():
    now = begun()

    found = at_once(*[moving(lifecycle.new_phase, at=now, now=now, after=1) for _ in range(3)])

    assert sum(isinstance(one, Phase) for one in found) == 1
    assert list(Phase.objects.order_by("number").values_list("number", "handed_over")) == [(1, True), (2, False)]


def test_two_beats_at_once_start_and_stop_once():
    now = timezone.now()
    shop = make_project()
    due = [make_experiment(shop, starts_at=now + HOUR) for _ in range(3)]
    over = make_experiment(shop, planned_end=now + HOUR, stops_by_itself=True)
    lifecycle.start(over, at=now)
    for experiment in due:
        lifecycle.schedule(experiment, now=now)

    found = at_once(*[lambda: lifecycle.keep_schedule(now + 2 * HOUR)] * 3)

    assert sum(found) == 4
    assert Phase.objects.count() == 4
    assert sorted(Experiment.objects.values_list("status", flat=True)) == ["running"] * 3 + ["stopped"]


def test_two_starts_in_one_exclusion_group_never_overlap():
    shop, now = make_project(), timezone.now()
    group = Namespace.objects.create(project=shop, key="checkout", name="Checkout")
    drafts = [make_experiment(shop, namespace=group, namespace_share=0.4) for _ in range(3)]

    found = at_once(*[lambda one=one: lifecycle.start(one, at=now) for one in drafts])

    taken = sorted(one.plan["filters"][0]["ranges"][0] for one in found if isinstance(one, Phase))
    assert taken == [(0.0, 0.4), (0.4, 0.8)]
    assert lifecycle.NotReady in found


def test_versions_written_at_once_are_one_chain():
    shop, now = make_project(), timezone.now()
    drafts = [make_experiment(shop) for _ in range(6)]

    at_once(*[lambda one=one: lifecycle.start(one, at=now) for one in drafts])

    versions = list(ConfigVersion.objects.order_by("number"))
    assert [len(version.body["experiments"]) for version in versions] == [1, 2, 3, 4, 5, 6]
    for before, version in zip([None, *versions], versions, strict=False):
        assert version.previous == (before.digest if before else "")
        assert version.digest == chained(version.previous, version.body)
