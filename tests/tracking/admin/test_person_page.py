"""A person's data in the admin: looked up, copied, erased, with a receipt; and ids in no address."""

import json

import pytest
from django.urls import reverse

from tests.factories import make_colleague, make_project
from tests.tracking.people import did
from tracking.models import Event
from tracking.models.privacy import PrivacyReceipt

PAGE = "admin:tracking_privacyreceipt_changelist"


@pytest.fixture
def page(admin, project):
    did(project, "ann", user="u-ann")
    did(project, "bob")
    did(make_project("other"), "ann")

    def ask(action, who="ann", kind="visitor", client=admin):
        return client.post(reverse(PAGE), {"project": project.pk, "kind": kind, "id": who, "action": action})

    return ask


def test_what_there_is_of_somebody_is_told(page):
    shown = page("find", "u-ann", kind="user").content.decode()

    assert "1 event" in shown
    assert "on 1 device" in shown
    assert not PrivacyReceipt.objects.exists(), "looking is neither a copy nor an erasure"


def test_a_copy_is_a_file_with_the_person_and_nobody_else(page):
    answer = page("copy")

    copy = json.loads(answer.content)
    assert "attachment" in answer["Content-Disposition"]
    assert "ann" not in answer["Content-Disposition"]
    assert [event["visitor_id"] for event in copy["tables"]["tracking.Event"]] == ["ann"]
    assert PrivacyReceipt.objects.get().asked_by == "admin"


def test_an_erasure_asks_first_and_gives_a_receipt(page, admin, project):
    asked = page("ask").content.decode()
    assert "cannot be undone" in asked
    assert Event.objects.filter(project=project, visitor_id="ann").exists()

    answer = page("erase")

    receipt = PrivacyReceipt.objects.get()
    assert "ann" not in answer["Location"]
    assert str(receipt.pk) in admin.get(answer["Location"]).content.decode()
    assert set(Event.objects.values_list("project__key", "visitor_id")) == {("shop", "bob"), ("other", "ann")}


def test_an_id_that_names_nobody_is_told(page):
    assert page("find", "null").context["wrong"]


def test_an_address_orders_nothing(admin, project, page):
    answer = admin.get(reverse(PAGE), {"project": project.pk, "kind": "visitor", "id": "ann", "action": "erase"})

    assert answer.status_code == 200
    assert Event.objects.count() == 3


@pytest.mark.parametrize(
    ("rights", "find", "erase"), [([], 403, 403), (["view"], 200, 403), (["view", "add"], 200, 302)]
)
def test_looking_and_erasing_are_rights_of_their_own(page, client, rights, find, erase):
    client.force_login(make_colleague(*(f"{right}_privacyreceipt" for right in rights)))

    assert page("find", client=client).status_code == find
    assert page("erase", client=client).status_code == erase
