"""GrowthBook's bucketing, pure: the same visitor gets the same variant here, in its SDKs and in the browser.

Source: GrowthBook SDK specification 0.8.0, sections hash, getBucketRange and chooseVariation.
"""

from collections.abc import Sequence
from functools import lru_cache

BUCKETS = 10_000
FNV_OFFSET = 2166136261
FNV_PRIME = 16777619
UINT32 = 0xFFFFFFFF

Range = tuple[float, float]


def fnv1a32(text: str) -> int:
    """FNV-1a over UTF-16 code units (not bytes), as JavaScript's ``charCodeAt`` sees the text."""
    units: Sequence[int] = text.encode()
    if not text.isascii():
        raw = text.encode("utf-16-le", "surrogatepass")
        units = [raw[i] | raw[i + 1] << 8 for i in range(0, len(raw), 2)]
    value = FNV_OFFSET
    for unit in units:
        value = (value ^ unit) * FNV_PRIME & UINT32
    return value


def bucket(seed: str, unit_id: str) -> float:
    """Hash version 2: a place in [0, 1) in steps of 1/10,000."""
    return fnv1a32(str(fnv1a32(seed + unit_id))) % BUCKETS / BUCKETS


def shares(weights: Sequence[float]) -> list[float]:
    """Weights as fractions of 1. Raises ``ValueError`` for none, a negative one, or a sum of nothing."""
    total = sum(weights)
    if not weights or min(weights) < 0 or total <= 0:
        raise ValueError("weights must not be negative and must sum to more than 0")
    return [weight / total for weight in weights]


def bucket_ranges(count: int, coverage: float, weights: Sequence[float] | None = None) -> list[Range]:
    """Half-open ranges, one a variant; each keeps its start when coverage grows, so nobody moves.

    As in the specification, weights that do not fit (their number, or a sum off 1 by over 0.01) become equal ones.
    """
    if weights is None or len(weights) != count or not 0.99 <= sum(weights) <= 1.01:
        weights = [1 / count] * count
    covered = min(max(coverage, 0.0), 1.0)
    ranges: list[Range] = []
    start = 0.0
    for weight in weights:
        ranges.append((start, start + covered * weight))
        start += weight
    return ranges


def choose(place: float, ranges: Sequence[Range]) -> int | None:
    """The variant whose range holds ``place``; None outside every range."""
    for index, (start, end) in enumerate(ranges):
        if start <= place < end:
            return index
    return None


# Counted for every result, and each count takes a millisecond.
@lru_cache(maxsize=1024)
def bucket_count(limits: Range) -> int:
    """How many of the 10,000 buckets a range holds: the expected share, exact where a weight is not."""
    return sum(1 for place in range(BUCKETS) if limits[0] <= place / BUCKETS < limits[1])
