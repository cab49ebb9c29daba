"""Requests that nobody has thought of: Hypothesis thinks of the parts, and chance of how they are put together.

A whole request for each of Hypothesis's examples would cost more than the server needs to answer it.
"""

import gzip
import json
import string
from dataclasses import dataclass
from random import Random
from typing import Any

from hypothesis import strategies as st

from tests.hostile.corpus import VALUES
from tests.hostile.formats import DOORS, HOLES, Door, filled
from tests.hostile.wire import request

ANY_TEXT = st.text(max_size=40) | st.text(alphabet=string.printable, max_size=20)
NUMBERS = (
    st.integers()
    | st.integers(min_value=-(10**400), max_value=10**400)
    | st.floats(allow_nan=False, allow_infinity=False)
)
LEAVES = st.none() | st.booleans() | NUMBERS | ANY_TEXT
VALUE = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ANY_TEXT, inner, max_size=4))
TIMES = st.datetimes().map(str) | st.datetimes(timezones=st.timezones()).map(lambda one: one.isoformat()) | NUMBERS

POSTS = [door for door in DOORS.values() if door.body]
GETS = [door for door in DOORS.values() if not door.body]
# Where half of all traffic goes.
EVENTS = [DOORS[path] for path in ("/v1/events", "/v1/batch", "/v1/track", "/track", "/mp/collect", "/v1/assign")]
MODEST = [value for value in VALUES.values() if len(value) < 6_000]
READABLE = [value for value in MODEST if value[:1] == b'"' and value[-1:] == b'"']
HUGE = [value for value in VALUES.values() if len(value) >= 6_000]
INNER = ("KEY", "VALUE", "VALUE", "CONTEXT", "TIME", "USER", "ID", "NAME", "VISITOR")
ODD_HEADERS: list[dict[str, bytes]] = [
    {"Origin": b"https://shop.example"},
    {"Origin": b"https://a.example, https://b.example"},
    {"Origin": b"\xff\xfe"},
    {"Content-Type": b"text/plain; charset=utf-16"},
    {"Content-Encoding": b"gzip"},
    {"Content-Encoding": b"br"},
    {"Authorization": b"Basic ////"},
    {"Authorization": b"Bearer \xff"},
    {"X-Forwarded-For": b"1.2.3.4, \xff, ::1"},
    {"User-Agent": b"\xf0\x9f\x92\xa9" * 100},
    {"User-Agent": b"Googlebot/2.1"},
    {"Sec-GPC": b"1"},
    {"Cookie": b"sessionid=x; a"},
    {"If-None-Match": b'W/"x", *'},
    {"Accept-Encoding": b"gzip;q=0, *;q=\xff"},
]


@dataclass(frozen=True)
class Ingredients:
    values: list[Any]
    names: list[str]
    times: list[Any]
    seed: int


INGREDIENTS = st.builds(
    Ingredients,
    values=st.lists(VALUE, min_size=3, max_size=8),
    names=st.lists(ANY_TEXT, min_size=3, max_size=8),
    times=st.lists(TIMES, min_size=2, max_size=4),
    seed=st.integers(min_value=0, max_value=2**64),
)


class Composer:
    """Of these ingredients, with these keys: any number of requests, the same each time."""

    def __init__(self, ingredients: Ingredients, client: str, secret: str) -> None:
        self.chance = Random(ingredients.seed)
        self.client, self.secret = client, secret
        self.values = [_json(value) for value in ingredients.values]
        self.names = [_json(name) for name in ingredients.names]
        self.times = [_json(time) for time in ingredients.times]

    def next(self) -> bytes:
        door = self.chance.choice(self.chance.choice((EVENTS, EVENTS, POSTS, POSTS, POSTS, GETS)))
        body = self._body(door)
        if self.chance.random() < 0.2:
            body = self.chance.choice((self._damaged, self._swapped, self._huge))(door, body)
        headers = {"Authorization": b"Bearer " + self._key(door).encode()} if door.bearer else {}
        if self.chance.random() < 0.25:
            body, headers["Content-Encoding"] = gzip.compress(body, 1), b"gzip"
        if self.chance.random() < 0.15:
            headers |= self.chance.choice(ODD_HEADERS)
        method = door.method if self.chance.random() < 0.97 else self.chance.choice(("HEAD", "PUT", "OPTIONS", "TRACE"))
        return request(method, self._target(door), body, headers)

    def _key(self, door: Door) -> str:
        return self.secret if door.bearer and self.chance.random() < 0.3 else self.client

    def _target(self, door: Door) -> str:
        path = door.path.replace("PK", self.client)
        if self.chance.random() < 0.1:
            odd = self.chance.choice(("a=%00", "key=%ff&key=", "writeKey=x", "&&=;", "%ed%a0%80=1", "x=" + "y" * 3_000))
            path += ("&" if "?" in path else "?") + odd
        return path

    def _body(self, door: Door) -> bytes:
        """Of the door's format, with strange things where the format has room for them."""
        if not door.body:
            return b""
        given = {hole: self._strange(hole) for hole in self.chance.sample(INNER, self.chance.randint(1, 3))}
        number = self.chance.getrandbits(60)
        given.setdefault("VISITOR", b'"visitor-%d"' % self.chance.randrange(5_000))
        given.setdefault("VALUE", self.chance.choice(self.values))
        return filled(door.body, number, **given)

    def _strange(self, hole: str) -> bytes:
        """In most places only what can be read as what belongs there; or few bodies would be read to their end."""
        if hole in {"KEY", "NAME", "ID", "VISITOR", "USER"}:
            return self.chance.choice(self.names if self.chance.random() < 0.7 else READABLE)
        if hole == "TIME":
            return self.chance.choice(self.times)
        return self.chance.choice(self.values if self.chance.random() < 0.8 else MODEST)

    def _damaged(self, _door: Door, body: bytes) -> bytes:
        if not body:
            return b"\xff"
        at, length = self.chance.randrange(len(body)), self.chance.randrange(1, 9)
        middle = self.chance.choice((b"", b"\x00", self.chance.randbytes(length), body[at : at + length] * 2, b"]}"))
        return body[:at] + middle + body[at + length :]

    def _swapped(self, door: Door, _body: bytes) -> bytes:
        """Whole parts of the envelope are of another type."""
        given = {hole: self.chance.choice(self.values + MODEST) for hole in HOLES}
        return filled(door.body, **given) if self.chance.random() < 0.5 else self.chance.choice(self.values)

    def _huge(self, door: Door, _body: bytes) -> bytes:
        return filled(door.body, **{self.chance.choice(INNER): self.chance.choice(HUGE)})


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, default=str).encode("utf-8", "surrogatepass")
