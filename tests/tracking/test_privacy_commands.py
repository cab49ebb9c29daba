"""manage.py export_person, erase_person and purge_expired."""

import json

import pytest
from django.core.management import CommandError, call_command

from tests.factories import make_project
from tests.tracking.people import did
from tracking.models import Event
from tracking.models.privacy import PrivacyReceipt

pytestmark = pytest.mark.django_db


@pytest.fixture
def run(capsys):
    def command(*arguments):
        call_command(*arguments)
        return capsys.readouterr().out

    return command


@pytest.fixture
def shop():
    project = make_project("shop")
    did(project, "ann", user="u-ann", note="żółw")
    return project


def test_a_copy_is_printed_as_json(run, shop):
    copy = json.loads(run("export_person", "shop", "--user", "u-ann"))

    assert copy["tables"]["tracking.Event"][0]["properties"] == {"note": "żółw"}


def test_an_erasure_prints_its_receipt(run, shop):
    receipt = json.loads(run("erase_person", "shop", "--visitor", "ann"))

    assert receipt["counts"] == {"tracking.Event": 1}
    assert receipt["receipt"] == str(PrivacyReceipt.objects.get().pk)
    assert not Event.objects.exists()


@pytest.mark.parametrize(
    "arguments",
    [["elsewhere", "--user", "u"], ["shop", "--user", "null"], ["shop"], ["shop", "--user", "a", "--visitor", "b"]],
)
def test_whoever_cannot_be_meant_is_refused(run, shop, arguments):
    with pytest.raises(CommandError):
        run("erase_person", *arguments)


def test_a_purge_says_what_would_go_and_takes_it_when_told(run, shop):
    assert "tracking_event: 1 would go" in run("purge_expired", "--keep", "events=1", "--dry-run")
    assert Event.objects.exists()
    assert "tracking_event: 1 gone" in run("purge_expired", "--keep", "events=1")
    assert not Event.objects.exists()


@pytest.mark.parametrize("rule", ["events", "events=0", "events=-1", "people=3", "secrets=4", "events=1.5"])
def test_a_rule_that_cannot_be_is_refused(run, rule):
    with pytest.raises(CommandError):
        run("purge_expired", "--keep", rule, "--dry-run")
