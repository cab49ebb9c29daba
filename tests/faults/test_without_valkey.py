"""Valkey hung, emptied, restarted: capture and assignment do not notice, and the worker consumes again by itself."""

import signal
import time
from datetime import UTC, datetime

import pytest

from config.processes import wait_until
from tests.faults.asking import assigned_all_along
from tests.faults.figures import percentile, seconds, tell
from tests.faults.killing import hit, kill_main, main_of
from tests.faults.scene import applied, books_of, opened
from tests.faults.storm import storm_over

pytestmark = pytest.mark.timeout(900)
HUNG = seconds(45, 8)
RESTARTS, RESTARTS_WITHIN = 5, seconds(30, 12)
CONSUMES_AGAIN = 60.0


@pytest.fixture(scope="module")
def scene(house):
    return opened(house, "No Valkey")


def consumes_again(house, since):
    """Seconds until what came after ``since`` is in the results, without hands.

    Celery itself sometimes ends when its broker goes in the wrong moment; what supervises it starts it again.
    """
    began = time.monotonic()
    time.sleep(1)
    assert applied(house, seconds=CONSUMES_AGAIN, since=since)
    return time.monotonic() - began


def test_a_hung_valkey_is_not_noticed_by_who_sends(house, scene):
    valkey, began = main_of(house.servers["valkey"]), time.monotonic()

    with assigned_all_along(house.base_url, scene.shops[0]) as assigned, storm_over(scene, house.base_url) as storm:
        time.sleep(1)
        hit(valkey, signal.SIGSTOP)
        time.sleep(HUNG)
        hung_until = time.monotonic()
        hit(valkey, signal.SIGCONT)
        again = consumes_again(house, datetime.now(UTC))

    during = [one for one in storm.attempts if began < one.begun < hung_until]
    good = sum(one.status == 200 for one in during) / len(during)
    took = [one.ended - one.begun for one in during]
    p50, p95 = percentile(took, 0.5), percentile(took, 0.95)
    tell(
        f"Valkey hung for {HUNG:.0f} s",
        requests=len(during),
        share_2xx=good,
        p50=p50,
        p95=p95,
        assignments=len(assigned.attempts),
        consumed_again_after=again,
        **books_of(house, scene),
    )
    assert good >= 0.999
    assert p95 < 1
    assert assigned.wrong == []


def test_an_emptied_valkey_loses_nothing(house, scene):
    with storm_over(scene, house.base_url) as storm:
        for _ in range(3):
            time.sleep(seconds(3, 1))
            house.valkey().flushall()
        again = consumes_again(house, datetime.now(UTC))

    assert {one.status for one in storm.attempts} == {200}
    tell("FLUSHALL x 3", requests=len(storm.attempts), applied_after=again, **books_of(house, scene))


def test_after_five_restarts_of_valkey_a_worker_consumes_again(house, scene, restarter):
    with storm_over(scene, house.base_url) as storm:
        for _ in range(RESTARTS):
            kill_main(restarter.children["valkey"])
            time.sleep(RESTARTS_WITHIN / RESTARTS)
        assert wait_until(lambda: restarter.children["valkey"].alive, seconds=5)
        again = consumes_again(house, datetime.now(UTC))

    assert {one.status for one in storm.attempts} == {200}
    tell(
        f"Valkey restarted {RESTARTS} x in {RESTARTS_WITHIN:.0f} s",
        requests=len(storm.attempts),
        consumed_again_after=again,
        **books_of(house, scene),
    )
