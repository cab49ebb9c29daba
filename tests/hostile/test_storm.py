"""Tens of thousands of generated requests to a real web process, with valid events between them.

HOSTILE_REQUESTS: how many (`make faults` sends 50,000). HOSTILE_SEED: the one that a run printed repeats its requests.
"""

import os
import secrets
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.hostile.formats import DOORS, filled
from tests.hostile.generating import HUGE, INGREDIENTS, Composer
from tests.hostile.knocking import complaint
from tests.hostile.wire import Wire, request

pytestmark = pytest.mark.timeout(1800)

REQUESTS = int(os.environ.get("HOSTILE_REQUESTS", "3000"))
SEED = int(os.environ.get("HOSTILE_SEED") or secrets.randbits(32))
# Of one example of Hypothesis; of these one in fifty is valid.
AT_ONCE, ONE_VALID_IN = 100, 50
THREADS = 4
MOST_MEGABYTES = 64


@dataclass
class Storm:
    sent: int = 0
    read: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    complaints: list[str] = field(default_factory=list)
    valid: list[str] = field(default_factory=list)
    before: float = 0
    most: float = 0

    def add(self, raw, told, heard):
        """``told``: the id of a valid event, empty for any other request."""
        self.sent += 1
        self.statuses[heard.status] += 1
        self.valid += [told] if told else []
        # The envelope was read, so that it came to single events or to a decision.
        self.read += raw.startswith(b"POST ") and heard.status in {200, 204}
        if found := complaint_about(raw, told, heard):
            self.complaints.append(f"{found} to {raw[:1500]!r}")


def complaint_about(raw, told, heard):
    if heard.status == 0:
        return "no answer"
    if told and (heard.status != 200 or (b"results" in heard.body and b'"stored"' not in heard.body)):
        return f"{told} was not stored: {heard}"
    return "" if raw.startswith(b"HEAD ") else complaint(heard.status, heard.kind, heard.body)


def valid_event(number, shop):
    """A request that carries it in one of two formats, and its id."""
    told = f"valid-{number}"
    address = f"/v1/track?writeKey={shop.client}" if number % 2 else f"/v1/events?key={shop.client}"
    body = filled(DOORS["/v1/track" if number % 2 else "/v1/events"].body, ID=f'"{told}"'.encode())
    return request("POST", address, body), told


def requests_of(ingredients, shop, first):
    """Each with the id of the valid event in it, if it is one."""
    composer = Composer(ingredients, shop.client, shop.secret)
    return [
        valid_event(number, shop) if number % ONE_VALID_IN == 0 else (composer.next(), "")
        for number in range(first, first + AT_ONCE)
    ]


def send(wire, some):
    return [(raw, told, wire.ask(raw)) for raw, told in some]


def largest(shop):
    return [
        (request("POST", door.path.replace("PK", shop.client), filled(door.body, VALUE=value)), "")
        for door in (DOORS["/v1/batch"], DOORS["/track"])
        for value in HUGE
    ]


@pytest.fixture(scope="module")
def stormed(attacked):
    """The counts. Memory is compared with what it was after a first part, the largest requests among it."""
    print(f"HOSTILE_SEED={SEED} HOSTILE_REQUESTS={REQUESTS}")
    storm, wires = Storm(), [Wire(attacked.house.base_url) for _ in range(THREADS)]
    pool = ThreadPoolExecutor(THREADS)

    def rain(ingredients):
        some = requests_of(ingredients, attacked, storm.sent)
        shares = [some[place::THREADS] for place in range(THREADS)]
        for heard in pool.map(send, wires, shares):
            for one in heard:
                storm.add(*one)
        storm.most = max(storm.most, attacked.megabytes)

    def raining(examples, source):
        checks = settings(suppress_health_check=list(HealthCheck), phases=[Phase.generate], database=None)
        seed(source)(settings(checks, max_examples=examples, deadline=None)(given(INGREDIENTS)(rain)))()

    warm = max(REQUESTS // AT_ONCE // 10, 3)
    raining(warm, SEED)
    list(pool.map(send, wires, [largest(attacked)] * THREADS))
    storm.before, storm.most, started = attacked.megabytes, 0, attacked.processes
    raining(max(REQUESTS // AT_ONCE - warm, 1), SEED + 1)
    assert attacked.processes == started, "web has died"
    print(f"{storm.sent} sent, {storm.read / storm.sent:.0%} read, {dict(storm.statuses)}")
    print(f"{storm.before:.0f} MB, at most {storm.most:.0f} MB")
    return storm


def test_no_request_is_answered_with_a_fault_or_with_anything_that_is_not_ours(stormed):
    assert stormed.sent >= REQUESTS
    assert stormed.complaints == []


def test_at_least_half_of_them_were_read_as_what_they_seem_to_be(stormed):
    assert stormed.read >= stormed.sent / 2


def test_the_memory_of_web_does_not_grow(stormed):
    assert stormed.most - stormed.before <= MOST_MEGABYTES


def test_every_valid_event_between_them_is_stored_once(stormed, attacked):
    counted = "SELECT event_id, count(*) FROM tracking_event WHERE starts_with(event_id, 'valid-') GROUP BY 1"

    assert dict(attacked.house.query(counted)) == dict.fromkeys(stormed.valid, 1)
