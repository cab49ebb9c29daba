"""The embedded servers: they start from any state of their folder and leave nothing behind."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from threading import Thread
from typing import LiteralString

import psycopg
import pytest

from config import embedded, places
from config.embedded import POSTGRES, VALKEY
from config.processes import Trouble, wait_until
from tests.installation import nothing_lives, processes_of

OWNER = """
import sys, time
from pathlib import Path
from config import embedded
with embedded.servers(Path(sys.argv[1]), wanted=embedded.BOTH):
    print("ready", flush=True)
    time.sleep(600)
"""
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root starts servers as somebody else")


@pytest.fixture
def data() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="ml-", ignore_cleanup_errors=True) as folder:
        yield Path(folder) / "data"


def ask(data: Path, sql: LiteralString) -> object:
    with psycopg.connect(places.embedded_database_url(data)) as connection:
        cursor = connection.execute(sql)
        return next(iter(cursor))[0] if cursor.description else None


def test_what_was_written_is_there_after_a_restart(data: Path) -> None:
    with embedded.servers(data, wanted=embedded.BOTH):
        ask(data, "CREATE TABLE kept AS SELECT 7 AS number")

    with embedded.servers(data, wanted=embedded.BOTH):
        assert ask(data, "SELECT number FROM kept") == 7
        assert ask(data, "SHOW synchronous_commit") == "on"
        assert ask(data, "SHOW listen_addresses") == ""


def test_kill_9_of_the_owner_ends_the_servers_and_the_next_start_succeeds(data: Path) -> None:
    command = [sys.executable, "-c", OWNER, str(data)]
    with subprocess.Popen(command, cwd=places.CODE, stdout=subprocess.PIPE) as owner:
        assert owner.stdout is not None
        assert owner.stdout.readline() == b"ready\n"
        owner.kill()

    assert nothing_lives(data)
    with embedded.servers(data, wanted=embedded.BOTH) as servers:
        assert servers.owned


def test_kill_9_of_everything_does_not_prevent_the_next_start(data: Path) -> None:
    command = [sys.executable, "-c", OWNER, str(data)]
    with subprocess.Popen(command, cwd=places.CODE, stdout=subprocess.PIPE) as owner:
        assert owner.stdout is not None
        owner.stdout.readline()
        for pid in processes_of(data):
            os.kill(pid, signal.SIGKILL)
    assert (data / "postgres" / "postmaster.pid").exists()

    with embedded.servers(data, wanted=embedded.BOTH):
        assert embedded.running(data)


def test_an_interrupted_creation_leaves_no_half_database(data: Path) -> None:
    pulses = iter(range(3))

    def give_up() -> None:
        if next(pulses, None) is None:
            raise InterruptedError

    with pytest.raises(InterruptedError), embedded.servers(data, wanted=embedded.BOTH, pulse=give_up):
        pass

    # The shell that holds a child ends by itself, a moment after it.
    assert nothing_lives(data)
    with embedded.servers(data, wanted=embedded.BOTH):
        assert embedded.running(data)


@pytest.mark.parametrize("name", ["x" * 120, 'a, b+%ї"q'], ids=["long", "odd"])
def test_a_folder_whose_path_no_socket_takes(data: Path, name: str) -> None:
    data = data / name

    with embedded.servers(data, wanted=embedded.BOTH):
        sockets = places.socket_dir(data)
        assert sockets.stat().st_mode & 0o777 == 0o700
        assert ask(data, "SELECT current_database()") == "microlift"

    assert not sockets.exists()


@as_root
def test_a_socket_folder_of_somebody_else_is_refused(data: Path) -> None:
    data = data / ("y" * 120)
    planted = places.socket_dir(data)
    planted.mkdir()
    os.chown(planted, 12345, 12345)

    try:
        with pytest.raises(Trouble, match="belongs to somebody else"), embedded.servers(data, wanted=embedded.BOTH):
            pass
    finally:
        planted.rmdir()


@as_root
def test_root_changes_no_folder_above_its_own(data: Path) -> None:
    above = [data.parent, data.parent.parent]
    before = [(folder.stat().st_mode, folder.stat().st_uid, folder.stat().st_gid) for folder in above]
    assert before[0][0] & 0o777 == 0o700  # nobody may not enter here

    with embedded.servers(data, wanted=embedded.BOTH):
        assert (data / "postgres").stat().st_uid != 0

    assert [(folder.stat().st_mode, folder.stat().st_uid, folder.stat().st_gid) for folder in above] == before


def test_a_second_command_uses_the_servers_and_the_first_waits_for_it(data: Path) -> None:
    first, second = ExitStack(), ExitStack()
    assert first.enter_context(embedded.servers(data, wanted=embedded.BOTH)).owned
    assert not second.enter_context(embedded.servers(data, wanted=embedded.BOTH)).owned

    leaving = Thread(target=first.close)
    leaving.start()
    leaving.join(timeout=0.5)

    assert leaving.is_alive()
    assert embedded.running(data)
    second.close()
    leaving.join(timeout=10)
    assert not embedded.running(data)


def test_a_server_that_cannot_start_says_why_in_one_line(data: Path) -> None:
    with embedded.servers(data, wanted=embedded.BOTH):
        pass
    (data / "postgres" / "PG_VERSION").write_text("12\n")

    with pytest.raises(Trouble, match=r"PostgreSQL did not start: .*FATAL") as trouble:
        embedded.servers(data, wanted=embedded.BOTH).__enter__()

    assert "\n" not in str(trouble.value)
    assert wait_until(lambda: not processes_of(data), seconds=5)


@pytest.mark.parametrize(
    ("environ", "needed"),
    [
        ({}, {POSTGRES, VALKEY}),
        ({"DATABASE_URL": "", "REDIS_URL": ""}, {POSTGRES, VALKEY}),
        ({"DATABASE_URL": "postgresql://db/x", "MICROLIFT_ENV": "local"}, {VALKEY}),
        ({"REDIS_URL": "redis://cache"}, {POSTGRES}),
        ({"DATABASE_URL": "postgresql://db/x"}, set()),
        ({"MICROLIFT_ENV": "production"}, set()),
    ],
)
def test_only_what_is_not_given_is_started(environ: Mapping[str, str], needed: set[str]) -> None:
    assert embedded.needed(environ) == needed
