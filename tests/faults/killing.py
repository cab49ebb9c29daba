"""kill -9 in every way that matters, and what an operator's supervisor does about it."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg

from config.processes import Child, wait_until
from tests.house import House

# systemd's RestartSec, compose's restart: always.
PAUSE = 1.0


def children_of(pid: int) -> list[int]:
    found = []
    with suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            with suppress(OSError):
                found += [int(word) for word in (task / "children").read_text().split()]
    return found


def command_line(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def main_of(child: Child) -> int:
    assert child.process is not None
    return child.process.pid


def helpers_of(child: Child) -> list[int]:
    """What the process itself has started; not the shell of the leash."""
    return [pid for pid in children_of(main_of(child)) if "read -r _" not in command_line(pid)]


def hit(pid: int, how: signal.Signals = signal.SIGKILL) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, how)


def kill_main(child: Child) -> None:
    hit(main_of(child))


def kill_group(child: Child) -> None:
    """The process and all that it has started, each with a session of its own or not."""
    helpers = helpers_of(child)
    with suppress(ProcessLookupError):
        os.killpg(main_of(child), signal.SIGKILL)
    for pid in helpers:
        hit(pid)


def kill_one_helper(child: Child) -> None:
    for pid in helpers_of(child)[-1:]:
        hit(pid)


# Each kind of process, and the ways in which its rounds take turns.
WAYS: Mapping[str, tuple[Callable[[Child], None], ...]] = {
    "web": (kill_one_helper, kill_group),
    "worker": (kill_main, kill_one_helper),
    "beat": (kill_main,),
    "valkey": (kill_main,),
    "postgresql": (kill_group, kill_main),
}


class Restarter:
    """Starts again what has ended, as systemd does: what is left of it is ended first."""

    def __init__(self, children: Mapping[str, Child]) -> None:
        self.children = children
        self.left_alone: set[str] = set()
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self._work, daemon=True)

    def _work(self) -> None:
        due: dict[str, float] = {}
        while not self.ended.wait(0.05):
            for name, child in self.children.items():
                if name in self.left_alone or child.alive:
                    due.pop(name, None)
                elif time.monotonic() >= due.setdefault(name, time.monotonic() + PAUSE):
                    child.start()

    @contextmanager
    def leaving(self, name: str) -> Iterator[Child]:
        """Within, nobody starts it again; at the end it must be there soon."""
        self.left_alone.add(name)
        try:
            yield self.children[name]
        finally:
            self.left_alone.discard(name)


# The kernel tells a child when the thread that started it ends: this one must last as long as the house.
@contextmanager
def restarted(house: House) -> Iterator[Restarter]:
    restarter = Restarter({**house.servers, **house.members})
    restarter.thread.start()
    try:
        yield restarter
    finally:
        restarter.ended.set()
        restarter.thread.join()


def in_the_middle(house: House, name: str, *, seconds: float = 3) -> bool:
    """Waits until a process of this name has a transaction open; False when it had none for so long."""
    asked = "SELECT 1 FROM pg_stat_activity WHERE application_name = %s AND xact_start IS NOT NULL LIMIT 1"
    with psycopg.connect(house.dsn, autocommit=True) as connection:

        def busy() -> bool:
            return connection.execute(asked, [f"microlift-{name}"]).fetchone() is not None

        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if busy():
                return True
            time.sleep(0.005)
    return False


def answers_again(house: House, *, seconds: float = 30) -> bool:
    """Whether PostgreSQL takes questions within so long."""

    def asked() -> bool:
        with suppress(psycopg.Error):
            return bool(house.query("SELECT 1"))
        return False

    return wait_until(asked, seconds=seconds)
