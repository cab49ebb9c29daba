"""Shipping a variant to everyone, taking it back, and the archive."""

import pytest
from django.utils import timezone

from experiments import lifecycle
from experiments.models import ConfigVersion, Experiment
from tests.factories import make_experiment, make_project
from tracking.models import Project

pytestmark = pytest.mark.django_db


@pytest.fixture
def experiment():
    made = make_experiment(make_project())
    lifecycle.start(made, at=timezone.now())
    return made


def stop(experiment):
    return lifecycle.stop(experiment, at=timezone.now(), now=timezone.now())


def ship(experiment, variant="green"):
    lifecycle.ship(experiment, variant, now=timezone.now())


def served():
    return [(entry["state"], entry["shipped"]) for entry in ConfigVersion.objects.latest("number").body["experiments"]]


@pytest.mark.parametrize("before", ["running", "paused", "stopped"])
def test_a_shipped_variant_is_served_to_everyone_and_nothing_runs(experiment, before):
    if before == "paused":
        lifecycle.pause(experiment, at=timezone.now())
    if before == "stopped":
        stop(experiment)

    ship(experiment)

    found = Experiment.objects.get()
    assert (found.status, found.shipped_variant, experiment.status) == ("stopped", "green", "stopped")
    assert found.phases.get().ended_at is not None
    assert served() == [("shipped", "green")]


def test_shipping_is_reversible_and_may_change_its_mind(experiment):
    ship(experiment)
    ship(experiment, "original")
    assert served() == [("shipped", "original")]

    lifecycle.unship(experiment)

    assert (served(), Experiment.objects.get().shipped_variant) == ([], "")
    with pytest.raises(lifecycle.IllegalMove):
        lifecycle.unship(experiment)


def test_a_variant_that_the_phase_did_not_have_is_not_shipped_and_nothing_stops(experiment):
    with pytest.raises(lifecycle.NotReady):
        ship(experiment, "blue")

    assert Experiment.objects.get().status == "running"


def test_what_another_system_shows_is_shipped_there():
    mail = make_experiment(make_project(), kind="external")
    lifecycle.start(mail, at=timezone.now())

    with pytest.raises(lifecycle.NotReady):
        ship(mail)


@pytest.fixture
def moving():
    """A running redirect to a host that the project has since ceased to list."""
    project = make_project(redirect_hosts=["new.example"])
    rows = ["original", {"key": "green", "name": "New shop", "payload": {"url": "https://new.example/a"}}]
    pages = [{"include": True, "kind": "simple", "pattern": "/a"}]
    made = make_experiment(project, kind="redirect", variants=rows, pages=pages)
    lifecycle.start(made, at=timezone.now())
    # Past what the experiment itself remembers of its project.
    Project.objects.update(redirect_hosts=["other.example"])
    return made


def test_what_leads_to_a_host_no_longer_listed_is_not_shipped_and_goes_on(moving):
    with pytest.raises(lifecycle.NotReady, match=r"New shop: https://new\.example/a is on a host that this project"):
        ship(moving)

    assert (Experiment.objects.get().status, moving.status) == ("running", "running")
    assert served() == [("running", None)]

    Project.objects.update(redirect_hosts=["new.example"])
    ship(moving)
    assert served() == [("shipped", "green")]


def test_the_original_is_shipped_whatever_hosts_are_listed(moving):
    ship(moving, "original")

    assert served() == [("shipped", "original")]


def test_what_leads_to_a_host_no_longer_listed_is_not_resumed(moving):
    lifecycle.pause(moving, at=timezone.now())

    with pytest.raises(lifecycle.NotReady, match="is on a host that this project"):
        lifecycle.resume(moving, at=timezone.now())

    assert (served(), Experiment.objects.get().status, moving.status) == ([("paused", None)], "paused", "paused")
    assert moving.phases.get().pauses[-1][1] is None

    Project.objects.update(redirect_hosts=["new.example"])
    lifecycle.resume(moving, at=timezone.now())
    assert served() == [("running", None)]


def test_a_draft_is_not_shipped():
    with pytest.raises(lifecycle.IllegalMove):
        ship(make_experiment(make_project()))


def test_of_two_who_ship_at_once_one_wins(experiment):
    stop(experiment)
    twin = Experiment.objects.get()
    ship(experiment)

    with pytest.raises(lifecycle.AlreadyMoved):
        ship(twin, "original")

    assert Experiment.objects.get().shipped_variant == "green"


def test_what_is_shipped_stays_out_of_the_archive_until_it_is_taken_back(experiment):
    ship(experiment)
    with pytest.raises(lifecycle.IllegalMove, match="take it back"):
        lifecycle.archive(experiment)

    lifecycle.unship(experiment)
    lifecycle.archive(experiment)

    assert Experiment.objects.get().status == "archived"
    lifecycle.unarchive(experiment)
    assert Experiment.objects.get().status == experiment.status == "stopped"


def test_what_is_shipped_gets_no_new_phase(experiment):
    ship(experiment)

    with pytest.raises(lifecycle.IllegalMove, match="take it back"):
        lifecycle.new_phase(experiment, at=timezone.now(), now=timezone.now())
