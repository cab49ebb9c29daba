"""manage.py create_project and create_key: what scripts read, and one clear line when something is wrong."""

import json

import pytest
from django.core.management import CommandError, call_command

from tests.factories import make_project
from tests.rest import Rest
from tracking.access import known_keys
from tracking.models import Key, Project

pytestmark = pytest.mark.django_db


@pytest.fixture
def run(capsys):
    def command(*arguments):
        call_command(*arguments)
        return capsys.readouterr().out

    return command


def test_a_project_comes_with_a_client_key(run):
    told = json.loads(run("create_project", "Winter shop", "--json"))

    assert (told["project"], told["name"]) == ("winter-shop", "Winter shop")
    assert told["client_key"].startswith("pk_")
    (key,) = known_keys().values()
    assert (key.kind, key.project_id) == ("client", Project.objects.get(key="winter-shop").id)


def test_a_project_takes_its_settings(run):
    run("create_project", "Магазин", "--key", "ua", "--timezone", "Europe/Kyiv", "--currency", "UAH")

    project = Project.objects.get(key="ua")
    assert (project.name, project.timezone, project.currency) == ("Магазин", "Europe/Kyiv", "UAH")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["Shop", "--key", "shop"], "already exists"),
        (["Магазин"], "--key"),
        (["Shop", "--key", "Big Shop"], "lower-case"),
        (["Shop", "--key", "new", "--timezone", "Mars"], "time zone"),
        (["Shop", "--key", "new", "--currency", "euro"], "currency"),
        (["x" * 200, "--key", "new"], "120 characters"),
    ],
)
def test_a_project_that_cannot_be_is_told_in_one_line(run, arguments, told):
    make_project("shop")

    with pytest.raises(CommandError, match=told) as error:
        run("create_project", *arguments)

    assert "\n" not in str(error.value)
    assert (Project.objects.count(), Key.objects.count()) == (1, 0)


def test_a_secret_key_opens_the_api(run):
    make_project("shop")

    told = json.loads(run("create_key", "shop", "--kind", "secret", "--scopes", "read,import", "--json"))

    assert (told["project"], told["kind"], told["scopes"]) == ("shop", "secret", ["import", "read"])
    assert Rest(told["key"]).ok("GET", "project/")["key"] == "shop"
    assert not Key.objects.filter(token=told["key"]).exists()


def test_a_client_key_has_no_scopes(run):
    make_project("shop")

    told = json.loads(run("create_key", "shop", "--kind", "client", "--json"))

    assert (told["kind"], told["scopes"]) == ("client", [])
    assert told["key"].startswith("pk_")


def test_without_json_a_person_can_read_it(run):
    run("create_project", "Shop")

    told = run("create_key", "shop", "--name", "warehouse")

    assert "sk_" in told
    assert "cannot be shown again" in told
    assert Key.objects.filter(name="warehouse").exists()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["nobody"], "no project nobody. There are: shop"),
        (["shop", "--kind", "public"], "client or secret"),
        (["shop", "--scopes", "read,write"], "read, manage, import"),
        (["shop", "--scopes", ""], "read, manage, import"),
        (["shop", "--name", "x" * 121], "120"),
    ],
)
def test_a_key_that_cannot_be_is_told_in_one_line(run, arguments, told):
    make_project("shop")

    with pytest.raises(CommandError, match=told):
        run("create_key", *arguments)

    assert not Key.objects.exists()
