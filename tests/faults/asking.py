"""Questions that are asked again and again while something is wrong, and how they were answered."""

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.faults.storm import Attempt, Line, Shop


@dataclass
class Seen:
    """``wrong``: answers that must not be."""

    attempts: list[Attempt] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @property
    def by_status(self) -> Counter[int]:
        return Counter(attempt.status for attempt in self.attempts)

    @property
    def durations(self) -> list[float]:
        return [attempt.ended - attempt.begun for attempt in self.attempts]

    @property
    def share_ok(self) -> float:
        return self.by_status[200] / len(self.attempts)

    def first_ok_after(self, moment: float) -> float:
        return min(one.ended for one in self.attempts if one.status == 200 and one.begun >= moment) - moment


Look = Callable[[int, bytes, dict[str, str]], str]


@contextmanager
def asked_all_along(url: str, key: str, path: str, bodies: Sequence[bytes], look: Look) -> Iterator[Seen]:
    """One request after the other, in the background; ``look`` says what is wrong with an answer, or nothing."""
    seen, ended = Seen(), threading.Event()

    def work() -> None:
        line, number = Line(url, timeout=30), 0
        while not ended.wait(0.05):
            begun = time.monotonic()
            status, raw, headers = line.post(path, key, bodies[number % len(bodies)])
            seen.attempts.append(Attempt(begun, time.monotonic(), status))
            if wrong := look(status, raw, headers):
                seen.wrong.append(f"{number}: {wrong}")
            number += 1

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield seen
    finally:
        ended.set()
        thread.join()


@contextmanager
def assigned_all_along(url: str, shop: Shop) -> Iterator[Seen]:
    """The same visitors again and again: each must be told what it was told before."""
    visitors = range(100)
    bodies = [json.dumps({"visitor_id": f"visitor-{number}"}).encode() for number in visitors]
    numbers = iter(int(one) for _ in range(10_000) for one in visitors)

    def look(status: int, raw: bytes, _headers: dict[str, str]) -> str:
        number = next(numbers)
        if status != 200:
            return f"{status} {raw[:200]!r}"
        variant = json.loads(raw)["assignments"]["hero"]["variant"]
        return "" if variant == shop.variants[number] else f"visitor {number} was told {variant}"

    with asked_all_along(url, shop.client_key, "/v1/assign", bodies, look) as seen:
        yield seen
