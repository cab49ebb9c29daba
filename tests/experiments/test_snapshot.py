"""What every web process keeps in memory of a project beside its experiments: published triggers, and its wishes."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from experiments.snapshot import configuration, load
from tests.factories import make_goal, make_project
from tracking.models import PageInventory, TriggerVersion
from tracking.page_settings import ENOUGH_REPORTS, FEW_PAGES

pytestmark = pytest.mark.django_db

CLICK = {"key": "buy", "kind": "click", "event": "buy", "params": {"selector": "#buy"}}
BODY = [{**CLICK, "conditions": [], "properties": []}]


def publish(project, number, body=BODY):
    return TriggerVersion.objects.create(project=project, number=number, body=body)


def test_pages_follow_the_newest_version_only():
    project = make_project()
    publish(project, 2, BODY)
    publish(project, 1, [])

    assert load()[project.id].triggers == tuple(BODY)


def test_a_project_that_has_published_nothing_has_no_triggers():
    project = make_project()

    assert load()[project.id].triggers == ()


def test_no_project_sees_the_triggers_of_another():
    mine, theirs = make_project(), make_project()
    publish(theirs, 1)

    assert (load()[mine.id].triggers, load()[theirs.id].triggers) == ((), tuple(BODY))


def test_nothing_new_is_the_same_object_so_that_what_formats_made_of_it_stays():
    project = make_project()
    make_goal(project, selector="#buy")
    publish(project, 1)

    assert load()[project.id] is load()[project.id]


@pytest.mark.parametrize("change", ["triggers", "settings", "clicks"])
def test_each_change_is_served_after_the_next_look(change):
    project = make_project(form_analytics=False)
    before = load()[project.id]

    if change == "triggers":
        publish(project, 1)
    elif change == "clicks":
        make_goal(project, selector="#buy")
    else:
        type(project).objects.update(form_analytics=True)

    after = load()[project.id]
    assert after is not before
    assert getattr(after, change) != getattr(before, change)


def test_a_look_when_nothing_is_new_costs_four_queries_and_reads_no_body():
    for _ in range(3):
        publish(make_project(), 1)
    load()

    with CaptureQueriesContext(connection) as asked:
        load()

    assert len(asked) == 4  # versions, clicks, published triggers, settings
    assert not [query["sql"] for query in asked if '"body"' in query["sql"]]


def test_wishes_of_the_project_are_served():
    asking = make_project(requires_consent=True, form_analytics=True)
    open_ = make_project(requires_consent=False)

    assert (load()[asking.id].settings.requires_consent, load()[asking.id].settings.form_analytics) == (True, True)
    assert (load()[open_.id].settings.requires_consent, load()[open_.id].settings.form_analytics) == (False, False)


def test_every_visit_tells_of_its_page_until_enough_pages_are_known():
    project, other = make_project(), make_project()
    PageInventory.objects.bulk_create([PageInventory(project=project, path=f"/{n}") for n in range(FEW_PAGES - 1)])
    before = load()[project.id].settings.inventory_rate

    PageInventory.objects.create(project=project, path="/contact")

    assert (before, load()[project.id].settings.inventory_rate) == (1.0, 0.02)
    assert load()[other.id].settings.inventory_rate == 1.0


def test_a_site_of_one_page_is_known_once_many_have_told_of_it():
    project = make_project()
    page = PageInventory.objects.create(project=project, path="/", reports=ENOUGH_REPORTS - 1)
    before = load()[project.id].settings.inventory_rate

    page.reports += 1
    page.save()

    assert (before, load()[project.id].settings.inventory_rate) == (1.0, 0.02)


def test_a_project_that_is_not_known_yet_keeps_nothing_before_consent():
    assert configuration(-1).settings.requires_consent
