"""ETags, pure: the same bytes have the same tag in every process."""

import gzip
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b

TAG_BYTES = 12
# Parts of answers: outcomes of experiments, and what kinds of visitors are left out of, joined.
PARTS_KEPT = 8_192


def tag_of(body: bytes) -> str:
    return f'"{blake2b(body, digest_size=TAG_BYTES).hexdigest()}"'


@dataclass(frozen=True, slots=True)
class Packed:
    """An answer that is the same for everybody, ready to be sent either way."""

    plain: bytes
    packed: bytes
    tag: str


def packed_of(content: bytes) -> Packed:
    # Without a time inside, so that every process sends the same bytes under the same tag.
    return Packed(content, gzip.compress(content, mtime=0), tag_of(content))


@lru_cache(maxsize=PARTS_KEPT)
def _number_of(part: bytes) -> int:
    return int.from_bytes(blake2b(part, digest_size=TAG_BYTES).digest())


def tag_of_parts(parts: Iterable[bytes]) -> str:
    """Of an answer that is joined from prepared parts, each of which is hashed once and not for every answer.

    A sum, so the same parts have the same tag in any order, and one that comes twice is not the same as none.
    """
    return f'"{sum(map(_number_of, parts)) % (1 << 8 * TAG_BYTES):0{2 * TAG_BYTES}x}"'
