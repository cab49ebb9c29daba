"""Looks at an installation from outside: which of its processes live, and what `make run` prints."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from config import places
from config.processes import wait_until
from tests.house import clean_environment

READY = "Microlift is running"


def processes_of(data: Path) -> dict[int, str]:
    """Living processes whose command or environment names the data folder, by pid."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            command = (folder / "cmdline").read_bytes()
            about = command + (folder / "environ").read_bytes()
            if os.fsencode(data) in about and int(folder.name) != os.getpid():  # a zombie has neither
                found[int(folder.name)] = command.replace(b"\0", b" ").decode(errors="replace")
    return found


def nothing_lives(data: Path, *, seconds: float = 20) -> bool:
    return wait_until(lambda: not processes_of(data), seconds=seconds)


class Supervisor:
    def __init__(self, data: Path, printed: Path, environ: dict[str, str]) -> None:
        self.data, self.printed = data, printed
        with printed.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "config.supervisor"],
                cwd=places.CODE,
                env=environ,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    @property
    def text(self) -> str:
        return self.printed.read_text(errors="replace")

    def wait_for(self, what: str, *, seconds: float = 90) -> None:
        def seen() -> bool:
            return what in self.text or self.process.poll() is not None

        assert wait_until(seen, seconds=seconds), f"no {what!r} in {seconds} s: {self.text}"
        assert what in self.text, f"it ended without {what!r}: {self.text}"

    def end(self, how: signal.Signals) -> int:
        self.process.send_signal(how)
        return self.process.wait(timeout=30)


@contextmanager
def supervised(data: Path, **environment: str) -> Iterator[Supervisor]:
    """`make run` on a data folder, without the demo unless asked; ended by force at last, so that nothing is left."""
    environ = clean_environment(**{"MICROLIFT_DEMO": "false"} | environment, MICROLIFT_DATA_DIR=str(data))
    supervisor = Supervisor(data, data.with_name(f"{data.name}.{os.urandom(3).hex()}.printed"), environ)
    try:
        yield supervisor
    finally:
        supervisor.process.kill()
        supervisor.process.wait()
        nothing_lives(data)
