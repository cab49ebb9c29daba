"""A new phase is prepared on the form, and begins with what is saved there, or not at all."""

import pytest
from django.urls import reverse
from django.utils import timezone

from experiments import lifecycle
from experiments.models import Experiment, Namespace
from tests.factories import make_experiment
from tests.rendered import controls

FORM = "experiment_form"


def url(experiment, name="change"):
    return reverse(f"admin:experiments_experiment_{name}", args=[experiment.pk])


def told(answer):
    return [str(message) for message in answer.context["messages"]]


@pytest.fixture
def running(project):
    experiment = make_experiment(project, "hero", name="Hero button")
    lifecycle.start(experiment, at=timezone.now())
    return experiment


def prepared(admin, experiment, **changes):
    """What the form of the new phase sends."""
    return {**controls(admin.get(url(experiment) + "?phase=new"), FORM), **changes, "_save": "1"}


def test_the_button_leads_to_a_form_that_can_be_changed(admin, running):
    frozen = controls(admin.get(url(running)), FORM)

    answer = admin.get(url(running, "next_phase"), follow=True)

    assert "coverage" not in frozen
    assert {"coverage", "condition", "variants-0-weight", "new_phase"} <= controls(answer, FORM).keys()
    assert not {"key", "project"} & controls(answer, FORM).keys()


def test_saving_ends_one_phase_and_begins_the_next(admin, running):
    sent = prepared(admin, running, **{"coverage": "50", "variants-1-weight": "3"})

    answer = admin.post(url(running), sent, follow=True)

    first, second = running.phases.all()
    assert (first.ended_at, first.handed_over) == (second.started_at, True)
    assert (second.plan["coverage"], [variant["weight"] for variant in second.plan["variants"]]) == (0.5, [0.25, 0.75])
    assert told(answer)[0].startswith("A new phase of “Hero button” has begun.")


def test_what_a_phase_lacks_is_said_and_the_old_one_goes_on(admin, running):
    group = Namespace.objects.create(project=running.project, key="home", name="Home")
    lifecycle.start(make_experiment(running.project, namespace=group, namespace_share=0.9), at=timezone.now())
    sent = prepared(admin, running, namespace=group.pk, namespace_share="50", name="Other name")

    answer = admin.post(url(running), sent)

    assert "has 10 % left in one piece" in answer.content.decode()
    assert answer.context["adminform"].form["name"].value() == "Other name"
    assert [phase.ended_at for phase in running.phases.all()] == [None]
    assert Experiment.objects.filter(name="Hero button", namespace=None).exists()


def test_of_two_who_prepare_a_phase_one_wins(admin, running):
    mine, theirs = prepared(admin, running, coverage="50"), prepared(admin, running, coverage="30")
    admin.post(url(running), theirs)

    answer = admin.post(url(running), mine, follow=True)

    assert running.phases.count() == 2
    assert Experiment.objects.get().coverage == 0.3
    assert "was changed while this page was open" in told(answer)[-1]


def test_a_crafted_form_changes_nothing_that_is_frozen(admin, running):
    """Without the mark of a new phase the same fields are not read."""
    sent = prepared(admin, running, coverage="50")
    del sent["new_phase"]

    admin.post(url(running), sent)

    assert (Experiment.objects.get().coverage, running.phases.count()) == (1.0, 1)


def test_a_stopped_test_runs_again_as_a_new_phase(admin, running):
    lifecycle.stop(running, at=timezone.now(), now=timezone.now())

    admin.post(url(running), prepared(admin, running))

    assert (Experiment.objects.get().status, running.phases.count()) == ("running", 2)


def test_a_save_by_somebody_else_is_not_overwritten(admin, project):
    draft = make_experiment(project, "hero", name="Hero button")
    mine = {**controls(admin.get(url(draft)), FORM), "name": "Mine", "_continue": "1"}
    theirs = {**controls(admin.get(url(draft)), FORM), "name": "Theirs", "_continue": "1"}
    admin.post(url(draft), theirs)

    answer = admin.post(url(draft), mine, follow=True)

    assert Experiment.objects.get().name == "Theirs"
    assert "was changed while this page was open, so nothing was saved." in told(answer)[-1]
