"""Goals as a marketer makes them: nothing to invent, and complaints that say what to do."""

import pytest
from django.urls import reverse

from tests.factories import make_goal, make_project
from tests.rest import queries
from tracking.models import Goal

ADD = reverse("admin:tracking_goal_add")
LIST = reverse("admin:tracking_goal_changelist")


def form(**fields):
    about = {"name": "Sign-up clicked", "measure": "once", "level": "micro", "desired": "increase", "window_days": "30"}
    return {**about, **fields}


def change_url(goal):
    return reverse("admin:tracking_goal_change", args=[goal.pk])


def errors_of(answer):
    return {field: list(texts) for field, texts in answer.context["adminform"].form.errors.items()}


def test_a_clicked_element_is_enough(admin, project):
    admin.post(ADD, form(selector="#signup"))

    goal = Goal.objects.get()
    assert (goal.project, goal.key, goal.event, goal.selector) == (
        project,
        "sign-up-clicked",
        "sign_up_clicked_click",
        "#signup",
    )


def test_neither_event_nor_element_is_asked_for(admin, project):
    answer = admin.post(ADD, form())

    assert errors_of(answer) == {"event": ["Say what counts: an event, or below the element that is clicked."]}


def test_a_name_without_latin_letters_still_gets_a_key(admin, project):
    admin.post(ADD, form(name="Кнопка", selector="#buy"))

    assert Goal.objects.get().key == "goal"


def test_a_sum_needs_its_number(admin, project):
    answer = admin.post(ADD, form(event="purchase", measure="sum"))

    assert list(errors_of(answer)) == ["property"]


def test_money_is_written_in_capitals(admin, project):
    admin.post(ADD, form(event="purchase", measure="sum", property="value", currency="eur", level="macro"))

    assert Goal.objects.get().currency == "EUR"


def test_a_condition_is_three_plain_fields(admin, project):
    only = {"condition_property": "plan", "condition_operator": "contains", "condition_value": "pro"}

    admin.post(ADD, form(event="sign_up", **only))

    goal = Goal.objects.get()
    assert goal.conditions == [{"property": "plan", "operator": "contains", "value": "pro"}]
    assert admin.get(change_url(goal)).context["adminform"].form["condition_value"].value() == "pro"


def test_a_condition_can_be_taken_away(admin, project):
    goal = make_goal(project, conditions=[{"property": "plan", "operator": "equals", "value": "pro"}])

    admin.post(change_url(goal), form(event="sign_up"))

    goal.refresh_from_db()
    assert goal.conditions == []


def test_further_conditions_from_the_api_are_left_alone(admin, project):
    kept = {"property": "b", "operator": "equals", "value": "2"}
    goal = make_goal(project, conditions=[{"property": "a", "operator": "equals", "value": "1"}, kept])
    changed = {"condition_property": "a", "condition_operator": "at_least", "condition_value": "5"}

    admin.post(change_url(goal), form(event="sign_up", **changed))

    goal.refresh_from_db()
    assert goal.conditions == [{"property": "a", "operator": "at_least", "value": "5"}, kept]


@pytest.mark.parametrize(
    ("half", "field"),
    [
        ({"condition_property": "plan"}, "condition_value"),
        ({"condition_value": "pro"}, "condition_property"),
    ],
)
def test_half_a_condition_is_asked_for_its_rest(admin, project, half, field):
    answer = admin.post(ADD, form(event="sign_up", **half))

    assert list(errors_of(answer)) == [field]


@pytest.mark.parametrize("value", ["x", "nan", "inf", "1_000", "٣", "1e99"])
def test_a_limit_that_would_never_hold_is_refused(admin, project, value):
    only = {"condition_property": "n", "condition_operator": "at_least", "condition_value": value}

    answer = admin.post(ADD, form(event="sign_up", **only))

    assert errors_of(answer) == {"condition_value": ["“At least” and “at most” need a number."]}


@pytest.mark.parametrize("currency", ["e1", "€", "ЕUR"])
def test_a_currency_has_three_letters(admin, project, currency):
    answer = admin.post(ADD, form(event="purchase", measure="sum", property="value", currency=currency))

    assert errors_of(answer) == {"currency": ["Write a currency as three capital letters, such as EUR."]}


def test_a_small_step_leads_to_a_macro_goal_of_its_project(admin, project):
    purchase = make_goal(project, "purchase", level="macro")
    foreign = make_goal(make_project("other"), "lead", level="macro")

    right = admin.post(ADD, form(project=project.pk, event="a", leads_to=purchase.pk))
    wrong = admin.post(ADD, form(name="Other", project=project.pk, event="b", leads_to=foreign.pk))

    assert right.status_code == 302
    assert errors_of(wrong) == {"leads_to": ["That goal belongs to another project."]}


def test_a_micro_goal_cannot_be_where_the_way_ends(admin, project):
    small = make_goal(project, "step", level="micro")

    answer = admin.post(ADD, form(event="a", leads_to=small.pk))

    assert list(errors_of(answer)) == ["leads_to"]


def test_the_key_stays_what_it_was(admin, project):
    goal = make_goal(project, "first")

    admin.post(change_url(goal), form(name="Second", event="x", key="second", window_days="7"))

    goal.refresh_from_db()
    assert (goal.key, goal.name, goal.window) == ("first", "Second", 7)


def test_a_key_that_is_taken_is_refused_kindly(admin, project):
    make_goal(project, "step")

    answer = admin.post(ADD, form(event="x", key="step"))

    assert errors_of(answer) == {"key": ["This project already has a goal with this key."]}


def test_the_list_costs_the_same_for_many(admin, project):
    target = make_goal(project, "purchase", level="macro")
    for _ in range(5):
        make_goal(project, leads_to=target)

    # session, user, the list and two counts of it, the projects to filter by
    with queries(7):
        assert admin.get(LIST).status_code == 200


def test_making_and_changing_a_goal_costs_few_queries(admin, project):
    goal = make_goal(project, leads_to=make_goal(project, "purchase", level="macro"))

    # session, user, the goal, its projects and the macro goals on offer
    with queries(8):
        assert admin.get(change_url(goal)).status_code == 200
    with queries(8):
        assert admin.get(ADD).status_code == 200


def test_an_empty_list_says_what_a_goal_is(admin, project):
    assert "No goal yet" in admin.get(LIST).content.decode()
