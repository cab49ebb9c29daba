"""How fast events are taken in, beside the fastest there is: one COPY of the same rows into the same table.

Web and PostgreSQL share one core, whoever sends has the other, and all is done in turns. ``make bench`` prints the
table and fails below the promised shares.
"""

import os
import statistics
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest

from tests.benchmarks.serving.load import LOAD_CORE, SERVER_CORE
from tests.house import House, running_house

SCRIPT = Path(__file__).parent / "serving" / "events.lua"
MAKE_KEY = "from tests.factories import make_key, make_project; print(make_key(make_project(), 'client')[1])"
BATCH, COPIED, SECONDS, ROUNDS = 20, 60_000, 6, 5
# Senders at once, and the share of COPY's rate that is promised for them.
PROMISED = {1: 0.10, 64: 0.25}
COLUMNS = (
    "project_id, source, event_id, name, visitor_id, user_id, occurred_at, received_at, excluded, properties, context"
)


@dataclass
class Rates:
    """Events a second, by round; ``answered``: events of all rounds that were answered 200."""

    answered: int = 0
    copied: list[float] = field(default_factory=list)
    sent: dict[int, list[float]] = field(default_factory=lambda: {senders: [] for senders in PROMISED})


@pytest.fixture(scope="module")
def shop():
    with running_house(start=("web",)) as house:
        made = house.manage("shell", "--no-imports", "-c", MAKE_KEY)
        for name in ("web", "postgresql"):
            child = house.members.get(name) or house.servers[name]
            share_a_core(child.process.pid)
        yield house, made.split()[-1]


def share_a_core(pid: int) -> None:
    """A process, its threads and its children; those that come later inherit it."""
    listed = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True, check=False)
    for child in listed.stdout.split():
        share_a_core(int(child))
    subprocess.run(["taskset", "-apc", SERVER_CORE, str(pid)], capture_output=True, check=True)


def sent(house: House, key: str, senders: int, run: str) -> tuple[float, int]:
    """Events a second that were answered 200, and how many."""
    environ = {**os.environ, "KEY": key, "RUN": run}
    command = ["taskset", "-c", LOAD_CORE, "wrk", "-t1", f"-c{senders}", f"-d{SECONDS}s", "-s", str(SCRIPT)]
    url = f"http://127.0.0.1:{house.address.port}"
    done = subprocess.run([*command, url], env=environ, capture_output=True, text=True, check=True)
    _, rate, errors, answered = next(line for line in done.stdout.splitlines() if line.startswith("RESULT")).split()
    assert errors == "0", done.stdout
    return float(rate) * BATCH, int(answered) * BATCH


def rows_like(house: House, run: str) -> str:
    """Rows that the server has stored, with other ids, as COPY reads them."""
    select = f"""
        SELECT project_id, source, '{run}-' || event_id || '-' || n, name, visitor_id || '-{run}-' || n, user_id,
               occurred_at, received_at, excluded, properties, context
        FROM tracking_event, generate_series(1, 100) AS n LIMIT {COPIED}
    """
    with (
        psycopg.connect(house.dsn) as connection,
        connection.cursor() as cursor,
        cursor.copy(f"COPY ({select}) TO STDOUT") as copy,
    ):
        return b"".join(bytes(part) for part in copy).decode()


def copied(house: House, text: str) -> float:
    with psycopg.connect(house.dsn) as connection:
        share_a_core(connection.info.backend_pid)
        began = time.perf_counter()
        with connection.cursor() as cursor, cursor.copy(f"COPY tracking_event ({COLUMNS}) FROM STDIN") as copy:
            copy.write(text)
        connection.commit()
        return COPIED / (time.perf_counter() - began)


def test_events_a_second_beside_copy(shop):
    house, key = shop
    rates = Rates()
    for senders in PROMISED:
        sent(house, key, senders, f"warm{senders}")
    for number in range(ROUNDS):
        rates.copied.append(copied(house, rows_like(house, f"c{number}")))
        for senders in PROMISED:
            rate, answered = sent(house, key, senders, f"r{number}x{senders}")
            rates.sent[senders].append(rate)
            rates.answered += answered

    anchor = statistics.median(rates.copied)
    print(f"\n  one COPY of {COPIED:,} rows      {anchor:10,.0f} events/s")
    shares = {senders: statistics.median(rounds) / anchor for senders, rounds in rates.sent.items()}
    for senders, share in shares.items():
        print(f"  {senders:3} senders, batches of {BATCH} {share * anchor:10,.0f} events/s   {share:.2f} of COPY")
    ((stored,),) = house.query("SELECT count(*) FROM tracking_event WHERE left(event_id, 1) = 'r'")
    assert stored >= rates.answered
    assert all(shares[senders] >= promised for senders, promised in PROMISED.items()), shares
