"""A hundred thousand visitors: split as planned, and the same answer whoever is asked, when and how."""

import json
import math
from collections import Counter
from contextlib import contextmanager, suppress

import orjson
import psycopg
import pytest

from config import household
from config.household import Address
from config.processes import wait_until
from tests.house import free_port, running_house
from tests.http import Caller, eventually
from tests.pipelined import ask_all

pytestmark = pytest.mark.timeout(300)

VISITORS = 100_000
WEIGHTS = {"old": 5, "green": 3, "blue": 2}
COVERAGE = 0.9
COUNTRIES = ("PL", "UA", "DE")
NAMES = ("visitor-{}", "відвідувач {}", "gość-ż{}", "😀{}")


def person(number):
    """Every fourth id has another alphabet."""
    return NAMES[number % 4].format(number), COUNTRIES[number % 3]


QUESTIONS = [
    orjson.dumps({"visitor_id": visitor, "attributes": {"country": country}})
    for visitor, country in map(person, range(VISITORS))
]
BY_NAME = [question[:-1] + b',"experiments":["hero"]}' for question in QUESTIONS]
CONTEXTS = [
    orjson.dumps({"context": {"targetingKey": visitor, "country": country}})
    for visitor, country in map(person, range(VISITORS))
]


@pytest.fixture(scope="module")
def house():
    with running_house(start=["web"], environment={"PYTHONHASHSEED": "1"}) as running:
        yield running


@pytest.fixture(scope="module")
def key(house):
    """Of a project in which two tests run for all, one for Polish visitors, and one in a part of an exclusion group."""
    project = json.loads(house.manage("create_project", "Shop", "--json"))
    made = house.manage("create_key", project["project"], "--kind", "secret", "--scopes", "manage,read", "--json")
    api = Caller(house.base_url, json.loads(made)["key"])
    api.ok("POST", "/api/v1/goals/", {"key": "purchase", "level": "macro", "event": "purchase"})
    heavy = [{"key": name, "weight": weight, "payload": {"value": name}} for name, weight in WEIGHTS.items()]
    plain = [{"key": name, "payload": {"value": name}} for name in ("a", "b", "c")]
    start(api, "hero", heavy, coverage=COVERAGE)
    start(api, "banner", plain)
    start(api, "polish", plain, condition={"country": "PL"})
    page = Caller(house.base_url, project["client_key"])
    eventually(lambda: len(page.ok("POST", "/v1/assign", {"visitor_id": "first"})["assignments"]) == 3, seconds=10)
    return project["client_key"]


def start(api, name, variants, **fields):
    goals = [{"goal": "purchase", "role": "primary"}]
    content = {"key": name, "kind": "string", "variants": variants, "goals": goals, **fields}
    api.ok("POST", "/api/v1/experiments/", content)
    api.ok("POST", f"/api/v1/experiments/{name}/start/", {})


@pytest.fixture(scope="module")
def first(house, key):
    """What each visitor is told first, by a process that has just been started."""
    house.stop("web")
    house.start("web")
    return decided(ask_all(house.base_url, "/v1/assign", key, QUESTIONS))


def decided(answers):
    """By visitor and experiment, variant and reason."""
    return [
        {name: (told["variant"], told["reason"]) for name, told in orjson.loads(answer)["assignments"].items()}
        for answer in answers
    ]


def flagged(flag):
    return flag["variant"], flag["metadata"]["detail"]


def test_visitors_are_split_as_planned(first):
    counts = Counter(variant for told in first for variant, reason in [told["hero"]] if reason == "assigned")

    for name, weight in WEIGHTS.items():
        share = COVERAGE * weight / sum(WEIGHTS.values())
        assert abs(counts[name] - VISITORS * share) < 4 * math.sqrt(VISITORS * share * (1 - share))
    reasons = Counter(told["polish"][1] for told in first)
    assert reasons == {"assigned": -(-VISITORS // 3), "outside_audience": VISITORS * 2 // 3}


def test_asked_for_one_experiment_it_is_the_same_as_for_all(house, key, first):
    alone = decided(ask_all(house.base_url, "/v1/assign", key, BY_NAME))

    assert alone == [{"hero": told["hero"]} for told in first]


def test_openfeature_is_told_the_same_by_all_flags_at_once(house, key, first):
    answers = ask_all(house.base_url, "/ofrep/v1/evaluate/flags", key, CONTEXTS)

    assert [{flag["key"]: flagged(flag) for flag in orjson.loads(answer)["flags"]} for answer in answers] == first


def test_openfeature_is_told_the_same_by_one_flag(house, key, first):
    answers = ask_all(house.base_url, "/ofrep/v1/evaluate/flags/polish", key, CONTEXTS)

    assert [flagged(orjson.loads(answer)) for answer in answers] == [told["polish"] for told in first]


def test_a_restart_changes_nobody(house, key, first):
    house.stop("web")
    house.start("web")

    assert decided(ask_all(house.base_url, "/v1/assign", key, QUESTIONS)) == first


def test_a_second_process_tells_everyone_the_same(house, key, first):
    with another_web(house) as base_url:
        assert decided(ask_all(base_url, "/v1/assign", key, QUESTIONS)) == first


def test_asked_again_without_postgresql_everyone_is_told_the_same(house, key, first):
    house.servers["postgresql"].stop()
    try:
        assert decided(ask_all(house.base_url, "/v1/assign", key, QUESTIONS)) == first
    finally:
        house.servers["postgresql"].start()
        assert wait_until(lambda: is_back(house), seconds=30)


def is_back(house):
    with suppress(psycopg.OperationalError):
        return house.query("SELECT 1")


@contextmanager
def another_web(house):
    """On the same database; its sets and dictionaries are in another order."""
    address = Address("127.0.0.1", free_port())
    web = household.members(house.data, address, {**house.environ, "PYTHONHASHSEED": "2"})["web"]
    web.start()
    try:
        household.wait_for_web(web, address)
        yield address.local_url
    finally:
        web.stop()


def test_two_experiments_split_independently_of_each_other(first):
    table = Counter((told["hero"][0], told["banner"][0]) for told in first if told["hero"][1] == "assigned")

    assert len(table) == 9
    assert chi_square(table) < 18.467  # four degrees of freedom, p = 0.001


def chi_square(table):
    total = sum(table.values())
    rows, columns = Counter(), Counter()
    for (row, column), count in table.items():
        rows[row] += count
        columns[column] += count
    expected = {(row, column): rows[row] * columns[column] / total for row in rows for column in columns}
    return math.fsum((table[cell] - number) ** 2 / number for cell, number in expected.items())
