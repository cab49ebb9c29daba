"""A whole installation, watched from outside: ready or not, its keys, its limits and its figures."""

import http.client
import json
import os
import signal
import time
import urllib.error
import urllib.request
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.house import running_house
from tests.http import Caller, eventually

pytestmark = pytest.mark.timeout(300)
MAKE = """
from tracking.access import create_key
from tracking.models import Project, KeyKind
project = Project.objects.create(key="shop", name="Shop", requires_consent=False)
for limit in (None, 60):
    key, token = create_key(project, KeyKind.CLIENT)
    key.requests_a_minute = limit
    key.save()
    print(token)
"""
REPLACE = """
from datetime import timedelta
from django.utils import timezone
from tracking.access import replace_key
from tracking.models import Key
print(replace_key(Key.objects.get(token="{token}"), works_until=timezone.now() + timedelta(seconds={seconds}))[1])
"""


@pytest.fixture(scope="module")
def house():
    with running_house() as running:
        yield running


@pytest.fixture(scope="module")
def tokens(house):
    return house.manage("shell", "--no-imports", "-c", MAKE).split()


def got(house, path, **headers):
    """Status, text and seconds."""
    began = time.monotonic()
    try:
        with urllib.request.urlopen(
            urllib.request.Request(house.base_url + path, headers=headers), timeout=20
        ) as answer:
            return answer.status, answer.read().decode(), time.monotonic() - began
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode(), time.monotonic() - began


def ready(house):
    status, text, seconds = got(house, "/readyz")
    assert seconds < 3
    return status, json.loads(text)["redis"]


def send(house, token, event_id):
    call = Caller(house.base_url, token)
    return call("POST", "/v1/events", {"events": [{"id": event_id, "name": "view", "visitor_id": "ann"}]})[0]


def processes_of(server):
    """The server's own, and its children, which PostgreSQL puts into groups of their own."""
    found = [server.process.pid]
    for status in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            if int(status.read_text().rpartition(")")[2].split()[1]) == found[0]:
                found.append(int(status.parent.name))
    return found


@contextmanager
def frozen(server):
    pids = processes_of(server)
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


@pytest.mark.parametrize(("name", "told"), [("valkey", (200, "degraded")), ("postgresql", (503, "ok"))])
def test_while_a_server_hangs_it_says_whether_to_send_visitors_here(house, name, told):
    assert ready(house) == (200, "ok")

    with frozen(house.servers[name]):
        eventually(lambda: ready(house) == told, seconds=10)
        assert got(house, "/livez")[0] == 200

    eventually(lambda: ready(house) == (200, "ok"), seconds=20)


@pytest.mark.parametrize(("name", "told"), [("valkey", (200, "degraded")), ("postgresql", (503, "ok"))])
def test_while_a_server_is_gone_it_says_so_too(house, name, told):
    house.servers[name].stop()
    try:
        eventually(lambda: ready(house) == told, seconds=10)
        assert got(house, "/livez")[0] == 200
    finally:
        house.servers[name].start()

    eventually(lambda: ready(house) == (200, "ok"), seconds=30)


def test_a_new_key_works_within_five_seconds_and_the_old_one_until_its_time(house, tokens):
    old = tokens[0]
    eventually(lambda: send(house, old, "e1") == 200, seconds=5)

    new = house.manage("shell", "--no-imports", "-c", REPLACE.format(token=old, seconds=8)).strip()
    replaced_at = time.monotonic()
    eventually(lambda: send(house, new, "e2") == 200, seconds=5)
    assert send(house, old, "e3") == 200

    eventually(lambda: send(house, old, "e4") == 401, seconds=10)
    assert time.monotonic() - replaced_at < 10
    assert send(house, new, "e5") == 200
    eventually(lambda: house.query("SELECT 1 FROM tracking_key WHERE token = %s AND last_used_at IS NOT NULL", new))


def test_a_key_over_its_limit_is_refused_and_counted_and_others_go_on(house, tokens):
    limited = tokens[1]
    eventually(lambda: send(house, limited, "f0") == 200, seconds=5)

    found = [send(house, limited, f"f{number}") for number in range(1, 40)]

    assert found.count(429) >= 25
    told = "SELECT sum(count) FROM tracking_outcome WHERE outcome = 'refused'"
    eventually(lambda: (house.query(told)[0][0] or 0) == found.count(429), seconds=20)


def test_its_figures_can_be_read_here_and_not_from_behind_a_gateway(house, tokens):
    def figures():
        status, text, _ = got(house, "/metrics")
        assert status == 200
        return {one.name: one for family in text_string_to_metric_families(text) for one in family.samples}

    eventually(lambda: "microlift_worker_heartbeat_age_seconds" in figures(), seconds=30)
    assert figures()["microlift_worker_heartbeat_age_seconds"].value < 30
    assert got(house, "/metrics", **{"X-Forwarded-For": "127.0.0.1"})[0] == 403


def test_a_preflight_of_the_figures_allows_nothing(house):
    connection = http.client.HTTPConnection("127.0.0.1", house.address.port, timeout=10)
    connection.request("OPTIONS", "/metrics", headers={"Origin": "https://evil.example"})

    answer = connection.getresponse()

    assert answer.status == 405
    assert answer.getheader("Access-Control-Allow-Origin") is None
    connection.close()
