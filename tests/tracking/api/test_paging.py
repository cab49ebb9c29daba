"""Long lists, page by page."""

import pytest

from tests.factories import make_goal, make_project
from tests.rest import rest_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def project():
    return make_project("shop")


def keys(page):
    return [goal["key"] for goal in page["results"]]


def test_pages_lead_through_all_rows_and_back(project):
    rest = rest_of(project)
    for key in "abcde":
        make_goal(project, key)

    first = rest.ok("GET", "goals/?page_size=2")
    second = rest.ok("GET", first["next"].removeprefix("http://testserver"))
    third = rest.ok("GET", second["next"].removeprefix("http://testserver"))
    back = rest.ok("GET", third["previous"].removeprefix("http://testserver"))

    assert [keys(page) for page in (first, second, third, back)] == [["a", "b"], ["c", "d"], ["e"], ["c", "d"]]
    assert (first["previous"], third["next"]) == (None, None)


def test_a_row_added_meanwhile_moves_no_other(project):
    rest = rest_of(project)
    for key in "bcd":
        make_goal(project, key)
    first = rest.ok("GET", "goals/?page_size=2")

    make_goal(project, "a")

    assert keys(rest.ok("GET", first["next"].removeprefix("http://testserver"))) == ["d"]


def test_the_order_can_be_chosen(project):
    for key in "bac":
        make_goal(project, key)
    rest = rest_of(project)

    assert keys(rest.ok("GET", "goals/?ordering=-key")) == ["c", "b", "a"]
    assert keys(rest.ok("GET", "goals/?ordering=created_at")) == ["b", "a", "c"]


def test_a_page_has_an_upper_limit(project):
    assert rest_of(project).refused("GET", "goals/?page_size=201") == (400, [("max_value", "page_size")])
