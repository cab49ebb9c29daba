"""GrowthBook's bucketing, pure: the same visitor gets the same variant here, in its SDKs and in the browser.

Source: GrowthBook SDK specification 0.8.0, sections hash, getBucketRange, chooseVariation, inNamespace and the override
in an address.
"""

import re
import struct
from bisect import bisect_left
from collections.abc import Sequence
from typing import Literal, overload

from fnv_hash_fast import fnv1a_32

BUCKETS = 10_000
# Hash version 1 is coarser, and its buckets of two experiments depend on each other: only namespaces still use it.
OLD_BUCKETS = 1_000
FNV_OFFSET = 2166136261
FNV_PRIME = 16777619
UINT32 = 0xFFFFFFFF

Range = tuple[float, float]
NamespacePart = tuple[str, float, float]


def fnv1a32(text: str) -> int:
    """FNV-1a over UTF-16 code units (not bytes), as JavaScript's ``charCodeAt`` sees the text."""
    if text.isascii():
        return fnv1a_32(text.encode())
    raw = text.encode("utf-16-le", "surrogatepass")
    value = FNV_OFFSET
    for unit in struct.unpack(f"<{len(raw) // 2}H", raw):
        value = (value ^ unit) * FNV_PRIME & UINT32
    return value


def place(seed: bytes, unit: bytes) -> int:
    """Hash version 2 of ASCII bytes, 0 to 9,999: for those who ask it for many experiments and have encoded before."""
    return fnv1a_32(b"%d" % fnv1a_32(seed + unit)) % BUCKETS


def place_of(seed: str, unit_id: str) -> int:
    """Hash version 2 of any text, 0 to 9,999."""
    return fnv1a_32(b"%d" % fnv1a32(seed + unit_id)) % BUCKETS


@overload
def bucket(seed: str, unit_id: str, version: Literal[1, 2] = 2) -> float: ...
@overload
def bucket(seed: str, unit_id: str, version: int) -> float | None: ...
def bucket(seed: str, unit_id: str, version: int = 2) -> float | None:
    """A place in [0, 1), in steps of 1/10,000 (version 1: of 1/1,000); None for a version that there is not."""
    if version == 2:
        return place_of(seed, unit_id) / BUCKETS
    if version == 1:
        return fnv1a32(unit_id + seed) % OLD_BUCKETS / OLD_BUCKETS
    return None


def shares(weights: Sequence[float]) -> list[float]:
    """Weights as fractions of 1. Raises ``ValueError`` for none, a negative one, or a sum of nothing."""
    total = sum(weights)
    if not weights or min(weights) < 0 or total <= 0:
        raise ValueError("weights must not be negative and must sum to more than 0")
    return [weight / total for weight in weights]


def equal_weights(count: int) -> list[float]:
    return [1 / count] * count if count > 0 else []


def bucket_ranges(count: int, coverage: float, weights: Sequence[float] | None = None) -> list[Range]:
    """Half-open ranges, one a variant; each keeps its start when coverage grows, so nobody moves.

    As in the specification, weights that do not fit (their number, or a sum off 1 by over 0.01) become equal ones.
    """
    if weights is None or len(weights) != count or not 0.99 <= sum(weights) <= 1.01:
        weights = equal_weights(count)
    covered = min(max(coverage, 0.0), 1.0)
    ranges: list[Range] = []
    start = 0.0
    for weight in weights:
        ranges.append((start, start + covered * weight))
        start += weight
    return ranges


def choose(place: float | None, ranges: Sequence[Range]) -> int | None:
    """The variant whose range holds ``place``; None outside every range."""
    if place is None:
        return None
    for index, (start, end) in enumerate(ranges):
        if start <= place < end:
            return index
    return None


def whole_places(limits: Range, buckets: int = BUCKETS) -> tuple[int, int]:
    """The same half-open range in whole places: ``first <= place < last`` exactly when ``place / buckets`` is in it."""
    first, last = (bisect_left(range(buckets), limit, key=lambda place: place / buckets) for limit in limits)
    return first, max(first, last)


def bucket_count(limits: Range) -> int:
    """How many of the 10,000 buckets a range holds: the expected share, exact where a weight is not."""
    first, last = whole_places(limits)
    return last - first


def in_namespace(unit_id: str, part: NamespacePart) -> bool:
    """Whether the unit lies in this part (name, start, end) of a namespace."""
    name, start, end = part
    return start <= bucket(f"__{name}", unit_id, 1) < end


def query_value(key: str, url: str) -> str | None:
    """The first value of ``key`` in an address, undecoded, as GrowthBook's SDKs read it."""
    if "?" not in url:
        return None
    for pair in url.split("?", 2)[1].partition("#")[0].split("&"):
        name, _, value = pair.partition("=")
        if name == key:
            return value.partition("=")[0]
    return None


# JavaScript's parseInt: what follows the digits is passed over.
_WHOLE = re.compile(r"\s*([+-]?)(?:0[xX]([0-9a-fA-F]+)|([0-9]+))")
# More digits are beyond any number of variants, and Python refuses to read thousands of them.
_MOST_DIGITS = 100


def query_override(key: str, url: str, count: int) -> int | None:
    """The index of a variant that an address forces with ``?key=index``; None where there is no such variant."""
    found = _WHOLE.match(query_value(key, url) or "")
    if not found:
        return None
    sign, hexadecimal, decimal = found.groups()
    if len(hexadecimal or decimal) > _MOST_DIGITS:
        return None
    index = int(hexadecimal, 16) if hexadecimal else int(decimal)
    index = -index if sign == "-" else index
    return index if 0 <= index < count else None
