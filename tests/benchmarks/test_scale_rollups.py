"""Rollups behind a long past: what new events cost against one reading of it in SQL, and what a backlog takes.

Ratios within one run, of seconds of the processor: a worker's and its server's together, so that what else the
machine does is left out; times are printed beside them. The installations are as ``make run`` makes them: settings,
durability and indexes are the product's. Takes many minutes and 20 GB of disk.
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from config import household, places
from tests.benchmarks.scale.history import DAYS, History
from tests.benchmarks.scale.usage import processor_of
from tests.house import House, running_house

pytestmark = pytest.mark.timeout(7200)
SHORT, LONG = 100_000, 1_000_000  # visitors of ten events each
NEW, ROUNDS = 10_000, 3
BACKLOG = 1_000_000
MOST_MEMORY = 300 * 2**20


@dataclass(frozen=True)
class Took:
    seconds: float
    processor: float
    peak: int = 0
    settled: int = 0

    def __str__(self) -> str:
        return f"{self.processor:8.2f} s of the processor, {self.seconds:8.2f} s by the clock"


@dataclass
class Past:
    """An installation with a history."""

    house: House
    history: History

    def measured(self, work: Callable[[], list[dict[str, float]]]) -> Took:
        server = int((self.house.data / "postgres" / "postmaster.pid").read_text().split()[0])
        before, began = processor_of(server), time.perf_counter()
        said = work()
        seconds = time.perf_counter() - began
        used = processor_of(server) - before + sum(one["cpu"] for one in said)
        # What a worker needs to start is no part of it.
        seconds = max((one["seconds"] for one in said), default=seconds)
        peak, settled = max((one["peak"] for one in said), default=0), sum(one["settled"] for one in said)
        return Took(seconds, used, int(peak), int(settled))

    def roll_up(self, *, workers: int = 1) -> Took:
        """By workers of their own, until nothing waits."""

        def work() -> list[dict[str, float]]:
            started = [module(self.house, "work") for _ in range(workers)]
            return [said(one) for one in started]

        took = self.measured(work)
        assert self.history.waiting() == 0
        return took

    def read_once(self) -> Took:
        """One reading of the history in SQL; what it counts is what rollups have counted."""
        found: dict[object, object] = {}

        def work() -> list[dict[str, float]]:
            found.update(self.history.one_pass())
            return []

        took = self.measured(work)
        assert found == self.history.tallies()
        return took

    def check_a_sample(self) -> None:
        """What was laid in SQL is what rollups make of the same events: they find nothing to change."""
        laid = self.history.digest()
        self.history.mark(1_000)
        self.roll_up()
        assert self.history.digest() == laid

    def absorb(self, *, each: int) -> Took:
        self.history.arrive(NEW, each=each)
        return self.roll_up()


def module(house: House, name: str, *arguments: str) -> subprocess.Popen[str]:
    program = [sys.executable, "-m", f"tests.benchmarks.scale.{name}", *arguments]
    environ = household.environment(house.data, "worker", house.environ)
    return subprocess.Popen(program, env=environ, cwd=places.CODE, stdout=subprocess.PIPE, text=True)


def said(process: subprocess.Popen[str]) -> dict[str, float]:
    answer, _ = process.communicate()
    assert process.returncode == 0
    content: dict[str, float] = json.loads(answer.splitlines()[-1])
    return content


@contextmanager
def past_of(visitors: int) -> Iterator[Past]:
    now = datetime.now(UTC).replace(microsecond=0)
    with running_house(start=()) as house:
        ids = said(module(house, "prepare", (now - timedelta(days=DAYS)).isoformat()))
        history = History(house.dsn, ids, visitors, now)
        began = time.perf_counter()
        history.lay()
        history.stand()
        print(f"\n  a past of {10 * visitors:,} events: laid in {time.perf_counter() - began:,.0f} s")
        past = Past(house, history)
        past.check_a_sample()
        yield past


@pytest.fixture(scope="module")
def short() -> Iterator[Past]:
    with past_of(SHORT) as past:
        yield past


@pytest.fixture(scope="module")
def long() -> Iterator[Past]:
    with past_of(LONG) as past:
        yield past


def best(rounds: list[Took]) -> Took:
    return min(rounds, key=lambda took: took.processor)


@pytest.mark.parametrize(("each", "most"), [(5, 0.1), (1, 0.4)], ids=["in visits of five", "each of another visitor"])
def test_new_events_against_one_reading_of_the_history(long: Past, each: int, most: float) -> None:
    """Ten thousand new events, against one query that counts the same tallies from ten million: at most 0.1.

    Where every event is of another visitor, each asks for a history from as many places of the table as it has events.
    """
    absorbed, read = [], []
    for _ in range(ROUNDS):
        absorbed.append(long.absorb(each=each))
        read.append(long.read_once())

    ratio = best(absorbed).processor / best(read).processor
    clock = min(took.seconds for took in absorbed) / min(took.seconds for took in read)
    print(
        f"\n  one reading    {best(read)}\n  new events     {best(absorbed)}\n  {ratio:.3f}; by the clock {clock:.3f}"
    )
    assert ratio <= most


@pytest.mark.parametrize("each", [5, 1], ids=["in visits of five", "each of another visitor"])
def test_new_events_cost_the_same_behind_ten_times_the_history(short: Past, long: Past, each: int) -> None:
    """At most 3; reading the history again would be 10."""
    few, many = [], []
    for _ in range(ROUNDS):
        few.append(short.absorb(each=each))
        many.append(long.absorb(each=each))

    ratio = best(many).processor / best(few).processor
    print(f"\n  behind  1 M    {best(few)}\n  behind 10 M    {best(many)}\n  {ratio:.2f}")
    assert ratio <= 3


def test_two_workers_share_one_backlog(long: Past) -> None:
    """Exactly, and not slower than one; how much faster says how many processors were free."""
    took = {}
    for workers in (1, 2):
        long.history.arrive(BACKLOG // 10, each=5)
        took[workers] = long.roll_up(workers=workers)

    print(f"\n  one worker     {took[1]}\n  two workers    {took[2]}")
    long.read_once()
    assert took[2].seconds <= 1.1 * took[1].seconds


def test_a_backlog_of_a_million_drains_in_little_memory(long: Past) -> None:
    long.history.arrive(BACKLOG, each=5)

    took = long.roll_up()

    print(f"\n  {took.settled:,} due rows {took}, {took.peak / 2**20:,.0f} MiB at most")
    long.read_once()
    assert took.settled >= BACKLOG
    assert took.peak <= MOST_MEMORY
