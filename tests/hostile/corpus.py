"""What people and programs send who mean no good, or know no better. JSON as it is sent, valid or not."""

import gzip
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from tests.hostile.formats import HOLES, Door, filled


def text(content: str) -> bytes:
    return json.dumps(content, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _nested(depth: int, opens: bytes = b"[", closes: bytes = b"]") -> bytes:
    return opens * depth + b"1" + closes * depth


TEXTS: dict[str, bytes] = {
    "escaped NUL": rb'"a\u0000b"',
    "raw NUL": b'"a\x00b"',
    "high surrogate": rb'"\ud800"',
    "low surrogate": rb'"\udc00x"',
    "surrogates the wrong way round": rb'"\udc00\ud800"',
    "raw surrogate": b'"\xed\xa0\x80"',
    "invalid UTF-8": b'"\xff\xfe\xc3\x28"',
    "overlong UTF-8": b'"\xc0\xaf"',
    "cut UTF-8": b'"\xe2\x82"',
    "beyond Unicode": b'"\xf4\x90\x80\x80"',
    "raw line break": b'"a\nb"',
    "bad escape": rb'"\x41"',
    "control characters": rb'"\u0001\u001b[31m\u007f\u0085\u2028"',
    "right to left": text("\u202egnp.exe\u202c"),
    "zero width": text("a\u200b\u200d\ufeffb"),
    "only zero width": text("\u200b"),
    "combining": text("e" + "\u0301" * 500),
    "NFD": text("cafe\u0301 ﬁ Å"),
    "emoji": text("👩‍👩‍👧‍👦🏳️‍🌈"),
    "beyond the plane": text("𝕏𐍈"),
    "private use": text("\ue000\U0010ffff\ufdd0"),
    "__proto__": text("__proto__"),
    "constructor": text("constructor"),
    "$where": text("$where"),
    "lookups": text("user__password__startswith"),
    "dots": text("a.b[0].c"),
    "JSON path": text('a"),(select pg_sleep(9))--'),
    "SQL": text("'; DROP TABLE tracking_event; --"),
    "braces": text("{{7*7}}${7*7}#{7*7}<%= 7*7 %>"),
    "percent": text("%s%n%d%(project)s%%"),
    "markup": text("<script>alert(1)</script><img src=x onerror=alert(1)>"),
    "header": text("x\r\nSet-Cookie: a=b\r\n\r\n<html>"),
    "path": text("../../../../etc/passwd\\..\\"),
    "formula": text("=cmd|' /C calc'!A0"),
    "JNDI": text("${jndi:ldap://127.0.0.1/a}"),
    "10 KB": b'"%b"' % (b"x" * 10_240),
    "400 KB": b'"%b"' % (b"x" * 400_000),
    "many at signs": b'"%b"' % (b"@" * 30_000),
    "many equal signs": b'"https://a.example/?%b"' % (b"token=" * 5_000),
    "many percents": b'"%b"' % (b"%25" * 10_000),
    "nearly an address": b'"%b@%b"' % (b"a." * 8_000, b"b-." * 4_000),
    "nearly a token": b'"%b"' % (b"eyJ." * 7_000),
    "empty": b'""',
    "blank": b'"  \\t "',
    "null": b'"null"',
    "undefined": b'"undefined"',
    "NaN": b'"NaN"',
    "comma": b'"12,5"',
    "no day": b'"2026-02-30T00:00:00Z"',
    "last day": b'"9999-12-31T23:59:59-14:00"',
    "first day": b'"0001-01-01T00:00:00+14:00"',
    "leap second": b'"2026-06-30T23:59:60Z"',
    "week": b'"2026-W01-1"',
    "zone of a day": b'"2026-01-01T00:00:00+23:59"',
    "digits": b'"%b"' % (b"9" * 5_000),
    "other digits": text("٣١٢"),
}
OTHERS: dict[str, bytes] = {
    "NaN as it is": b"NaN",
    "Infinity": b"Infinity",
    "-Infinity": b"-Infinity",
    "1e999": b"1e999",
    "-1e999": b"-1e999",
    "1e308": b"1e308",
    "-1.7e308": b"-1.7e308",
    "smallest": b"5e-324",
    "1e-99999": b"1e-99999",
    "exponent of digits": b"1e%b" % (b"9" * 400),
    "2^63": b"9223372036854775808",
    "2^64": b"18446744073709551616",
    "below -2^63": b"-9223372036854775809",
    "400 digits": b"9" * 400,
    "4,000 digits": b"9" * 4_000,
    "5,000 digits": b"9" * 5_000,
    "4,000 decimals": b"0." + b"3" * 4_000,
    "leading zero": b"007",
    "plus": b"+1",
    "hexadecimal": b"0x1f",
    "negative": b"-12.5",
    "minus nothing": b"-0.0",
    "seconds": b"1700000000",
    "microseconds": b"99999999999999999",
    "true": b"true",
    "false": b"false",
    "null as it is": b"null",
    "five": b"5",
    "empty list": b"[]",
    "empty object": b"{}",
    "list of itself": b'[[["a"]],{"a":[{}]}]',
    "single quotes": b"'a'",
    "nothing": b"",
    "comment": b"1 /* one */",
    "10,000 values": b"[%b]" % b",".join([b"1"] * 10_000),
    "objects in a list": b"[%b]" % b",".join([b'{"a":{"b":[]}}'] * 2_000),
    "200 names": b"{%b}" % b",".join(b'"n%d":1' % n for n in range(200)),
    "twice the same name": b'{"a":1,"a":2,"a":{"b":null}}',
    "no name": b'{"":1}',
    "prototype": b'{"__proto__":{"admin":true},"constructor":{"prototype":{"x":1}},"$where":"1"}',
    "context of others": b'{"ip":5,"page":[1],"campaign":"x","library":{"name":{}},"traits":[],"attributes":[1],'
    b'"test":"true","consent":{"analytics_storage":{}},"sessionId":1e999}',
    "depth 19": _nested(19),
    "depth 21": _nested(21),
    "depth 100": _nested(100),
    "depth 1,000": _nested(1_000),
    "depth 100,000": _nested(100_000),
    "depth 100, objects": _nested(100, b'{"a":', b"}"),
    "depth 1,000, objects": _nested(1_000, b'{"a":', b"}"),
    "depth 50,000, objects": _nested(50_000, b'{"a":', b"}"),
    "unclosed": b"[" * 5_000,
}
VALUES = {**{f"text: {name}": value for name, value in TEXTS.items()}, **OTHERS}


@dataclass(frozen=True)
class Sent:
    name: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


def in_every_hole(door: Door) -> Iterator[Sent]:
    """Each value in each place. A name that is no text makes a body that nobody can read, which is tried once."""
    for hole in HOLES:
        if hole.encode() not in door.body:
            continue
        for name, value in (TEXTS | {"five": b"5"} if hole == "KEY" else VALUES).items():
            yield Sent(f"{hole}: {name}", filled(door.body, **{hole: value}))


def _gzipped(plain: bytes) -> bytes:
    return gzip.compress(plain, 1, mtime=0)


def whole(door: Door, small_bomb: bytes) -> Iterator[Sent]:
    """Bodies that are wrong as a whole."""
    good = filled(door.body) or b"{}"
    packed = {"Content_Encoding": "gzip"}
    for name, value in VALUES.items():
        yield Sent(f"nothing but {name}", value)
    for name, start in {"UTF-8": b"\xef\xbb\xbf", "UTF-16": b"\xff\xfe", "NUL": b"\0", "line": b"\n)]}',\n"}.items():
        yield Sent(f"begins with {name}", start + good)
    for encoding in ("utf-16", "utf-16-le", "utf-32", "cp037", "utf-7"):
        yield Sent(encoding, good.decode().encode(encoding), {"Content_Type": f"application/json; charset={encoding}"})
    for kind in ("application/json; charset=bogus", "text/plain", "multipart/form-data", "\xff", "x" * 2_000):
        yield Sent(f"as {kind[:30]}", good, {"Content_Type": kind})
    yield Sent("twice", good + good)
    yield Sent("cut", good[:-1])
    yield Sent("Base64", b"eyJldmVudHMiOltdfQ==")
    yield Sent("form", b"data=%7B%7D&a=b", {"Content_Type": "application/x-www-form-urlencoded"})
    yield Sent("list of it", b"[%b]" % good)
    yield Sent("text of it", json.dumps(good.decode()).encode())
    yield Sent("200,000 names", b"{%b}" % b",".join(b'"%x":0' % n for n in range(100_000)))
    yield Sent("long name", b'{"%b":1}' % (b"k" * 1_000_000))
    yield Sent("too long", b" " * 1_500_000)
    yield Sent("long name, unfolded", _gzipped(b'{"%b":1}' % (b"k" * 5_000_000)), packed)
    yield Sent("200,000 names, unfolded", _gzipped(b"{%b}" % b",".join(b'"%x":0' % n for n in range(250_000))), packed)
    yield Sent("bomb", small_bomb, packed)
    yield Sent("gzip, cut", _gzipped(good)[:-5], packed)
    yield Sent("gzip, only its head", _gzipped(good)[:10], packed)
    yield Sent("gzip, twice", _gzipped(_gzipped(good)), packed)
    yield Sent("gzip, two in a row", _gzipped(good) + _gzipped(good), packed)
    yield Sent("gzip, wrong sum", _gzipped(good)[:-8] + b"\0" * 8, packed)
    yield Sent("no gzip", good, packed)
    for encoding in ("br", "deflate", "gzip, gzip", "identity, gzip", "zstd", "GZIP ", "\xff", "gzip\t"):
        yield Sent(f"encoded: {encoding}", _gzipped(good), {"Content_Encoding": encoding})
    yield Sent("zip", b"PK\x03\x04" + b"\0" * 26)
    for length in ("-1", "1e3", "", "abc", "\u0663", "0", "5", "9" * 18, "9" * 5_000):
        yield Sent(f"length said: {length[:20]}", good, {"CONTENT_LENGTH": length})


# Of the request itself; every door takes some of them.
QUERIES = (
    "key=PK&key=other&writeKey=PK&writeKey=x",
    "writeKey[]=PK&client_key=&client_key=PK",
    "%00=%00&%ff=%ff&key=%ed%a0%80",
    "&&;;==&=",
    "order_by=password&user__password__startswith=a&_connector=OR",
    "key=" + "k" * 30_000,
    "&".join(f"a{n}=b" for n in range(3_000)),
    "\xff\xfe",
)
HEADERS: tuple[Mapping[str, str], ...] = (
    {"Authorization": "Bearer"},
    {"Authorization": "Bearer \xff\x00"},
    {"Authorization": "Basic ====", "X_API_KEY": "\xe9"},
    {"Authorization": "Basic /w==", "X_API_KEY": "x" * 9_000},
    {"Authorization": "bearer pk_" + "x" * 9_000},
    {"Origin": "null", "Accept_Encoding": "\xff", "If_None_Match": '"' * 500},
    {"Origin": "https://a.example, https://b.example", "Sec_GPC": "11", "DNT": "\xff"},
    {"Origin": "\xff\xfe<script>", "User_Agent": "\xff" * 900, "Referer": "\x01"},
    {"X_Forwarded_For": "1.1.1.1," * 2_000, "User_Agent": ""},
    {"X_Forwarded_For": "::ffff:999.1.1.1%eth0", "Cookie": "a=" + "b" * 4_000, "Sec_Purpose": "prefetch"},
)
PATHS_BELOW = (
    "%00",
    "..%2f..%2f",
    "\xff",
    "\xed\xa0\x80",
    "a" * 9_000,
    "pk_x.json",
    "__proto__",
    "*",
    " ",
    "client.js/x",
)
