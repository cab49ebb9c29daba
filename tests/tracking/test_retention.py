"""Data ends when it is too old, and no earlier than results that may still change."""

from datetime import timedelta

import pytest
from django.db import connection

from experiments.models import Phase
from experiments.rebuild import DAYS_BEFORE
from tests.factories import make_project
from tests.tracking.people import START, counted, did, met, running_mail
from tracking.models import Due, Event, PageInventory, Person, Visitor
from tracking.models.outcomes import RejectedEvent
from tracking.privacy.retention import KEPT, purge_expired

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def shop():
    return make_project()


def left():
    return set(Event.objects.values_list("visitor_id", flat=True))


def test_events_end_after_their_time_and_their_visitors_with_the_last_one(shop):
    did(shop, "old", at=0)
    did(shop, "regular", at=0)
    did(shop, "regular", at=24 * 30)
    counted()

    gone = purge_expired(START + KEPT["events"] + DAY)

    assert (gone["tracking_event"], gone["tracking_visitor"], gone["tracking_person"]) == (2, 1, 1)
    assert left() == {"regular"}
    assert set(Visitor.objects.values_list("visitor_id", flat=True)) == {"regular"}
    assert not Person.objects.filter(key__contains="old").exists()


def test_a_dry_run_says_how_many_and_changes_nothing(shop):
    did(shop, "old", at=0)
    later = START + KEPT["events"] + DAY

    told = purge_expired(later, dry_run=True)

    assert told["tracking_event"] == 1
    assert left() == {"old"}
    assert purge_expired(later)["tracking_event"] == 1


def test_events_behind_an_open_phase_stay_however_old_they_are(shop):
    experiment = running_mail(shop)
    for visitor, at in {"before": -24 * (DAYS_BEFORE + 1), "past": -24, "during": 1}.items():
        did(shop, visitor, at=at)
    did(other := make_project(), "elsewhere", at=1)
    much_later = START + 2 * KEPT["events"]

    purge_expired(much_later)
    assert left() == {"past", "during"}, "of this project what the phase reads, of others nothing"

    Phase.objects.filter(experiment=experiment).update(ended_at=START + DAY, finalised_at=much_later)
    purge_expired(much_later)
    assert left() == set()
    assert not Event.objects.filter(project=other).exists()


def test_results_of_a_frozen_phase_stay_when_its_events_end(shop):
    experiment = running_mail(shop)
    met(shop, "ann")
    counted()
    Phase.objects.filter(experiment=experiment).update(ended_at=START + DAY, finalised_at=START + DAY)

    purge_expired(START + 2 * KEPT["events"])
    counted()

    with connection.cursor() as cursor:
        cursor.execute("SELECT sum(persons) FROM experiments_tally WHERE goal_id IS NULL")
        assert cursor.fetchone() == (1,)


def test_each_kind_of_data_has_a_time_of_its_own(shop):
    RejectedEvent.objects.create(project=shop, received_at=START, reason="too_old")
    PageInventory.objects.create(project=shop, path="/", seen_at=START)

    assert not any(purge_expired(START + 6 * DAY).values())
    assert purge_expired(START + 8 * DAY)["tracking_rejected"] == 1
    assert purge_expired(START + 397 * DAY)["tracking_pageinventory"] == 1


def test_every_step_finds_rows_wherever_they_lie_in_the_table(shop):
    for number in range(400):
        did(shop, f"v{number}", at=0, text="x" * 500)

    assert purge_expired(START + 2 * KEPT["events"], blocks=3)["tracking_event"] == 400
    assert not Event.objects.exists()


def test_somebody_who_comes_back_in_that_very_moment_gets_a_person_again(shop):
    did(shop, "ann", at=0)
    counted()
    Person.objects.update(key="x:1")

    purge_expired(START)
    assert Due.objects.filter(visitor_id="ann").exists()
    counted()

    assert Visitor.objects.get().person.key == "v:ann"
