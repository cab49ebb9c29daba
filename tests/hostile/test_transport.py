"""What comes before a body: lengths that lie, pieces, two lengths at once, half requests, floods of nothing."""

import gzip
import os
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from statistics import quantiles

import pytest

from tests.hostile.formats import DOORS, filled
from tests.hostile.knocking import complaint
from tests.hostile.wire import Wire, request

pytestmark = pytest.mark.timeout(200)

MEGABYTE = 1 << 20
HALF_OPEN = 200
SECONDS = float(os.environ.get("HOSTILE_SECONDS", "4"))
BATCHES = ["/v1/events", "/track", "/v1/track", "/v1/batch", "/v1/import", "/beacon/v1/batch", "/mp/collect"]


@pytest.fixture
def wire(attacked):
    wire = Wire(attacked.house.base_url)
    yield wire
    wire.close()


def target(address, shop):
    path = DOORS[address].path.replace("PK", shop.client)
    return f"{path}?key={shop.client}" if DOORS[address].bearer else path


def post(wire, shop, address, body, headers=None):
    return wire.ask(request("POST", target(address, shop), body, headers))


def chunks(*parts):
    return b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in (*parts, b""))


def in_chunks(shop, address, *parts, **more):
    """A request of pieces whose length nobody said."""
    told = request("POST", target(address, shop), b"", {"Transfer-Encoding": b"chunked", **more})
    return told.replace(b"Content-Length: 0\r\n", b"") + chunks(*parts)


def is_ours(heard):
    return complaint(heard.status, heard.kind, heard.body) == ""


def test_a_bomb_of_a_gigabyte_costs_no_memory(attacked, wire):
    bomb = gzip.compress(b" " * (1024 * MEGABYTE), 9)
    assert 900_000 < len(bomb) < MEGABYTE
    # What large bodies cost that are taken, by all threads at once, is not the bomb's doing.
    large = gzip.compress(b'{"events":[' + b" " * 4_000_000 + b"]}")
    packed = {"Content-Encoding": b"gzip"}
    with ExitStack() as stack, ThreadPoolExecutor(16) as pool:
        wires = [stack.enter_context(closing(Wire(attacked.house.base_url))) for _ in range(16)]
        heard = pool.map(lambda one: [post(one, attacked, "/v1/events", large, packed).status for _ in range(4)], wires)
        assert {status for some in heard for status in some} == {200}
    before = attacked.megabytes
    began = time.monotonic()

    heard = [post(wire, attacked, address, bomb, packed) for address in BATCHES]

    assert {one.status for one in heard} == {413}
    assert all(is_ours(one) for one in heard)
    assert time.monotonic() - began < len(BATCHES)
    # Each thread keeps what it has needed once: eight megabytes, whatever comes.
    assert attacked.megabytes - before <= 64


@pytest.mark.parametrize("address", BATCHES)
def test_a_body_over_the_limit_is_refused_whether_its_length_is_said_or_not(attacked, wire, address):
    large = b" " * (MEGABYTE * 3 // 2)

    assert is_ours(said := post(wire, attacked, address, large))
    assert is_ours(unsaid := wire.ask(in_chunks(attacked, address, large)))
    assert (said.status, unsaid.status) == (413, 413)


@pytest.mark.parametrize("address", BATCHES)
def test_a_body_in_chunks_is_read_whole(attacked, wire, address):
    body = filled(DOORS[address].body, ID=b'"in-chunks"')

    heard = wire.ask(in_chunks(attacked, address, body[:10], body[10:]))

    assert heard.status in {200, 204}
    assert post(wire, attacked, address, body).status == heard.status


def test_what_came_in_chunks_is_stored(attacked, wire):
    body = filled(DOORS["/v1/events"].body, ID=b'"chunky"')

    first = wire.ask(in_chunks(attacked, "/v1/events", *[body[at : at + 7] for at in range(0, len(body), 7)]))

    assert b'"stored"' in first.body
    assert b'"duplicate"' in post(wire, attacked, "/v1/events", body).body


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        # RFC 9112: the pieces count, and nothing that follows on this connection.
        ({"Content-Length": b"5", "Transfer-Encoding": b"chunked"}, 200),
        ({"Transfer-Encoding": b"chunked, identity"}, 400),
        ({"Transfer-Encoding": b"xchunked"}, 400),
        ({"Content-Length": b"5\r\nContent-Length: 50"}, 400),
        ({"Content-Length": b"-1"}, 400),
        ({"Content-Length": b"1e3"}, 400),
        ({"Content-Length": b"9" * 400}, 400),
    ],
)
def test_lengths_that_two_servers_could_read_differently_hide_no_second_request(attacked, wire, headers, status):
    hidden = request("POST", target("/v1/events", attacked), filled(DOORS["/v1/events"].body, ID=b'"smuggled"'))
    raw = request("POST", target("/v1/events", attacked), b"", headers) + chunks(b'{"events":[]}') + hidden

    heard = wire.ask(raw)

    assert heard.status == status
    assert status == 400 or heard.headers["connection"] == "close"
    assert not attacked.house.query("SELECT 1 FROM tracking_event WHERE event_id = 'smuggled'")


def test_of_two_origins_none_is_answered(attacked, wire):
    two = {"Origin": b"https://a.example\r\nOrigin: https://b.example"}

    heard = wire.ask(request("POST", target("/v1/events", attacked), b'{"events":[]}', two))

    assert "access-control-allow-origin" not in heard.headers


def took(wire, shop, seconds):
    """How long each of many events in a row waited."""
    waits, end = [], time.monotonic() + seconds
    while time.monotonic() < end:
        began = time.monotonic()
        assert post(wire, shop, "/v1/events", b'{"events":[]}').status == 200
        waits.append(time.monotonic() - began)
        time.sleep(0.005)
    return quantiles(waits, n=20)[18]


def test_half_requests_keep_nobody_waiting(attacked):
    """Some end within their headers, some within their bodies, and none of them goes on."""
    body = request("POST", target("/v1/events", attacked), b'{"events":[', {"Content-Length": b"4000"})
    with ExitStack() as stack:
        other = Wire(attacked.house.base_url, seconds=5)
        stack.callback(other.close)
        quiet = took(other, attacked, 2)
        for number in range(HALF_OPEN):
            wire = Wire(attacked.house.base_url)
            stack.callback(wire.close)
            wire.socket.sendall(body if number % 2 else body[:40])

        # Milliseconds are added for a machine that does other things as well.
        assert took(other, attacked, SECONDS) <= 2 * quiet + 0.02
