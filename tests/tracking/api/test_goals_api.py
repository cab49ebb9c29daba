"""/api/v1/goals/: what a goal may be, and what is refused with its place."""

import pytest

from tests.factories import make_experiment, make_goal, make_project
from tests.rest import queries, rest_of
from tracking.models import Goal

pytestmark = pytest.mark.django_db


@pytest.fixture
def project():
    return make_project("shop")


@pytest.fixture
def rest(project):
    return rest_of(project)


def test_a_key_is_enough_for_a_goal(rest):
    goal = rest.ok("POST", "goals/", {"key": "add-to-cart"})

    assert (goal["name"], goal["event"]) == ("Add to cart", "add_to_cart")
    assert (goal["level"], goal["measure"], goal["window"], goal["desired"]) == ("micro", "once", 30, "increase")
    assert goal == rest.ok("GET", "goals/add-to-cart/")


def test_every_field_comes_back_as_it_was_sent(rest):
    rest.ok("POST", "goals/", {"key": "sale", "level": "macro"})
    fields = {
        "key": "basket", "name": "Basket of 10", "level": "micro", "event": "add_to_cart", "selector": "#buy",
        "conditions": [{"property": "value", "operator": "at_least", "value": "10"}],
        "measure": "sum", "property": "value", "currency": "PLN", "window": 7, "desired": "decrease",
        "category": "commerce", "stage": "decision", "weight": 2.25, "leads_to": "sale",
    }  # fmt: skip

    goal = rest.ok("POST", "goals/", fields)

    assert {name: goal[name] for name in fields} == fields
    assert goal.keys() - fields.keys() == {"created_at", "updated_at"}


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"key": "Big Key"}, ("invalid", "key")),
        ({"key": "a", "windw": 3}, ("unknown", "windw")),
        ({"key": "a", "created_at": "2020-01-01"}, ("read_only", "created_at")),
        ({"key": "a", "project": 1}, ("unknown", "project")),
        ({"key": "a", "level": "nano"}, ("invalid_choice", "level")),
        ({"key": "a", "measure": "median"}, ("invalid_choice", "measure")),
        ({"key": "a", "measure": "sum"}, ("required", "property")),
        ({"key": "a", "window": 0}, ("min_value", "window")),
        ({"key": "a", "window": 10**15}, ("max_value", "window")),
        ({"key": "a", "currency": "euro"}, ("max_length", "currency")),
        ({"key": "a", "currency": "eur"}, ("illegal_currency", "currency")),
        ({"key": "a", "weight": "NaN"}, ("invalid", "weight")),
        ({"key": "a", "weight": True}, ("invalid", "weight")),
        ({"key": "a", "weight": 1e15}, ("max_digits", "weight")),
        ({"key": "3-clicks"}, ("required", "event")),
        ({"key": "a", "event": "1st"}, ("invalid", "event")),
        ({"key": "a", "leads_to": "nobody"}, ("does_not_exist", "leads_to")),
        ({"key": "a", "leads_to": {"key": "sale"}}, ("invalid", "leads_to")),
        ({"key": "a", "leads_to": "step"}, ("not_macro", "leads_to")),
        ({"key": "a", "level": "macro", "leads_to": "sale"}, ("not_micro", "leads_to")),
        ({"key": "a", "conditions": {}}, ("not_a_list", "conditions.non_field_errors")),
        ({"key": "a", "conditions": [{"property": "p"}] * 21}, ("max_length", "conditions.non_field_errors")),
        (
            {"key": "a", "conditions": [{"property": "p", "operator": "is", "value": "x"}]},
            ("invalid_choice", "conditions.0.operator"),
        ),
        (
            {"key": "a", "conditions": [{"property": "p", "operator": "at_most", "value": "ten"}]},
            ("invalid", "conditions.0.value"),
        ),
    ],
)
def test_what_is_no_goal_is_refused_with_its_place(project, rest, fields, error):
    make_goal(project, "sale", level="macro")
    make_goal(project, "step")

    assert rest.refused("POST", "goals/", fields) == (400, [error])


def test_the_same_key_twice_is_409_within_a_project_only(rest):
    rest.ok("POST", "goals/", {"key": "sale"})

    assert rest.refused("POST", "goals/", {"key": "sale"}) == (409, [("already_exists", "key")])
    rest_of(make_project("other")).ok("POST", "goals/", {"key": "sale"})


def test_a_change_touches_only_what_it_names(project, rest):
    make_goal(project, "sale", level="macro", window=5)

    goal = rest.ok("PATCH", "goals/sale/", {"conditions": [{"property": "paid", "operator": "equals", "value": True}]})

    assert goal["window"] == 5
    assert goal["conditions"] == [{"property": "paid", "operator": "equals", "value": "true"}]


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"key": "other"}, ("immutable", "key")),
        ({"name": None}, ("null", "name")),
        ({"level": "micro"}, ("served", "level")),
        ({"measure": "sum"}, ("required", "property")),
        ({"leads_to": "sale"}, ("not_micro", "leads_to")),
        ({"conditions": [{"property": "p"}]}, ("required", "conditions.0.operator")),
    ],
)
def test_a_change_that_does_not_fit_is_refused(project, rest, change, error):
    sale = make_goal(project, "sale", level="macro")
    make_goal(project, "step", leads_to=sale)

    status, errors = rest.refused("PATCH", "goals/sale/", change)

    assert status == 400
    assert error in errors


def test_a_goal_may_be_sent_back_with_its_key(project, rest):
    make_goal(project, "sale")

    assert rest.ok("PATCH", "goals/sale/", {"key": "sale", "name": "Sale"})["name"] == "Sale"


def test_a_goal_in_use_stays(project, rest):
    sale, step = make_goal(project, "sale", level="macro"), make_goal(project, "step")
    make_experiment(project, goals=[sale])
    make_goal(project, "small", leads_to=make_goal(project, "big", level="macro"))

    assert rest.refused("DELETE", "goals/sale/") == (409, [("in_use", None)])
    assert rest.refused("DELETE", "goals/big/") == (409, [("in_use", None)])
    assert rest("DELETE", "goals/step/") == (204, None)
    assert not Goal.objects.filter(id=step.id).exists()


def test_goals_can_be_listed_by_level(project, rest):
    make_goal(project, "sale", level="macro")
    make_goal(project, "step")
    make_goal(make_project("other"), "theirs", level="macro")

    assert [goal["key"] for goal in rest.ok("GET", "goals/?level=macro")["results"]] == ["sale"]


def test_queries_do_not_grow_with_the_goals(project, rest):
    sale = make_goal(project, "sale", level="macro")
    for _ in range(10):
        make_goal(project, leads_to=sale)

    with queries(2):
        assert len(rest.ok("GET", "goals/")["results"]) == 11
    with queries(2):
        rest.ok("GET", "goals/sale/")
    with queries(3):
        rest.ok("POST", "goals/", {"key": "new", "leads_to": "sale"})
    with queries(3):
        rest.ok("PATCH", "goals/new/", {"window": 3})
    with queries(7):
        rest("DELETE", "goals/new/")
