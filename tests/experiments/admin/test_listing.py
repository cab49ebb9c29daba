"""The list and the overview: how each experiment stands, at the same cost for one and for many."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from experiments.computing import compute_open_phases
from experiments.lifecycle import start, stop
from tests.factories import make_experiment, make_goal, make_key

LIST = reverse("admin:experiments_experiment_changelist")
INDEX = reverse("admin:index")


def queries(admin, address):
    with CaptureQueriesContext(
        connection,
    ) as found:
        assert admin.get(address).status_code == 200
    return len(found)


def run(project, *keys):
    for key in keys:
        start(make_experiment(project, key, name=key.title()), at=timezone.now())
    compute_open_phases(timezone.now())


def test_the_list_says_how_each_one_stands(admin, project):
    purchase = make_goal(project, "purchase", name="Purchase", level="macro")
    start(make_experiment(project, "hero", name="Hero", goals=[purchase]), at=timezone.now())
    compute_open_phases(timezone.now())

    shown = admin.get(LIST).content.decode()

    assert all(word in shown for word in ("Hero", "Running", "Keep running", "Purchase", "See result"))


@pytest.mark.parametrize("address", [LIST, INDEX])
def test_a_stopped_experiment_without_people_claims_no_verdict(admin, project, address):
    experiment = make_experiment(project, "hero", name="Hero")
    start(experiment, at=timezone.now())
    stop(experiment, at=timezone.now(), now=timezone.now())
    compute_open_phases(timezone.now())

    shown = admin.get(address).content.decode()

    assert "Nobody took part" in shown
    assert "No clear answer" not in shown


def test_a_name_leads_to_the_result_once_it_was_started(admin, project):
    draft = make_experiment(project, "draft", name="Draft")
    run(project, "hero")

    shown = admin.get(LIST).content.decode()

    hero = reverse("admin:experiments_experiment_result", args=[draft.pk + 1])
    assert re.search(rf'href="{hero}[^"]*"[^>]*>\s*Hero', shown)
    assert reverse("admin:experiments_experiment_change", args=[draft.pk]) in shown


@pytest.mark.parametrize("address", [LIST, INDEX])
def test_more_experiments_cost_no_more_queries(admin, project, address):
    run(project, "one")
    for_one = queries(admin, address)

    run(project, "two", "three", "four", "five")

    assert queries(admin, address) == for_one


def test_an_empty_list_says_what_an_experiment_is(admin, project):
    assert "No experiment yet" in admin.get(LIST).content.decode()


def test_a_search_without_hits_is_no_empty_installation(admin, project):
    run(project, "hero")

    assert "No experiment yet" not in admin.get(LIST, {"q": "nothing of the sort"}).content.decode()


def test_a_new_installation_is_told_what_to_do_first(admin):
    shown = admin.get(INDEX).content.decode()

    assert "What to do first" in shown
    assert reverse("admin:tracking_project_add") in shown


def test_the_first_steps_hold_the_script_tag(admin, project):
    _, token = make_key(project, "client")

    assert f"data-key=&quot;{token}&quot;" in admin.get(INDEX).content.decode()


def test_the_overview_shows_what_runs(admin, project):
    run(project, "hero")

    shown = admin.get(INDEX).content.decode()

    assert all(word in shown for word in ("Hero", "Keep running", "day 1"))
    assert "What to do first" not in shown
