"""The Python client against a real server: one variant everywhere, events once, and a site that never waits for it."""

import http.server
import os
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from microlift import Assignment, Client, NotAnswered

from tests.http import Caller

CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0 Safari/537.36"


@pytest.fixture
def client(house):
    client = Client(house.base_url, house.key, timeout=5)
    yield client
    client.close(0)


def stored(house, name):
    rows = house.query("SELECT visitor_id, properties FROM tracking_event WHERE name = %s ORDER BY occurred_at", name)
    return [(visitor, properties) for visitor, properties in rows]


@contextmanager
def answering(*answers):
    """A server that gives these (status, body) in turn, the last one for ever: its address, and what it was sent."""
    sent = []

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            sent.append(self.rfile.read(int(self.headers["Content-Length"])))
            status, body = answers[min(len(sent), len(answers)) - 1]
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", sent
    finally:
        server.shutdown()
        server.server_close()


def test_it_gives_each_visitor_what_the_server_gives(house, client):
    call = Caller(house.base_url, house.key)
    names = [f"v{number}" for number in range(150)] + ["Łukasz", "Мар'яна", "🙂"]

    with ThreadPoolExecutor(4) as pool:
        given = list(pool.map(lambda name: client.assign(name)["hero-cta"], names))

    told = [call.ok("POST", "/v1/assign", {"visitor_id": name})["assignments"]["hero-cta"] for name in names]
    assert given == [Assignment(**one) for one in told]
    assert {one.variant for one in given} == {"original", "blue"}
    assert all(one.in_experiment and one.reason == "assigned" and one.phase == 1 for one in given)


def test_what_does_not_run_is_the_original(client):
    answers = client.assign("ann", experiments=["nowhere"])

    assert dict(answers) == {"nowhere": Assignment(reason="not_running")}
    assert answers["never heard of"] == Assignment(reason="not_running")


def test_attributes_are_told(client):
    assert client.assign("ann", attributes={"userAgent": "Googlebot/2.1"})["hero-cta"].reason == "bot"
    assert client.assign("ann", attributes={"userAgent": CHROME})["hero-cta"].reason == "assigned"


def test_an_exposure_is_one_event_a_day_and_a_robot_none(house, client):
    shown = client.assign("eva")["hero-cta"]

    for _ in range(3):
        client.exposed("eva", "hero-cta", shown)
    client.exposed("robot", "hero-cta", client.assign("robot", attributes={"userAgent": "curl/8"})["hero-cta"])

    assert client.flush()
    met = {"experiment": "hero-cta", "variant": shown.variant, "phase": 1}
    assert [told for told in stored(house, "experiment_viewed") if told[0] in {"eva", "robot"}] == [("eva", met)]


def test_many_events_from_many_threads_all_arrive_once(house, client):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: client.track(f"v{number}", "step", {"n": number}), range(3000)))
        list(pool.map(lambda _: client.track("ann", "order", event_id="order-99"), range(20)))

    assert client.flush(20)
    assert sorted(properties["n"] for _, properties in stored(house, "step")) == list(range(3000))
    assert len(stored(house, "order")) == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_forked_process_asks_and_tells_for_itself(house, client):
    client.assign("ann")
    client.track("ann", "before fork")
    client.flush()

    child = os.fork()
    if not child:
        client.track("child", "after fork")
        fine = client.assign("ann")["hero-cta"].in_experiment and client.flush()
        os._exit(0 if fine else 1)
    assert client.assign("ann")["hero-cta"].in_experiment

    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert [visitor for visitor, _ in stored(house, "after fork")] == ["child"]


@pytest.mark.parametrize("answer", [(500, b"oops"), (200, b"<h1>Log in</h1>"), (200, b"[]"), (401, b"{}")])
def test_whatever_the_server_answers_everybody_gets_the_original(answer):
    with answering(answer) as (url, _):
        given = Client(url, "sk_x").assign("ann", experiments=["hero-cta"])

    assert dict(given) == {"hero-cta": Assignment(None, in_experiment=False, reason="unavailable")}
    assert given["other"].variant is None


@pytest.mark.parametrize("state", ["closed", "silent"])
def test_a_dead_server_costs_the_timeout_and_no_more(state):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1] if state == "silent" else 9
        client = Client(f"http://127.0.0.1:{port}", "sk_x", timeout=0.2)
        began = time.monotonic()
        given = client.assign("ann")
        client.track("ann", "purchase")

        assert time.monotonic() - began < 0.5
        assert given["hero-cta"].reason == "unavailable"
        assert client.close(0.1) is False


def test_a_strict_client_raises():
    with answering((401, b"no")) as (url, _):
        client = Client(url, "sk_x", strict=True)
        with pytest.raises(NotAnswered, match="401") as refused:
            client.assign("ann")
        with pytest.raises(ValueError, match="JSON"):
            client.track("ann", "purchase", {"value": float("nan")})

    assert refused.value.status == 401


def test_what_is_no_json_is_not_told_and_harms_nobody(house, client):
    client.track("ann", "impossible", {"value": object()})
    client.track("ann", "endless", {"value": float("inf")})
    client.track("ann", "possible")

    assert client.flush()
    assert [len(stored(house, name)) for name in ("impossible", "endless", "possible")] == [0, 0, 1]


def test_a_busy_server_is_asked_again_with_the_same_ids():
    with answering((503, b""), (429, b""), (200, b'{"results": []}')) as (url, sent):
        client = Client(url, "sk_x")
        client.track("ann", "purchase")

        assert client.flush(10)

    assert len(sent) == 3
    assert sent[0] == sent[1] == sent[2]
    assert client.dropped == 0


@pytest.mark.parametrize("answer", [(400, b"no"), (200, b'{"results": [{"id": "x", "status": "rejected"}]}')])
def test_what_is_refused_for_good_is_given_up_and_said(answer, caplog):
    with answering(answer) as (url, sent):
        client = Client(url, "sk_x")
        client.track("ann", "purchase")

        assert client.flush(5)

    assert (len(sent), client.dropped) == (1, 1)
    assert "1 events were refused" in caplog.text


def test_only_so_many_events_wait_for_a_dead_server():
    client = Client("http://127.0.0.1:9", "sk_x")

    for number in range(10_100):
        client.track("ann", "step", {"n": number})

    assert client.dropped == 100
    client.close(0)


def test_a_connection_that_the_server_closed_is_opened_anew(house):
    client = Client(house.base_url, house.key)
    assert client.assign("ann")["hero-cta"].in_experiment

    house.stop("web")
    assert client.assign("ann")["hero-cta"].reason == "unavailable"
    client.track("late", "told to a dead server")
    house.start("web")

    assert client.assign("ann")["hero-cta"].in_experiment
    assert client.flush(20)
    assert [visitor for visitor, _ in stored(house, "told to a dead server")] == ["late"]


def test_an_address_that_is_none_is_said_at_once():
    with pytest.raises(ValueError, match="no web address"):
        Client("shop.example", "sk_x")
