"""A public e-mail test with 64,000 customers through real processes: doubled, disordered, worker killed three times.

Expected figures: Kevin Hillstrom's MineThatData challenge, computed with scipy and statsmodels (``shared/data``).
"""

import json
import os
import random
import signal
import threading
import time
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from experiments.http_client import HttpClient, NotReachable, ServerRefused
from experiments.importing import orders
from experiments.importing.mapping import read_mapping
from experiments.importing.report import Findings
from experiments.importing.rows import open_table
from experiments.importing.translate import translate
from experiments.sending import send, wait_for_key, wait_for_result
from tests.house import running_house

pytestmark = pytest.mark.timeout(300)

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "hillstrom.toml"
ARMS = ("none", "mens", "womens")
DOUBLED, DISORDERED, KILLS = 0.02, 0.01, 3
# Only a rollup takes this lock, shared, and holds it until it commits: experiments.phases.PLAN_LOCK.
OPEN_ROLLUPS = """
SELECT a.pid, a.xact_start FROM pg_stat_activity a JOIN pg_locks l ON l.pid = a.pid
WHERE a.application_name LIKE 'microlift-worker%%' AND l.locktype = 'advisory' AND l.classid = 7301 AND l.granted
"""
# People whom no worker has claimed.
WAITING = "SELECT count(*) FROM (SELECT id FROM tracking_due FOR UPDATE SKIP LOCKED) AS unclaimed"


@pytest.fixture(scope="module")
def house():
    with running_house() as running:
        yield running


@pytest.fixture(scope="module")
def client(house):
    house.manage("create_project", "Mail", "--json")
    made = house.manage("create_key", "mail", "--kind", "secret", "--scopes", "manage,import", "--json")
    return HttpClient(house.base_url, json.loads(made)["key"])


@pytest.fixture(scope="module")
def expected(shared):
    return json.loads((shared / "data" / "expected.json").read_text())["hillstrom"]


def events_of(path, mapping):
    findings = Findings.of(mapping)
    with open_table(path) as table:
        for found in translate(table.rows, mapping, datetime.now(UTC)):
            yield from findings.add(found)


def disturbed(events):
    """One event in fifty comes twice, one in a hundred late: as networks do it, but worse."""
    chance, late = random.Random(7), []
    for event in events:
        if chance.random() < DISORDERED:
            late.append(event)
            continue
        yield event
        if chance.random() < DOUBLED:
            yield event
        if late and chance.random() < 0.002:
            yield from late
            late.clear()
    yield from reversed(late)


@contextmanager
def frozen(leader):
    os.killpg(leader, signal.SIGSTOP)
    try:
        yield
    finally:
        with suppress(ProcessLookupError):  # killed meanwhile
            os.killpg(leader, signal.SIGCONT)


def kill_in_the_middle(house, seconds=60):
    """kill -9 of a worker that stands still inside a rollup, with others waiting; the backlog at that moment."""
    leader, deadline = house.members["worker"].process.pid, time.monotonic() + seconds
    while time.monotonic() < deadline:
        if before := house.query(OPEN_ROLLUPS):
            with frozen(leader):
                time.sleep(0.05)
                # Still the same transaction: it was not just about to commit.
                open_still = set(before) & set(house.query(OPEN_ROLLUPS))
                (backlog,) = house.query(WAITING)[0]
                if open_still and backlog:
                    house.kill("worker")
                    house.start("worker")
                    return backlog
        time.sleep(0.02)
    raise AssertionError("no rollup was seen at work")


@pytest.fixture(scope="module")
def mapping():
    return read_mapping(EXAMPLE.read_text())


@pytest.fixture(scope="module")
def imported(house, client, mapping, shared):
    """The result, how many events were sent twice, and the backlog at each kill."""
    orders.ensure_experiment(client, mapping)
    wait_for_key(client)
    statuses, failures = [], []

    def deliver():
        try:
            for receipts in send(client, disturbed(events_of(shared / "data" / "hillstrom.csv.gz", mapping))):
                statuses.extend(receipt["status"] for receipt in receipts)
        except (NotReachable, ServerRefused) as error:
            failures.append(error)

    delivery = threading.Thread(target=deliver)
    delivery.start()
    backlogs = [kill_in_the_middle(house) for _ in range(KILLS)]
    delivery.join()
    assert not failures
    orders.stop_at_end(client, mapping)
    result = wait_for_result(client, mapping.experiment.key, seconds=120, tick=lambda _: None)
    return {"result": result, "statuses": statuses, "backlogs": backlogs}


def by_arm(result, goal, field):
    (found,) = [entry for entry in result["goals"] if entry["key"] == goal]
    arms = {arm["key"]: arm[field] for arm in found["variants"]}
    return tuple(arms[arm] for arm in ARMS)


def against_none(result, goal, arm):
    return dict(zip(ARMS, by_arm(result, goal, "vs_control"), strict=True))[arm]


def test_it_was_as_rough_as_promised(imported):
    statuses = imported["statuses"]

    assert statuses.count("stored") == 74_550
    assert statuses.count("duplicate") > 0.015 * 74_550
    assert len(imported["backlogs"]) == KILLS
    assert all(backlog > 0 for backlog in imported["backlogs"])


def test_everybody_is_enrolled_and_every_outcome_counted_once(imported):
    result = imported["result"]

    assert tuple(variant["enrolled"] for variant in result["variants"]) == (21_306, 21_307, 21_387)
    assert by_arm(result, "visit", "sum") == (2_262, 3_894, 3_238)
    assert by_arm(result, "conversion", "converted") == (122, 267, 189)
    assert by_arm(result, "spend", "sum") == (13_908.33, 30_311.69, 23_038.11)
    assert set(result["health"]["excluded"].values()) == {0}


def test_the_stored_sums_are_exact_to_the_cent(house, imported):
    sums = "SELECT t.variant, sum(t.total)::text FROM experiments_tally t JOIN tracking_goal g ON g.id = t.goal_id "

    found = dict(house.query(sums + "WHERE g.key = 'spend' GROUP BY 1"))

    assert found == {"none": "13908.330000", "mens": "30311.690000", "womens": "23038.110000"}


@pytest.mark.parametrize("arm", ["mens", "womens"])
@pytest.mark.parametrize("goal", ["visit", "conversion"])
def test_rates_compare_as_scipy_and_statsmodels_say(imported, expected, goal, arm):
    reference = expected[f"{arm}_vs_control_{goal}"]

    found = against_none(imported["result"], goal, arm)

    assert found["diff"] == pytest.approx(reference["diff"], rel=1e-9)
    assert found["lift"] == pytest.approx(reference["lift_rel"], rel=1e-9)
    assert found["p_value"] == pytest.approx(reference["p_two_sided"], rel=1e-9)
    assert found["statistic"] == pytest.approx(reference["z_pooled"], rel=1e-9)
    assert found["newcombe_ci"] == pytest.approx(reference["newcombe95"], rel=1e-9)


@pytest.mark.parametrize("arm", ["mens", "womens"])
def test_spend_compares_as_welch_says(imported, expected, arm):
    reference = expected[f"{arm}_vs_control_spend_welch"]

    found = against_none(imported["result"], "spend", arm)

    assert found["diff"] == pytest.approx(reference["diff"], rel=1e-9)
    assert found["statistic"] == pytest.approx(reference["t"], rel=1e-9)
    assert found["df"] == pytest.approx(reference["df"], rel=1e-9)
    # Never less than Welch's, and only a hair more where the pooled test is the stricter one.
    assert reference["p_two_sided"] * (1 - 1e-9) <= found["p_value"] <= reference["p_two_sided"] * 1.01
    assert found["diff_ci"] == pytest.approx(reference["ci95"], rel=1e-9)


def test_a_finished_import_is_read_as_an_answer(imported, expected):
    result = imported["result"]
    checks = {check["code"]: check for check in result["health"]["checks"]}

    assert result["status"] == "stopped"
    assert result["verdict"]["code"] == "ship"
    assert result["verdict"]["variant"] == "mens"
    assert checks["sample_ratio"]["p_value"] == pytest.approx(expected["srm_equal"]["p"], rel=1e-9)


def test_the_stored_numbers_follow_from_the_events_after_all_that(house, imported):
    (phase,) = [line for line in house.manage("verify").splitlines() if line.startswith("welcome-mail")]

    assert "64,000 persons, 3 goals" in phase
    assert phase.endswith(": agrees")


def numbers_of(goal):
    arms = [arm | {"vs_control": (arm["vs_control"] or {}) | {"refined": None}} for arm in goal["variants"]]
    return goal | {"variants": arms}


def test_importing_the_file_again_changes_nothing(house, client, imported, shared):
    file, before = str(shared / "data" / "hillstrom.csv.gz"), dict(imported["result"])

    printed = house.manage("import_test", file, "--config", str(EXAMPLE), "--url", client.url, "--key", client.key)

    after = client.get("/api/v1/experiments/welcome-mail/results/")
    assert "74,550 events sent: 74,550 duplicate." in printed
    assert "mens       21,307         267  30,311.69 (267)  3,894" in printed
    # What is computed later from people's own values comes to stand beside it; nothing that was there has moved.
    for name in ("variants", "families", "verdict", "started_at", "ended_at"):
        assert after[name] == before[name]
    assert [numbers_of(goal) for goal in after["goals"]] == [numbers_of(goal) for goal in before["goals"]]
