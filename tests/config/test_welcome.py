"""What `make run` prints with the demo on: every address answers, the key works, and a second start says the same."""

import re
import shlex
import signal
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest

from config import places
from tests.house import free_port
from tests.installation import READY, processes_of, supervised

pytestmark = pytest.mark.timeout(240)

# The admin and the result page lead to the login, which answers.
EXPECTED = {"Admin": 200, "Result page": 200, "Demo shop": 200, "API docs": 200}


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="ml-", ignore_cleanup_errors=True) as folder:
        yield Path(folder) / "data"


def block_of(text: str) -> str:
    return text[text.index(READY) :]


def addresses_in(block: str) -> dict[str, str]:
    return dict(re.findall(r"^  (\w[\w ]*?)  +(http\S+)$", block, re.MULTILINE))


def status_of(url: str) -> int:
    try:
        with urllib.request.urlopen(url) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def copied(block: str) -> list[Any]:
    """The answers to the block's curl lines, as pasted into a shell."""
    lines = re.findall(r"^  curl (.*?[^\\])$", block, re.MULTILINE | re.DOTALL)
    return [answer_to(shlex.split(line.replace("\\\n", " "))) for line in lines]


def answer_to(words: list[str]) -> Any:
    url, header = words[0], words[words.index("-H") + 1]
    body = words[words.index("-d") + 1].encode() if "-d" in words else None
    asked = urllib.request.Request(url, body, dict([header.split(": ", 1)]))
    with urllib.request.urlopen(asked) as answer:
        return msgspec.json.decode(answer.read())


def count_events(data: Path) -> int:
    with psycopg.connect(places.embedded_database_url(data)) as connection:
        (row,) = connection.execute("SELECT count(*) FROM tracking_event").fetchall()
    return int(row[0])


def test_all_that_the_welcome_names_works_and_the_next_start_says_the_same(folder: Path) -> None:
    port = str(free_port())
    with supervised(folder, PORT=port, MICROLIFT_DEMO="true") as first:
        first.wait_for("/results/ \\", seconds=150)
        block, played = block_of(first.text), count_events(folder)

        assert {name: status_of(url) for name, url in addresses_in(block).items()} == EXPECTED
        assigned, results = copied(block)
        assert assigned["assignments"]["hero-cta"]["in_experiment"]
        assert results["experiment"] == "hero-cta"
        assert first.end(signal.SIGINT) == 0

    with supervised(folder, PORT=port, MICROLIFT_DEMO="true") as second:
        second.wait_for("/results/ \\")
        assert block_of(second.text) == block
        assert count_events(folder) == played
        assert second.end(signal.SIGINT) == 0
    assert not processes_of(folder)
