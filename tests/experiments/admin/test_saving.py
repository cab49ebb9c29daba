"""A form that was opened before a start or a stop changes nothing after it, and what its pages cost."""

import re
import threading
import time
from datetime import timedelta

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone

from experiments import lifecycle
from experiments.models import Experiment
from tests.experiments.admin.forms import experiment_form, rows_of
from tests.factories import make_experiment, make_goal
from tests.rest import queries

WAITING = "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND pid <> pg_backend_pid())"


def url(experiment, name="change"):
    return reverse(f"admin:experiments_experiment_{name}", args=[experiment.pk])


def start(experiment):
    lifecycle.start(experiment, at=timezone.now() - timedelta(days=2))


def stop(experiment):
    lifecycle.stop(experiment, at=timezone.now(), now=timezone.now())


def seen(admin, experiment):
    """The status that the page was made for, as its form will send it back."""
    return re.search(r'name="seen_status" value="(\w+)"', admin.get(url(experiment)).content.decode())[1]


def somebody_waits():
    with connection.cursor() as cursor:
        cursor.execute(WAITING)
        return cursor.fetchone()[0]


def in_background(work):
    def guarded():
        try:
            work()
        finally:
            connection.close()

    thread = threading.Thread(target=guarded)
    thread.start()
    return thread


@pytest.fixture
def draft(project):
    return make_experiment(project, "hero", name="Hero button")


def test_a_start_while_the_page_is_open_is_kept_and_nothing_is_saved(admin, draft):
    form = experiment_form(name="Late", variants=rows_of(draft), seen_status=seen(admin, draft), _continue="1")
    start(draft)

    answer = admin.post(url(draft), form, follow=True)

    now = Experiment.objects.get()
    assert (now.status, now.name) == ("running", "Hero button")
    assert [str(message) for message in answer.context["messages"]] == [
        "“Hero button” was started while this page was open, so nothing was saved. Here it is as it stands now."
    ]


def test_a_stop_while_the_page_is_open_is_kept_and_nothing_is_saved(admin, draft):
    start(draft)
    form = experiment_form(name="Late", variants=[], seen_status=seen(admin, draft), _save="1")
    stop(draft)

    answer = admin.post(url(draft), form, follow=True)

    now = Experiment.objects.get()
    assert (now.status, now.name) == ("stopped", "Hero button")
    assert "was stopped while this page was open" in answer.content.decode()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("move", "before", "after"), [(start, "draft", "running"), (stop, "running", "stopped")])
def test_saving_waits_for_a_move_under_way_and_never_undoes_it(admin, draft, move, before, after):
    if before == "running":
        start(draft)
    variants = rows_of(draft) if before == "draft" else []
    form = experiment_form(name="Late", variants=variants, seen_status=before, _save="1")

    with transaction.atomic():
        move(draft)
        saving = in_background(lambda: admin.post(url(draft), form))
        while saving.is_alive() and not somebody_waits():
            time.sleep(0.01)
        assert saving.is_alive()
    saving.join(timeout=20)

    now = Experiment.objects.get()
    assert (now.status, now.name) == (after, "Hero button")


@pytest.mark.django_db(transaction=True)
def test_deleting_waits_for_a_start_under_way_and_is_refused(admin, draft):
    answers = []

    with transaction.atomic():
        start(draft)
        deleting = in_background(lambda: answers.append(admin.post(url(draft, "delete"), {"post": "yes"})))
        while deleting.is_alive() and not somebody_waits():
            time.sleep(0.01)
    deleting.join(timeout=20)

    assert [answer.status_code for answer in answers] == [403]
    assert Experiment.objects.get().status == "running"


def test_saving_writes_what_the_form_asks_for_and_the_time(admin, draft):
    before = draft.updated_at

    admin.post(url(draft), experiment_form(name="New name", coverage="20", variants=rows_of(draft), _continue="1"))

    draft.refresh_from_db()
    assert (draft.name, draft.coverage, draft.status) == ("New name", 0.2, "draft")
    assert draft.updated_at > before


def test_a_page_that_does_not_say_what_it_was_made_for_saves_nothing(admin, draft):
    form = experiment_form(name="Late", variants=rows_of(draft), _continue="1")
    del form["seen_status"]

    admin.post(url(draft), form)

    assert Experiment.objects.get().name == "Hero button"


def test_the_pages_of_an_experiment_cost_few_queries_however_many_its_goals(admin, project):
    several = make_experiment(project, goals=[make_goal(project, level="macro") for _ in range(5)])
    ContentType.objects.get_for_model(several)  # asked once a process

    # session, user, twice the experiment with primaries and phases, the projects, variants, roles, goals on offer,
    # lists, groups and the tests that run
    with queries(11):
        assert admin.get(reverse("admin:experiments_experiment_add")).status_code == 200
    with queries(15):
        assert admin.get(url(several)).status_code == 200
    # Also whether there is a holdout.
    with queries(10):
        assert admin.get(url(several, "start_test")).status_code == 200
    start(several)
    with queries(13):
        assert admin.get(url(several)).status_code == 200
    with queries(6):
        assert admin.get(url(several, "stop_test")).status_code == 200
