"""Two events of one person captured and rolled up at the same time, ten thousand times: none lost, none twice."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from experiments import lifecycle, rollups
from experiments.models import Tally
from experiments.rebuild import EXPOSURE
from tests.factories import make_experiment, make_goal, make_project
from tracking.capture import capture
from tracking.models import Due
from tracking.wire.native import IncomingEvent

ROUNDS = 10_000
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = NOON + timedelta(hours=1)


def send(project_id, events):
    assert {receipt.status for receipt in capture(project_id, events, "import")} == {"stored"}


def in_thread(work, failures):
    def guarded():
        try:
            work()
        except BaseException as error:
            failures.append(error)
            raise
        finally:
            connection.close()

    return threading.Thread(target=guarded)


@pytest.mark.django_db(transaction=True)
@pytest.mark.timeout(280)
def test_two_events_of_one_person_captured_and_rolled_up_together():
    project = make_project()
    clicks = make_goal(project, "clicks", level="macro", event="click", measure="count")
    experiment = make_experiment(project, kind="external", goals=[clicks])
    lifecycle.start(experiment, at=NOON)
    variant = experiment.variants.first().key
    failures, sent, together = [], threading.Event(), threading.Barrier(2, timeout=60)

    def capture_first():
        for number in range(ROUNDS):
            together.wait()
            seen = {"experiment": experiment.key, "variant": variant}
            send(project.id, [IncomingEvent(f"m{number}", EXPOSURE, f"v{number}", "", NOON, seen, {}, "")])

    def capture_second():
        for number in range(ROUNDS):
            together.wait()
            send(project.id, [IncomingEvent(f"c{number}", "click", f"v{number}", "", LATER, {}, {}, "")])

    def roll_up():
        while not sent.is_set():
            rollups.roll_up(seconds=1)

    senders = [in_thread(work, failures) for work in (capture_first, capture_second)]
    workers = [in_thread(roll_up, failures) for _ in range(2)]
    [thread.start() for thread in senders + workers]
    [thread.join() for thread in senders]
    sent.set()
    [thread.join() for thread in workers]
    while rollups.roll_up(seconds=5):
        pass

    assert not failures
    assert not Due.objects.exists()
    enrolled = Tally.objects.get(goal=None)
    counted = Tally.objects.get(goal=clicks)
    assert (enrolled.persons, enrolled.excluded) == (ROUNDS, "")
    assert (counted.persons, counted.total, counted.squares) == (ROUNDS, ROUNDS, ROUNDS)
