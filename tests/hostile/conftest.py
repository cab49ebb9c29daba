"""A real web process with a running test, for strangers to attack."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from tests.house import House, running_house
from tests.http import Caller, eventually

VARIANTS = [{"key": "old", "is_control": True}, {"key": "new", "payload": {"text": "Buy"}}]
GOALS = [{"goal": "revenue", "role": "primary"}, {"goal": "orders", "role": "secondary"}]


@dataclass
class Attacked:
    house: House
    client: str
    secret: str

    @property
    def megabytes(self) -> float:
        """Of memory, all processes of web together."""
        group = self.house.members["web"].process
        assert group is not None
        return sum(_kilobytes(folder) for folder in _group(group.pid)) / 1024

    @property
    def processes(self) -> set[str]:
        """That make up web; another one means that one has died."""
        group = self.house.members["web"].process
        assert group is not None
        return {folder.name for folder in _group(group.pid)}


def _group(leader: int) -> list[Path]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            after_name = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(after_name[2]) == leader:
            found.append(folder)
    return found


def _kilobytes(folder: Path) -> int:
    try:
        lines = (folder / "status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("VmRSS:")), 0)


@pytest.fixture(scope="module")
def attacked() -> Iterator[Attacked]:
    with running_house(start=("web",)) as house:
        project = json.loads(house.manage("create_project", "Shop", "--json"))
        arguments = ("--kind", "secret", "--scopes", "read,manage,import", "--json")
        secret = json.loads(house.manage("create_key", project["project"], *arguments))["key"]
        # How many requests there may be is tested elsewhere.
        with psycopg.connect(house.dsn) as connection:
            connection.execute("UPDATE tracking_key SET requests_a_minute = 0")
        _running_test(Caller(house.base_url, secret))
        shop = Attacked(house, project["client_key"], secret)
        eventually(lambda: _assigned(shop))
        time.sleep(1.5)  # until the process has read the keys again
        yield shop


def _running_test(api: Caller) -> None:
    for key, event, measure in (("revenue", "purchase", "sum"), ("orders", "purchase", "count")):
        content = {"key": key, "name": key, "level": "macro", "event": event, "measure": measure}
        api.ok("POST", "/api/v1/goals/", content | ({"property": "value"} if measure == "sum" else {}))
    test = {"key": "hero", "name": "Hero", "kind": "json", "variants": VARIANTS, "goals": GOALS}
    api.ok("POST", "/api/v1/experiments/", test)
    api.ok("POST", "/api/v1/experiments/hero/start/", {})


def _assigned(shop: Attacked) -> bool:
    _, answer = Caller(shop.house.base_url, shop.client)("POST", "/v1/assign", {"visitor_id": "first"})
    return bool(answer.get("assignments"))
