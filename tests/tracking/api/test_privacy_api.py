"""/api/v1/privacy/: a copy of one person's data, and its end, for servers."""

import pytest

from tests.factories import make_project
from tests.rest import rest_of
from tests.tracking.people import did
from tracking.models import Event
from tracking.models.privacy import PrivacyReceipt

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop():
    project = make_project("shop")
    did(project, "ann", value=1)
    did(project, "ann", user="u-ann", at=2)
    did(project, "bob")
    did(make_project("other"), "ann")
    return project


def test_a_copy_holds_the_events_of_the_person_and_of_this_project_only(shop):
    copy = rest_of(shop).ok("POST", "privacy/export/", {"user_id": "u-ann"})

    events = copy["tables"]["tracking.Event"]
    assert [(event["visitor_id"], event["properties"]) for event in events] == [("ann", {"value": 1}), ("ann", {})]
    assert (copy["visitor_ids"], copy["user_id"]) == (["ann"], "u-ann")


def test_after_an_erasure_there_is_nothing_to_copy_and_neighbours_are_whole(shop):
    receipt = rest_of(shop).ok("POST", "privacy/erase/", {"visitor_id": " ann "})

    assert receipt["counts"] == {"tracking.Event": 2}
    assert rest_of(shop).ok("POST", "privacy/export/", {"visitor_id": "ann"})["tables"].get("tracking.Event") is None
    assert set(Event.objects.values_list("project__key", "visitor_id")) == {("shop", "bob"), ("other", "ann")}


def test_asked_again_the_receipt_is_the_same(shop):
    rest = rest_of(shop)

    first, second = (rest.ok("POST", "privacy/erase/", {"visitor_id": "ann"}) for _ in range(2))

    assert first == second
    assert PrivacyReceipt.objects.count() == 1


@pytest.mark.parametrize("door", ["privacy/export/", "privacy/erase/"])
@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({}, ("one_of_both", "visitor_id")),
        ({"visitor_id": "ann", "user_id": "u-ann"}, ("one_of_both", "visitor_id")),
        ({"visitor_id": "null"}, ("illegal_id", "visitor_id")),
        ({"user_id": "x" * 201}, ("max_length", "user_id")),
        ({"email": "ann@example.com"}, ("unknown", "email")),
    ],
)
def test_what_names_nobody_is_refused_and_nothing_happens(shop, door, body, error):
    status, errors = rest_of(shop).refused("POST", door, body)

    assert status == 400
    assert error in errors
    assert Event.objects.count() == 4


def test_reading_results_is_not_enough_to_see_or_erase_people(shop):
    for door in ("privacy/export/", "privacy/erase/"):
        assert rest_of(shop, "read").refused("POST", door, {"visitor_id": "ann"})[0] == 403
