"""The first 6,000 customers of the e-mail test once more, this time each in the arm that our assignment gives."""

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from decimal import Decimal
from itertools import islice
from pathlib import Path

import pytest

from experiments.http_client import HttpClient
from experiments.importing import orders
from experiments.importing.mapping import read_mapping
from experiments.importing.rows import open_table
from experiments.sending import send, wait_for_key, wait_for_result
from tests.house import running_house
from tests.http import eventually

pytestmark = pytest.mark.timeout(200)

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "hillstrom.toml"
ROWS, KEY = 6_000, "mail-by-assignment"
# With three arms, two hundred wrong answers in a row mean that one arm is never given.
MOST_TRIES = 200


@pytest.fixture(scope="module")
def clients():
    """Of the manager and of the page."""
    with running_house() as house:
        project = json.loads(house.manage("create_project", "Mail", "--json"))
        made = house.manage("create_key", project["project"], "--kind", "secret", "--scopes", "manage", "--json")
        yield HttpClient(house.base_url, json.loads(made)["key"]), HttpClient(house.base_url, project["client_key"])


@pytest.fixture(scope="module")
def rows(shared):
    with open_table(shared / "data" / "hillstrom.csv.gz") as table:
        return [(row.number, row.cells) for row in islice(table.rows, ROWS)]


@pytest.fixture(scope="module")
def mapping():
    return read_mapping(EXAMPLE.read_text())


def start(manager, mapping):
    orders.ensure_goals(manager, mapping.outcome)
    order = orders.experiment_order(mapping) | {"key": KEY, "kind": "json"}
    manager.post("/api/v1/experiments/", order)
    manager.post(f"/api/v1/experiments/{KEY}/start/", {})


def assigned(page, visitor):
    return page.post("/v1/assign", {"visitor_id": visitor, "experiments": [KEY]})["assignments"][KEY]


def visitor_in(page, number, arm):
    """The first of ``<row>-0``, ``<row>-1`` … whom the server gives this arm, and how many were asked."""
    for attempt in range(MOST_TRIES):
        if assigned(page, visitor := f"{number}-{attempt}")["variant"] == arm:
            return visitor, attempt + 1
    raise AssertionError(f"nobody is assigned to {arm}")


def events_of(visitor, arm, cells):
    yield "experiment_viewed", {"experiment": KEY, "variant": arm}
    for goal in ("visit", "conversion"):
        if cells[goal] == "1":
            yield goal, {}
    if Decimal(cells["spend"]):
        yield "spend", {"value": Decimal(cells["spend"]), "currency": "USD"}


@pytest.fixture(scope="module")
def played(clients, rows, mapping):
    manager, page = clients
    start(manager, mapping)
    wait_for_key(page)
    eventually(lambda: assigned(page, "somebody")["in_experiment"], seconds=10)
    wanted = [mapping.arm.values[cells["segment"]] for _number, cells in rows]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda row, arm: visitor_in(page, row[0], arm), rows, wanted))
    # Told, not left to the time of receipt: batches overtake each other, and a conversion must follow its exposure.
    now = datetime.now(UTC)
    events = [
        {"id": f"{visitor}:{name}", "name": name, "visitor_id": visitor, "occurred_at": now, "properties": properties}
        for (visitor, _asked), arm, (_number, cells) in zip(found, wanted, rows, strict=True)
        for name, properties in events_of(visitor, arm, cells)
    ]
    statuses = Counter(receipt["status"] for receipts in send(page, events) for receipt in receipts)
    result = wait_for_result(manager, KEY, seconds=60, tick=lambda _: None)
    return {
        "result": result,
        "asked": sum(asked for _visitor, asked in found),
        "statuses": statuses,
        "sent": len(events),
    }


def by_arm(result, goal, field):
    (found,) = [entry for entry in result["goals"] if entry["key"] == goal]
    return {arm["key"]: arm[field] for arm in found["variants"]}


def played_by_arm(rows, mapping, column):
    sums = dict.fromkeys(mapping.variants, Decimal(0))
    for _number, cells in rows:
        sums[mapping.arm.values[cells["segment"]]] += Decimal(cells[column]) if column else 1
    return {arm: float(total) for arm, total in sums.items()}


def test_whoever_was_only_asked_about_is_not_enrolled(played):
    assert played["asked"] > 2 * ROWS
    assert played["statuses"] == {"stored": played["sent"]}
    assert played["result"]["health"]["enrolled"] == ROWS
    assert set(played["result"]["health"]["excluded"].values()) == {0}


def test_each_arm_holds_just_the_rows_played_to_it(played, rows, mapping):
    enrolled = {variant["key"]: variant["enrolled"] for variant in played["result"]["variants"]}

    assert enrolled == played_by_arm(rows, mapping, None)


@pytest.mark.parametrize("goal", ["visit", "conversion", "spend"])
def test_outcomes_per_arm_are_those_of_the_rows(played, rows, mapping, goal):
    assert by_arm(played["result"], goal, "sum") == played_by_arm(rows, mapping, goal)
