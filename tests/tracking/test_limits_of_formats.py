"""Every limit on every address that takes events: what is just within it is stored, what is just beyond is refused."""

import base64
import gzip
import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from config.front import DOORS, in_front_of
from tests.factories import make_key, make_project
from tests.wsgi import Reply, django_behind
from tracking.access import KEYRING
from tracking.api.segment import LONG, POSTS, SHORT
from tracking.models import Event
from tracking.models.outcomes import RejectedEvent
from tracking.names import MOST_NAMES
from tracking.wire.http import LARGEST_BODY, LARGEST_INFLATED
from tracking.wire.native import DEEPEST, LARGEST_EVENT, MOST_EVENTS, MOST_PROPERTIES

pytestmark = pytest.mark.django_db


@dataclass(frozen=True)
class Route:
    """``event``: one with this id and these properties; ``body``: of one event, or of a list where that is sent."""

    path: str
    event: Callable[..., dict[str, Any]]
    body: Callable[..., Any]
    many: bool = True
    kind: str = "track"


def native(number, properties, name="cta_click"):
    return {"id": f"e{number}", "name": name, "visitor_id": "ann", "properties": properties}


def growthbook(number, properties, name="CTA Clicked"):
    return {"event_name": name, "device_id": f"v{number}", "properties_json": properties}


def ga4(_number, properties, name="cta_click"):
    return {"name": name, "params": properties}


def segment(kind):
    def message(number, properties, name="CTA Clicked"):
        who = {"type": kind, "messageId": f"m{number}", "anonymousId": "ann", "userId": "u1"}
        return who | ({"event": name} if kind == "track" else {}) | {"properties": properties}

    return message


def _routes():
    yield Route("/v1/events", native, lambda events: {"events": events})
    yield Route("/track?client_key={key}", growthbook, list)
    yield Route("/mp/collect?api_secret={key}", ga4, lambda events: {"client_id": "ann", "events": events})
    for name in (*LONG, *SHORT):
        kind = SHORT.get(name, name)
        if kind in {"batch", "import"}:
            yield Route(f"/v1/{name}", segment("track"), lambda events: {"batch": events})
        else:
            yield Route(f"/v1/{name}", segment(kind), lambda events: events[0], many=False, kind=kind)
    yield Route("/beacon/v1/batch?writeKey={key}", segment("track"), lambda events: {"batch": events})


ROUTES = {route.path.partition("?")[0]: route for route in _routes()}
LISTS = {path: route for path, route in ROUTES.items() if route.many}
# What identify, alias and group say of a person is not kept, so it has no limit but that of the whole event.
TELLING = {path: route for path, route in ROUTES.items() if route.kind in {"track", "page", "screen"}}
every = pytest.mark.parametrize("route", ROUTES.values(), ids=ROUTES)
every_list = pytest.mark.parametrize("route", LISTS.values(), ids=LISTS)
every_telling = pytest.mark.parametrize("route", TELLING.values(), ids=TELLING)
packed = pytest.mark.parametrize("pack", [lambda raw: raw, gzip.compress], ids=["plain", "gzip"])
framed = pytest.mark.parametrize("length", [True, False], ids=["length", "chunked"])


@pytest.fixture
def key(db):
    token = make_key(make_project(), "client")[1]
    KEYRING.forget()
    yield token
    KEYRING.forget()


def send(route, key, raw, *, length=True):
    """As a web server hands it over; gzip is known by its first bytes."""
    path, _, query = route.path.format(key=key).partition("?")
    environ = {"REQUEST_METHOD": "POST", "PATH_INFO": path, "QUERY_STRING": query, "wsgi.input": io.BytesIO(raw)}
    environ |= {"CONTENT_LENGTH": str(len(raw))} if length else {"HTTP_TRANSFER_ENCODING": "chunked"}
    environ |= {"HTTP_CONTENT_ENCODING": "gzip"} if raw.startswith(b"\x1f\x8b") else {}
    if path in POSTS and not query:
        environ["HTTP_AUTHORIZATION"] = "Basic " + base64.b64encode(f"{key}:".encode()).decode()
    elif not query:
        environ["HTTP_AUTHORIZATION"] = f"Bearer {key}"
    seen = []
    parts = in_front_of(django_behind, release=lambda: None)(
        environ, lambda status, pairs: seen.extend([status, pairs])
    )
    return Reply(int(seen[0].split()[0]), dict(seen[1]), b"".join(parts))


def said(route, *events):
    return json.dumps(route.body(list(events))).encode()


def one(route, **properties):
    return said(route, route.event(1, properties))


def code_of(route, reply):
    """In the words of each client: Segment's read ``code`` and ``message``."""
    content = reply.json
    if route.path.partition("?")[0] in POSTS:
        assert set(content) == {"code", "message"}
        return content["code"]
    assert set(content) == {"type", "errors"}
    return content["errors"][0]["code"]


def refusals():
    return list(RejectedEvent.objects.values_list("reason", flat=True))


def test_every_address_that_takes_events_is_tested():
    taking = {path for path, (method, _door) in DOORS.items() if method == "POST" and not path.endswith("/")}

    assert taking - {
        "/v1/assign",
        "/v1/debug",
        "/v1/inventory",
        "/debug/mp/collect",
        "/ofrep/v1/evaluate/flags",
    } == set(ROUTES)


def grown(raw, size):
    """Spaces change nothing for JSON; of gzip, a long name of the file that was packed does not."""
    if not raw.startswith(b"\x1f\x8b"):
        return raw + b" " * (size - len(raw))
    name = b"n" * (size - len(raw) - 1) + b"\x00"
    return raw[:3] + b"\x08" + raw[4:10] + name + raw[10:]


@every
@packed
@framed
def test_a_body_may_have_one_megabyte_as_it_is_sent(route, pack, length, key):
    raw = pack(one(route))

    beyond = send(route, key, grown(raw, LARGEST_BODY + 1), length=length)
    assert (beyond.status, code_of(route, beyond), Event.objects.count()) == (413, "body_too_large", 0)

    within = send(route, key, grown(raw, LARGEST_BODY), length=length)
    assert (within.status // 100, Event.objects.count()) == (2, 1)


@every
@framed
def test_a_body_may_have_four_megabytes_when_it_is_unpacked(route, length, key):
    raw = one(route)

    beyond = send(route, key, gzip.compress(grown(raw, LARGEST_INFLATED + 1)), length=length)
    assert (beyond.status, code_of(route, beyond), Event.objects.count()) == (413, "body_too_large", 0)

    within = send(route, key, gzip.compress(grown(raw, LARGEST_INFLATED)), length=length)
    assert (within.status // 100, Event.objects.count()) == (2, 1)


@every_list
@packed
@framed
def test_a_batch_may_have_five_hundred_events(route, pack, length, key):
    events = [route.event(number, {"n": number}) for number in range(MOST_EVENTS + 1)]

    beyond = send(route, key, pack(said(route, *events)), length=length)
    assert (beyond.status, code_of(route, beyond), Event.objects.count()) == (413, "too_many_events", 0)

    within = send(route, key, pack(said(route, *events[:-1])), length=length)
    assert (within.status // 100, Event.objects.count()) == (2, MOST_EVENTS)


@every
@packed
@framed
def test_an_event_may_have_32_kilobytes(route, pack, length, key):
    room = LARGEST_EVENT - len(json.dumps(route.event(1, {"a": ""})))
    for more, stored, refused in ((1, 0, ["event_too_large"]), (0, 1, ["event_too_large"])):
        event = route.event(1, {"a": "x" * (room + more)})
        assert len(json.dumps(event)) == LARGEST_EVENT + more

        assert send(route, key, pack(said(route, event)), length=length).status // 100 == 2
        assert (Event.objects.count(), refusals()) == (stored, refused)


def nested(levels):
    return {"a": nested(levels - 1)} if levels else 1


@every_telling
@packed
def test_properties_may_be_nested_twenty_deep(route, pack, key):
    for levels, stored in ((DEEPEST + 1, 0), (DEEPEST, 1)):
        assert send(route, key, pack(one(route, **nested(levels)))).status // 100 == 2
        assert (Event.objects.count(), refusals()) == (stored, ["nested_too_deeply"])


@every_telling
@packed
def test_an_event_may_have_a_hundred_properties(route, pack, key):
    for count, stored in ((MOST_PROPERTIES + 1, 0), (MOST_PROPERTIES, 1)):
        properties = {f"p{number}": number for number in range(count)}

        assert send(route, key, pack(one(route, **properties))).status // 100 == 2
        assert (Event.objects.count(), refusals()) == (stored, ["too_many_properties"])


@every_list
def test_a_project_may_have_five_hundred_names_a_day(route, key):
    first = said(route, *(route.event(number, {}, f"name {number}") for number in range(MOST_NAMES - 1)))
    more = said(route, *(route.event(number, {}, f"name {number}") for number in range(MOST_NAMES - 2, MOST_NAMES + 1)))

    assert [send(route, key, raw).status // 100 for raw in (first, more)] == [2, 2]

    assert Event.objects.values("name").distinct().count() == MOST_NAMES
    assert refusals() == ["too_many_names"]
