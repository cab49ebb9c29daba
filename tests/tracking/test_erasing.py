"""Erasure: nothing of the person is left, nobody else loses anything, and no accident in between changes that."""

from contextlib import suppress
from datetime import timedelta

import pytest
from django.db import connection

from experiments.models import Enrolment, Phase, Tally
from tests.factories import make_project
from tests.tracking.people import START, counted, did, met, running_mail
from tracking.capture import capture
from tracking.models import Due, Event, Person, Visitor
from tracking.models.outcomes import RejectedEvent
from tracking.models.privacy import Erased, PrivacyReceipt
from tracking.privacy.erasing import GRACE, erase, erase_person, finish_erasures
from tracking.wire.native import IncomingEvent

NOW = START + timedelta(days=1)
LATER = NOW + GRACE

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop():
    return make_project()


def persons_in(experiment):
    return sum(Tally.objects.filter(phase__experiment=experiment, goal=None).values_list("persons", flat=True))


def was_on_its_way(shop, visitor, *, user="", at):
    """As by a sender whose transaction began before the tombstone was there."""
    moment = START + timedelta(hours=at)
    Event.objects.create(
        project=shop, event_id=f"late-{at}", name="page_view", visitor_id=visitor, user_id=user, occurred_at=moment
    )
    Due.objects.create(project=shop, visitor_id=visitor)


def lived(shop):
    """Ann on two devices, one before and after her login; Bob, alone; a tablet that both have used."""
    for visitor in ("ann-phone", "ann-laptop", "bob-phone"):
        met(shop, visitor)
        did(shop, visitor, "purchase", at=2)
    for visitor in ("ann-phone", "ann-laptop", "tablet"):
        did(shop, visitor, "login", user="ann", at=3)
    did(shop, "tablet", "login", user="bob", at=4)
    did(shop, "tablet", "page_view", at=5)
    RejectedEvent.objects.create(project=shop, received_at=NOW, reason="illegal_time", visitor_id="ann-phone")


def test_a_person_is_gone_with_all_visitors_and_counted_out_of_what_still_runs(shop):
    experiment = running_mail(shop)
    lived(shop)
    counted()
    assert persons_in(experiment) == 2

    erase_person(shop.id, visitor_id="ann-phone", asked_by="anna@office", now=NOW)
    counted()
    finish_erasures(LATER)

    assert set(Event.objects.values_list("visitor_id", flat=True)) == {"bob-phone", "tablet"}
    assert not Event.objects.filter(user_id="ann").exists()
    assert not RejectedEvent.objects.exists()
    assert set(Visitor.objects.values_list("visitor_id", flat=True)) == {"bob-phone", "tablet"}
    assert not Person.objects.filter(key__contains="ann").exists()
    assert not Due.objects.exists()
    assert persons_in(experiment) == 1


def test_a_device_of_two_users_belongs_to_the_other_one_afterwards(shop):
    lived(shop)
    counted()

    erase_person(shop.id, user_id="ann", asked_by="", now=NOW)
    counted()

    tablet = Visitor.objects.get(visitor_id="tablet")
    assert (tablet.shared, tablet.person.key) == (False, "u:bob")
    assert Event.objects.filter(visitor_id="tablet").count() == 2


def test_the_receipt_says_what_went_and_names_nobody(shop):
    running_mail(shop)
    lived(shop)
    counted()

    erase_person(shop.id, user_id="ann", asked_by="key of the shop", now=NOW)
    counted()
    finish_erasures(LATER)

    receipt = PrivacyReceipt.objects.get()
    assert receipt.counts["tracking.Event"] == 7
    assert (receipt.counts["tracking.RejectedEvent"], receipt.counts["tracking.Visitor"]) == (1, 2)
    assert (receipt.done_at, receipt.pending) == (LATER, {})
    stored = str(PrivacyReceipt.objects.values_list()) + str(list(Erased.objects.values_list()))
    assert "ann" not in stored


def test_asked_twice_there_is_one_receipt_and_nothing_changes(shop):
    did(shop, "ann")
    first = erase_person(shop.id, visitor_id="ann", asked_by="", now=NOW)
    counted()
    finish_erasures(LATER)

    again = erase_person(shop.id, visitor_id="ann", asked_by="", now=LATER)

    assert again.pk == first.pk
    assert again.counts["tracking.Event"] == 1
    assert PrivacyReceipt.objects.count() == 1


def test_asked_again_before_it_is_done_what_was_linked_meanwhile_goes_too(shop):
    did(shop, "phone", user="ann")
    erase_person(shop.id, user_id="ann", asked_by="", now=NOW)
    did(shop, "laptop", at=2)
    was_on_its_way(shop, "laptop", user="ann", at=3)

    erase_person(shop.id, user_id="ann", asked_by="", now=NOW)
    counted()

    assert not Event.objects.exists()
    assert finish_erasures(LATER) == 1
    assert not Visitor.objects.exists()


def test_late_events_of_who_was_erased_are_filtered_and_those_of_others_are_not(shop):
    lived(shop)
    erase_person(shop.id, user_id="ann", asked_by="", now=NOW)

    def late(visitor, user=""):
        return IncomingEvent(f"late-{visitor}-{user}", "page_view", visitor, user, START, {}, {}, "")

    batch = [late("ann-phone"), late("new-phone", "ann"), late("bob-phone"), late("tablet"), late("tablet", "bob")]
    answers = [(receipt.status, receipt.reason) for receipt in capture(shop.id, batch, "client")]

    assert answers == [("filtered", "erased")] * 2 + [("stored", "")] * 3
    assert {receipt.status for receipt in capture(make_project().id, batch, "client")} == {"stored"}


def test_an_event_that_was_on_its_way_is_taken_away_by_the_last_look(shop):
    did(shop, "ann")
    receipt = erase_person(shop.id, visitor_id="ann", asked_by="", now=NOW)
    was_on_its_way(shop, "ann", at=7)
    counted()

    assert finish_erasures(NOW + GRACE / 2) == 0
    was_on_its_way(shop, "ann", at=8)
    assert finish_erasures(LATER) == 0, "its rollup is still to come"
    counted()
    assert finish_erasures(LATER) == 1

    receipt.refresh_from_db()
    assert receipt.counts["tracking.Event"] == 3
    assert not Event.objects.exists()
    assert not Visitor.objects.exists()


def test_frozen_results_stay_and_their_rows_are_nobodys(shop):
    experiment = running_mail(shop)
    met(shop, "ann")
    counted()
    Phase.objects.filter(experiment=experiment).update(ended_at=NOW, finalised_at=NOW)

    erase_person(shop.id, visitor_id="ann", asked_by="", now=NOW)
    counted()
    finish_erasures(LATER)

    assert persons_in(experiment) == 1
    assert Enrolment.objects.get().person.key.startswith("x:")
    assert not Visitor.objects.exists()


def test_somebody_nobody_knows_is_erased_too_and_never_kept_later(shop):
    receipt = erase_person(shop.id, visitor_id="stranger", asked_by="", now=NOW)

    assert receipt.counts == {}
    event = IncomingEvent("e", "page_view", "stranger", "", START, {}, {}, "")
    (receipt,) = capture(shop.id, [event], "client")
    assert (receipt.status, receipt.reason) == ("filtered", "erased")


class Killed(BaseException):
    """What no code of ours catches."""


def killed_at(statement):
    """Fails before the statement of this number that writes."""
    left = [statement]

    def wrapper(execute, sql, params, many, context):
        if not sql.lstrip().startswith(("SELECT", "SAVEPOINT", "RELEASE", "ROLLBACK")):
            left[0] -= 1
            if left[0] == 0:
                raise Killed
        return execute(sql, params, many, context)

    return wrapper


def asked(shop, now):
    erase(erase_person(shop.id, user_id="ann", asked_by="", now=now), now=now, chunk=2)
    counted()
    finish_erasures(now + GRACE)


# More than a whole erasure writes; a test below says so.
MOST_STATEMENTS = 30


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("statement", range(1, MOST_STATEMENTS))
def test_killed_at_any_statement_the_next_run_ends_it_with_the_same_receipt(shop, statement):
    lived(shop)
    counted()

    with connection.execute_wrapper(killed_at(statement)), suppress(Killed):
        asked(shop, NOW)
    stones = Erased.objects.count()
    assert stones == (3 if PrivacyReceipt.objects.exists() else 0), "never a request without its tombstones"
    asked(shop, NOW)

    receipt = PrivacyReceipt.objects.get()
    assert (receipt.counts["tracking.Event"], receipt.counts["tracking.Visitor"]) == (7, 2)
    assert receipt.done_at is not None
    assert not Event.objects.filter(visitor_id__startswith="ann").exists()
    assert not Due.objects.exists()
    assert not Person.objects.filter(key__contains="ann").exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("statement", "ends"), [(1, False), (15, False), (MOST_STATEMENTS, True)])
def test_the_test_above_kills_from_the_first_statement_to_beyond_the_last(shop, statement, ends):
    lived(shop)
    counted()

    with connection.execute_wrapper(killed_at(statement)), suppress(Killed):
        asked(shop, NOW)

    assert PrivacyReceipt.objects.filter(done_at__isnull=False).exists() == ends
