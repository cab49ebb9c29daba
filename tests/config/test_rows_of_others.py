"""No body names something of another project, or what only the house decides; and nobody makes oneself more."""

import importlib
import re

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission, User
from django.urls import reverse

from experiments.admin.audience_field import KEEP
from experiments.models import Experiment, Holdout, Namespace, SavedGroup
from tests.experiments.admin.forms import GREEN, ORIGINAL, experiment_form, primary
from tests.factories import make_colleague, make_experiment, make_goal, make_project
from tests.rest import rest_of
from tests.tenants import furnished, rows_of
from tracking.models import Goal, Key, Project, Trigger, VisitorMark

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop():
    return make_project("shop")


@pytest.fixture
def other():
    return furnished("quokka")


@pytest.fixture
def rest(shop):
    make_goal(shop, "sale", level="macro")
    make_experiment(shop, "hero")
    Namespace.objects.create(project=shop, key="group", name="Group")
    SavedGroup.objects.create(project=shop, key="list", name="List", values=[])
    Trigger.objects.create(project=shop, key="click", name="Click", kind="share")
    return rest_of(shop)


# ---- the API ----

TWO = [{"key": "old"}, {"key": "new", "payload": {"selector": "#buy", "text": "Buy"}}]
NEW = {
    "goals/": {"key": "new-one"},
    "experiments/": {"key": "new-one", "variants": TWO},
    "namespaces/": {"key": "new-one"},
    "groups/": {"key": "new-one", "values": []},
    "triggers/": {"key": "new-one", "kind": "share"},
}
THERE = ["project/", "goals/sale/", "experiments/hero/", "namespaces/group/", "groups/list/", "triggers/click/"]
NOT_YOURS = {
    "is_superuser": True, "is_staff": True, "role": "admin", "people": [1], "status": "stopped", "seed": "abc",
    "salt": "abc", "created_by": "mara", "results": {}, "result": {}, "verdict": "ship", "phases": [], "id": 1, "pk": 1,
    "project": "quokka-shop", "project_id": 1, "shipped_variant": "new", "created_at": "2020-01-01T00:00:00Z",
    "digest": "x", "token": "sk_mine", "scopes": ["manage"],
}  # fmt: skip


@pytest.mark.parametrize("field", NOT_YOURS)
def test_what_only_the_house_decides_is_refused_in_every_body(rest, shop, field):
    before = rows_of(shop)

    made = {path: rest("POST", path, {**body, field: NOT_YOURS[field]})[0] for path, body in NEW.items()}
    changed = {path: rest("PATCH", path, {field: NOT_YOURS[field]})[0] for path in [*THERE, "holdout/"]}

    assert {*made.values(), *changed.values()} == {400}
    assert rows_of(shop) == before


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("goals/sale/", {"leads_to": "quokka-buy", "level": "micro"}),
        ("experiments/hero/", {"goals": [{"goal": "quokka-buy", "role": "primary"}]}),
        ("experiments/hero/", {"namespace": "quokka"}),
        ("experiments/hero/", {"project": "quokka-shop"}),
        ("triggers/click/", {"project": "quokka-shop"}),
        ("experiments/quokka-draft/", {"name": "Mine"}),
        ("goals/quokka-buy/", {"name": "Mine"}),
    ],
)
def test_a_body_cannot_name_what_is_in_another_project(rest, shop, other, path, body):
    before, theirs = rows_of(shop), rows_of(other[0])

    status, content = rest("PATCH", path, body)

    assert status in {400, 404}, content
    assert "quokka thing" not in str(content)
    assert (rows_of(shop), rows_of(other[0])) == (before, theirs)


def test_nothing_new_is_made_of_what_is_in_another_project(rest, shop, other):
    before, theirs = rows_of(shop), rows_of(other[0])
    goals = [{"goal": "quokka-buy", "role": "primary"}]

    answers = [
        rest("POST", "goals/", {"key": "new-one", "leads_to": "quokka-buy"}),
        rest("POST", "experiments/", {"key": "new-one", "variants": TWO, "goals": goals}),
        rest("POST", "experiments/", {"key": "new-one", "variants": TWO, "namespace": "quokka"}),
        rest("POST", "experiments/hero/goals/", {"goal": "quokka-buy"}),
    ]

    assert {status for status, _content in answers} <= {400, 404}
    assert (rows_of(shop), rows_of(other[0])) == (before, theirs)


# ---- the admin ----


@pytest.fixture
def desk(client, shop):
    """Of somebody who may do everything, in two projects: so each form asks for the project."""
    ours = Permission.objects.filter(content_type__app_label__in=["tracking", "experiments"])
    client.force_login(make_colleague(*ours.values_list("codename", flat=True), projects=[shop, make_project("blog")]))
    return client


def add(table):
    return reverse(f"admin:{table}_add")


GOAL = {"name": "New", "event": "x", "measure": "once", "level": "micro", "desired": "increase", "window_days": "30"}
FORMS = {
    "tracking_goal": GOAL,
    "tracking_trigger": {"name": "New", "kind": "click", "is_on": "on", "click__selector": "#buy"},
    "tracking_key": {"kind": "client", "name": "New"},
    "tracking_visitormark": {"visitor_id": "ann", "mark": "bot", "reason": "A robot"},
    "experiments_namespace": {"name": "New"},
    "experiments_savedgroup": {"name": "New", "attribute": "user_id", "values": "1"},
    "experiments_holdout": {"share": "10"},
    "experiments_experiment": experiment_form(),
}
TABLES = [Goal, Trigger, Key, VisitorMark, Namespace, SavedGroup, Holdout, Experiment]


@pytest.mark.parametrize("table", FORMS)
def test_no_form_makes_anything_in_another_project(desk, shop, other, table):
    project, _ids = other
    counts = [model.objects.count() for model in TABLES]

    refused = desk.post(add(table), {**FORMS[table], "project": project.pk})
    assert (refused.status_code, "quokka" in refused.content.decode()) == (200, False)
    assert "project" in refused.context["adminform"].form.errors
    assert [model.objects.count() for model in TABLES] == counts

    assert desk.post(add(table), {**FORMS[table], "project": shop.pk}).status_code in {200, 302}
    assert sum(model.objects.count() for model in TABLES) >= sum(counts) + 1


def test_a_form_cannot_name_what_is_in_another_project(desk, shop, other):
    ids = other[1]
    own = make_goal(shop, "sale", level="macro")
    sent = {"project": shop.pk, "goals": [primary(own)]}

    answers = [
        desk.post(add("tracking_goal"), {**GOAL, "project": shop.pk, "leads_to": ids["goal"]}),
        desk.post(add("experiments_experiment"), experiment_form(**{**sent, "namespace": ids["namespace"]})),
        desk.post(add("experiments_experiment"), experiment_form(**{**sent, "prerequisites": "quokka-live/green"})),
        desk.post(add("experiments_experiment"), experiment_form(**{**sent, "goals": [primary(Goal(ids["goal"]))]})),
        desk.post(
            add("experiments_experiment"),
            experiment_form(**sent, condition='[[{"attribute": "id", "operator": "in_list", "value": "quokka"}]]'),
        ),
    ]

    # As names are written; what was sent comes back as it was.
    named = [one for one in answers if re.search("Quokka|quokka thing", one.content.decode())]
    assert ([one.status_code for one in answers], named) == ([200] * 5, [])
    assert not Experiment.objects.filter(project=shop).exists()
    assert not Goal.objects.filter(project=shop, leads_to__isnull=False).exists()


def test_a_draft_is_not_moved_to_another_project(desk, shop, other):
    draft = make_experiment(shop, "hero")
    address = reverse("admin:experiments_experiment_change", args=[draft.pk])
    rows = [{**row, "id": one.pk} for row, one in zip((ORIGINAL, GREEN), draft.variants.all(), strict=True)]

    answer = desk.post(address, experiment_form(variants=rows, project=other[0].pk))

    draft.refresh_from_db()
    assert (answer.status_code, draft.project) == (200, shop)
    assert "project" in answer.context["adminform"].form.errors


def test_nobody_counts_the_visitors_of_another_project(desk, shop, other):
    project, ids = other
    own, count = make_experiment(shop, "hero"), reverse("admin:experiments_experiment_audience")

    def lines(**sent):
        return desk.post(count, {"rules": "[]", **sent}).json()["lines"]

    assert lines(project=shop.pk) != []
    assert lines(project=project.pk) == []
    assert lines(project=shop.pk, rules=KEEP, experiment=own.pk) != []
    assert lines(project=shop.pk, rules=KEEP, experiment=ids["experiment"]) == []


# ---- people ----


def member_form(project, **fields):
    about = {"name": project.name, "timezone": "UTC", "currency": "EUR", "requires_consent": "True"}
    return reverse("admin:tracking_project_change", args=[project.pk]), {**about, **fields}


def test_administrators_say_who_is_in_a_project(admin_client, shop):
    ann = make_colleague("view_goal", name="ann", projects=[])

    admin_client.post(*member_form(shop, people=[ann.pk]))

    assert list(shop.people.all()) == [ann]


def test_members_see_who_is_in_a_project_and_cannot_change_it(desk, shop):
    ann = make_colleague(name="ann", projects=[])

    page = desk.get(member_form(shop)[0])
    desk.post(*member_form(shop, people=[ann.pk], name="Renamed"))

    shop.refresh_from_db()
    assert (shop.name, ann in shop.people.all(), shop.people.count()) == ("Renamed", False, 1)
    assert "people" not in page.context["adminform"].form.fields


def test_whoever_makes_a_project_is_in_it(client):
    ann = make_colleague("add_project", "view_project", "change_project", projects=[])
    client.force_login(ann)
    form = {"name": "Mine", "timezone": "UTC", "currency": "EUR", "requires_consent": "True"}

    answer = client.post(add("tracking_project"), form, follow=True)

    assert answer.status_code == 200
    assert list(Project.objects.get().people.all()) == [ann]


def test_the_name_of_another_project_is_not_told_by_a_complaint(desk, other):
    form = {"timezone": "UTC", "currency": "EUR", "requires_consent": "True"}

    answer = desk.post(add("tracking_project"), {**form, "name": "Quokka shop"})

    assert answer.status_code == 302
    assert Project.objects.get(key="quokka-shop-2").people.count() == 1


PEOPLE = ["view_user", "add_user", "change_user", "delete_user", "view_group", "add_group", "change_group", "view_goal"]


@pytest.fixture
def manager(client, shop):
    """Somebody who may change people, in one project, without being an administrator."""
    person = make_colleague(*PEOPLE, name="manager", projects=[shop])
    client.force_login(person)
    return person


def save(client, user, **fields):
    dates = {"date_joined_0": "2026-01-01", "date_joined_1": "00:00:00"}
    sent = {"username": user.username, "is_active": "on", "is_staff": "on", **dates, **fields}
    return client.post(reverse("admin:auth_user_change", args=[user.pk]), sent)


def test_nobody_makes_an_administrator_who_is_none(client, manager):
    for user in (manager, make_colleague(name="ann", projects=[])):
        save(client, user, is_superuser="on")

        user.refresh_from_db()
        assert not user.is_superuser


def test_nobody_gives_a_permission_that_they_do_not_have(client, manager):
    ann, strong = make_colleague(name="ann", projects=[]), Group.objects.create(name="Strong")
    theirs, more = (Permission.objects.get(codename=name) for name in ("view_goal", "delete_goal"))
    strong.permissions.add(more)

    refused = [save(client, ann, user_permissions=[more.pk]), save(client, ann, groups=[strong.pk])]
    save(client, ann, user_permissions=[theirs.pk])

    assert [answer.status_code for answer in refused] == [200, 200]
    assert (list(ann.user_permissions.all()), ann.groups.count()) == ([theirs], 0)


@pytest.mark.parametrize(
    ("more", "where"),
    [({"is_superuser": True}, "none"), ({"right": "delete_goal"}, "none"), ({}, "another project"), ({}, "none")],
)
def test_only_people_who_may_no_more_than_oneself_can_be_changed(client, manager, other, more, where):
    projects = [other[0]] if where == "another project" else []
    right = [more["right"]] if "right" in more else []
    ann = make_colleague(*right, name="ann", projects=projects, is_superuser="is_superuser" in more)
    password = {"password1": "correct horse battery", "password2": "correct horse battery", "usable_password": "true"}

    saved = save(client, ann, first_name="Anna")
    new = client.post(reverse("admin:auth_user_password_change", args=[ann.pk]), password)
    client.post(
        reverse("admin:auth_user_changelist"),
        {"action": "delete_selected", "_selected_action": [ann.pk], "post": "yes"},
    )

    mine = where == "none" and not more
    assert ({saved.status_code, new.status_code}, User.objects.filter(pk=ann.pk).exists()) == (
        {302 if mine else 403},
        not mine,
    )


def test_a_group_that_may_more_than_oneself_stays_as_it_is(client, manager):
    strong = Group.objects.create(name="Strong")
    strong.permissions.add(Permission.objects.get(codename="delete_goal"))

    answer = client.post(reverse("admin:auth_group_change", args=[strong.pk]), {"name": "Weak"})

    strong.refresh_from_db()
    assert (answer.status_code, strong.name, strong.permissions.count()) == (403, "Strong", 1)


# ---- nobody is locked out ----


@pytest.mark.parametrize("page", ["index", "tracking_goal_changelist", "tracking_catalogue", "tracking_live"])
def test_whoever_is_in_no_project_is_told_whom_to_ask(client, shop, page):
    client.force_login(make_colleague("view_goal", "view_experiment", "add_goal", projects=[]))

    page = client.get(reverse(f"admin:{page}")).content.decode()

    assert "Ask an administrator to add you to a project." in page
    assert "Shop" not in page


def test_who_has_one_project_does_not_choose_it(client, shop, other):
    client.force_login(make_colleague("add_goal", "add_key", "add_holdout", projects=[shop]))

    assert "project" not in client.get(add("tracking_goal")).context["adminform"].form.fields
    for table in ("tracking_key", "experiments_holdout"):
        field = client.get(add(table)).context["adminform"].form["project"]
        assert (field.value(), len(field.field.queryset)) == (shop.pk, 1)


def test_whoever_could_log_in_before_is_in_every_project_afterwards(shop):
    ann, gone = make_colleague(projects=[]), make_colleague(projects=[], is_active=False)
    migration = importlib.import_module("tracking.migrations.0010_people_of_projects")
    root = make_colleague(projects=[], is_superuser=True)

    migration.let_everybody_stay(apps, None)

    assert list(shop.people.all()) == [ann]
    assert not {gone, root} & set(shop.people.all())
