"""The three processes of an installation (web, worker, beat): how each is started, watched and stopped."""

import signal
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from config import places
from config.processes import Child, Trouble, nothing, wait_until

# Beat must not give out work that nobody will do; what web has accepted is committed already.
STOP_ORDER = ("beat", "worker", "web")
COMMANDS = {
    "web": "-m granian --interface wsgi --host {host} --port {port} --workers 1 --blocking-threads 256 --no-ws "
    "--workers-kill-timeout 3 --log-level warning config.wsgi:application",
    "worker": "{celery} worker --concurrency 2 --hostname worker-{port}@%h --loglevel warning "
    "--without-gossip --without-mingle",
    "beat": "{celery} beat --loglevel warning --pidfile=",
}
# A request that is sent slowly keeps a thread until it has come, so there are many; without this each would keep
# memory of its own that it once needed.
SPARING = {"MALLOC_ARENA_MAX": "2", "MALLOC_MMAP_THRESHOLD_": "262144", "MALLOC_TRIM_THRESHOLD_": "262144"}
START_SECONDS = 60
LONGEST_PAUSE = 30


@dataclass(frozen=True)
class Address:
    host: str
    port: int

    @property
    def local_url(self) -> str:
        """How this machine reaches it."""
        host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(self.host, self.host)
        return f"http://{host}:{self.port}"


def environment(data: Path, name: str, environ: Mapping[str, str]) -> dict[str, str]:
    return {
        **(SPARING if name == "web" else {}),
        **environ,
        "MICROLIFT_ENV": "local",
        "MICROLIFT_DATA_DIR": str(data),
        "MICROLIFT_PROCESS": name,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "PYTHONUNBUFFERED": "1",
    }


def command_of(name: str, data: Path, address: Address) -> list[str]:
    words = COMMANDS[name].format(host=address.host, port=address.port, celery="-m celery -A config").split()
    return [sys.executable, *words, *(["--schedule", str(data / "beat-schedule")] if name == "beat" else [])]


def members(data: Path, address: Address, environ: Mapping[str, str]) -> dict[str, Child]:
    """Web, worker and beat of one data folder, not started yet."""
    environ = {**environ, "PORT": str(address.port)}
    return {
        name: Child(
            name,
            command_of(name, data, address),
            places.logs_dir(data) / f"{name}.log",
            environment(data, name, environ),
            # When we were killed, the worker must not first finish its tasks, which may take minutes.
            death=signal.SIGQUIT if name == "worker" else signal.SIGTERM,
            grace={"web": 4, "worker": 4, "beat": 2}[name],
        )
        for name in ("web", "worker", "beat")
    }


def stop_all(children: Mapping[str, Child]) -> None:
    for name in STOP_ORDER:
        if name in children:
            children[name].stop()


def answers(address: Address) -> bool:
    try:
        with urllib.request.urlopen(f"{address.local_url}/livez", timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def wait_for_web(web: Child, address: Address, pulse: Callable[[], None] = nothing) -> None:
    in_time = wait_until(lambda: answers(address) or not web.alive, seconds=START_SECONDS, pulse=pulse)
    if not web.alive:
        raise Trouble(f"web did not start: {web.complaint} (log: {web.log})")
    if not in_time:
        raise Trouble(f"web does not answer at {address.local_url}/livez (log: {web.log})")


@dataclass
class Watch:
    """Starts again what has died, after a pause that grows while it keeps dying."""

    children: list[Child]
    say: Callable[[str], None]
    pauses: dict[str, float] = field(default_factory=dict)
    due: dict[str, float] = field(default_factory=dict)
    began: dict[str, float] = field(default_factory=dict)

    def look(self, now: float) -> None:
        for child in self.children:
            if child.alive:
                continue
            if child.name not in self.due:
                self._note_death(child, now)
            elif now >= self.due[child.name]:
                del self.due[child.name]
                self.began[child.name] = now
                child.start()

    def _note_death(self, child: Child, now: float) -> None:
        lived_long = now - self.began.get(child.name, 0) > LONGEST_PAUSE
        pause = 1 if lived_long else min(2 * self.pauses.get(child.name, 1), LONGEST_PAUSE)
        self.pauses[child.name] = pause
        self.due[child.name] = now + pause
        complaint = child.complaint
        child.end_group()
        self.say(f"{child.name} ended: {complaint}. Starting it again in {pause:.0f} s.")

    def keep(self, pulse: Callable[[], None]) -> None:
        """Until the pulse raises."""
        while True:
            pulse()
            self.look(time.monotonic())
            time.sleep(0.2)
