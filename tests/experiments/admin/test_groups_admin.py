"""Audience lists, exclusion groups and the holdout: made in words, kept while they are in use."""

import pytest
from django.urls import reverse
from django.utils import timezone

from experiments.lifecycle import start, stop
from experiments.models import Holdout, Namespace, SavedGroup
from tests.factories import make_experiment, make_project
from tests.rest import queries


def url(name, *args):
    return reverse(f"admin:experiments_{name}", args=args)


def a_list(project, **fields):
    values = {"key": "vip", "name": "Best customers", "attribute": "user_id", "values": ["ann"], **fields}
    return SavedGroup.objects.create(project=project, **values)


def errors(answer):
    return answer.context["adminform"].form.errors


def test_a_list_is_typed_one_a_line(admin, project):
    sent = {"name": "Best customers", "attribute": "user_id", "values": "ann\n bob \n\nann\n"}

    admin.post(url("savedgroup_add"), sent)

    made = SavedGroup.objects.get()
    assert (made.project, made.key, made.values) == (project, "best-customers", ["ann", "bob"])
    assert "2" in admin.get(url("savedgroup_changelist")).content.decode()


@pytest.mark.parametrize(
    ("listed", "told"),
    [
        ("savedgroup", "No audience list yet"),
        ("namespace", "No exclusion group yet"),
        ("holdout", "No holdout yet"),
    ],
)
def test_an_empty_list_says_what_it_is_for(admin, project, listed, told):
    shown = admin.get(url(f"{listed}_changelist")).content.decode()

    assert told in shown
    assert url(f"{listed}_add") in shown


def test_numbers_of_the_api_stay_numbers(admin, project):
    kept = a_list(project, values=[7, "ann"])

    admin.post(url("savedgroup_change", kept.pk), {"name": "Vip", "attribute": "user_id", "values": "7\nann\n8"})

    kept.refresh_from_db()
    assert kept.values == [7, "ann", "8"]


def test_a_list_has_its_limits(admin, project):
    many = "\n".join(map(str, range(5001)))

    answer = admin.post(url("savedgroup_add"), {"name": "Vip", "attribute": "user_id", "values": many})
    longer = admin.post(url("savedgroup_add"), {"name": "Vip", "attribute": "user_id", "values": "x" * 301})

    assert errors(answer) == {"values": ["These are 5,001 values; a list holds at most 5,000."]}
    assert errors(longer) == {"values": ["A value is longer than 300 characters."]}


def test_a_list_in_use_says_so_and_is_not_deleted(admin, project):
    kept = a_list(project)
    make_experiment(project, name="Hero", condition={"user_id": {"$inGroup": "vip"}})

    shown = admin.get(url("savedgroup_change", kept.pk)).content.decode()

    assert "Used by “Hero”." in shown
    assert admin.post(url("savedgroup_delete", kept.pk), {"post": "yes"}).status_code == 403


def test_a_group_shows_who_has_which_part(admin, project):
    group = Namespace.objects.create(project=project, key="home", name="Home page")
    for name, share in (("Menu", 0.4), ("Hero", 0.35)):
        start(make_experiment(project, name=name, namespace=group, namespace_share=share), at=timezone.now())

    shown = admin.get(url("namespace_change", group.pk)).content.decode().replace("\u202f", " ")

    assert 'aria-label="Menu: 40 %; Hero: 35 %; free: 25 %"' in shown
    assert admin.post(url("namespace_delete", group.pk), {"post": "yes"}).status_code == 403


def test_a_stopped_test_gives_its_part_back(admin, project):
    group = Namespace.objects.create(project=project, key="home", name="Home page")
    running = make_experiment(project, namespace=group)
    start(running, at=timezone.now())
    stop(running, at=timezone.now(), now=timezone.now())

    shown = admin.get(url("namespace_change", group.pk)).content.decode().replace("\u202f", " ")

    assert 'aria-label="free: 100 %"' in shown


def test_the_same_name_twice_is_told_at_the_name(admin, project):
    Namespace.objects.create(project=project, key="home", name="Home page")

    answer = admin.post(url("namespace_add"), {"name": "Home page"})

    assert errors(answer) == {"name": ["There is already an exclusion group called “Home page”."]}


def test_a_holdout_is_set_and_changed_while_nothing_runs(admin, project):
    admin.post(url("holdout_add"), {"project": project.pk, "share": "5"})
    made = Holdout.objects.get()

    admin.post(url("holdout_change", made.pk), {"share": "10"})

    changed = Holdout.objects.get()
    assert (made.share, changed.share, changed.seed) == (0.05, 0.1, made.seed)
    assert made.seed


def test_a_holdout_is_locked_while_a_test_keeps_it_out(admin, project):
    admin.post(url("holdout_add"), {"project": project.pk, "share": "5"})
    start(make_experiment(project, name="Hero"), at=timezone.now())
    held = Holdout.objects.get()

    shown = admin.get(url("holdout_change", held.pk)).content.decode()
    admin.post(url("holdout_change", held.pk), {"share": "10"})

    assert "“Hero”" in shown
    assert 'name="share"' not in shown
    assert Holdout.objects.get().share == 0.05


def test_every_project_has_one_holdout(admin, project):
    admin.post(url("holdout_add"), {"project": project.pk, "share": "5"})

    answer = admin.get(url("holdout_add"))

    assert answer.url == url("holdout_changelist")


@pytest.mark.parametrize("name", ["namespace", "savedgroup", "holdout"])
def test_lists_cost_no_more_for_more_rows(admin, project, name):
    for number in range(4):
        shop = make_project()
        Namespace.objects.create(project=shop, key="home", name=f"Home {number}")
        a_list(shop)
        start(make_experiment(shop), at=timezone.now())
        Holdout.objects.create(project=shop, share=0.1, seed="x")

    # session, user, twice the count, the rows; exclusion groups and holdouts also what runs
    with queries(9):
        assert admin.get(url(f"{name}_changelist")).status_code == 200
