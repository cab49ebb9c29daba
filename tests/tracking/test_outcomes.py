"""Outcomes: every event that arrived is counted once, whatever became of it, and refused ones stay readable."""

import threading
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction

from tests.factories import make_key, make_project
from tests.wsgi import ask
from tracking.access import KEYRING
from tracking.batches import Receipt
from tracking.capture import capture
from tracking.models import Event
from tracking.models.outcomes import OutcomeCount, OutcomeDelta, RejectedEvent
from tracking.outcomes import (
    MOST_AN_HOUR,
    MOST_OF_A_BATCH,
    Aside,
    Delta,
    counts,
    deltas_of,
    fold,
    forget_old,
    kept,
    last_hour,
    record,
    rejected,
)
from tracking.wire.native import Filtered, IncomingEvent, Refusal, parse

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
EVER = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


def incoming(event_id="e1", *, excluded="", **properties):
    return IncomingEvent(event_id, "cta_click", "ann", "", NOON, properties, {}, excluded)


def told(project):
    """What is counted, over all hours."""
    found = Counter()
    for row in counts(project.id, *EVER):
        found[row.outcome, row.reason] += row.events
    return dict(found)


def tell(project, moment, *deltas, refusals=()):
    with transaction.atomic(), connection.cursor() as cursor:
        record(cursor, project.id, moment, Aside([Delta(*delta) for delta in deltas], kept(refusals)))


def test_what_a_batch_adds_is_one_line_a_reason_without_its_detail():
    receipts = [
        Receipt("a", "stored"),
        Receipt("b", "stored", excluded="bot"),
        Receipt("a", "duplicate"),
        Receipt(None, "rejected", "unreadable: no name"),
        Receipt(None, "rejected", "unreadable: no id"),
    ]

    assert deltas_of(receipts) == [
        ("duplicate", "", 1),
        ("rejected", "unreadable", 2),
        ("stored", "", 1),
        ("stored", "bot", 1),
    ]


@pytest.mark.django_db
def test_a_batch_is_counted_as_its_receipts_say():
    project = make_project()
    capture(project.id, [incoming("old")], "client")
    batch = [
        incoming("new"),
        incoming("new"),
        incoming("old"),
        incoming("robot", excluded="bot"),
        Filtered("consent"),
        Refusal(None, "unreadable: no id"),
        Refusal("x", "illegal_name"),
    ]

    receipts = capture(project.id, batch, "client")

    expected = Counter({(outcome, reason): count for outcome, reason, count in deltas_of(receipts)})
    assert told(project) == dict(expected + Counter({("stored", ""): 1}))
    assert sum(expected.values()) == len(batch)


@pytest.mark.django_db
@pytest.mark.parametrize("batch", [[Refusal("x", "illegal_name")] * 3, [Filtered("gpc")] * 3, [incoming()] * 3])
def test_it_costs_one_statement_whatever_became_of_the_batch(django_assert_num_queries, batch):
    project = make_project()

    with django_assert_num_queries(1):
        capture(project.id, batch, "client")

    assert sum(told(project).values()) == 3


@pytest.mark.django_db
def test_nothing_sent_costs_nothing(django_assert_num_queries):
    with django_assert_num_queries(0):
        assert capture(1, [], "client") == []


@pytest.mark.django_db
def test_what_is_not_committed_is_not_counted():
    project = make_project()

    with transaction.atomic():
        capture(project.id, [incoming(), Refusal("x", "illegal_name", b"{}")], "client")
        transaction.set_rollback(True)

    assert (told(project), RejectedEvent.objects.count(), Event.objects.count()) == ({}, 0, 0)


@pytest.mark.django_db(transaction=True)
def test_beside_an_event_that_postgres_cannot_hold_the_others_are_counted():
    project = make_project()
    bad = incoming("bad", note="x\x00y")
    batch = [incoming("a"), bad, bad, incoming("b"), incoming("a"), Refusal("x", "illegal_name"), Filtered("dnt")]

    receipts = capture(project.id, batch, "client")

    assert told(project) == {(outcome, reason): count for outcome, reason, count in deltas_of(receipts)}
    assert told(project)["rejected", "unstorable"] == 2
    assert {row.reason: row.name for row in RejectedEvent.objects.all()} == {
        "illegal_name": "",
        "unstorable": "cta_click",
    }


@pytest.fixture
def fresh_keys():
    KEYRING.forget()
    yield
    KEYRING.forget()


@pytest.mark.django_db
def test_what_the_door_answers_is_what_is_counted(fresh_keys):
    project = make_project()
    key = make_key(project, "secret", scopes=["import"])[1]
    good = {"id": "a", "name": "purchase", "visitor_id": "ann"}
    bad = [{**good, "id": ""}, {**good, "visitor_id": "null"}, 5, {**good, "properties": {"n": 2**70}}]

    answer = ask("POST", "/v1/events", {"events": [good, good, *bad, {**good, "id": "b"}]}, key=key)

    said = Counter((one["status"], one.get("reason", "").partition(":")[0]) for one in answer.json["results"])
    assert told(project) == dict(said)
    assert said.total() == 7
    assert RejectedEvent.objects.count() == len(bad)


@pytest.mark.django_db
def test_an_hour_counts_what_was_stored_in_it():
    project = make_project()
    capture(project.id, [incoming("a"), incoming("b")], "client")

    (row,) = counts(project.id, *EVER)

    received = Event.objects.values_list("received_at", flat=True).first()
    assert (row.hour, row.events) == (received.replace(minute=0, second=0, microsecond=0), 2)


@pytest.mark.django_db
def test_counts_are_of_one_project_and_of_the_hours_asked():
    project, other = make_project("one"), make_project("other")
    for moment in (NOON, NOON + timedelta(minutes=59), NOON + timedelta(hours=1)):
        tell(project, moment, ("stored", "", 5))
    tell(other, NOON, ("stored", "", 7))

    assert counts(project.id, NOON, NOON + timedelta(hours=1)) == [(NOON, "stored", "", 10)]
    assert last_hour(project.id) == NOON + timedelta(hours=1)
    assert last_hour(make_project().id) is None


@pytest.mark.django_db
def test_folding_moves_and_does_not_change_what_is_counted():
    project = make_project()
    for number in range(10):
        tell(project, NOON, ("stored", "", number), ("rejected", "illegal_name", 1))
    before = told(project)

    assert (fold(7), fold(100), fold(100)) == (7, 12, 0)
    assert told(project) == before == {("stored", ""): 45, ("rejected", "illegal_name"): 10}
    assert (OutcomeDelta.objects.count(), OutcomeCount.objects.count()) == (0, 2)


def in_threads(*works):
    def run(work):
        try:
            work()
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    [thread.start() for thread in threads]
    return threads


@pytest.mark.django_db(transaction=True)
def test_eight_that_record_and_two_that_fold_lose_nothing_and_count_nothing_twice():
    project, done = make_project(), threading.Event()

    def write():
        for _ in range(50):
            tell(project, NOON, ("stored", "", 3), ("duplicate", "", 1))

    def move():
        while not done.is_set():
            fold(20)

    folders = in_threads(move, move)
    [thread.join() for thread in in_threads(*[write] * 8)]
    done.set()
    [thread.join() for thread in folders]

    assert told(project) == {("stored", ""): 1200, ("duplicate", ""): 400}
    while fold(1000):
        pass
    assert told(project) == {("stored", ""): 1200, ("duplicate", ""): 400}


@pytest.mark.django_db(transaction=True)
def test_while_it_is_folded_every_look_sees_the_whole():
    project, done, seen = make_project(), threading.Event(), set()
    for _ in range(300):
        tell(project, NOON, ("stored", "", 1))

    def look():
        while not done.is_set():
            seen.add(sum(told(project).values()))

    lookers = in_threads(look, look)
    while fold(5):
        pass
    done.set()
    [thread.join() for thread in lookers]

    assert seen == {300}


@pytest.mark.django_db
def test_refused_events_are_read_newest_first_page_by_page():
    project = make_project()
    for number in range(5):
        tell(project, NOON + timedelta(minutes=number), refusals=[Refusal(None, f"illegal_id: {number}")])
    tell(make_project(), NOON, refusals=[Refusal(None, "illegal_id: other")])

    first = rejected(project.id, NOON, most=2)
    rest = rejected(project.id, NOON, before=first[-1].id, most=10)

    assert [row.detail for row in (*first, *rest)] == ["4", "3", "2", "1", "0"]
    assert rejected(project.id, NOON + timedelta(hours=1)) == []


@pytest.mark.django_db
def test_a_refused_event_says_whose_it_was():
    project = make_project()
    sent = b'{"events": [{"id": "a", "name": "", "visitor_id": "ann"}, {"id": "b", "name": "x", "visitor_id": "null"}]}'

    capture(project.id, parse(sent, NOON), "client")

    (row,) = rejected(project.id, EVER[0], visitor_id="ann")
    assert (row.reason, row.body) == ("illegal_name", '{"id": "a", "name": "", "visitor_id": "ann"}')


@pytest.mark.django_db
def test_a_project_keeps_a_thousand_an_hour_and_counts_all():
    project, other = make_project(), make_project()
    for _ in range(15):
        tell(project, NOON, ("rejected", "illegal_id", 100), refusals=[Refusal(None, "illegal_id")] * 300)
    for moment, shop in ((NOON + timedelta(hours=1), project), (NOON, other)):
        tell(shop, moment, refusals=[Refusal(None, "illegal_id")])

    rows = Counter(RejectedEvent.objects.values_list("project_id", "received_at"))

    assert MOST_OF_A_BATCH * 15 > MOST_AN_HOUR
    assert rows == {
        (project.id, NOON): MOST_AN_HOUR,
        (project.id, NOON + timedelta(hours=1)): 1,
        (other.id, NOON): 1,
    }
    assert told(project) == {("rejected", "illegal_id"): 1500}


@pytest.mark.django_db
def test_what_is_a_week_old_goes_and_so_does_what_came_at_once_beyond_the_thousand():
    project = make_project()
    row = {"project": project, "reason": "illegal_id"}
    many = [RejectedEvent(**row, received_at=NOON + timedelta(seconds=number)) for number in range(MOST_AN_HOUR + 5)]
    RejectedEvent.objects.bulk_create(many)
    RejectedEvent.objects.create(**row, received_at=NOON - timedelta(days=7, seconds=1))
    RejectedEvent.objects.create(**row, received_at=NOON - timedelta(days=7) + timedelta(seconds=1))

    assert forget_old(NOON) == 6
    assert min(RejectedEvent.objects.values_list("received_at", flat=True)) == NOON - timedelta(days=7, seconds=-1)
    assert RejectedEvent.objects.count() == MOST_AN_HOUR + 1
