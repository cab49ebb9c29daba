"""How often a key may ask: a bucket of tokens in Valkey for all processes together, of which each takes a few ahead.

When Valkey is gone or hangs, everybody may: events that are refused for a fault of ours are lost to results.
"""

import logging
import threading
import time
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from math import ceil
from typing import Protocol

from django.conf import settings
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from tracking.wire.http import Refused

log = logging.getLogger(__name__)
# Who was quiet may send the tokens of so many seconds at once: a sixth of a minute.
BURST_SECONDS = 10.0
# A process takes the tokens of so long ahead: a key that is used to the full costs four questions a second, and one far
# below its limit next to none. With more, what many processes hold would be a good part of a minute.
AHEAD_SECONDS = 0.25
# A process that found the bucket empty does not ask again before.
EMPTY_SECONDS = 0.05
# Valkey is waited for so long and, after it did not answer, left alone for so long.
PATIENCE, PAUSE = 0.05, 5.0
# Numbers as texts: as numbers, Lua would round the time to some tenths of a millisecond, and Valkey cut off fractions.
TAKE = """
local rate, burst, wanted = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local clock = redis.call('TIME')
local now = tonumber(clock[1]) + tonumber(clock[2]) / 1000000
local kept = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local tokens = burst
if kept[1] and kept[2] then
    tokens = math.min(burst, tonumber(kept[1]) + math.max(0, now - tonumber(kept[2])) * rate)
end
local given = math.min(wanted, math.floor(tokens))
redis.call('HSET', KEYS[1], 'tokens', string.format('%.6f', tokens - given), 'at', string.format('%.6f', now))
redis.call('EXPIRE', KEYS[1], math.ceil(burst / rate) + 1)
return given
"""


class Limited(Protocol):
    """``requests_a_minute``: 0 for no limit."""

    @property
    def id(self) -> int: ...
    @property
    def project_id(self) -> int: ...
    @property
    def requests_a_minute(self) -> int: ...


def valkey(*, seconds: float) -> Redis:
    """That gives up after so long and does not try again by itself."""
    return Redis.from_url(
        settings.REDIS_URL,
        socket_timeout=seconds,
        socket_connect_timeout=seconds,
        retry=Retry(NoBackoff(), 0),
        retry_on_error=[],
    )


@dataclass(slots=True)
class Share:
    """What this process has taken of one bucket, and until when it need not ask for more."""

    tokens: int = 0
    empty_until: float = 0.0


class Limiter:
    """One for each process, used by all its threads."""

    def __init__(self, client: Redis) -> None:
        self._take = client.register_script(TAKE)
        self._shares: dict[int, Share] = {}
        self._lock = threading.Lock()
        self._asking = threading.Lock()
        self._silent_until = 0.0
        self._in_doubt = False

    def admits(self, key_id: int, a_minute: int) -> bool:
        share = self._shares.get(key_id) or self._shares.setdefault(key_id, Share())
        known = self._known(share)
        if known is not None:
            return known
        # One thread asks and the others wait for it; when the last answer failed to come, they go on.
        if not self._asking.acquire(blocking=not self._in_doubt):
            return True
        try:
            known = self._known(share)
            return self._ask(key_id, a_minute, share) if known is None else known
        finally:
            self._asking.release()

    def _known(self, share: Share) -> bool | None:
        """The answer, and a token less; None when Valkey must be asked."""
        with self._lock:
            if share.tokens > 0:
                share.tokens -= 1
                return True
        now = time.monotonic()
        if now < self._silent_until:
            return True
        return False if now < share.empty_until else None

    def _ask(self, key_id: int, a_minute: int, share: Share) -> bool:
        rate = a_minute / 60
        wanted = max(1, int(rate * AHEAD_SECONDS))
        try:
            given = int(self._take([f"limit:{key_id}"], [rate, max(1.0, rate * BURST_SECONDS), wanted]))
        except (RedisError, OSError) as error:
            log.warning("no limits for %s s: Valkey did not answer: %s", PAUSE, error)
            self._silent_until, self._in_doubt = time.monotonic() + PAUSE, True
            return True
        self._in_doubt = False
        with self._lock:
            share.tokens += max(0, given - 1)
        if given == 0:
            share.empty_until = time.monotonic() + EMPTY_SECONDS
        return given > 0


@lru_cache(maxsize=1)
def limiter() -> Limiter:
    return Limiter(valkey(seconds=PATIENCE))


class Refusals:
    """How many requests of each project were refused and not yet written down."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[int] = Counter()

    def add(self, counts: "Counter[int]") -> None:
        with self._lock:
            self._counts.update(counts)

    def take(self) -> "Counter[int]":
        with self._lock:
            taken, self._counts = self._counts, Counter()
        return taken


REFUSALS = Refusals()


def limited(key: Limited) -> None:
    """Counts one request of this key. Raises ``Refused`` 429 beyond its limit."""
    if not key.requests_a_minute or limiter().admits(key.id, key.requests_a_minute):
        return
    REFUSALS.add(Counter({key.project_id: 1}))
    raise Refused(
        429,
        "too_many_requests",
        f"This key may send {key.requests_a_minute} requests a minute. Send more events at once, or wait.",
        retry_after=max(1, ceil(60 / key.requests_a_minute)),
    )
