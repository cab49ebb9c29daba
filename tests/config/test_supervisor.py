"""`make run`, for real: what it refuses, what it prints, and that nothing outlives it."""

import os
import signal
import socket
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from config import places
from config.processes import wait_until
from tests.house import free_port
from tests.installation import READY, nothing_lives, processes_of, supervised

# They share one folder, since creating it takes as long as all the rest.


@pytest.fixture(scope="module")
def settled() -> Iterator[Path]:
    """A data folder; whoever comes first makes the first start in it."""
    with tempfile.TemporaryDirectory(prefix="ml-", ignore_cleanup_errors=True) as folder:
        yield Path(folder) / "data"


@pytest.fixture
def fresh() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="ml-", ignore_cleanup_errors=True) as folder:
        yield Path(folder) / "data"


def test_it_runs_until_ctrl_c_and_leaves_nothing(settled: Path) -> None:
    port = free_port()
    with supervised(settled, PORT=str(port)) as supervisor:
        supervisor.wait_for(READY)
        assert f"http://localhost:{port}/admin/" in supervisor.text
        assert f"admin / {places.admin_password_file(settled).read_text()}" in supervisor.text
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/admin/login/") as page:
            assert page.status == 200

        assert supervisor.end(signal.SIGINT) == 0

        assert not processes_of(settled)


def test_kill_9_of_the_supervisor_leaves_nothing(settled: Path) -> None:
    with supervised(settled, PORT=str(free_port())) as supervisor:
        supervisor.wait_for(READY)
        assert wait_until(lambda: len(processes_of(settled)) >= 8, seconds=30)

        supervisor.process.kill()

        assert nothing_lives(settled), processes_of(settled)


def test_what_dies_is_started_again(settled: Path) -> None:
    with supervised(settled, PORT=str(free_port())) as supervisor:
        supervisor.wait_for(READY)
        beat = next(pid for pid, command in processes_of(settled).items() if " beat " in command)

        os.kill(beat, signal.SIGKILL)

        supervisor.wait_for("beat ended: killed by SIGKILL", seconds=30)
        assert wait_until(lambda: any(" beat " in line for line in processes_of(settled).values()), seconds=30)
        assert supervisor.end(signal.SIGHUP) == 0  # the terminal was closed
        assert not processes_of(settled)


def test_a_second_one_on_the_same_folder_is_refused_in_one_line(settled: Path) -> None:
    with supervised(settled, PORT=str(free_port())) as first, supervised(settled, PORT=str(free_port())) as second:
        refused = second if wait_until(lambda: second.process.poll() is not None, seconds=5) else first

        assert refused.process.wait(timeout=5) == 1
        assert refused.text.startswith(f"Microlift already runs on {settled}")
        assert refused.text.count("\n") == 1


@pytest.mark.parametrize("seconds", [0.5, 2.0])
def test_stopped_in_the_middle_of_the_first_start_it_leaves_nothing(fresh: Path, seconds: float) -> None:
    with supervised(fresh, PORT=str(free_port())) as supervisor:
        supervisor.wait_for("First start")
        time.sleep(seconds)

        began = time.monotonic()
        supervisor.end(signal.SIGINT)

        assert time.monotonic() - began < 12
        assert not processes_of(fresh)


def test_a_busy_port_is_told_in_one_line(fresh: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", free_port()))
        taken.listen()
        port = taken.getsockname()[1]

        with supervised(fresh, PORT=str(port)) as supervisor:
            assert supervisor.process.wait(timeout=20) == 1
            assert supervisor.text == f"Port {port} is in use: set PORT={port + 1}, or any free one\n"


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("postgresql://me:secret@127.0.0.1:9/shop", "refused"),
        ("postgresql://me:secret@127.0.0.1:nine/shop", "DATABASE_URL"),
        ("mysql://me:secret@127.0.0.1/shop", "DATABASE_URL: write postgresql://"),
    ],
)
def test_a_wrong_database_url_is_told_in_one_line(fresh: Path, url: str, told: str) -> None:
    places.make_data_dir(fresh)
    places.admin_password_file(fresh).write_text("not the first start\n")

    with supervised(fresh, PORT=str(free_port()), DATABASE_URL=url) as supervisor:
        assert supervisor.process.wait(timeout=30) == 1
        assert told in supervisor.text
        assert "secret" not in supervisor.text
        assert supervisor.text.count("\n") == 1
        assert nothing_lives(fresh)


def test_it_does_not_pretend_to_be_production(fresh: Path) -> None:
    with supervised(fresh, MICROLIFT_ENV="production") as supervisor:
        assert supervisor.process.wait(timeout=20) == 1
        assert "docs/operations.md" in supervisor.text
