"""Two webs, two beats, three workers; a web asked to stop in the middle of its work; a beat that was away."""

import json
import math
import signal
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from config import household
from config.celery import EVERY
from config.household import Address
from config.processes import wait_until
from tests.faults.asking import assigned_all_along
from tests.faults.figures import FULL, seconds, tell
from tests.faults.killing import hit, kill_group, kill_main, main_of
from tests.faults.scene import books_of, opened, waiting
from tests.faults.storm import Line, event_of, storm_over
from tests.faults.storm import Sent as Event
from tests.http import Caller, eventually

pytestmark = pytest.mark.timeout(900)
AT_ONCE = 100
IN_FLIGHT = 8
QUEUE = "celery"
LOCK_WAITERS = (
    "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'microlift-web' AND wait_event_type = 'Lock'"
)


@pytest.fixture(scope="module")
def scene(house):
    return opened(house, "Many")


@pytest.fixture
def second_web(house):
    child = house.another("web")
    address = Address(house.address.host, int(child.environment["PORT"]))
    child.start()
    household.wait_for_web(child, address)
    yield address.local_url
    child.stop()


def body_of(scene, event_id):
    """An event of somebody who is in no experiment, so that no result waits for it."""
    event = event_of(event_id, Event(0, 0, "page_view", 1), scene.since, "")
    return json.dumps({"events": [{**event, "visitor_id": f"of {event_id}"}]}).encode()


def acknowledged(line, key, body):
    """The answer; nothing when it was 503, after which a client tries again."""
    status, raw, _ = line.post("/v1/events", key, body)
    assert status in {200, 503}, raw
    return raw if status == 200 else b""


def told_at_once(urls, key, body):
    """What so many senders of the same event are told, together and by several processes."""
    together = threading.Barrier(AT_ONCE)

    def send(number):
        line = Line(urls[number % len(urls)], timeout=30)
        together.wait()
        raw = eventually(lambda: acknowledged(line, key, body), seconds=20)
        line.connection.close()
        return json.loads(raw)["results"][0]["status"]

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return Counter(pool.map(send, range(AT_ONCE)))


def test_one_event_sent_a_hundred_times_to_two_webs_is_stored_once(house, scene, restarter, second_web):
    urls, key, body = [house.base_url, second_web], scene.shops[0].client_key, body_of(scene, "once")

    first = told_at_once(urls, key, body)
    kill_group(restarter.children["web"])
    house.valkey().flushall()
    assert wait_until(lambda: household.answers(house.address), seconds=30)
    with psycopg.connect(house.dsn) as connection:
        connection.execute("UPDATE tracking_event SET received_at = received_at - interval '25 hours'")
    again = told_at_once(urls, key, body)

    tell("one id x 100 at two webs", first=dict(first), after_restart_and_flush_and_a_day=dict(again))
    assert first == {"stored": 1, "duplicate": AT_ONCE - 1}
    assert again == {"duplicate": AT_ONCE}
    assert house.query("SELECT count(*) FROM tracking_event WHERE event_id = 'once'") == [(1,)]


def test_two_beats_and_three_workers_count_once(house, scene):
    more = [house.another(name) for name in ("beat", "worker", "worker")]
    [child.start() for child in more]
    try:
        with storm_over(scene, house.base_url, pause=0.3):
            time.sleep(seconds(20, 5))
        books = books_of(house, scene, recount=FULL, besides=besides(house))
        enrolled = len({sent.visitor for sent in scene.acknowledged.values() if sent.name == "experiment_viewed"})
        api = Caller(house.base_url, scene.shops[0].secret_key)
        body = eventually(lambda: fresh(api, enrolled), seconds=60)
    finally:
        [child.stop() for child in more]

    tell("2 beats, 3 workers", enrolled=enrolled, **books)
    assert sum(variant["enrolled"] for variant in body["variants"]) == enrolled
    assert house.query("SELECT phase_id FROM experiments_result GROUP BY 1 HAVING count(*) > 1") == []
    assert "deadlock" not in house.log("postgres")


def fresh(api, enrolled):
    status, body = api("GET", "/api/v1/experiments/hero/results/")
    return body if status == 200 and not body["stale"] and body["health"]["enrolled"] == enrolled else None


def besides(house):
    """Events that no storm sent."""
    ((count,),) = house.query("SELECT count(*) FROM tracking_event WHERE event_id NOT LIKE 'storm-%%'")
    return int(str(count))


def asked_to_stop_in_the_middle(house, web, key, bodies):
    """What those were answered whose requests were under way: they wait for a table that is given back afterwards."""
    lines = [Line(house.base_url) for _ in bodies]
    with ThreadPoolExecutor(IN_FLIGHT) as pool:
        with psycopg.connect(house.dsn) as connection:
            connection.execute("LOCK TABLE tracking_event IN ACCESS EXCLUSIVE MODE")
            asked = [pool.submit(line.post, "/v1/events", key, body) for line, body in zip(lines, bodies, strict=True)]
            eventually(lambda: house.query(LOCK_WAITERS) != [(0,)], seconds=5)
            time.sleep(0.3)
            hit(main_of(web), signal.SIGTERM)
            time.sleep(0.5)
        return [future.result()[0] for future in asked]


def test_a_web_that_is_asked_to_stop_ends_what_it_has_begun(house, scene, restarter):
    key, bodies = scene.shops[0].client_key, [body_of(scene, f"in-flight-{n}") for n in range(IN_FLIGHT)]
    with storm_over(scene, house.base_url) as storm, restarter.leaving("web") as web:
        began = time.monotonic()
        answers = asked_to_stop_in_the_middle(house, web, key, bodies)
        assert wait_until(lambda: not web.alive, seconds=10)
        ended_after, status = time.monotonic() - began, web.process and web.process.returncode

    tell("SIGTERM of web under load", in_flight=answers, ended_after=ended_after, exit_status=status)
    assert answers == [200] * IN_FLIGHT
    assert status == 0
    assert {one.status for one in storm.attempts} <= {200, 0}
    books_of(house, scene, besides=besides(house))


def tasks_in_queue(valkey):
    return Counter(json.loads(raw)["headers"]["task"] for raw in valkey.lrange(QUEUE, 0, -1))


def test_a_beat_that_was_away_comes_back_without_a_burst(house, scene, restarter):
    away = seconds(30, 8)
    with assigned_all_along(house.base_url, scene.shops[0]) as assigned, storm_over(scene, house.base_url) as storm:
        with restarter.leaving("worker") as worker:
            with restarter.leaving("beat") as beat:
                kill_main(beat)
                time.sleep(away)
                kill_main(worker)
                eventually(lambda: not worker.alive, seconds=5)
                house.valkey().delete(QUEUE)
            began = time.monotonic()
            eventually(lambda: tasks_in_queue(house.valkey()), seconds=20)
            time.sleep(3)
            queued, passed = tasks_in_queue(house.valkey()), time.monotonic() - began
        back = time.monotonic()
    eventually(lambda: waiting(house) == 0, seconds=30)

    books = books_of(house, scene, besides=besides(house))
    tell(f"beat away for {away:.0f} s", queued=dict(queued), applied_after=time.monotonic() - back, **books)
    assert {one.status for one in storm.attempts} == {200}
    assert assigned.wrong == []
    for task, count in queued.items():
        assert count <= 1 + math.ceil(passed / EVERY[task]), task
