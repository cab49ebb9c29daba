"""What `make run` runs: everything in one terminal, from the first start to Ctrl-C."""

import errno
import fcntl
import hashlib
import json
import os
import signal
import socket
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from config import embedded, household, places
from config.household import Address
from config.processes import Child, Trouble, run_to_end

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(Exception):
    """Somebody asked us to stop."""


class Bell:
    """Signals only ring; those who wait look. So nothing is interrupted between starting a child and noting it."""

    def __init__(self) -> None:
        self.rung: signal.Signals | None = None
        self.ready = False
        for number in STOP_SIGNALS:
            # nohup means it; but a shell's "make run &" also ignores SIGINT, and there kill -INT must still work.
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, self._ring)

    def _ring(self, number: int, _frame: FrameType | None) -> None:
        self.rung = self.rung or signal.Signals(number)

    def check(self) -> None:
        if self.rung is not None:
            raise Stopped


@dataclass(frozen=True)
class Plan:
    data: Path
    address: Address
    public_url: str
    demo: bool

    @classmethod
    def parse(cls, environ: Mapping[str, str]) -> "Plan":
        if environ.get("MICROLIFT_ENV", "local") != "local":
            raise Trouble("make run is for a local installation; for production see docs/operations.md")
        port = environ.get("PORT") or "8000"
        if not port.isdecimal() or not 1 <= int(port) <= 65535:
            raise Trouble(f"PORT={port!r}: write a number from 1 to 65535")
        address = Address(environ.get("HOST") or "127.0.0.1", int(port))
        return cls(
            data=places.data_dir(),
            address=address,
            public_url=(environ.get("PUBLIC_URL") or f"http://localhost:{port}").rstrip("/"),
            demo=environ.get("MICROLIFT_DEMO", "true") != "false",
        )


def say(line: str = "") -> None:
    """To the terminal, which may be gone: that must not keep us from stopping what we started."""
    with suppress(OSError):
        print(line, flush=True)


@contextmanager
def only_one(data: Path) -> Iterator[None]:
    """One supervisor for each data folder."""
    places.make_data_dir(data)
    with (data / "supervisor.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise Trouble(
                f"Microlift already runs on {data} (pid {lock.read()}): stop it, or choose another MICROLIFT_DATA_DIR"
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def check_port(address: Address) -> None:
    try:
        family, kind, _, _, place = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(place)
            probe.listen(1)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            next_one = address.port % 65535 + 1
            raise Trouble(f"Port {address.port} is in use: set PORT={next_one}, or any free one") from error
        raise Trouble(f"Cannot listen on {address.host}:{address.port}: {error.strerror}") from error


def manage(plan: Plan, bell: Bell, *arguments: str, log: Path | None = None) -> int:
    """A management command in a process of its own, talking to the terminal (or to the log)."""
    environ = household.environment(plan.data, "manage", {**os.environ, "PORT": str(plan.address.port)})
    command = [sys.executable, str(places.CODE / "manage.py"), *arguments]
    return run_to_end(Child(arguments[0], command, log, environ, death=signal.SIGKILL, grace=1), pulse=bell.check)


def prepare(plan: Plan, bell: Bell) -> None:
    if manage(plan, bell, "prepare") != 0:
        raise Trouble("")  # it has said why


def demo_facts(plan: Plan, bell: Bell) -> dict[str, str]:
    """Plays the demo once, and keeps what it tells of itself; nothing where there is no demo."""
    if not plan.demo:
        return {}
    database = os.environ.get("DATABASE_URL") or "embedded"
    kept = plan.data / f"demo-{hashlib.sha256(database.encode()).hexdigest()[:8]}.json"
    if not kept.exists():
        draft = kept.with_suffix(".draft")
        draft.unlink(missing_ok=True)
        draft.touch(mode=0o600)  # it holds a secret key
        play = ("demo_data", "--url", plan.address.local_url)
        if manage(plan, bell, *play) != 0 or manage(plan, bell, *play, "--json", log=draft) != 0:
            draft.unlink()
            say("The demo could not be played; everything else works.")
            return {}
        draft.replace(kept)
    try:
        text = kept.read_text()
        return dict(json.loads(text[text.index("{") : text.rindex("}") + 1]))
    except ValueError:
        return {}


def welcome(plan: Plan, demo: Mapping[str, str]) -> str:
    """The block that ends the start: where everything is and how to try it."""
    url, password = plan.public_url, places.admin_password_file(plan.data)
    rows = {
        "Admin": f"{url}/admin/",
        "Login": f"admin / {password.read_text() if password.exists() else '(the password you chose)'}",
        "Result page": demo.get("result_url") and url + demo["result_url"],
        "Demo shop": demo.get("shop_url") and url + demo["shop_url"],
        "API docs": f"{url}/api/v1/docs/",
        "Logs": str(places.logs_dir(plan.data)),
    }
    lines = ["", "Microlift is running. Ctrl-C stops it.", ""]
    lines += [f"  {name:<12} {value}" for name, value in rows.items() if value]
    if "client_key" in demo:
        lines += ["", "Try it:", "", f"  curl {url}/v1/assign -H 'Authorization: Bearer {demo['client_key']}' \\"]
        lines += ["""    -d '{"visitor_id": "ann"}'"""]
    if "secret_key" in demo and "experiment" in demo:
        lines += ["", f"  curl {url}/api/v1/experiments/{demo['experiment']}/results/ \\"]
        lines += [f"    -H 'Authorization: Bearer {demo['secret_key']}'"]
    return "\n".join([*lines, ""])


def live(plan: Plan, bell: Bell) -> None:
    """Starts everything and keeps it running until the bell rings; stops it however this ends."""
    with ExitStack() as stack:
        stack.enter_context(only_one(plan.data))
        check_port(plan.address)
        if not places.admin_password_file(plan.data).exists():
            say(f"First start: this takes a minute or two. Everything is kept in {plan.data}")
        ours = stack.enter_context(embedded.servers(plan.data, share=False, pulse=bell.check))
        prepare(plan, bell)
        children = household.members(plan.data, plan.address, os.environ)
        stack.callback(household.stop_all, children)
        for child in children.values():
            child.start()
        household.wait_for_web(children["web"], plan.address, bell.check)
        watch = household.Watch([*ours.children, *children.values()], say)
        demo = demo_facts(plan, bell)
        say(welcome(plan, demo))
        bell.ready = True
        watch.keep(bell.check)


def main() -> int:
    bell = Bell()
    try:
        live(Plan.parse(os.environ), bell)
    except Stopped:
        say("Stopped.")
    except Trouble as trouble:
        if str(trouble):
            print(trouble, file=sys.stderr, flush=True)
        return 1
    return 0 if bell.ready or bell.rung is None else 128 + bell.rung


if __name__ == "__main__":
    sys.exit(main())
