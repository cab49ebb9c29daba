"""/api/v1/project/: the project that the key belongs to."""

import pytest

from tests.factories import make_project
from tests.rest import queries, rest_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def rest():
    return rest_of(make_project("shop"))


def test_a_key_shows_its_own_project(rest):
    make_project("other")

    project = rest.ok("GET", "project/")

    assert (project["key"], project["timezone"], project["currency"]) == ("shop", "UTC", "EUR")


def test_name_zone_currency_and_hosts_can_change(rest):
    change = {"name": "Winter shop", "timezone": "Europe/Warsaw", "currency": "PLN", "redirect_hosts": ["a.example"]}

    rest.ok("PATCH", "project/", change)

    project = rest.ok("GET", "project/")
    assert {name: project[name] for name in change} == change


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"timezone": "Mars/Olympus"}, ("illegal_timezone", "timezone")),
        ({"timezone": "../../etc/passwd"}, ("illegal_timezone", "timezone")),
        ({"timezone": "Europe"}, ("illegal_timezone", "timezone")),
        ({"currency": "zł"}, ("illegal_currency", "currency")),
        ({"name": ""}, ("blank", "name")),
        ({"redirect_hosts": ["https://shop.example"]}, ("illegal_host", "redirect_hosts.0")),
        ({"redirect_hosts": ["shop.example@evil.example"]}, ("illegal_host", "redirect_hosts.0")),
        ({"key": "mine"}, ("read_only", "key")),
        ({"owner": 1}, ("unknown", "owner")),
    ],
)
def test_what_cannot_be_is_refused(rest, change, error):
    assert rest.refused("PATCH", "project/", change) == (400, [error])


def test_a_change_costs_two_queries(rest):
    with queries(2):
        rest.ok("PATCH", "project/", {"name": "Shop"})
