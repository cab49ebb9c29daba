"""The production path of docs/operations.md, with its own commands: one process each, servers given by address."""

import re
import shlex
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path

import psycopg
import pytest

from config import embedded, household, places
from config.household import Address
from config.processes import Child, run_to_end, wait_until
from tests.house import clean_environment, free_port

DOCUMENT = (places.CODE / "docs" / "operations.md").read_text()


@pytest.fixture(scope="module")
def environ(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, str]]:
    """What production is given; its servers happen to be started by us, but it does not know."""
    folder = tmp_path_factory.mktemp("servers")
    with embedded.servers(folder, wanted=embedded.BOTH, share=False):
        url = places.embedded_database_url(folder)
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("CREATE DATABASE elsewhere")
        yield clean_environment(
            MICROLIFT_ENV="production",
            SECRET_KEY="0123456789abcdefghijklmnopqrstuvwxyz-0123456789",
            DATABASE_URL=url.replace("/microlift?", "/elsewhere?"),
            REDIS_URL=places.embedded_redis_url(folder),
            ALLOWED_HOSTS="lift.example, 127.0.0.1",
            PUBLIC_URL="https://lift.example",
            STATIC_ROOT=str(folder / "static"),
            MICROLIFT_DATA_DIR=str(folder / "untouched"),
            MICROLIFT_DEMO="true",
        )


def documented(what: str, port: int, folder: Path) -> list[str]:
    """The one command of the document that contains ``what``, for this machine."""
    (line,) = re.findall(
        rf"^    (?:MICROLIFT_PROCESS=\w+ +)?(\.venv/bin/.*{what}.*?)(?: +#.*)?$", DOCUMENT, re.MULTILINE
    )
    line = line.replace("8000", str(port)).replace("/srv/microlift", str(folder))
    program, *arguments = shlex.split(line)
    return [str(Path(sys.executable).with_name(Path(program).name)), *arguments]


def status_of(url: str) -> int:
    # As the proxy would: TLS ended there.
    asked = urllib.request.Request(url, headers={"X-Forwarded-Proto": "https"})
    try:
        with urllib.request.urlopen(asked) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


PROGRAMS = {"web": "granian", "worker": "celery -A config worker", "beat": "celery -A config beat"}
EXPECTED = {"/admin/login/": 200, "/api/v1/docs/": 200, "/demo/shop/": 404}


def test_the_documented_commands_run_it_and_the_demo_is_not_served(environ: Mapping[str, str], tmp_path: Path) -> None:
    address = Address("127.0.0.1", free_port())
    for step in ("migrate", "collectstatic"):
        assert run_to_end(Child(step, documented(step, 0, tmp_path), tmp_path / "log", environ)) == 0
    processes = {
        name: Child(name, documented(program, address.port, tmp_path), tmp_path / name, environ)
        for name, program in PROGRAMS.items()
    }

    try:
        for child in processes.values():
            child.start()
        household.wait_for_web(processes["web"], address)

        assert {path: status_of(address.local_url + path) for path in EXPECTED} == EXPECTED
        assert wait_until(lambda: bool(list(tmp_path.glob("beat-schedule*"))), seconds=20)
        assert all(child.alive for child in processes.values())
    finally:
        household.stop_all(processes)
    assert not Path(environ["MICROLIFT_DATA_DIR"]).exists()
