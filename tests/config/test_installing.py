"""`.ci/install`: what pip will not install is told in one line, and where to read more."""

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

from config import places
from tests.house import clean_environment

WHEEL = "thing-1.0-py3-none-any.whl"


@pytest.fixture
def venv(tmp_path: Path) -> Path:
    """As good as one: the interpreter that runs the tests, which has pip; nothing is ever installed into it."""
    python = tmp_path / "venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    return tmp_path / "venv"


def install(venv: Path, offered: str, digest: str) -> subprocess.CompletedProcess[str]:
    """``offered`` is the one file of an index that has nothing else."""
    shelf, lock = venv.parent / "shelf", venv.parent / "some.lock"
    shelf.mkdir()
    (shelf / offered).write_bytes(b"not what was locked")
    lock.write_text(f"thing==1.0 --hash=sha256:{digest}\n")
    return subprocess.run(
        ["sh", ".ci/install", str(venv), str(lock)],
        env=clean_environment(PIP_NO_INDEX="1", PIP_FIND_LINKS=str(shelf), PIP_CONFIG_FILE="/dev/null"),
        cwd=places.CODE,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("offered", "told"),
    [
        pytest.param(WHEEL, "DO NOT MATCH THE HASHES", id="other bytes than locked"),
        pytest.param("thing-1.0.tar.gz", "No matching distribution found for thing==1.0", id="sources only"),
    ],
)
def test_a_package_that_may_not_be_installed_is_told_in_one_line(venv: Path, offered: str, told: str) -> None:
    done = install(venv, offered, hashlib.sha256(b"what was locked").hexdigest())

    assert done.returncode == 1
    assert done.stderr.startswith(f"The packages of {venv.parent}/some.lock could not be installed: ")
    assert told in done.stderr
    assert f"(log: {venv}/install.log)" in done.stderr
    assert done.stderr.count("\n") == 1
