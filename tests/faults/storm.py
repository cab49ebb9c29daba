"""Load that never gives up: senders repeat a batch with the same ids until it is acknowledged, and note each answer."""

import http.client
import itertools
import json
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import urlsplit

VISITORS = 3_000
SMALLEST, LARGEST = 20, 50
REPLAYED = 0.1  # of all batches, one that was acknowledged before
# Between batches of one sender: some 250 events a second of all, a fraction of what is taken in, so that what is
# measured after a kill is how soon all is back and not how busy the machine is with other things.
PAUSE = 0.8
ATTEMPT_SECONDS = 15
PATIENCE_SECONDS = 90
# Two of a kind within a second would count as one.
APART = timedelta(seconds=1.1)


class Sent(NamedTuple):
    shop: int
    visitor: int
    name: str
    value: int


@dataclass(frozen=True)
class Shop:
    """One project with a running experiment. ``variants``: what each visitor was told before the storm."""

    project: str
    client_key: str
    secret_key: str
    variants: Sequence[str]


@dataclass(frozen=True)
class Scene:
    """What all storms over one house share. ``acknowledged``: of all storms that have ended."""

    shops: Sequence[Shop]
    since: datetime
    numbers: Iterator[int] = field(default_factory=itertools.count)
    acknowledged: dict[str, Sent] = field(default_factory=dict)


class Attempt(NamedTuple):
    begun: float
    ended: float
    status: int  # 0: no answer


@dataclass
class Diary:
    """What one sender has seen."""

    acknowledged: dict[str, Sent] = field(default_factory=dict)
    told: Counter[tuple[str, str]] = field(default_factory=Counter)  # (event id, status)
    replays: int = 0
    attempts: list[Attempt] = field(default_factory=list)
    odd: list[str] = field(default_factory=list)


def event_of(event_id: str, sent: Sent, at: datetime, variant: str) -> dict[str, Any]:
    properties: dict[str, Any] = {"value": sent.value}
    if sent.name == "experiment_viewed":
        properties = {"experiment": "hero", "variant": variant}
    return {
        "id": event_id,
        "name": sent.name,
        "visitor_id": f"visitor-{sent.visitor}",
        "occurred_at": at.isoformat(),
        "properties": properties,
    }


class Storm:
    """``pause``: how long each sender rests between batches; it sets how much arrives in a second."""

    def __init__(self, scene: Scene, urls: Sequence[str], *, senders: int = 6, pause: float = PAUSE) -> None:
        self.scene, self.urls, self.pause = scene, urls, pause
        self.ending = threading.Event()
        self.diaries = [Diary() for _ in range(senders)]
        self.threads = [threading.Thread(target=self._send, args=(n,), daemon=True) for n in range(senders)]

    def start(self) -> None:
        for thread in self.threads:
            thread.start()

    def stop(self) -> None:
        """Every batch under way is sent until it is acknowledged."""
        self.ending.set()
        for thread in self.threads:
            thread.join(PATIENCE_SECONDS + ATTEMPT_SECONDS)
        assert not any(thread.is_alive() for thread in self.threads), "a batch was never acknowledged"
        for diary in self.diaries:
            self.scene.acknowledged.update(diary.acknowledged)

    @property
    def size(self) -> int:
        return sum(len(diary.acknowledged) for diary in self.diaries)

    @property
    def replays(self) -> int:
        return sum(diary.replays for diary in self.diaries)

    @property
    def attempts(self) -> list[Attempt]:
        return sorted(attempt for diary in self.diaries for attempt in list(diary.attempts))

    @property
    def odd(self) -> list[str]:
        return [line for diary in self.diaries for line in diary.odd]

    def stored_twice(self) -> int:
        told = Counter[tuple[str, str]]()
        for diary in self.diaries:
            told.update(diary.told)
        return sum(count > 1 for (_, status), count in told.items() if status == "stored")

    def first_after(self, moment: float) -> float | None:
        """Seconds until the first 2xx to a batch that was sent after the moment; None when none has come yet."""
        ends = [
            attempt.ended
            for diary in self.diaries
            for attempt in itertools.takewhile(lambda one: one.begun > moment, reversed(diary.attempts))
            if attempt.status == 200
        ]
        return min(ends) - moment if ends else None

    def _send(self, number: int) -> None:
        chance, diary = random.Random(number), self.diaries[number]
        line = Line(self.urls[number % len(self.urls)])
        past: list[tuple[Shop, bytes]] = []
        while not self.ending.is_set():
            if past and chance.random() < REPLAYED:
                shop, body = chance.choice(past)
                diary.replays += 1
                facts: dict[str, Sent] = {}
            else:
                shop, body, facts = self._batch(chance)
                past.append((shop, body))
            answer = self._until_acknowledged(line, shop, body, diary)
            if answer is None:
                return
            self._note(diary, answer, facts)
            self.ending.wait(self.pause * (0.5 + chance.random()))

    def _batch(self, chance: random.Random) -> tuple[Shop, bytes, dict[str, Sent]]:
        place = chance.randrange(len(self.scene.shops))
        shop, since = self.scene.shops[place], self.scene.since
        facts: dict[str, Sent] = {}
        events = []
        for _ in range(chance.randint(SMALLEST, LARGEST)):
            number = next(self.scene.numbers)
            name = chance.choice(("experiment_viewed", "cta_click", "purchase"))
            sent = Sent(place, chance.randrange(VISITORS), name, chance.randint(1, 99))
            seen = name == "experiment_viewed"
            at = since if seen else since + timedelta(minutes=1) + number * APART
            event_id = f"storm-{number}"
            facts[event_id] = sent
            events.append(event_of(event_id, sent, at, shop.variants[sent.visitor]))
        return shop, json.dumps({"events": events}).encode(), facts

    def _until_acknowledged(self, line: "Line", shop: Shop, body: bytes, diary: Diary) -> Any:
        deadline: float | None = None
        while True:
            begun = time.monotonic()
            status, raw, headers = line.post("/v1/events", shop.client_key, body)
            diary.attempts.append(Attempt(begun, time.monotonic(), status))
            if status == 200:
                return json.loads(raw)
            if why := oddity(status, raw, headers):
                diary.odd.append(why)
            if self.ending.is_set():
                deadline = deadline or time.monotonic() + PATIENCE_SECONDS
                if time.monotonic() > deadline:
                    diary.odd.append(f"never acknowledged, at last: {status} {raw[:300]!r}")
                    return None
            time.sleep(0.2)

    def _note(self, diary: Diary, answer: Any, facts: dict[str, Sent]) -> None:
        for one in answer["results"]:
            if one["status"] not in {"stored", "duplicate"} or (not facts and one["status"] == "stored"):
                diary.odd.append(f"{'new' if facts else 'replayed'} event answered {one}")
            diary.told[one["id"], one["status"]] += 1
        diary.acknowledged.update({one["id"]: facts[one["id"]] for one in answer["results"] if facts})


def oddity(status: int, raw: bytes, headers: dict[str, str]) -> str:
    """What a refusal must not be: anything but a 503 in JSON that says when to come again."""
    if status == 0:
        return ""
    if status != 503 or "retry-after" not in headers or not raw.startswith(b"{"):
        return f"{status} {headers} {raw[:300]!r}"
    return ""


class Line:
    """One kept-alive connection that survives everything."""

    def __init__(self, url: str, *, timeout: float = ATTEMPT_SECONDS) -> None:
        parts = urlsplit(url)
        self.connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=timeout)

    def post(self, path: str, key: str, body: bytes) -> tuple[int, bytes, dict[str, str]]:
        try:
            self.connection.request("POST", path, body, {"Authorization": f"Bearer {key}"})
            answer = self.connection.getresponse()
            return answer.status, answer.read(), {name.lower(): value for name, value in answer.getheaders()}
        except (OSError, http.client.HTTPException):
            self.connection.close()
            return 0, b"", {}


@contextmanager
def storm_over(scene: Scene, *urls: str, senders: int = 6, pause: float = PAUSE) -> Iterator[Storm]:
    storm = Storm(scene, urls, senders=senders, pause=pause)
    storm.start()
    try:
        yield storm
    finally:
        storm.stop()
