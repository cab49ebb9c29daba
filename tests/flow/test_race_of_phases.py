"""Two thousand visitors are assigned and met while the next phase begins and the test is stopped."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest

from tests.house import running_house
from tests.http import Caller, eventually

pytestmark = pytest.mark.timeout(250)

PEOPLE, THREADS = 2_000, 8
GOALS = [{"goal": "purchase", "role": "primary"}]
# One variant goes, one comes, and the others get other weights: whoever is taken for the other phase is found out.
BEFORE = [{"key": "old", "weight": 1}, {"key": "green", "weight": 1}]
AFTER = [{"key": "old", "weight": 1}, {"key": "blue", "weight": 4}]
MET = """
SELECT e.visitor_id, e.occurred_at, (e.properties ->> 'phase')::int, e.properties ->> 'variant'
FROM tracking_event e WHERE e.name = 'experiment_viewed' ORDER BY e.occurred_at
"""
ENROLLED = """
SELECT v.visitor_id, f.number, e.variant, e.excluded, f.ended_at FROM experiments_enrolment e
JOIN experiments_phase f ON f.id = e.phase_id JOIN tracking_visitor v ON v.person_id = e.person_id
"""


@pytest.fixture(scope="module")
def house():
    with running_house() as running:
        yield running


@pytest.fixture(scope="module")
def keys(house):
    project = json.loads(house.manage("create_project", "Shop", "--json"))
    made = house.manage("create_key", project["project"], "--kind", "secret", "--scopes", "manage,read", "--json")
    return {"page": project["client_key"], "manager": json.loads(made)["key"]}


@pytest.fixture(scope="module")
def manager(house, keys):
    """With the test running."""
    api, page = Caller(house.base_url, keys["manager"]), Caller(house.base_url, keys["page"])
    api.ok("POST", "/api/v1/goals/", {"key": "purchase", "level": "macro", "event": "purchase"})
    api.ok("POST", "/api/v1/experiments/", {"key": "hero", "kind": "json", "variants": BEFORE, "goals": GOALS})
    api.ok("POST", "/api/v1/experiments/hero/start/", {})
    eventually(lambda: page.ok("POST", "/v1/assign", {"visitor_id": "first"})["assignments"], seconds=10)
    return api


@pytest.fixture(scope="module")
def answered(house, keys, manager):
    """What each visitor was told and has told back, while a manager changed the test twice."""
    numbers, told = count(), {}
    third, two_thirds = threading.Event(), threading.Event()

    def visit():
        page = Caller(house.base_url, keys["page"])
        while (number := next(numbers)) < PEOPLE:
            told[f"visitor-{number}"] = meet(page, f"visitor-{number}")
            if number == PEOPLE // 3:
                third.set()
            if number == PEOPLE * 2 // 3:
                two_thirds.set()

    with ThreadPoolExecutor(THREADS) as pool:
        visits = [pool.submit(visit) for _ in range(THREADS)]
        assert third.wait(120)
        manager.ok("POST", "/api/v1/experiments/hero/new-phase/", {"variants": AFTER})
        assert two_thirds.wait(120)
        manager.ok("POST", "/api/v1/experiments/hero/stop/", {})
        for one in visits:
            one.result()
    eventually(lambda: house.query("SELECT count(*) FROM tracking_due") == [(0,)], seconds=90)
    return told


def meet(page, visitor):
    hero = page.ok("POST", "/v1/assign", {"visitor_id": visitor})["assignments"].get("hero")
    if hero and hero["in_experiment"]:
        seen = {"experiment": "hero", "variant": hero["variant"], "phase": hero["phase"]}
        event = {"id": f"met-{visitor}", "name": "experiment_viewed", "visitor_id": visitor, "properties": seen}
        ((receipt),) = page.ok("POST", "/v1/events", {"events": [event]})["results"]
        assert receipt["status"] == "stored", receipt
    return hero


@pytest.fixture(scope="module")
def enrolled(house, answered):
    """By visitor, the enrolments: number of the phase, variant, why it does not count."""
    found = {}
    for visitor, number, variant, excluded, _ in house.query(ENROLLED):
        found.setdefault(visitor, []).append((number, variant, excluded))
    return found


def test_both_phases_were_met(answered):
    phases = [hero["phase"] if hero else None for hero in answered.values()]

    assert len(phases) == PEOPLE
    assert min(phases.count(1), phases.count(2)) > PEOPLE / 10


def test_every_exposure_obeys_exactly_one_phase(house, answered, enrolled):
    ends = dict(house.query("SELECT number, ended_at FROM experiments_phase"))
    assert None in answered.values() or house.query(MET)[-1][1] >= ends[2], "nobody came after the stop"

    for visitor, met_at, phase, variant in house.query(MET):
        if phase == 2 and met_at >= ends[2]:
            assert visitor not in enrolled, "it was met after the stop"
        else:
            assert enrolled[visitor] == [(phase, variant, "")]


def test_nobody_has_a_variant_that_the_phase_does_not_have(enrolled):
    by_phase = {(number, variant) for ((number, variant, _),) in enrolled.values()}

    assert by_phase == {(1, "old"), (1, "green"), (2, "old"), (2, "blue")}


def test_replay_and_verify_find_nothing(house, enrolled):
    (project,) = json.loads(house.manage("replay_assignments", "--json"))["projects"]

    assert (project["agrees"], project["versions"], project["breaks"]) == (True, 3, [])
    assert sum(phase["enrolments"] for phase in project["phases"]) == len(enrolled)
    house.manage("verify")
