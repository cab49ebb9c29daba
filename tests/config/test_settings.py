"""Production guesses nothing: a missing or weak setting stops every command with one line that names it."""

import subprocess
import sys
from pathlib import Path

import pytest

from config import places
from tests.house import clean_environment

PRODUCTION = {
    "MICROLIFT_ENV": "production",
    "SECRET_KEY": "0123456789abcdefghijklmnopqrstuvwxyz-0123456789",
    "DATABASE_URL": "postgresql://me:secret@db.example/shop",
    "REDIS_URL": "redis://cache.example/0",
    "ALLOWED_HOSTS": "lift.example",
    "PUBLIC_URL": "https://lift.example",
}


SHOW = "from config import settings; print(settings.DEMO, settings.DEBUG, settings.SESSION_COOKIE_SECURE)"


def run(folder: Path, *command: str, **changes: str) -> subprocess.CompletedProcess[str]:
    environ = clean_environment(**PRODUCTION, MICROLIFT_DATA_DIR=str(folder / "data"))
    return subprocess.run(
        [sys.executable, *command],
        env={name: value for name, value in (environ | changes).items() if value},
        cwd=places.CODE,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_complete_production_setting_is_accepted_and_touches_no_data_folder(tmp_path: Path) -> None:
    done = run(tmp_path, "-c", SHOW)

    assert done.stdout == "False False True\n", done.stderr
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    ("change", "value"),
    [
        ("SECRET_KEY", ""),
        ("SECRET_KEY", "short"),
        ("DATABASE_URL", ""),
        ("REDIS_URL", ""),
        ("ALLOWED_HOSTS", ""),
        ("ALLOWED_HOSTS", " , "),
        ("PUBLIC_URL", ""),
        ("PUBLIC_URL", "lift.example"),
        ("LOG_LEVEL", "loud"),
        ("DEBUG", "true"),
        ("DEBUG", "yes"),
        ("MICROLIFT_ENV", "prod"),
    ],
)
def test_what_is_missing_or_wrong_is_told_in_one_line(tmp_path: Path, change: str, value: str) -> None:
    done = run(tmp_path, "manage.py", "check", **{change: value})

    assert done.returncode == 1
    assert change in done.stderr
    assert done.stderr.count("\n") == 1


def test_hosts_may_be_written_with_spaces_and_an_address_with_a_slash(tmp_path: Path) -> None:
    show = "from config import settings; print(settings.ALLOWED_HOSTS, settings.PUBLIC_URL)"

    done = run(tmp_path, "-c", show, ALLOWED_HOSTS="a.example, b.example,", PUBLIC_URL="https://a.example/")

    assert done.stdout == "['a.example', 'b.example'] https://a.example\n", done.stderr


def test_a_production_installation_never_has_the_demo(tmp_path: Path) -> None:
    done = run(tmp_path, "-c", SHOW, MICROLIFT_DEMO="true")

    assert done.stdout == "False False True\n", done.stderr
