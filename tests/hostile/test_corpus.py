"""Every public door and every way we know to upset it: an answer in the door's own words, never a fault, never HTML."""

import gzip

import pytest
from django.utils import timezone

from config.front import DOORS as PUBLIC
from experiments.lifecycle import start
from experiments.snapshot import SNAPSHOT
from tests.factories import make_experiment, make_key, make_project
from tests.hostile.corpus import HEADERS, PATHS_BELOW, QUERIES, Sent, in_every_hole, whole
from tests.hostile.formats import DOORS, filled
from tests.hostile.knocking import complaint_of, knock
from tests.wsgi import BEHIND
from tracking.access import KEYRING

BOMB = gzip.compress(b" " * 50_000_000, 9, mtime=0)


@pytest.fixture
def key(db):
    project = make_project()
    start(make_experiment(project, "hero"), at=timezone.now())
    KEYRING.forget()
    SNAPSHOT.forget()
    yield make_key(project, "client")[1]
    KEYRING.forget()
    SNAPSHOT.forget()


def complaints(answers):
    return {name: found for name, reply in answers if (found := complaint_of(reply))}


def test_every_public_door_is_among_those_that_are_tried():
    assert set(DOORS) == set(PUBLIC)


def test_an_ordinary_body_is_taken_by_every_door(key):
    statuses = {name: knock(door, Sent("", filled(door.body)), key).status for name, door in DOORS.items()}

    # One wants a debug session, the other a token of the installation.
    assert {name for name, status in statuses.items() if status not in {200, 204}} == {"/v1/debug", "/metrics"}


# The one-letter addresses are the same doors.
@pytest.mark.parametrize("address", [name for name, door in DOORS.items() if len(name) > 5 and door.body])
def test_no_value_in_any_place_of_a_body_is_a_fault(key, address):
    door = DOORS[address]

    assert complaints((sent.name, knock(door, sent, key)) for sent in in_every_hole(door)) == {}


@pytest.mark.parametrize("address", DOORS)
def test_no_body_is_a_fault(key, address):
    door = DOORS[address]

    assert complaints((sent.name, knock(door, sent, key)) for sent in whole(door, BOMB)) == {}


@pytest.mark.parametrize("address", DOORS)
def test_no_argument_or_header_is_a_fault(key, address):
    door = DOORS[address]
    good = Sent("", filled(door.body))
    asked = [(query[:40], knock(door, good, key, query=query)) for query in QUERIES]
    told = [(str(headers)[:80], knock(door, Sent("", good.body, headers), key)) for headers in HEADERS]

    assert complaints([*asked, *told]) == {}


@pytest.mark.parametrize("address", [address for address in DOORS if address.endswith("/")])
def test_nothing_below_an_address_is_a_fault(key, address):
    door = DOORS[address]
    good = Sent("", filled(door.body))
    answers = [(below, knock(door, good, key, below=below)) for below in PATHS_BELOW]

    assert complaints((below, reply) for below, reply in answers if reply.body != BEHIND) == {}
