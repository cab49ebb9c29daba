"""A server on one core, wrk on the other, in turns: requests in a second of the server's processor.

Where nothing else runs, that is what it answers in a second; where something does, ratios within one run still hold.
"""

import os
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from config import places
from tests.house import free_port

SERVER_CORE, LOAD_CORE = "0", "1"
CONNECTIONS = "32"
# What wrk.lua's browser says of itself.
DESKTOP = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36"
)
SCRIPT = Path(__file__).with_name("wrk.lua")


@dataclass(frozen=True)
class Asked:
    """What wrk sends. ``body``: with %d for the number of the visitor and %s for its country; empty: GET."""

    path: str
    body: str = ""
    key: str = ""
    expect: int = 200


@dataclass(frozen=True)
class Server:
    port: int
    pid: int


@dataclass(frozen=True)
class Load:
    """``rate``: requests a second; ``per_cpu``: in a second of the processor that the server has used."""

    rate: float
    per_cpu: float
    errors: int


@dataclass
class Rates:
    """Requests in a processor's second of each round; ``errors`` must be 0 for them to mean anything."""

    name: str
    rounds: list[float] = field(default_factory=list)
    errors: int = 0

    @property
    def median(self) -> float:
        return statistics.median(self.rounds)


def run_load(server: Server, asked: Asked, *, seconds: int, first: int = 0) -> Load:
    command = ["taskset", "-c", LOAD_CORE, "wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s"]
    environ = {**os.environ, "BODY": asked.body, "ASKED": asked.path, "KEY": asked.key, "FIRST": str(first)}
    before = cpu_of(server.pid)
    done = subprocess.run(
        [*command, "-s", str(SCRIPT), f"http://127.0.0.1:{server.port}"],
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    line = next((line for line in done.stdout.splitlines() if line.startswith("RESULT")), "")
    assert line, f"wrk said: {done.stdout}{done.stderr}"
    _, rate, errors, answered = line.split()
    return Load(float(rate), int(answered) / (cpu_of(server.pid) - before), int(errors))


def in_turns(contests: Sequence[tuple[str, Server, Asked]], *, rounds: int = 3, seconds: int = 5) -> dict[str, Rates]:
    """Each contestant in every round, so that a slow moment of the machine meets them all."""
    rates = {name: Rates(name) for name, _, _ in contests}
    for _, server, asked in contests:
        run_load(server, asked, seconds=1)
    for number in range(rounds):
        for name, server, asked in contests:
            load = run_load(server, asked, seconds=seconds, first=(number + 1) * 10_000_000)
            rates[name].rounds.append(load.per_cpu)
            rates[name].errors += load.errors
    return rates


def table(rates: Mapping[str, Rates], anchor: str) -> None:
    """For eyes, and nothing in it failed."""
    print()
    for name, rate in rates.items():
        assert rate.errors == 0, f"{name}: {rate.errors} requests failed"
        share = rate.median / rates[anchor].median
        print(f"  {name:28} {rate.median:10,.0f} a CPU second   {share:6.2f} of {anchor}")


@contextmanager
def granian(application: str, environ: Mapping[str, str], *, threads: int = 1) -> Iterator[Server]:
    """One worker, on the server's core."""
    port = free_port()
    command = [
        "taskset",
        "-c",
        SERVER_CORE,
        sys.executable,
        "-m",
        "granian",
        "--interface",
        "wsgi",
        "--port",
        str(port),
    ]
    command += ["--workers", "1", "--blocking-threads", str(threads), "--no-ws", "--log-level", "warning", application]
    server = subprocess.Popen(command, env={**os.environ, **environ}, cwd=places.CODE)
    try:
        _wait_for(port)
        yield Server(port, server.pid)
    finally:
        server.terminate()
        server.wait(timeout=20)


def _wait_for(port: int) -> None:
    for _ in range(600):
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.1)
    raise AssertionError(f"nothing listens at {port}")


def answer_of(server: Server, asked: Asked, number: int = 1, country: str = "PL") -> bytes:
    """One answer, for looking at it and for the bare server to repeat."""
    data = (asked.body % (number, country)).encode() if asked.body else None
    headers = {
        "Authorization": f"Bearer {asked.key}",
        "Content-Type": "application/json",
        "Origin": "https://shop.example",
        "User-Agent": DESKTOP,
    }
    request = urllib.request.Request(f"http://127.0.0.1:{server.port}{asked.path}", data=data, headers=headers)
    # The first answers wait until every experiment of the scenes is compiled.
    with urllib.request.urlopen(request, timeout=60) as reply:
        body: bytes = reply.read()
    return body


def cpu_of(pid: int) -> float:
    """Seconds of processor that a process and its children have used."""
    ticks = 0
    for each in [pid, *_children(pid)]:
        with suppress(OSError):
            fields = Path(f"/proc/{each}/stat").read_text().rsplit(")", 1)[1].split()
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def memory_of(pid: int) -> int:
    """Resident bytes of a process and its children."""
    total = 0
    for child in [pid, *_children(pid)]:
        with suppress(OSError):
            total += int(Path(f"/proc/{child}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return total


def _children(pid: int) -> list[int]:
    found: list[int] = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError, ValueError, IndexError):
            if int((folder / "stat").read_text().rsplit(")", 1)[1].split()[1]) == pid:
                found += [int(folder.name), *_children(int(folder.name))]
    return found
