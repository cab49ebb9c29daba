"""Start and Stop: only a POST moves, twice is the same as once, and what is missing is said in plain words."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from experiments.lifecycle import start
from experiments.models import Experiment, Phase
from tests.experiments.admin.forms import experiment_form
from tests.factories import make_colleague, make_experiment, make_goal


def url(experiment, name):
    return reverse(f"admin:experiments_experiment_{name}", args=[experiment.pk])


def told(answer):
    return [str(message) for message in answer.context["messages"]]


@pytest.fixture
def draft(project):
    return make_experiment(project, "hero", name="Hero button")


@pytest.fixture
def running(draft):
    start(draft, at=timezone.now() - timedelta(days=2))
    return draft


def test_looking_at_the_start_changes_nothing(admin, draft):
    answer = admin.get(url(draft, "start_test"))

    assert "Start the experiment now" in answer.content.decode()
    assert dict(answer.context["lines"])["Sees"].replace("\u202f", " ") == "Original (50 %), Green (50 %)"
    assert not Phase.objects.exists()


def test_a_post_starts_and_leads_to_the_result(admin, draft):
    answer = admin.post(url(draft, "start_test"), follow=True)

    assert answer.redirect_chain[-1][0] == url(draft, "result")
    assert told(answer) == ["“Hero button” is running."]
    assert draft.phases.get().ended_at is None


def test_a_second_start_is_told_kindly_and_does_nothing(admin, draft):
    admin.post(url(draft, "start_test"))

    answer = admin.post(url(draft, "start_test"), follow=True)

    assert told(answer)[-1] == "“Hero button” is running already. One start is enough."
    assert draft.phases.count() == 1


def test_what_is_missing_is_said_with_a_way_to_fix_it(admin, project):
    empty = Experiment.objects.create(project=project, key="empty", name="Empty")

    answer = admin.post(url(empty, "start_test"))

    assert "Choose the primary goal: the one that decides." in answer.context["problems"]
    assert "Add at least two variants: the original and one that differs." in answer.context["problems"]
    assert f'href="{url(empty, "change")}"' in answer.content.decode()
    assert "Start the experiment now" not in answer.content.decode()


def test_stopping_asks_first_and_then_stops_once(admin, running):
    assert "Stop the experiment" in admin.get(url(running, "stop_test")).content.decode()
    assert running.phases.get().ended_at is None

    first = admin.post(url(running, "stop_test"), follow=True)
    second = admin.post(url(running, "stop_test"), follow=True)

    assert told(first) == ["“Hero button” is stopped."]
    assert told(second) == ["“Hero button” has been stopped already."]


def test_only_those_who_may_change_can_start(client, draft):
    client.force_login(make_colleague("view_experiment"))

    assert client.post(url(draft, "start_test")).status_code == 403
    assert client.get(url(draft, "result")).status_code == 200
    assert not Phase.objects.exists()


def test_nobody_starts_a_test_that_is_not_there(admin, draft):
    assert admin.get(reverse("admin:experiments_experiment_start_test", args=["99999"])).status_code == 404
    assert admin.get(reverse("admin:experiments_experiment_start_test", args=["x"])).status_code == 404


def test_a_running_test_keeps_who_sees_what(admin, running):
    admin.post(
        url(running, "change"),
        experiment_form(seen_status="running", name="New name", coverage="20", key="other", _save="1"),
    )

    running.refresh_from_db()
    assert (running.name, running.coverage, running.key) == ("New name", 1.0, "hero")
    assert list(running.variants.values_list("key", flat=True)) == ["original", "green"]


def test_a_goal_added_to_a_running_test_only_informs(admin, running, project):
    late = make_goal(project, "form-begun", name="Form begun")
    [row] = running.goal_roles.all()
    rows = [{"id": row.pk}, {"goal": late.pk, "role": "primary"}]

    form = experiment_form(goals=rows, variants=[], seen_status="running", _save="1")

    answer = admin.post(url(running, "change"), form, follow=True)

    planned = running.phases.get().plan["goals"][-1]
    assert (planned["key"], planned["role"], planned["exploratory"]) == ("form-begun", "secondary", True)
    assert running.goal_roles.get(goal=late).role == "secondary"
    assert "“Form begun” is being counted from the events so far. It informs; it does not decide." in told(answer)


def test_only_a_draft_can_be_deleted(admin, draft, project):
    running = make_experiment(project, "other")
    start(running, at=timezone.now())

    assert admin.get(url(running, "delete")).status_code == 403
    assert admin.post(url(draft, "delete"), {"post": "yes"}).status_code == 302
    assert not Experiment.objects.filter(pk=draft.pk).exists()
