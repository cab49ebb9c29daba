"""/api/v1/namespaces/, /groups/ and /holdout/."""

import pytest
from django.utils import timezone

from experiments import lifecycle
from experiments.models import Holdout, Namespace, SavedGroup
from tests.factories import make_experiment, make_project
from tests.rest import queries, rest_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def project():
    return make_project("shop")


@pytest.fixture
def rest(project):
    return rest_of(project)


@pytest.mark.parametrize(("path", "body"), [("namespaces/", {}), ("groups/", {"values": ["ann", 7, 0.5]})])
def test_what_was_made_is_read_listed_renamed_and_deleted(rest, path, body):
    made = rest.ok("POST", path, {"key": "first-one", **body})

    assert (made["name"], made.get("values")) == ("First one", body.get("values"))
    assert rest.ok("GET", f"{path}first-one/") == made
    assert rest.ok("GET", path)["results"] == [made]
    assert rest.ok("PATCH", f"{path}first-one/", {"name": "Other"})["name"] == "Other"
    assert rest("DELETE", f"{path}first-one/") == (204, None)
    assert rest.refused("GET", f"{path}first-one/")[0] == 404


@pytest.mark.parametrize("path", ["namespaces/", "groups/"])
def test_a_key_is_given_once_and_never_changes(rest, path):
    body = {"key": "first", "values": []} if path == "groups/" else {"key": "first"}
    rest.ok("POST", path, body)

    assert rest.refused("POST", path, body) == (409, [("already_exists", "key")])
    assert rest.refused("PATCH", f"{path}first/", {"key": "second"}) == (400, [("immutable", "key")])


@pytest.mark.parametrize(
    ("values", "error"),
    [
        (None, ("null", "values")),
        ("ann", ("not_a_list", "values")),
        ([True], ("invalid", "values.0")),
        ([["ann"]], ("invalid", "values.0")),
        (["a" * 301], ("too_long", "values.0")),
        ([1e20], ("too_large", "values.0")),
        (["a"] * 5_001, ("max_length", "values")),
    ],
)
def test_a_list_holds_texts_and_numbers(rest, values, error):
    assert rest.refused("POST", "groups/", {"key": "first", "values": values}) == (400, [error])
    assert not SavedGroup.objects.exists()


def test_what_an_experiment_names_stays(project, rest):
    group = Namespace.objects.create(project=project, key="checkout", name="Checkout")
    SavedGroup.objects.create(project=project, key="friends", name="Friends", values=["ann"])
    experiment = make_experiment(project, namespace=group, condition={"$not": {"id": {"$inGroup": "friends"}}})

    assert rest.refused("DELETE", "namespaces/checkout/") == (409, [("in_use", None)])
    assert rest.refused("DELETE", "groups/friends/") == (409, [("in_use", None)])

    experiment.delete()
    assert rest("DELETE", "namespaces/checkout/") == rest("DELETE", "groups/friends/") == (204, None)


def test_other_projects_are_not_there(rest):
    other = make_project("other")
    Namespace.objects.create(project=other, key="theirs", name="Theirs")
    SavedGroup.objects.create(project=other, key="theirs", name="Theirs")
    Holdout.objects.create(project=other, share=0.3, seed="s")

    for path in ("namespaces/", "groups/"):
        assert rest.ok("GET", path)["results"] == []
        for method in ("GET", "PATCH", "DELETE"):
            assert rest.refused(method, f"{path}theirs/", {"name": "Mine"} if method == "PATCH" else None)[0] == 404
    assert rest.ok("GET", "holdout/") == {"share": 0.0, "locked": False}


def test_the_holdout_is_set_once_for_the_project_and_locked_while_a_test_keeps_it_out(project, rest):
    assert rest.ok("PATCH", "holdout/", {"share": 0.05}) == {"share": 0.05, "locked": False}
    assert rest.ok("PATCH", "holdout/", {"share": 0.1}) == rest.ok("GET", "holdout/")
    lifecycle.start(make_experiment(project), at=timezone.now())

    assert rest.ok("GET", "holdout/") == {"share": 0.1, "locked": True}
    assert rest.refused("PATCH", "holdout/", {"share": 0.2}) == (409, [("frozen", "share")])
    assert rest.ok("PATCH", "holdout/", {"share": 0.1})["locked"]
    assert Holdout.objects.count() == 1


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({}, ("required", "share")),
        ({"share": 0.6}, ("max_value", "share")),
        ({"share": -0.1}, ("min_value", "share")),
        ({"share": 0.1, "locked": False}, ("read_only", "locked")),
    ],
)
def test_what_is_no_holdout_is_refused(rest, body, error):
    assert rest.refused("PATCH", "holdout/", body) == (400, [error])


def test_lists_cost_a_fixed_number_of_queries(project, rest):
    for number in range(5):
        Namespace.objects.create(project=project, key=f"n{number}", name="N")
        SavedGroup.objects.create(project=project, key=f"g{number}", name="G", values=["ann"])

    for path in ("namespaces/", "groups/"):
        with queries(2):
            assert len(rest.ok("GET", path)["results"]) == 5
    with queries(3):
        rest.ok("GET", "holdout/")
