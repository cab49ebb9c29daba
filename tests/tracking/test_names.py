"""The first 500 names of a project's day are taken, and never one more, whoever asks at the same time."""

import threading
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection

from tests.factories import make_goal, make_project
from tracking.models import EventName
from tracking.names import MEMORY, MOST_NAMES, REASON, _Memory, admitted
from tracking.wire.incoming import Filtered, IncomingEvent, Refusal

TODAY = date(2026, 3, 1)
TOMORROW = TODAY + timedelta(days=1)
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def no_memory():
    MEMORY.clear()
    yield
    MEMORY.clear()


@pytest.fixture
def project(db):
    return make_project()


def event(name, number=1):
    return IncomingEvent(f"{name}-{number}", name, "ann", "", NOON, {"value": 7}, {}, "")


def events(first, last):
    return [event(f"name-{number}") for number in range(first, last)]


def taken(project, day=TODAY):
    return EventName.objects.filter(project=project, day=day).count()


def kept(batch):
    return [one.name for one in batch if isinstance(one, IncomingEvent)]


def test_five_hundred_names_are_taken_and_the_next_is_refused(project):
    batch = events(0, MOST_NAMES + 1)

    found = admitted(project.id, batch, TODAY)

    assert found[:-1] == batch[:-1]
    assert found[-1] == Refusal("name-500-1", REASON)
    assert (found[-1].name, b'"value":7' in found[-1].raw) == ("name-500", True)
    assert taken(project) == MOST_NAMES


def test_names_that_were_taken_stay_so_also_in_a_process_that_has_just_started(project):
    admitted(project.id, events(0, MOST_NAMES), TODAY)

    for _ in range(2):
        assert kept(admitted(project.id, [event("other"), event("name-7", 2)], TODAY)) == ["name-7"]
        MEMORY.clear()


def test_a_name_in_the_middle_of_a_batch_is_refused_alone_and_the_order_stays(project):
    admitted(project.id, events(1, MOST_NAMES), TODAY)
    batch = [Filtered("gpc"), event("new"), event("newer"), Refusal("x", "illegal_time"), event("new", 2)]

    assert admitted(project.id, batch, TODAY) == [
        batch[0], batch[1], Refusal("newer-1", REASON), batch[3], batch[4],
    ]  # fmt: skip


def test_each_project_and_each_day_has_its_own(project):
    admitted(project.id, events(0, MOST_NAMES), TODAY)

    assert kept(admitted(project.id, [event("other")], TOMORROW)) == ["other"]
    assert kept(admitted(make_project().id, [event("other")], TODAY)) == ["other"]


def test_what_is_filtered_or_refused_takes_no_name(project, django_assert_num_queries):
    with django_assert_num_queries(0):
        admitted(project.id, [Filtered("gpc"), Refusal("x", "illegal_name", b"{}", "bad")], TODAY)

    assert taken(project) == 0


def test_a_usual_batch_and_one_of_a_full_day_cost_no_query(project, django_assert_num_queries):
    admitted(project.id, events(0, 20), TODAY)
    with django_assert_num_queries(0):
        assert len(kept(admitted(project.id, events(0, 20), TODAY))) == 20

    admitted(project.id, events(0, MOST_NAMES), TODAY)
    with django_assert_num_queries(0):
        assert kept(admitted(project.id, [event("other"), event("name-0")], TODAY)) == ["name-0"]


def test_a_process_that_has_just_started_asks_once(project, django_assert_num_queries):
    admitted(project.id, events(0, 20), TODAY)
    MEMORY.clear()

    with django_assert_num_queries(1):
        admitted(project.id, events(0, 10), TODAY)
        admitted(project.id, events(5, 20), TODAY)


def test_memory_has_an_end():
    memory = _Memory(2)
    for number in (1, 2, 1, 3):
        memory.add(number, TODAY, frozenset({"a"}))

    assert len(memory) == 2
    assert [bool(memory.names(number, TODAY)) for number in (1, 2, 3)] == [True, False, True]


@pytest.mark.django_db(transaction=True)
def test_senders_at_the_same_time_never_get_more_than_there_are():
    project = make_project()
    ready, found = threading.Barrier(4), []

    def work(number):
        ready.wait()
        for first in range(number * 200, number * 200 + 200, 10):
            found.extend(kept(admitted(project.id, events(first, first + 10), TODAY)))
        connection.close()

    workers = [threading.Thread(target=work, args=[number]) for number in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert (len(found), len(set(found)), taken(project)) == (MOST_NAMES,) * 3


def test_what_experiments_and_goals_need_is_taken_on_a_day_full_of_junk(project):
    make_goal(project, "orders", level="macro", event="purchase")
    admitted(project.pk, [event(f"junk_{number}") for number in range(MOST_NAMES)], TODAY)

    names = ["junk_500", "experiment_viewed", "purchase", "page_view"]
    answers = admitted(project.pk, [event(name) for name in names], TODAY)

    assert [isinstance(one, Refusal) for one in answers] == [True, False, False, False]
