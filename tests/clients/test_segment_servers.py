"""Segment and RudderStack on servers: their clients, unchanged; each event is one, also when answers get lost."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clients.dropping import Line, line_to
from tests.clients.site import Site

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def line(site: Site) -> Iterator[Line]:
    with line_to(site.base_url) as line:
        yield line


@pytest.fixture(params=["segment", "rudderstack", "segment-python", "rudderstack-python"])
def client(request):
    return request.param


def in_python(order):
    done = subprocess.run(
        [sys.executable, "segment_python.py"],
        cwd=HERE,
        input=json.dumps(order),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)


@pytest.fixture
def send(client, site, line, node):
    """Has the client say this to us, over a line that loses so many answers."""

    def send(*calls, drops=0, key=site.key):
        line.drops, line.answered = drops, []
        order = {"client": client, "host": line.base_url, "writeKey": key, "calls": calls}
        return in_python(order) if client.endswith("python") else node("segment", order)

    return send


def stored(site, visitor):
    """Name, user and properties of each event of this visitor."""
    return site.house.query(
        "SELECT e.name, e.user_id, e.properties FROM tracking_event e JOIN tracking_project p ON p.id = e.project_id"
        " WHERE p.key = %s AND e.visitor_id = %s ORDER BY e.name",
        site.project,
        visitor,
    )


def test_every_kind_of_call_is_one_event(site, client, send):
    who = {"anonymousId": f"all-of-{client}", "userId": "u1"}
    order = {"order_id": "o-1", "revenue": 49.9, "currency": "PLN"}
    seen = {"experiment_id": "x", "variation_id": "y"}

    told = send(
        ["identify", {**who, "traits": {"email": "canary@shop.example"}}],
        ["page", {**who, "name": "Home", "properties": {"url": "https://shop.example/"}}],
        ["screen", {**who, "name": "Cart"}],
        ["group", {**who, "groupId": "acme"}],
        ["track", {**who, "event": "Order Completed", "properties": order}],
        ["track", {**who, "event": "Experiment Viewed", "properties": seen}],
    )

    found = {name: (user, told) for name, user, told in stored(site, who["anonymousId"])}
    assert told == {"errors": []}
    assert set(found) == {"identify", "page_view", "screen_view", "group", "purchase", "experiment_viewed"}
    assert found["purchase"] == ("u1", {"transaction_id": "o-1", "value": 49.9, "currency": "PLN"})
    assert found["experiment_viewed"][1] == {"experiment": "x", "variant": "y"}
    assert "canary" not in str(found)


def test_an_alias_links_the_earlier_id_to_the_user(site, client, send):
    send(["alias", {"previousId": f"old-{client}", "userId": "u2"}])

    assert stored(site, f"old-{client}") == [("alias", "u2", {})]


@pytest.mark.parametrize("drops", [1, 2])
def test_an_answer_that_got_lost_doubles_nothing(drops, site, line, client, send):
    visitor = f"lost-{drops}-{client}"
    calls = [["track", {"anonymousId": visitor, "event": f"Step {number}"}] for number in range(5)]

    told = send(*calls, drops=drops)

    posts = [status for _, status in line.answered]
    assert line.drops == 0, "no answer was lost"
    assert len(posts) > drops, "the client did not try again"
    assert (set(posts), told) == ({200}, {"errors": []})
    assert [name for name, _, _ in stored(site, visitor)] == [f"Step {number}" for number in range(5)]


def test_an_unknown_key_is_an_error_that_the_client_understands(line, send):
    told = send(["track", {"anonymousId": "ann", "event": "x"}], key="pk_unknown")

    assert {status for _, status in line.answered} == {401}
    assert told["errors"]
