"""A whole installation for a test: real web, worker and beat against servers of its own, in a folder of its own."""

import os
import secrets
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import LiteralString

import psycopg
from celery import Celery
from redis import Redis

from config import embedded, household, places
from config.household import Address
from config.processes import Child

EVERYTHING = ("web", "worker", "beat")
# Below the range from which the kernel takes ports for outgoing connections.
PORTS = range(20_000, 32_000)
# What the person running the tests has set for an installation of their own.
FOREIGN = ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "ALLOWED_HOSTS", "PUBLIC_URL", "STATIC_ROOT", "HOST", "PORT")


def free_port() -> int:
    while True:
        # Not ``random``: every xdist worker seeds that alike.
        port = PORTS.start + secrets.randbelow(len(PORTS))
        with suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            return port


def clean_environment(**more: str) -> dict[str, str]:
    """Ours without any setting of Microlift, plus ``more``."""
    kept = {name: value for name, value in os.environ.items() if name not in FOREIGN}
    return {name: value for name, value in kept.items() if not name.startswith(("MICROLIFT_", "PYTEST_"))} | more


@dataclass
class House:
    data: Path
    address: Address
    environ: Mapping[str, str]
    members: Mapping[str, Child]
    servers: Mapping[str, Child]

    @property
    def base_url(self) -> str:
        return self.address.local_url

    @property
    def dsn(self) -> str:
        """For ``psycopg.connect``."""
        return places.embedded_database_url(self.data)

    def manage(self, *arguments: str, check: bool = True) -> str:
        """What a management command prints; its error output too when it fails."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            env=household.environment(self.data, "manage", self.environ),
            cwd=places.CODE,
            capture_output=True,
            text=True,
            check=False,
        )
        if check and done.returncode != 0:
            raise AssertionError(f"manage.py {' '.join(arguments)}: {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout if done.returncode == 0 else done.stdout + done.stderr

    def call(self, task: str) -> None:
        """Gives the task to whichever worker takes it, as beat does."""
        broker = places.embedded_redis_url(self.data).replace("unix://", "redis+socket://")
        with Celery(broker=broker, set_as_current=False) as app:
            app.send_task(task)

    def another(self, name: str) -> Child:
        """One more of a kind, not started; a web listens where ``PORT`` of its environment says."""
        address = Address(self.address.host, free_port())
        child = household.members(self.data, address, self.environ)[name]
        if name == "beat":  # each keeps notes of its own
            child.command = [*child.command[:-1], f"{child.command[-1]}-{address.port}"]
        return child

    def query(self, sql: LiteralString, *parameters: object) -> list[tuple[object, ...]]:
        with psycopg.connect(self.dsn) as connection:
            return connection.execute(sql, parameters).fetchall()

    def valkey(self) -> Redis:
        return Redis.from_url(places.embedded_redis_url(self.data))

    def start(self, name: str) -> None:
        self.members[name].start()
        if name == "web":
            household.wait_for_web(self.members[name], self.address)

    def stop(self, name: str) -> None:
        self.members[name].stop()

    def kill(self, name: str) -> None:
        """kill -9 of the process and all its children."""
        self.members[name].end_group()

    def start_worker(self) -> None:
        self.start("worker")

    def stop_worker(self) -> None:
        self.stop("worker")

    def kill_worker(self) -> None:
        self.kill("worker")

    def log(self, name: str) -> str:
        path = places.logs_dir(self.data) / f"{name}.log"
        return path.read_text(errors="replace") if path.exists() else ""


@contextmanager
def running_house(
    *, start: Sequence[str] = EVERYTHING, environment: Mapping[str, str] | None = None
) -> Iterator[House]:
    """Ready to be asked: tables made, administrator created, ``start`` running. Others can be started later."""
    with tempfile.TemporaryDirectory(prefix="microlift-house-", ignore_cleanup_errors=True) as folder:
        data, address = Path(folder), Address("127.0.0.1", free_port())
        environ = clean_environment(PORT=str(address.port), **(environment or {}))
        with embedded.servers(data, wanted=embedded.BOTH, share=False) as servers:
            members = household.members(data, address, environ)
            by_name = {child.name.lower(): child for child in servers.children}
            house = House(data, address, environ, members, by_name)
            house.manage("prepare")
            try:
                for name in start:
                    house.members[name].start()
                if "web" in start:
                    household.wait_for_web(members["web"], address)
                yield house
            except BaseException:
                for name in EVERYTHING:
                    print(f"--- {name}.log\n{house.log(name)[-3000:]}")
                raise
            finally:
                household.stop_all(members)
