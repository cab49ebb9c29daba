"""A server on one core, wrk on the other: requests a second, in turns, so that ratios within one run can be trusted."""

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
SCRIPT = Path(__file__).with_name("wrk.lua")


@dataclass(frozen=True)
class Asked:
    """What wrk sends. ``body``: with %d for the number of the visitor and %s for its country; empty: GET."""

    path: str
    body: str = ""
    key: str = ""
    expect: int = 200


@dataclass
class Rates:
    """Requests a second of each round; ``errors`` must be 0 for them to mean anything."""

    name: str
    rounds: list[float] = field(default_factory=list)
    errors: int = 0

    @property
    def median(self) -> float:
        return statistics.median(self.rounds)


def run_load(port: int, asked: Asked, *, seconds: int, first: int = 0) -> tuple[float, int]:
    """Requests a second, and how many failed."""
    command = ["taskset", "-c", LOAD_CORE, "wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s"]
    environ = {**os.environ, "BODY": asked.body, "ASKED": asked.path, "KEY": asked.key, "FIRST": str(first)}
    done = subprocess.run(
        [*command, "-s", str(SCRIPT), f"http://127.0.0.1:{port}"],
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    line = next((line for line in done.stdout.splitlines() if line.startswith("RESULT")), "")
    assert line, f"wrk said: {done.stdout}{done.stderr}"
    _, rate, errors, _ = line.split()
    return float(rate), int(errors)


def in_turns(contests: Sequence[tuple[str, int, Asked]], *, rounds: int = 3, seconds: int = 5) -> dict[str, Rates]:
    """Each contestant (name, port, question) in every round, so that a slow moment of the machine meets them all."""
    rates = {name: Rates(name) for name, _, _ in contests}
    for _, port, asked in contests:
        run_load(port, asked, seconds=1)
    for number in range(rounds):
        for name, port, asked in contests:
            rate, errors = run_load(port, asked, seconds=seconds, first=(number + 1) * 10_000_000)
            rates[name].rounds.append(rate)
            rates[name].errors += errors
    return rates


@contextmanager
def granian(application: str, environ: Mapping[str, str], *, threads: int = 1) -> Iterator[tuple[int, int]]:
    """Its port and process id; one worker, on the server's core."""
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
        yield port, server.pid
    finally:
        server.terminate()
        server.wait(timeout=20)


def _wait_for(port: int) -> None:
    for _ in range(600):
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.1)
    raise AssertionError(f"nothing listens at {port}")


def answer_of(port: int, asked: Asked, number: int = 1, country: str = "PL") -> bytes:
    """One answer, for looking at it and for the bare server to repeat."""
    data = (asked.body % (number, country)).encode() if asked.body else None
    headers = {
        "Authorization": f"Bearer {asked.key}",
        "Content-Type": "application/json",
        "Origin": "https://shop.example",
    }
    request = urllib.request.Request(f"http://127.0.0.1:{port}{asked.path}", data=data, headers=headers)
    with urllib.request.urlopen(request, timeout=10) as reply:
        body: bytes = reply.read()
    return body


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
