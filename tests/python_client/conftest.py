"""The Python client as a site would have it, and a real installation to ask."""

import json
import sys
from pathlib import Path

import pytest

from tests.house import running_house
from tests.http import Caller, eventually

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "clients" / "python"))

BLUE = {"selector": "#buy", "text": "Buy now"}
TEST = {
    "key": "hero-cta",
    "name": "Hero button",
    "kind": "cta",
    "variants": [
        {"key": "original", "name": "Original", "is_control": True, "weight": 1, "payload": {}},
        {"key": "blue", "name": "Blue", "weight": 1, "payload": BLUE},
    ],
    "goals": [{"goal": "purchase", "role": "primary"}],
}


@pytest.fixture(scope="session")
def house():
    """With one running test, ``hero-cta``."""
    with running_house(start=["web"]) as house:
        house.manage("create_project", "Site", "--json")
        made = house.manage("create_key", "site", "--kind", "secret", "--scopes", "manage,read", "--json")
        house.key = json.loads(made)["key"]
        call = Caller(house.base_url, house.key)
        call.ok(
            "POST", "/api/v1/goals/", {"key": "purchase", "name": "Purchase", "event": "purchase", "level": "macro"}
        )
        call.ok("POST", "/api/v1/experiments/", TEST)
        call.ok("POST", "/api/v1/experiments/hero-cta/start/", {})
        eventually(lambda: call.ok("POST", "/v1/assign", {"visitor_id": "ann"})["assignments"])
        yield house
