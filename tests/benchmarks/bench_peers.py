"""The same twenty experiments, asked of others: Unleash's server and an ordinary DRF view, in one run with ours.

Each server has one core and wrk the other; every request is of a fresh visitor. Judge the ratios, not the rates.
"""

import json
import time

import pytest
from django.utils import timezone
from growthbook import GrowthBook

from experiments.assignment import Question
from experiments.delivery import growthbook, native
from experiments.lifecycle import start
from experiments.snapshot import SNAPSHOT, configuration
from tests.benchmarks.bench_serving import ASSIGN_PATH
from tests.benchmarks.serving.load import Asked, answer_of, granian, in_turns, run_load, table
from tests.benchmarks.serving.peers.unleash_server import ASKED as UNLEASH_ASKED
from tests.benchmarks.serving.peers.unleash_server import shown, unleash
from tests.benchmarks.serving.scene import ASSIGN, ATTRIBUTES, draft
from tests.factories import make_project

pytestmark = pytest.mark.timeout(1800)
DRF = {"DJANGO_SETTINGS_MODULE": "tests.benchmarks.serving.peers.drf_settings"}
TIMES = 10


@pytest.fixture(scope="module")
def drf(environ):
    with granian("tests.benchmarks.serving.peers.drf_wsgi:application", {**environ, **DRF}) as server:
        yield server


@pytest.fixture(scope="module")
def peer(house, tmp_path_factory):
    with unleash(house, 20, tmp_path_factory.mktemp("unleash")) as server:
        yield server


@pytest.fixture(scope="module")
def look(product, drf, keys):
    """What both are asked once."""
    asked = Asked(ASSIGN_PATH, ASSIGN, keys["twenty"])
    for server in (product, drf):
        answer_of(server, asked)
    return asked


@pytest.fixture(scope="module")
def rates(product, drf, peer, keys, look):
    asked = Asked(ASSIGN_PATH, ASSIGN, keys["twenty"])
    # Its engine compiles what runs often, and is a third slower before.
    run_load(peer, UNLEASH_ASKED, seconds=10)
    measured = in_turns([("microlift", product, asked), ("DRF view", drf, asked), ("Unleash 7", peer, UNLEASH_ASKED)])
    table(measured, "microlift")
    return measured


@pytest.mark.parametrize("country", ["PL", "FR"])
def test_the_view_gives_the_same_answer(product, drf, look, country):
    ours, theirs = (json.loads(answer_of(port, look, 7, country)) for port in (product, drf))

    assert theirs == ours


def test_unleash_shows_what_we_show_to_the_same_visitor(product, peer, look):
    ours = json.loads(answer_of(product, look))["assignments"]

    theirs = shown(peer)

    assert theirs.keys() == {key for key, one in ours.items() if one["in_experiment"]}
    assert len(theirs) == 10
    assert set(theirs.values()) == {"original", "new"}


def test_ten_times_what_unleash_answers(rates):
    assert rates["microlift"].median >= TIMES * rates["Unleash 7"].median


def test_ten_times_what_a_drf_view_answers(rates):
    assert rates["microlift"].median >= TIMES * rates["DRF view"].median


@pytest.fixture
def served(db):
    project = make_project()
    for number in range(20):
        start(draft(project, number), at=timezone.now())
    SNAPSHOT.forget()
    yield configuration(project.pk)
    SNAPSHOT.forget()


def visitor(number):
    """All that the conditions read, ready made: neither side derives anything here."""
    told = {**ATTRIBUTES, "country": "PL" if number % 2 else "FR", "deviceType": "desktop"}
    return {"id": f"3f1c9a52-0d6b-4c1e-9d0f-{number:012}", **told}


def in_growthbook(served):
    """Its Python SDK, with the payload that we send it, read once; no callback, no plugin."""
    features = json.loads(served.prepared(growthbook.payload).plain)["features"]
    sdk = GrowthBook(features=features)

    def ask(number):
        sdk.set_attributes(visitor(number))
        return {key: sdk.eval_feature(key) for key in features}

    return ask


def per_second(ask):
    """Visitors in a second of processor time, each a new one."""
    number, began = 0, time.process_time()
    while time.process_time() < began + 2:
        number += 1
        ask(number)
    return number / (time.process_time() - began)


def test_in_process_beside_growthbooks_python_sdk(served):
    def ours(number):
        told = visitor(number)
        return native.answer(served, Question(told["id"], attributes=told, url=told["url"]), None)

    theirs, told = in_growthbook(served), [json.loads(ours(number))["assignments"] for number in range(200)]

    for number, assignments in enumerate(told):
        shown_there = {
            key: found.experimentResult.key
            for key, found in theirs(number).items()
            if found.experimentResult and found.experimentResult.inExperiment
        }
        assert shown_there == {key: one["variant"] for key, one in assignments.items() if one["in_experiment"]}
    rates = {"microlift": per_second(ours), "GrowthBook's Python SDK": per_second(theirs)}
    print()
    for name, rate in rates.items():
        print(f"  {name:28} {rate:10,.0f} visitors × 20 a CPU second")
