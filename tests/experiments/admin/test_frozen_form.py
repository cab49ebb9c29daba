"""The settings of an experiment that has started, sent back exactly as the page renders them."""

from datetime import timedelta

import pytest
from django.contrib.admin import site
from django.urls import reverse
from django.utils import timezone

from experiments import lifecycle
from experiments.admin.experiments import ExperimentAdmin
from experiments.admin.frozen import FROZEN
from experiments.models import Experiment
from tests.factories import make_experiment, make_goal
from tests.rendered import controls

FORM = "experiment_form"


def url(experiment):
    return reverse("admin:experiments_experiment_change", args=[experiment.pk])


@pytest.fixture
def running(project):
    experiment = make_experiment(project, "hero", name="Hero button", kind="cta")
    lifecycle.start(experiment, at=timezone.now() - timedelta(days=2))
    return experiment


def frozen_of(experiment):
    names = [name for name in FROZEN if not name.endswith("_shown")]
    return Experiment.objects.filter(pk=experiment.pk).values_list(*names)[0]


def test_a_running_experiment_takes_a_new_hypothesis(admin, running):
    sent = controls(admin.get(url(running)), FORM)

    answer = admin.post(url(running), {**sent, "hypothesis": "Green sells", "_save": "1"})

    assert answer.status_code == 302
    assert Experiment.objects.get().hypothesis == "Green sells"


def test_a_stopped_experiment_takes_a_new_name(admin, running):
    lifecycle.stop(running, at=timezone.now(), now=timezone.now())
    sent = controls(admin.get(url(running)), FORM)

    answer = admin.post(url(running), {**sent, "name": "Hero, the first", "_save": "1"})

    assert answer.status_code == 302
    assert Experiment.objects.get().name == "Hero, the first"


def test_a_running_experiment_takes_a_late_goal(admin, running):
    asked = make_goal(running.project, "scrolled")
    sent = controls(admin.get(url(running)), FORM)
    row = {
        name.replace("__prefix__", "1"): value
        for name, value in sent.items()
        if name.startswith("goal_roles-__prefix__")
    }
    total = {"goal_roles-TOTAL_FORMS": int(sent["goal_roles-TOTAL_FORMS"]) + 1}

    answer = admin.post(url(running), {**sent, **row, **total, "goal_roles-1-goal": asked.pk, "_save": "1"})

    assert answer.status_code == 302
    late = running.goal_roles.get(goal=asked)
    assert (late.role, late.margin) == ("secondary", 0.02)


def test_what_is_frozen_is_not_asked_for_and_not_taken(admin, running):
    before = frozen_of(running)
    sent = controls(admin.get(url(running)), FORM)
    crafted = {"coverage": "10", "alpha": "20", "key": "other", "kind": "json", "unit": "user", "planned_sample": "7"}
    assert not crafted.keys() & sent.keys()

    answer = admin.post(url(running), {**sent, **crafted, "planned_end_0": "2099-01-01", "_save": "1"})

    assert answer.status_code == 302
    assert frozen_of(running) == before


class Forgetful(ExperimentAdmin):
    """Leaves a required field in the form that its page does not show."""

    def get_readonly_fields(self, request, obj=None):
        return [name for name in super().get_readonly_fields(request, obj) if name != "coverage"]


def test_a_complaint_about_a_field_that_is_not_shown_is_told(admin, running, rf, admin_user):
    sent = controls(admin.get(url(running)), FORM)
    request = rf.post(url(running), {**sent, "_save": "1"})
    request.user, request._dont_enforce_csrf_checks = admin_user, True

    answer = Forgetful(Experiment, site).changeform_view(request, str(running.pk)).render()

    assert "Share of traffic: This field is required." in answer.content.decode()


def test_two_weights_of_zero_are_refused(admin, project):
    draft = make_experiment(project, "hero")
    sent = controls(admin.get(url(draft)), FORM)

    answer = admin.post(url(draft), {**sent, "variants-0-weight": "0", "variants-1-weight": "0", "_save": "1"})

    assert answer.status_code == 200
    assert "Give the variants weights above 0." in answer.content.decode()


def test_a_second_original_is_refused_though_the_first_was_not_touched(admin, project):
    draft = make_experiment(project, "hero")
    sent = controls(admin.get(url(draft)), FORM)

    answer = admin.post(url(draft), {**sent, "variants-1-is_control": "on", "_save": "1"})

    assert answer.status_code == 200
    assert "Only one variant can be the original" in answer.content.decode()
