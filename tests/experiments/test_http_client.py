"""The client of our own API against a server that is away, busy, strange or says no."""

import gzip
import json
import threading
from collections import deque
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from experiments.http_client import HttpClient, NotReachable, ServerRefused
from experiments.sending import batches, send


@pytest.fixture
def server():
    """Answers with what stands in ``answers``, then 200 and a receipt for each event; remembers what came."""

    class Door(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            raw = self.rfile.read(int(self.headers["Content-Length"]))
            server.came.append((self.client_address, self.headers, raw))
            status, body = server.answers.popleft() if server.answers else (200, self.receipts(raw))
            if status == 0:
                self.close_connection = True
                return
            content = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def receipts(self, raw):
            plain = gzip.decompress(raw) if self.headers["Content-Encoding"] == "gzip" else raw
            events = json.loads(plain).get("events", [])
            return {"results": [{"id": event["id"], "status": "stored"} for event in events]}

        def log_message(self, *_args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    server.answers, server.came = deque(), []
    server.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def client(server):
    return HttpClient(server.url, "sk_test", patience=5)


def test_a_connection_is_used_again(server, client):
    client.post("/v1/events", {})
    client.post("/v1/events", {})

    assert len({address for address, _headers, _raw in server.came}) == 1
    assert server.came[0][1]["Authorization"] == "Bearer sk_test"


@pytest.mark.parametrize("trouble", [(503, {}), (429, {}), (502, b"<html>"), (0, b"")])
def test_the_same_bytes_are_sent_again_until_they_are_answered(server, client, trouble):
    server.answers.extend([trouble, trouble])

    answer = client.post("/v1/events", {"events": [{"id": "e1"}]})

    assert answer["results"] == [{"id": "e1", "status": "stored"}]
    assert len({raw for _address, _headers, raw in server.came}) == 1
    assert len(server.came) == 3


def test_patience_ends(server):
    server.answers.extend([(503, {"errors": [{"code": "x", "detail": "The database is away.", "attr": None}]})] * 9)

    with pytest.raises(NotReachable, match="503 The database is away"):
        HttpClient(server.url, "sk_test", patience=0.2).post("/v1/events", {})


def test_nobody_there_is_one_line():
    with pytest.raises(NotReachable, match="refused"):
        HttpClient("http://127.0.0.1:9", "sk_test", patience=0).get("/")


@pytest.mark.parametrize("url", ["localhost:8000", "ftp://x", ""])
def test_an_address_that_is_none_is_refused(url):
    with pytest.raises(NotReachable, match="write http"):
        HttpClient(url, "sk_test")


def test_a_refusal_is_told_in_the_words_of_the_server(server, client):
    error = {"code": "no", "detail": "Write a name.", "attr": "name"}
    server.answers.append((400, {"type": "client_error", "errors": [error]}))

    with pytest.raises(ServerRefused, match="400 name: Write a name"):
        client.post("/api/v1/goals/", {})


def test_an_answer_that_is_not_ours_is_refused(server, client):
    server.answers.append((200, b"<html>welcome</html>"))

    with pytest.raises(ServerRefused, match="Microlift"):
        client.post("/api/v1/goals/", {})


def test_money_keeps_its_digits_and_large_bodies_are_packed(server, client):
    events = [{"id": f"e{number}", "properties": {"value": Decimal("29.90")}} for number in range(100)]

    (receipts,) = send(client, events)

    assert len(receipts) == 100
    assert b'{"value":29.90}' in gzip.decompress(server.came[0][2])


def test_batches_are_cut_by_number_and_by_size():
    events = [{"id": "x" * 90} for _ in range(7)]

    assert [len(batch) for batch in batches(events, most=3)] == [3, 3, 1]
    assert [len(batch) for batch in batches(events, largest=250)] == [2, 2, 2, 1]


def test_receipts_come_in_the_order_of_the_events(client):
    events = [{"id": f"e{number}"} for number in range(1_200)]

    receipts = [receipt for answered in send(client, events) for receipt in answered]

    assert [receipt["id"] for receipt in receipts] == [event["id"] for event in events]
