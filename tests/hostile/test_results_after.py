"""After all the numbers that anybody can think of, results are still computed, and from the sound ones alone."""

import json
import math

import pytest
from django.utils import timezone

from experiments import results, rollups
from experiments.computing import compute_open_phases
from experiments.lifecycle import start
from experiments.snapshot import SNAPSHOT
from tests.factories import make_experiment, make_goal, make_key, make_project
from tests.hostile.corpus import OTHERS, TEXTS, Sent
from tests.hostile.formats import DOORS, filled
from tests.hostile.knocking import knock
from tracking.access import KEYRING

BUYERS = 40


@pytest.fixture
def shop(db):
    """A test that decides by money, counted in every way that there is."""
    project = make_project()
    measures = {"sum": {"property": "value"}, "count": {}, "once": {}, "once_per_session": {}}
    goals = [
        make_goal(project, f"by-{name.replace('_', '-')}", level="macro", event="purchase", measure=name, **fields)
        for name, fields in measures.items()
    ]
    experiment = make_experiment(project, "hero", kind="external", goals=goals)
    start(experiment, at=timezone.now())
    KEYRING.forget()
    SNAPSHOT.forget()
    yield experiment, make_key(project, scopes=("read", "import"))[1]
    KEYRING.forget()
    SNAPSHOT.forget()


def send(key, number, name, visitor, properties):
    body = filled(DOORS["/v1/events"].body, number, NAME=name, VISITOR=visitor)
    body = body.replace(b'{"value":12.5}', properties)
    assert knock(DOORS["/v1/events"], Sent("", body), key).status in {200, 400}


def no_strange_number(value):
    if isinstance(value, dict | list):
        return all(no_strange_number(one) for one in (value.values() if isinstance(value, dict) else value))
    return not isinstance(value, float) or math.isfinite(value)


def test_results_are_computed_after_every_strange_number(shop):
    experiment, key = shop
    strange = [*OTHERS.values(), *TEXTS.values()]
    for number in range(BUYERS + len(strange)):
        visitor, arm = b'"visitor-%d"' % number, (b"original", b"green")[number % 2]
        seen = b'{"experiment":"hero","variant":"%b"}' % arm
        send(key, 2 * number, b'"experiment_viewed"', visitor, seen)
        value = b"10" if number < BUYERS else strange[number - BUYERS]
        send(key, 2 * number + 1, b'"purchase"', visitor, b'{"value":%b}' % value)

    while rollups.roll_up(seconds=30):
        pass
    assert compute_open_phases(timezone.now()) == 1

    found = results.read(results.latest_phase(experiment), now=timezone.now())
    assert found["error"] in (None, "")
    assert found["health"]["enrolled"] == BUYERS + len(strange)
    assert no_strange_number(json.loads(json.dumps(found, default=str, allow_nan=False)))
