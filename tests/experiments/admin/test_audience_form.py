"""Who takes part, where and when: what the rows of the form become, and what of it is refused in plain words."""

import json
from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone

from experiments.admin.audience_view import in_words
from experiments.audience_count import Matched
from experiments.lifecycle import start
from experiments.models import Experiment, Namespace, SavedGroup
from tests.experiments.admin.forms import experiment_form, rows_of
from tests.factories import make_experiment, make_project
from tests.rendered import controls
from tests.rest import queries

ADD = reverse("admin:experiments_experiment_add")
FORM = "experiment_form"
PHONES = {"attribute": "deviceType", "operator": "is", "value": "mobile"}


def url(experiment, name="change"):
    return reverse(f"admin:experiments_experiment_{name}", args=[experiment.pk])


def save(admin, experiment, **fields):
    return admin.post(url(experiment), experiment_form(variants=rows_of(experiment), _continue="1", **fields))


def rules(*groups):
    return json.dumps(groups)


def errors(answer, field):
    return answer.context["adminform"].form.errors.get(field, [])


@pytest.fixture
def draft(project):
    return make_experiment(project, "hero", name="Hero button")


def test_rules_become_a_condition(admin, draft):
    age = {"attribute": "age", "operator": "at_least", "value": "18"}
    countries = {"attribute": "country", "operator": "one_of", "value": ["PL", "DE"]}

    save(admin, draft, condition=rules([PHONES, age], [countries]))

    draft.refresh_from_db()
    both = {"$and": [{"deviceType": "mobile"}, {"age": {"$gte": 18}}]}
    assert draft.condition == {"$or": [both, {"country": {"$in": ["PL", "DE"]}}]}


def test_a_page_sent_back_untouched_changes_nothing(admin, project):
    group = Namespace.objects.create(project=project, key="home", name="Home page")
    pages = [{"include": True, "kind": "simple", "pattern": "/a"}, {"include": True, "kind": "regex", "pattern": "^/b"}]
    condition = {"$and": [{"deviceType": "mobile"}, {"path": {"$regex": r"^/a\.b"}}]}
    moment = datetime(2099, 3, 1, 8, 30, tzinfo=UTC)
    kept = {"condition": condition, "pages": pages, "namespace": group, "starts_at": moment}
    draft = make_experiment(project, "hero", name="Hero", **kept)
    sent = controls(admin.get(url(draft)), FORM)

    answer = admin.post(url(draft), {**sent, "_continue": "1"})

    assert answer.status_code == 302
    saved = Experiment.objects.get()
    assert {name: getattr(saved, name) for name in kept} == kept


def test_what_the_rows_cannot_say_is_shown_and_stays(admin, project):
    draft = make_experiment(project, "hero", condition={"$not": {"country": "PL"}})
    page = admin.get(url(draft))

    admin.post(url(draft), {**controls(page, FORM), "name": "New name", "_continue": "1"})

    assert ">not (country = PL)" in page.content.decode()
    draft.refresh_from_db()
    assert (draft.name, draft.condition) == ("New name", {"$not": {"country": "PL"}})


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ({**PHONES, "value": ""}, "A rule does not say with what to compare."),
        ({**PHONES, "operator": "like"}, "A rule does not say how to compare."),
        ({"attribute": "age", "operator": "at_least", "value": "old"}, "A rule needs a number, such as 3 or 0.5."),
        ({"attribute": "id", "operator": "in_list", "value": "vip"}, "There is no audience list “vip” here."),
    ],
)
def test_an_unfinished_rule_is_told_and_nothing_is_lost(admin, draft, rule, told):
    sent = rules([PHONES, rule])

    answer = save(admin, draft, condition=sent)

    assert errors(answer, "condition") == [told]
    assert answer.context["adminform"].form["condition"].value() == sent


@pytest.mark.parametrize("crafted", ["{", "[1]", '[[{"attribute": "x"}', "null", '"x"', "[" * 100_000, '[[["a"]]]'])
def test_nonsense_instead_of_rules_is_no_server_error(admin, draft, crafted):
    answer = save(admin, draft, condition=crafted)

    assert answer.status_code in {200, 302}
    draft.refresh_from_db()
    assert draft.condition == {}


def test_rows_in_which_nothing_was_chosen_are_left_out(admin, draft):
    empty = {"attribute": "", "operator": "", "value": ""}

    save(admin, draft, condition=rules([empty], [PHONES, empty]))

    draft.refresh_from_db()
    assert draft.condition == {"deviceType": "mobile"}


def test_pages_are_lines_and_patterns_of_the_api_stay(admin, project):
    strange = {"include": True, "kind": "regex", "pattern": "^/x[0-9]+$"}
    draft = make_experiment(project, "hero", pages=[strange])

    save(admin, draft, pages_0="/pricing\n\n /shop/* \n/pricing", pages_1="/shop/checkout*")

    draft.refresh_from_db()
    assert draft.pages == [
        {"include": True, "kind": "simple", "pattern": "/pricing"},
        {"include": True, "kind": "simple", "pattern": "/shop/*"},
        {"include": False, "kind": "simple", "pattern": "/shop/checkout*"},
        strange,
    ]


def test_a_page_that_is_no_address_is_refused(admin, draft):
    answer = save(admin, draft, pages_0="x" * 501)

    assert "characters" in errors(answer, "pages")[0]


def test_times_are_those_of_the_project(admin):
    shop = make_project(timezone="Europe/Warsaw")
    draft = make_experiment(shop, "hero")

    save(admin, draft, starts_at_0="2099-07-01", starts_at_1="09:00", planned_end_0="2099-08-01", planned_end_1="")

    draft.refresh_from_db()
    assert draft.starts_at == datetime(2099, 7, 1, 7, 0, tzinfo=UTC)
    assert draft.planned_end == datetime(2099, 7, 31, 22, 0, tzinfo=UTC)
    page = admin.get(url(draft))
    assert controls(page, FORM)["starts_at_1"].startswith("09:00")
    assert "Time of Europe/Warsaw." in page.content.decode()


def test_an_end_before_the_start_is_refused(admin, draft):
    answer = save(admin, draft, starts_at_0="2099-07-02", planned_end_0="2099-07-01")

    assert errors(answer, "planned_end") == ["The planned end lies before the start: choose a later day."]


def test_stopping_by_itself_needs_an_end(admin, draft):
    answer = save(admin, draft, stops_by_itself="on")

    assert errors(answer, "stops_by_itself") == ["Say at which planned end it should stop."]


def test_a_group_says_how_much_of_it_is_free(admin, project, draft):
    group = Namespace.objects.create(project=project, key="home", name="Home page")
    start(make_experiment(project, "menu", namespace=group, namespace_share=0.7), at=timezone.now())

    shown = admin.get(url(draft)).content.decode().replace("\u202f", " ")

    assert "Home page · 30 % free" in shown


def test_a_test_can_be_for_the_people_of_another_one(admin, project, draft):
    start(make_experiment(project, "menu"), at=timezone.now())

    save(admin, draft, prerequisites=["menu/green"])

    draft.refresh_from_db()
    assert draft.prerequisites == [{"experiment": "menu", "variants": ["green"]}]
    assert 'value="menu/green" selected' in admin.get(url(draft)).content.decode()


def test_what_belongs_to_another_project_is_refused(admin, project):
    other = make_project()
    SavedGroup.objects.create(project=other, key="vip", name="Vip")
    group = Namespace.objects.create(project=other, key="home", name="Home")
    in_list = rules([{"attribute": "id", "operator": "in_list", "value": "vip"}])

    answer = admin.post(ADD, experiment_form(project=project.pk, condition=in_list, namespace=group.pk))

    assert errors(answer, "condition") == ["This audience list belongs to another project."]
    assert errors(answer, "namespace") == ["This exclusion group belongs to another project."]


def test_a_running_test_says_who_takes_part_in_words(admin, project):
    SavedGroup.objects.create(project=project, key="vip", name="Best customers", attribute="user_id", values=["ann"])
    condition = {"$or": [{"country": {"$in": ["PL", "DE"]}}, {"user_id": {"$inGroup": "vip"}}]}
    running = make_experiment(project, "hero", condition=condition)
    start(running, at=timezone.now())

    shown = admin.get(url(running)).content.decode()

    assert "Country is one of Poland, Germany; or User id is in the list “Best customers”" in shown


def test_more_tests_and_lists_cost_no_more_queries(admin, project, draft):
    for number in range(4):
        SavedGroup.objects.create(project=project, key=f"list-{number}", name=f"List {number}")
        group = Namespace.objects.create(project=project, key=f"group-{number}", name=f"Group {number}")
        start(make_experiment(project, namespace=group), at=timezone.now())

    # Those of a form without any, with lists, groups and the plans of what runs.
    with queries(15):
        assert admin.get(url(draft)).status_code == 200


COUNT = reverse("admin:experiments_experiment_audience")


@pytest.mark.parametrize("sent", [{}, {"project": "x", "rules": "[]"}, {"project": "9" * 30}, {"rules": "{"}])
def test_a_count_of_nonsense_says_nothing(admin, project, sent):
    answer = admin.post(COUNT, sent)

    assert (answer.status_code, answer.json()) == (200, {"lines": []})


def test_only_those_who_see_experiments_may_count(client, admin, project):
    client.force_login(User.objects.create_user("stranger", is_staff=True))

    assert client.post(COUNT, {"project": project.pk, "rules": "[]"}).status_code == 403
    assert admin.get(COUNT).status_code == 405


@pytest.mark.parametrize(
    ("matched", "lines"),
    [
        (
            Matched(0, 0, 0, (), False),
            ["Nothing is known of the visitors of the last 7 days, so nobody can be counted."],
        ),
        (
            Matched(9, 0, 0, ("country",), False),
            ["Nothing is known of the visitors of the last 7 days, so nobody can be counted."],
        ),
        (Matched(1, 1, 1, (), False), ["About 1 of 1 visitor matches (last 7 days)."]),
        (
            Matched(5000, 4000, 1234, ("plan",), True),
            [
                "About 24.7 % match: 1,234 of 5,000 visitors, taken by chance from the last 7 days.",
                "No visitor of the last 7 days told us this yet: “plan”.",
            ],
        ),
    ],
)
def test_the_count_is_said_as_it_is(matched, lines):
    assert [line.replace("\u202f", " ") for line in in_words(matched)] == lines
