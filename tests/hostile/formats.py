"""Every public door, and a body of its format with holes in it, so that anything at all can be put in its place."""

import re
from dataclasses import dataclass

# What may be put elsewhere in a body, and what is there if nothing is: JSON as it is sent.
HOLES: dict[str, bytes] = {
    "ID": b'"message-%d"',
    "NAME": b'"purchase"',
    "VISITOR": b'"visitor-0123456789"',
    "USER": b"null",
    "TIME": b"null",
    "KEY": b'"value"',
    "VALUE": b"12.5",
    "CONTEXT": b"{}",
}

NATIVE = (
    b'{"id":ID,"name":NAME,"visitor_id":VISITOR,"user_id":USER,"occurred_at":TIME,"properties":{KEY:VALUE},'
    b'"context":CONTEXT}'
)
SEGMENT = (
    b'{"type":"KIND","messageId":ID,"event":NAME,"name":NAME,"groupId":NAME,"anonymousId":VISITOR,"userId":USER,'
    b'"previousId":VISITOR,"timestamp":TIME,"properties":{KEY:VALUE},"traits":{KEY:VALUE},"context":CONTEXT}'
)
GROWTHBOOK = (
    b'{"event_name":NAME,"device_id":VISITOR,"user_id":USER,"properties_json":{KEY:VALUE},"context_json":CONTEXT,'
    b'"url":NAME,"sdk_language":"js","sdk_version":VALUE,"session_id":ID}'
)
GA4 = (
    b'{"client_id":VISITOR,"user_id":USER,"timestamp_micros":TIME,"consent":CONTEXT,'
    b'"events":[{"name":NAME,"params":{KEY:VALUE,"session_id":ID}}]}'
)


@dataclass(frozen=True)
class Door:
    """``path`` has PK where the client key goes; ``bearer``: it goes in a header."""

    path: str
    body: bytes = b""
    method: str = "POST"
    bearer: bool = False


def _segment(kind: str) -> bytes:
    return SEGMENT.replace(b"KIND", kind.encode())


LONG = ("track", "page", "screen", "identify", "alias", "group")
LETTERS = ("t", "p", "s", "i", "a", "g")
BATCH = b'{"batch":[%b],"sentAt":TIME,"context":CONTEXT}' % _segment("track")
KEYED = "?writeKey=PK"
# The first half of each pair is the address as config.front knows it.
DOORS: dict[str, Door] = {
    "/v1/events": Door("/v1/events", b'{"sent_at":TIME,"events":[%b]}' % NATIVE, bearer=True),
    "/v1/assign": Door(
        "/v1/assign",
        b'{"visitor_id":VISITOR,"user_id":USER,"attributes":{KEY:VALUE,"url":NAME},"experiments":[NAME]}',
        bearer=True,
    ),
    "/v1/debug": Door("/v1/debug", b'{"token":NAME,KEY:VALUE}', bearer=True),
    "/v1/inventory": Door(
        "/v1/inventory", b'{"path":"/p","items":[{"kind":NAME,"selector":NAME,KEY:VALUE},CONTEXT]}', bearer=True
    ),
    "/ofrep/v1/evaluate/flags": Door(
        "/ofrep/v1/evaluate/flags", b'{"context":{"targetingKey":VISITOR,"user_id":USER,KEY:VALUE}}', bearer=True
    ),
    "/ofrep/v1/evaluate/flags/": Door(
        "/ofrep/v1/evaluate/flags/hero", b'{"context":{"targetingKey":VISITOR,"user_id":USER,KEY:VALUE}}', bearer=True
    ),
    "/api/eval/": Door(
        "/api/eval/PK",
        b'{"attributes":{"id":VISITOR,"user_id":USER,KEY:VALUE},"forcedVariations":{KEY:VALUE},"url":NAME}',
    ),
    "/track": Door("/track?client_key=PK", b"[%b]" % GROWTHBOOK),
    **{f"/v1/{kind}": Door(f"/v1/{kind}{KEYED}", _segment(kind)) for kind in LONG},
    **{f"/v1/{one}": Door(f"/v1/{one}{KEYED}", _segment(kind)) for one, kind in zip(LETTERS, LONG, strict=True)},
    **{f"/v1/{name}": Door(f"/v1/{name}{KEYED}", BATCH) for name in ("batch", "b", "import")},
    "/beacon/v1/batch": Door(f"/beacon/v1/batch{KEYED}", BATCH),
    "/mp/collect": Door("/mp/collect?measurement_id=G-1&api_secret=PK", GA4),
    "/debug/mp/collect": Door("/debug/mp/collect?api_secret=PK", GA4),
    "/v1/client.js": Door("/v1/client.js", method="GET"),
    "/v1/client/": Door("/v1/client/PK.json", method="GET"),
    "/api/features/": Door("/api/features/PK", method="GET"),
    "/v1/projects/*/settings": Door("/v1/projects/PK/settings", method="GET"),
    "/sourceConfig/": Door("/sourceConfig/?writeKey=PK", method="GET"),
    "/livez": Door("/livez", method="GET"),
    "/readyz": Door("/readyz", method="GET"),
    "/metrics": Door("/metrics", method="GET"),
}


ANY_HOLE = re.compile(rb"\b(?:%b)\b" % "|".join(HOLES).encode())


def filled(body: bytes, number: int = 1, /, **given: bytes) -> bytes:
    """The body with ``given`` in its holes, and what is usual in all others; ``number`` makes its id."""
    usual = {hole: value.replace(b"%d", b"%d" % number) for hole, value in HOLES.items()}
    values = {hole.encode(): value for hole, value in {**usual, **given}.items()}
    return ANY_HOLE.sub(lambda found: values[found[0]], body)
