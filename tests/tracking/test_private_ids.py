"""An id that is an e-mail address is never kept, and still tells people apart, wherever it is asked for."""

import pytest
from django.utils import timezone

from experiments.lifecycle import start
from experiments.snapshot import SNAPSHOT
from tests.factories import make_experiment, make_key, make_project
from tests.wsgi import ask
from tracking.access import KEYRING
from tracking.models import Event, RejectedEvent
from tracking.privacy.whose import whose
from tracking.private_ids import PREFIX, private_id
from tracking.watching import watched

ANN = "ann.canary@shop.example"


@pytest.fixture
def project(db):
    KEYRING.forget()
    yield make_project()
    KEYRING.forget()


def sent(project, event_id="e1", **ids):
    key = make_key(project, "client")[1]
    KEYRING.forget()
    event = {"id": event_id, "name": "login", "visitor_id": "phone", **ids}
    return ask("POST", "/v1/events", {"events": [event]}, key=key).json["results"][0]["status"]


@pytest.mark.parametrize("raw", ["ann", "4711", "a@b", "@ann", "e-0123456789abcdef"])
def test_other_ids_stay_as_they_are(raw):
    assert private_id(1, raw) is raw


@pytest.mark.parametrize("raw", [ANN, ANN.upper(), f"user:{ANN}", "ann%40shop.example", "ann＠shop.example"])
def test_an_address_becomes_something_else_that_is_always_the_same(raw):
    hidden = private_id(1, raw)

    assert hidden.startswith(PREFIX)
    assert hidden == private_id(1, raw.lower()) != private_id(2, raw)
    assert private_id(1, hidden) == hidden


def test_no_address_is_stored_and_one_person_stays_one(project):
    assert [sent(project, user_id=ANN), sent(project, "e2", user_id=ANN, visitor_id="laptop")] == ["stored"] * 2
    assert sent(project, "e3", visitor_id=ANN.upper()) == "stored"

    stored = Event.objects.filter(project=project)
    assert {event.user_id for event in stored} == {private_id(project.pk, ANN), ""}
    assert not any("@" in event.visitor_id for event in stored)
    assert whose(project.pk, user_id=ANN).visitor_ids == ("laptop", "phone")
    assert [one.id for one in watched(project.pk, ANN, timezone.now())] == ["e3"]


def test_of_a_refused_event_no_address_is_kept_either(project):
    sent(project, visitor_id=ANN, user_id=ANN, occurred_at="2001-01-01T00:00:00Z")

    kept = RejectedEvent.objects.get()
    assert "canary" not in kept.body + kept.visitor_id


def test_variants_are_assigned_by_what_is_kept(project):
    for number in range(8):
        start(make_experiment(project, f"test-{number}"), at=timezone.now())
    key = make_key(project, "secret")[1]
    KEYRING.forget()
    SNAPSHOT.forget()

    told, kept = (
        ask("POST", "/v1/assign", {"visitor_id": one}, key=key).json["assignments"]
        for one in (ANN, private_id(project.pk, ANN))
    )

    assert len(told) == 8
    assert told == kept
