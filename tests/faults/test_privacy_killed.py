"""Erasure and retention killed at any moment: what is left at last is what an uninterrupted run leaves."""

import json
import random
import subprocess
import sys
import time

import psycopg
import pytest

from config import household, places
from config.processes import wait_until
from tests.faults.figures import FULL, KILLS, percentile, seconds, tell
from tests.faults.killing import WAYS
from tests.faults.scene import applied, books_of, opened
from tests.faults.storm import Line, event_of, storm_over
from tests.faults.storm import Sent as Event
from tests.http import eventually

pytestmark = pytest.mark.timeout(1_800)
TIMES = min(KILLS, 20)
BATCHES, BATCH = 10, 500
OLD_EVENTS = int(seconds(100_000, 40_000))
MANAGE_WORKS = "SELECT 1 FROM pg_stat_activity WHERE application_name = 'microlift-manage' AND pid <> pg_backend_pid()"
RECEIPTS = "SELECT done_at, counts FROM tracking_privacy_receipt WHERE kind = 'erasure'"
MAKE_OLD = """
INSERT INTO tracking_event (project_id, source, event_id, name, visitor_id, occurred_at, properties, context)
SELECT p.id, 'client', gen_random_uuid(), 'page_view', 'old-' || n %% 1000, now() - interval '800 days', '{}', '{}'
FROM tracking_project p, generate_series(1, %s) n WHERE p.key = %s
"""
OLD = "SELECT count(*) FROM tracking_event WHERE visitor_id LIKE 'old-%%'"
YOUNG = "SELECT count(*) FROM tracking_event WHERE visitor_id NOT LIKE 'old-%%'"


@pytest.fixture(scope="module")
def scene(house):
    """With other people in it, whose results must not suffer."""
    made = opened(house, "Erasures")
    with storm_over(made, house.base_url):
        time.sleep(seconds(10, 3))
    return made


def bodies_of(scene, number):
    """Of one user on three devices, who has met the experiment and done much."""
    bodies = []
    for batch in range(BATCHES):
        events = []
        for place in range(batch * BATCH, (batch + 1) * BATCH):
            name = "experiment_viewed" if place < 3 else "page_view"
            event = event_of(f"erased-{number}-{place}", Event(0, 0, name, 1), scene.since, "old")
            events.append(event | {"visitor_id": f"victim-{number}-{place % 3}", "user_id": f"victim-{number}"})
        bodies.append(json.dumps({"events": events}).encode())
    return bodies


def send_all(house, scene, numbers):
    """The statuses, and reasons, of all that these users did."""
    line, told = Line(house.base_url, timeout=30), set()
    for number in numbers:
        for body in bodies_of(scene, number):
            status, raw, _ = line.post("/v1/events", scene.shops[0].secret_key, body)
            assert status == 200, raw
            told |= {(one["status"], one.get("reason", "")) for one in json.loads(raw)["results"]}
    return told


def begun(house, *arguments):
    environ = household.environment(house.data, "manage", house.environ)
    process = subprocess.Popen(
        [sys.executable, "manage.py", *arguments],
        env=environ,
        cwd=places.CODE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    with psycopg.connect(house.dsn, autocommit=True) as connection:
        wait_until(
            lambda: connection.execute(MANAGE_WORKS).fetchone() is not None or process.poll() is not None, seconds=30
        )
    return process


def killed_in_the_middle(house, longest, *arguments):
    """``longest``: seconds that it may have worked by then."""
    process = begun(house, *arguments)
    time.sleep(random.random() * longest)
    process.kill()
    process.wait()


def length_of(house, *arguments):
    process = begun(house, *arguments)
    began = time.monotonic()
    assert process.wait(timeout=120) == 0
    return time.monotonic() - began


def kill_a_worker_at(house, restarter, task, longest, turn):
    house.call(task)
    time.sleep(random.random() * longest)
    WAYS["worker"][turn % 2](restarter.children["worker"])


def receipts(house):
    return [(done_at is not None, counts) for done_at, counts in house.query(RECEIPTS)]


def a_minute_passes(house):
    """For the requests: the last look at a person comes a minute after the first."""
    with psycopg.connect(house.dsn) as connection:
        connection.execute("UPDATE tracking_privacy_receipt SET requested_at = requested_at - interval '2 minutes'")


def erase(number):
    return "erase_person", "erasures", "--user", f"victim-{number}"


def rows_left(house, longest, number, on_record):
    """Of somebody whose erasure was killed: at any moment, or every second time soon after it was on record."""
    process = begun(house, *erase(number))
    if number % 2:
        wait_until(lambda: len(receipts(house)) > on_record or process.poll() is not None, seconds=10)
    time.sleep(random.random() * (0.1 if number % 2 else longest))
    process.kill()
    process.wait()
    return len(house.query("SELECT 1 FROM tracking_event WHERE user_id = %s", f"victim-{number}"))


def erase_and_kill(house, restarter, numbers):
    """Each one's erasure is killed, and then the worker that goes on with it; all are asked for in the end."""
    longest, left, unasked = length_of(house, *erase(0)), [], []
    for number in numbers:
        on_record = len(receipts(house))
        left.append(rows_left(house, longest, number, on_record))
        unasked += [number] if len(receipts(house)) == on_record else []
        kill_a_worker_at(house, restarter, "tracking.finish_erasures", 0.3, number)
    [house.manage(*erase(number)) for number in unasked]
    half_done = sum(0 < rows < BATCHES * BATCH for rows in left)
    figures = {"before_it_was_on_record": len(unasked), "half_done": half_done, "rows_each": BATCHES * BATCH}
    tell("erasure killed", command_kills=TIMES, worker_kills=TIMES, **figures)


def test_an_erasure_that_is_killed_ends_like_one_that_is_not(house, scene, restarter):
    everybody = range(TIMES + 1)
    assert send_all(house, scene, everybody) == {("stored", "")}
    assert applied(house, seconds=60)

    erase_and_kill(house, restarter, everybody[1:])
    a_minute_passes(house)
    assert applied(house, seconds=60)
    eventually(lambda: (house.call("tracking.finish_erasures"), all(done for done, _ in receipts(house)))[1])

    assert len(receipts(house)) == len(everybody)
    assert len({json.dumps(counts, sort_keys=True) for _, counts in receipts(house)}) == 1
    assert send_all(house, scene, everybody) == {("filtered", "erased")}
    copies = [json.loads(house.manage("export_person", *erase(number)[1:])) for number in (0, 1)]
    assert [copy["tables"] for copy in copies] == [{}, {}]
    books_of(house, scene, recount=FULL, besides=len(everybody) * BATCHES * BATCH)


def grown_old(house, scene):
    with psycopg.connect(house.dsn) as connection:
        connection.execute(MAKE_OLD, [OLD_EVENTS, scene.shops[0].project])


def count(house, sql):
    ((found,),) = house.query(sql)
    return int(found)


def test_a_purge_that_is_killed_ends_like_one_that_is_not(house, scene, restarter):
    assert applied(house, seconds=60)
    young, left = count(house, YOUNG), []
    grown_old(house, scene)
    longest = length_of(house, "purge_expired")

    with storm_over(scene, house.base_url) as storm:
        for turn in range(TIMES):
            grown_old(house, scene)
            killed_in_the_middle(house, longest, "purge_expired")
            left.append(count(house, OLD))
            kill_a_worker_at(house, restarter, "tracking.purge_expired", 0.3, turn)
        house.manage("purge_expired")

    took = [one.ended - one.begun for one in storm.attempts]
    half_done = sum(0 < rows < OLD_EVENTS for rows in left)
    tell("purge killed", command_kills=TIMES, half_done=half_done, worker_kills=TIMES, rows_each_time=OLD_EVENTS)
    tell("senders during purges", requests=len(took), p95=percentile(took, 0.95), longest=max(took))
    assert count(house, OLD) == 0
    assert {one.status for one in storm.attempts} == {200}
    assert count(house, YOUNG) == young + storm.size
