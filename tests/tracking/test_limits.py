"""A limit for each key: the same over all processes, nobody else's business, and no obstacle when Valkey is gone."""

import os
import secrets
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.utils import timezone
from redis import Redis

from config import embedded, places
from tests.factories import make_key, make_project
from tests.wsgi import ask
from tracking import limits
from tracking.access import KEYRING
from tracking.limits import Limiter, valkey
from tracking.outcomes import counts, refused_requests

HOUR = timedelta(hours=1)
EVENT = {"events": [{"id": "e1", "name": "cta_click", "visitor_id": "ann"}]}


def some_key():
    """Other workers of this run use the same Valkey."""
    return secrets.randbelow(1 << 40) + (1 << 40)


@pytest.fixture
def limiter():
    return Limiter(valkey(seconds=1))


def admitted(limiter, key_id, a_minute, *, most):
    """How many of so many requests, asked without a pause, are let in."""
    return sum(limiter.admits(key_id, a_minute) for _ in range(most))


def test_a_sixth_of_a_minute_may_come_at_once_and_no_more(limiter):
    assert admitted(limiter, some_key(), 60, most=200) == 10


def test_a_limit_of_one_a_minute_lets_one_in(limiter):
    assert admitted(limiter, some_key(), 1, most=50) == 1


def test_after_the_burst_the_rate_holds(limiter):
    key_id = some_key()
    admitted(limiter, key_id, 6_000, most=1_500)

    until, found = time.monotonic() + 2, 0
    while time.monotonic() < until:
        found += limiter.admits(key_id, 6_000)
        time.sleep(0.001)

    assert found == pytest.approx(200, rel=0.2)


def test_a_key_far_below_its_limit_asks_valkey_hardly_ever(limiter):
    key_id, client = some_key(), valkey(seconds=1)
    admitted(limiter, key_id, 60_000, most=1)
    before = client.info("commandstats")["cmdstat_evalsha"]["calls"]

    admitted(limiter, key_id, 60_000, most=99)

    # Others of this run may have asked meanwhile.
    assert client.info("commandstats")["cmdstat_evalsha"]["calls"] - before < 20


PROCESS = """
import sys, time
from redis import Redis
from tracking.limits import Limiter
limiter = Limiter(Redis.from_url(sys.argv[1]))
limiter.admits(1, 60_000_000)  # connected before the clock runs
print("ready", flush=True)
sys.stdin.readline()
until, found = time.monotonic() + 4, 0
while time.monotonic() < until:
    found += limiter.admits(int(sys.argv[2]), 12_000)
    time.sleep(0.0003)  # some thousands a second: ten times the limit in all
print(found)
"""


def test_the_limit_holds_over_several_processes():
    command = [sys.executable, "-c", f"import django; django.setup()\n{PROCESS}"]
    url, key_id = places.embedded_redis_url(places.data_dir()), str(some_key())
    processes = [
        subprocess.Popen([*command, url, key_id], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()

    found = [int(process.communicate(timeout=60)[0]) for process in processes]

    # 200 a second for 4 seconds, after the burst of 10 seconds.
    assert sum(found) == pytest.approx(200 * 14, rel=0.2)
    assert min(found) > 0


def test_two_threads_are_not_let_in_with_one_token(limiter):
    key_id, found = some_key(), []
    threads = [
        threading.Thread(target=lambda: found.append(admitted(limiter, key_id, 600, most=300))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(found) <= 105


def test_neighbours_are_never_limited_by_it(limiter):
    admitted(limiter, some_key(), 60, most=200)

    assert admitted(limiter, some_key(), 60, most=10) == 10


@contextmanager
def own_valkey(folder):
    with embedded.servers(folder, wanted=frozenset({embedded.VALKEY}), share=False) as ours:
        (child,) = ours.children
        yield child, Redis.from_url(places.embedded_redis_url(folder), socket_timeout=0.05, socket_connect_timeout=0.05)


def times(limiter, key_id, most):
    found = []
    for _ in range(most):
        began = time.perf_counter()
        assert limiter.admits(key_id, 60) is True
        found.append(time.perf_counter() - began)
    return sorted(found, reverse=True)


def test_a_hung_valkey_costs_one_slow_request_and_refuses_nobody(tmp_path):
    with own_valkey(tmp_path) as (child, client):
        limiter = Limiter(client)
        admitted(limiter, 1, 60, most=10)
        os.killpg(child.process.pid, signal.SIGSTOP)
        try:
            slow = times(limiter, 2, 2_000)
        finally:
            os.killpg(child.process.pid, signal.SIGCONT)

    assert 0.04 < slow[0] < 0.3
    assert slow[1] < 0.03


def test_when_valkey_is_back_the_limit_is_too(tmp_path, monkeypatch):
    monkeypatch.setattr(limits, "PAUSE", 0.2)
    with own_valkey(tmp_path) as (child, client):
        limiter = Limiter(client)
        child.end_group()
        assert admitted(limiter, 1, 60, most=500) == 500

        child.start()
        deadline = time.monotonic() + 20
        while limiter.admits(1, 60):
            time.sleep(0.01)
            assert time.monotonic() < deadline


def test_while_valkey_stays_silent_one_thread_asks_and_the_others_go_on(tmp_path, monkeypatch):
    monkeypatch.setattr(limits, "PAUSE", 0.05)
    with own_valkey(tmp_path) as (child, client):
        limiter = Limiter(client)
        limiter.admits(1, 60)
        os.killpg(child.process.pid, signal.SIGSTOP)
        limiter.admits(2, 60)
        found = []
        until = time.monotonic() + 1

        def ask_on():
            while time.monotonic() < until:
                began = time.perf_counter()
                limiter.admits(2, 60)
                found.append(time.perf_counter() - began)
                time.sleep(0.001)

        threads = [threading.Thread(target=ask_on) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        os.killpg(child.process.pid, signal.SIGCONT)

    # Ten rounds of 50 ms silence and 50 ms asking, in each of which one of four threads waits.
    assert len([one for one in found if one > 0.03]) < 25
    assert len(found) > 500


@pytest.fixture
def shop(db):
    KEYRING.forget()
    yield make_project()
    KEYRING.forget()
    limits.REFUSALS.take()


def ask_many(token, most, **headers):
    return [ask("POST", "/v1/events", EVENT, key=token, **headers) for _ in range(most)]


def test_a_key_over_its_limit_is_told_when_to_come_back(shop):
    token = make_key(shop, "client", requests_a_minute=12)[1]

    replies = ask_many(token, 4)

    assert [reply.status for reply in replies] == [200, 200, 429, 429]
    assert (replies[-1].code, replies[-1].headers["Retry-After"]) == ("too_many_requests", "5")
    assert replies[-1].headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize("path", ["/v1/assign", "/v1/batch", "/v1/inventory", "/ofrep/v1/evaluate/flags"])
def test_it_holds_at_every_door_that_asks_for_a_key(shop, path):
    token = make_key(shop, "client", requests_a_minute=6)[1]
    ask_many(token, 1)

    assert ask("POST", path, {}, key=token).status == 429


def test_addresses_that_a_sender_claims_do_not_change_its_limit(shop):
    token = make_key(shop, "client", requests_a_minute=6)[1]
    ask_many(token, 1)

    found = {
        ask(
            "POST", "/v1/events", EVENT, key=token, X_Forwarded_For=f"203.0.113.{number}", Forwarded="for=1.2.3.4"
        ).status
        for number in range(5)
    }

    assert found == {429}


def test_another_key_and_another_project_go_on(shop):
    full, free = make_key(shop, "client", requests_a_minute=6)[1], make_key(shop, "client")[1]
    other = make_key(make_project(), "client")[1]
    assert ask_many(full, 2)[-1].status == 429

    assert {reply.status for reply in ask_many(free, 20) + ask_many(other, 20)} == {200}


def test_zero_is_no_limit(shop, settings):
    settings.REQUESTS_A_MINUTE = 6
    free, usual = make_key(shop, "client", requests_a_minute=0)[1], make_key(shop, "client")[1]

    assert {reply.status for reply in ask_many(free, 10)} == {200}
    assert ask_many(usual, 2)[-1].status == 429


def test_refused_requests_are_counted_apart_from_events(shop):
    token = make_key(shop, "client", requests_a_minute=6)[1]
    ask_many(token, 4)

    KEYRING.reload()

    now = timezone.now()
    assert refused_requests(shop.pk, now - HOUR, now + HOUR) == 3
    assert {row.outcome for row in counts(shop.pk, now - HOUR, now + HOUR)} == {"stored"}
    KEYRING.reload()
    assert refused_requests(shop.pk, now - HOUR, now + HOUR) == 3
