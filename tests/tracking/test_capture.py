"""Capture: what is answered ``stored`` is a row, once, with its mark that work is due."""

import threading
from collections import Counter
from datetime import UTC, datetime

import pytest
from django.db import connection

from tests.factories import make_project
from tracking.capture import capture
from tracking.models import Due, Event
from tracking.wire.native import IncomingEvent, Refusal

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def incoming(event_id="e1", visitor="ann", **properties):
    return IncomingEvent(event_id, "cta_click", visitor, "", NOON, properties, {}, "")


def statuses(receipts):
    return [receipt.status for receipt in receipts]


@pytest.mark.django_db
def test_a_stored_event_is_a_row_and_marks_its_visitor_due():
    project = make_project()

    (receipt,) = capture(project.id, [incoming(value=19.9)], "client")

    stored = Event.objects.get(project=project)
    assert receipt.as_json() == {"id": "e1", "status": "stored"}
    assert (stored.event_id, stored.visitor_id, stored.properties) == ("e1", "ann", {"value": 19.9})
    assert list(Due.objects.values_list("project_id", "visitor_id")) == [(project.id, "ann")]


@pytest.mark.django_db
def test_the_same_id_counts_once_in_a_batch_and_across_batches():
    project = make_project()

    first = capture(project.id, [incoming(), incoming(), incoming("e2")], "client")
    second = capture(project.id, [incoming(value=99)], "client")

    assert statuses(first) == ["stored", "duplicate", "stored"]
    assert statuses(second) == ["duplicate"]
    assert Event.objects.get(project=project, event_id="e1").properties == {}
    assert Due.objects.count() == 1


@pytest.mark.django_db
def test_the_same_id_in_two_projects_is_two_events():
    one, other = make_project("one"), make_project("other")

    assert statuses(capture(one.id, [incoming()], "client")) == ["stored"]
    assert statuses(capture(other.id, [incoming()], "client")) == ["stored"]


@pytest.mark.django_db
def test_one_receipt_for_each_event_in_its_order():
    receipts = capture(
        make_project().id, [Refusal("bad", "illegal_time"), incoming(), Refusal(None, "unreadable")], "client"
    )

    assert [receipt.as_json() for receipt in receipts] == [
        {"id": "bad", "status": "rejected", "reason": "illegal_time"},
        {"id": "e1", "status": "stored"},
        {"id": None, "status": "rejected", "reason": "unreadable"},
    ]


@pytest.mark.django_db(transaction=True)
def test_an_event_that_postgres_cannot_hold_is_refused_alone():
    project = make_project()
    events = [incoming(f"e{number}") for number in range(5)]
    events[2] = incoming("e2", note="x\x00y")

    receipts = capture(project.id, events, "client")

    assert statuses(receipts) == ["stored", "stored", "rejected", "stored", "stored"]
    assert receipts[2].reason == "unstorable"


@pytest.mark.django_db
def test_a_batch_costs_one_statement(django_assert_num_queries):
    project = make_project()

    with django_assert_num_queries(1):
        capture(project.id, [incoming(f"e{number}") for number in range(500)], "client")


@pytest.mark.django_db(transaction=True)
def test_the_same_batch_sent_by_eight_threads_at_once_is_stored_once():
    project = make_project()
    events = [incoming(f"e{number}", f"v{number % 7}") for number in range(200)]
    answers = []

    def send(batch):
        answers.extend(statuses(capture(project.id, batch, "client")))
        connection.close()

    threads = [threading.Thread(target=send, args=(events[:: 1 if odd else -1],)) for odd in (0, 1) * 4]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]

    assert Counter(answers) == {"stored": 200, "duplicate": 1400}
    assert Event.objects.filter(project=project).count() == 200


@pytest.mark.django_db
def test_commits_wait_for_the_disk():
    with connection.cursor() as cursor:
        cursor.execute("SHOW synchronous_commit")
        assert cursor.fetchone() == ("on",)
