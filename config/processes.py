"""Child processes that never outlive us: each leads a session of its own and is leashed to its parent."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import IO

# Standard input is a pipe that nobody writes to and whose other end only we hold: it ends when we do. A shell in the
# child's group waits for that, lets the child go by itself ($0 half seconds), then ends the group by force. It is
# nobody's child, so that no program is surprised by a child it does not know.
LEASH = """
exec 3<&0 </dev/null
( ( trap '' HUP INT QUIT TERM
    read -r _ <&3
    left=$0
    while kill -0 $$ && test $left -gt 0; do left=$((left - 1)); sleep 0.5; done
    kill -s KILL 0 ) 2>/dev/null & )
exec "$@" 3<&-
"""
LONGEST_LOG = 10_000_000


class Trouble(Exception):
    """One clear line for the person at the terminal."""


def nothing() -> None:
    """The pulse of those who wait without being asked to stop."""


@cache
def lifeline() -> tuple[int, int]:
    """The pipe's ends; the kernel closes ours when this process ends in any way, kill -9 included."""
    return os.pipe()


def leash(command: Sequence[str], death: signal.Signals, patience: int) -> list[str]:
    """The command, such that it gets ``death`` at once when this process ends and is killed some seconds later."""
    leashed = ["sh", "-c", LEASH, str(2 * patience), *command]
    setpriv = shutil.which("setpriv")
    if setpriv is None:  # not util-linux: the child is not told, only killed
        return leashed
    return [setpriv, "--pdeathsig", death.name.removeprefix("SIG"), *leashed]


def wait_until(done: Callable[[], bool], *, seconds: float, pulse: Callable[[], None] = nothing) -> bool:
    """False when time ran out; ``pulse`` runs at each look and may raise to give up."""
    deadline = time.monotonic() + seconds
    while not done():
        pulse()
        if time.monotonic() > deadline:
            return False
        time.sleep(0.03)
    return True


def last_line(log: Path, since: int = 0) -> str:
    """What a log ends with; where PostgreSQL says why and then says good-bye, the why."""
    try:
        with log.open("rb") as file:
            file.seek(max(since, log.stat().st_size - 20_000))
            text = file.read().decode(errors="replace")
    except OSError:
        return ""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    complaints = [line for line in lines if " FATAL: " in line or " PANIC: " in line]
    return (complaints or lines or [""])[-1]


@dataclass
class Child:
    """One long-running process; can be started again after it ended."""

    name: str
    command: Sequence[str]
    log: Path | None  # None: our own terminal
    environment: Mapping[str, str]
    as_whom: Sequence[str] = ()
    keep_open: Sequence[int] = ()
    farewell: signal.Signals = signal.SIGTERM
    # What the kernel sends when we were killed: no time for unfinished work then.
    death: signal.Signals = signal.SIGTERM
    patience: int = 5
    grace: float = 3
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)
    log_began: int = 0

    def start(self) -> None:
        self.end_group()
        if self.log is None:
            self._spawn(None)
            return
        self.log.parent.mkdir(mode=0o700, exist_ok=True)
        if self.log.exists() and self.log.stat().st_size > LONGEST_LOG:
            self.log.replace(self.log.with_suffix(".old.log"))
        with self.log.open("ab") as log:
            self.log_began = log.tell()
            self._spawn(log)

    def _spawn(self, output: IO[bytes] | None) -> None:
        self.process = subprocess.Popen(
            [*self.as_whom, *leash(self.command, self.death, self.patience)],
            stdin=lifeline()[0],
            stdout=output,
            stderr=output and subprocess.STDOUT,
            env=self.environment,
            cwd=Path(__file__).resolve().parent.parent,
            pass_fds=self.keep_open,
            start_new_session=True,
        )

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    @property
    def complaint(self) -> str:
        """How it ended, for a message: the signal that killed it, else the last it wrote."""
        status = self.process.poll() if self.process else None
        if status is not None and status < 0:
            return f"killed by {signal.Signals(-status).name}"
        return (self.log and last_line(self.log, self.log_began)) or "it wrote nothing"

    def ask_to_stop(self) -> None:
        if self.process is not None and self.alive:
            self.process.send_signal(self.farewell)

    def stop(self) -> None:
        """Asks, waits for ``grace`` seconds, then ends the whole session by force."""
        self.ask_to_stop()
        wait_until(lambda: not self.alive, seconds=self.grace)
        self.end_group()

    def end_group(self) -> None:
        """Kills what is left of the session, children of a leader that has died included."""
        if self.process is None:
            return
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.process = None


def run_to_end(child: Child, *, pulse: Callable[[], None] = nothing) -> int:
    """Runs a child that ends by itself; when the pulse raises, the child is stopped first."""
    child.start()
    assert child.process is not None
    process = child.process
    try:
        while process.poll() is None:
            pulse()
            time.sleep(0.03)
    finally:
        child.stop()
    return process.returncode
