"""One registry names every table that knows something of a visitor; an export tells all of it, and of nobody else."""

import json
import re

import pytest
from django.apps import apps
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models

from tests.factories import make_project
from tests.tracking.people import START, counted, did, met, running_mail
from tracking.models import Event
from tracking.models.outcomes import RejectedEvent
from tracking.models.privacy import PrivacyReceipt
from tracking.privacy.exporting import exported
from tracking.privacy.registry import harmless, tables
from tracking.privacy.whose import whose_user, whose_visitor

PERSONAL = re.compile(
    r"(?:^|_)(?:visitor|user|person|session|e?mail|phone|ip|addr|address|addresses|first_name|last_name)(?:_id)?(?:_|$)"
)
KINDS = (models.EmailField, models.GenericIPAddressField)


def looks_personal(model):
    fields = model._meta.concrete_fields
    return [one.name for one in fields if PERSONAL.search(one.attname) or isinstance(one, KINDS)]


def test_every_table_that_looks_as_if_it_knew_visitors_is_in_the_registry():
    known = {table.label for table in tables()} | set(harmless())

    missing = {model._meta.label: found for model in apps.get_models() if (found := looks_personal(model))}

    assert {label: fields for label, fields in missing.items() if label not in known} == {}


def test_the_test_above_sees_what_it_looks_for():
    seen = {model._meta.label for model in apps.get_models() if looks_personal(model)}

    assert {"tracking.Event", "tracking.Due", "tracking.Visitor", "experiments.Enrolment", "auth.User"} <= seen
    assert {"tracking.RejectedEvent"} <= seen


def test_whatever_the_registry_names_is_there_and_its_fields_can_be_read(db):
    whose = whose_visitor(make_project().id, "ann")

    for table in tables():
        apps.get_model(table.label)
        assert list(table.rows(whose).values(*table.told)) == []


@pytest.fixture
def shop(db):
    project = make_project()
    running_mail(project)
    met(project, "ann-phone", user="ann")
    did(project, "ann-phone", "purchase", at=2, value=10)
    did(project, "ann-laptop", at=3, user="ann")
    did(project, "tablet", at=3, user="ann")
    did(project, "tablet", at=4, user="bob", secret_of="bob")
    did(project, "bob-phone", at=4, user="bob")
    RejectedEvent.objects.create(project=project, received_at=START, reason="too_old", visitor_id="ann-laptop")
    RejectedEvent.objects.create(project=project, received_at=START, reason="too_old", visitor_id="bob-phone")
    did(make_project(), "ann-phone", at=9)
    counted()
    return project


def test_a_copy_holds_every_field_of_all_linked_visitors_and_nothing_of_anybody_else(shop):
    copy = exported(whose_visitor(shop.id, "ann-phone"), asked_by="key", now=START)

    told = json.dumps(copy, cls=DjangoJSONEncoder)
    events = copy["tables"]["tracking.Event"]
    assert {event["event_id"] for event in events} == set(
        Event.objects.filter(project=shop, user_id="ann").values_list("event_id", flat=True)
    ) | {"purchase-ann-phone--2"}
    assert (copy["user_id"], copy["visitor_ids"]) == ("ann", ["ann-laptop", "ann-phone"])
    assert set(copy["tables"]) == {
        *("tracking.Event", "tracking.RejectedEvent", "tracking.Visitor", "tracking.Person"),
        *("experiments.Enrolment", "experiments.GoalTotal"),
    }
    assert "bob" not in told


def test_every_column_that_was_sent_is_in_the_copy():
    told = next(table.told for table in tables() if table.label == "tracking.Event")

    assert {field.name for field in Event._meta.concrete_fields} - set(told) == {"project"}


def test_asking_as_the_user_or_as_any_visitor_gives_the_same_person(shop):
    assert whose_user(shop.id, "ann") == whose_visitor(shop.id, "ann-laptop") == whose_visitor(shop.id, "ann-phone")
    assert whose_visitor(shop.id, "tablet").visitor_ids == ("tablet",)


def test_a_visitor_stays_its_users_when_the_events_that_say_so_are_gone(shop):
    Event.objects.filter(project=shop, visitor_id__in=["ann-phone", "ann-laptop"]).delete()

    assert whose_user(shop.id, "ann").visitor_ids == ("ann-laptop", "ann-phone")
    assert whose_visitor(shop.id, "ann-laptop").user_id == "ann"


def test_a_copy_leaves_a_receipt_that_names_nobody(shop):
    copy = exported(whose_user(shop.id, "ann"), asked_by="server", now=START)

    receipt = PrivacyReceipt.objects.get()
    assert (str(receipt.pk), receipt.kind, receipt.asked_by) == (copy["receipt"], "export", "server")
    assert receipt.counts["tracking.Event"] == 4
    assert "ann" not in str(PrivacyReceipt.objects.values_list())
