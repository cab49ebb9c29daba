"""The whole way with real processes: from POST /v1/assign to a result, and what happens when the worker is away."""

import json
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from tests.house import running_house
from tests.http import Caller, eventually

PEOPLE = 400
GREEN = {"selector": "#buy", "text": "Buy now", "background": "#0f7b4f"}


@pytest.fixture(scope="module")
def house():
    with running_house() as running:
        yield running


@pytest.fixture(scope="module")
def keys(house):
    project = json.loads(house.manage("create_project", "Shop", "--json"))
    secret = json.loads(
        house.manage("create_key", project["project"], "--kind", "secret", "--scopes", "read,manage", "--json")
    )
    return {"client": project["client_key"], "secret": secret["key"]}


@pytest.fixture(scope="module")
def api(house, keys):
    return Caller(house.base_url, keys["secret"])


@pytest.fixture(scope="module")
def page(house, keys):
    return Caller(house.base_url, keys["client"])


@pytest.fixture(scope="module")
def experiment(api):
    api.ok("POST", "/api/v1/goals/", {"key": "click", "name": "Click", "level": "micro", "event": "cta_click"})
    api.ok("POST", "/api/v1/goals/", {"key": "call", "name": "Call", "level": "micro", "event": "phone_click"})
    api.ok("POST", "/api/v1/goals/", {"key": "purchase", "name": "Purchase", "level": "macro", "event": "purchase"})
    variants = [{"key": "old", "is_control": True}, {"key": "new", "payload": GREEN}]
    goals = [{"goal": "purchase", "role": "primary"}, {"goal": "click", "role": "secondary"}, {"goal": "call"}]
    content = {"key": "hero", "name": "Hero", "kind": "cta", "variants": variants, "goals": goals}
    api.ok("POST", "/api/v1/experiments/", content)
    api.ok("POST", "/api/v1/experiments/hero/start/", {"at": (datetime.now(UTC) - timedelta(days=8)).isoformat()})
    return "hero"


def result(api):
    status, body = api("GET", "/api/v1/experiments/hero/results/")
    return body if status == 200 and body.get("computed_at") else None


def fresh_result(api, people):
    found = result(api)
    return found if found and not found["stale"] and found["health"]["enrolled"] == people else None


@pytest.fixture(scope="module")
def played(page, experiment):
    """Visitors are assigned, meet their variant, and some of them click and buy. Counts by arm and event."""
    eventually(lambda: page.ok("POST", "/v1/assign", {"visitor_id": "first"})["assignments"], seconds=5)
    counts = Counter()
    for number in range(PEOPLE):
        visitor = f"visitor-{number}"
        arm = page.ok("POST", "/v1/assign", {"visitor_id": visitor})["assignments"][experiment]["variant"]
        names = [
            "experiment_viewed",
            *(["cta_click"] if number % 3 == 0 else []),
            *(["purchase"] if number % 5 == 0 else []),
        ]
        seen = {"experiment": experiment, "variant": arm}
        events = [
            {"id": f"{visitor}-{name}", "name": name, "visitor_id": visitor, "properties": seen} for name in names
        ]
        answers = page.ok("POST", "/v1/events", {"events": events * 2})["results"]
        assert Counter(answer["status"] for answer in answers) == {"stored": len(names), "duplicate": len(names)}
        counts.update((arm, name) for name in names)
    return counts


def converted(body, goal):
    (found,) = [entry for entry in body["goals"] if entry["key"] == goal]
    return {arm["key"]: arm["converted"] for arm in found["variants"]}


def test_what_was_played_is_what_the_result_says(api, played):
    body = eventually(lambda: fresh_result(api, PEOPLE))

    for variant in body["variants"]:
        assert variant["enrolled"] == played[variant["key"], "experiment_viewed"]
    for goal, event in (("click", "cta_click"), ("purchase", "purchase")):
        assert converted(body, goal) == {arm: played[arm, event] for arm in ("old", "new")}
    assert [goal["key"] for goal in body["goals"]][:3] == ["purchase", "click", "call"]
    assert body["verdict"]["code"] == "keep_running"


def test_a_goal_added_later_is_computed_from_past_events(api, played):
    eventually(lambda: fresh_result(api, PEOPLE))
    api.ok("POST", "/api/v1/goals/", {"key": "clicks", "name": "Clicks", "event": "cta_click", "measure": "count"})
    api.ok("POST", "/api/v1/experiments/hero/goals/", {"goal": "clicks"})

    def ready():
        return next((goal for goal in result(api)["goals"] if goal["key"] == "clicks" and goal["progress"] == 1), None)

    late = eventually(ready)

    assert late["exploratory"] is True
    assert {arm["key"]: arm["sum"] for arm in late["variants"]} == {a: played[a, "cta_click"] for a in ("old", "new")}


def test_without_a_worker_the_last_result_stays_and_says_that_it_is_stale(house, api, page, played):
    before = eventually(lambda: fresh_result(api, PEOPLE))
    house.stop_worker()
    try:
        event = {"id": "late", "name": "phone_click", "visitor_id": "visitor-1"}
        assert page.ok("POST", "/v1/events", {"events": [event]})["results"][0]["status"] == "stored"
        after = eventually(lambda: (body := result(api))["stale"] and body, seconds=40)
    finally:
        house.start_worker()

    assert after["computed_at"] == before["computed_at"]
    assert after["goals"] == before["goals"]
    back = eventually(lambda: fresh_result(api, PEOPLE), seconds=60)
    assert (sum(converted(before, "call").values()), sum(converted(back, "call").values())) == (0, 1)


def test_verify_agrees_with_the_running_house(house, played):
    assert "agrees" in house.manage("verify")
