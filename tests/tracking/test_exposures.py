"""Every spelling of an exposure is the same event, through every format that can carry it."""

import json
from datetime import UTC, datetime

import pytest

from tracking.wire import ga4, growthbook, native, segment
from tracking.wire.exposures import viewed
from tracking.wire.growthbook import Arrival
from tracking.wire.native import Filtered, IncomingEvent

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
# As GrowthBook's plugins of 1.8.0 (JavaScript) and 4.0.0 (Python), the data layer, Segment's specification, and we do.
SPELLINGS = [
    (
        "Experiment Viewed",
        {"experimentId": "hero", "variationId": "green", "hashAttribute": "id", "hashValue": "ann"},
    ),
    (
        "$$experiment_viewed",
        {"experiment_id": "hero", "variation_id": 1, "variation_key": "green", "in_experiment": True},
    ),
    ("experiment_viewed", {"experiment_id": "hero", "variation_id": "green"}),
    (
        "Experiment Viewed",
        {"experiment_id": "hero", "experiment_name": "Hero", "variation_id": "green", "variation_name": "Green"},
    ),
    ("Experiment Viewed", {"experiment_id": "hero", "variation_id": "green"}),
    ("experiment_viewed", {"experiment": "hero", "variant": "green"}),
]
FORMATS = {
    "native": lambda name, told: native.parse(
        json.dumps({"events": [{"id": "e", "name": name, "visitor_id": "ann", "properties": told}]}).encode(), NOON
    ),
    "growthbook": lambda name, told: growthbook.parse(
        json.dumps([{"event_name": name, "properties_json": told, "device_id": "ann"}]).encode(),
        Arrival(NOON, {}, frozenset()),
    ),
    "segment": lambda name, told: segment.parse(
        json.dumps({"event": name, "properties": told, "anonymousId": "ann"}).encode(), NOON, "track"
    ),
    "ga4": lambda name, told: ga4.parse(
        json.dumps({"client_id": "ann", "events": [{"name": name, "params": told}]}).encode(), NOON
    ),
}


@pytest.mark.parametrize(("name", "told"), SPELLINGS)
@pytest.mark.parametrize("read", FORMATS.values(), ids=FORMATS)
def test_every_spelling_through_every_format_is_one_event(read, name, told):
    (found,) = read(name, told)

    assert isinstance(found, IncomingEvent)
    assert (found.name, found.visitor_id) == ("experiment_viewed", "ann")
    assert found.properties == {"experiment": "hero", "variant": "green"}


@pytest.mark.parametrize("read", FORMATS.values(), ids=FORMATS)
def test_who_was_not_in_the_experiment_has_met_nothing(read):
    (found,) = read("Experiment Viewed", {"experimentId": "hero", "in_experiment": False})

    assert isinstance(found, Filtered)
    assert found.reason == "not_in_experiment"


def test_a_phase_is_kept_where_it_is_named_and_is_never_true():
    told = {"experiment": "hero", "variant": "green"}

    assert viewed("experiment_viewed", {**told, "phase": 2}) == {**told, "phase": 2}
    assert viewed("experiment_viewed", {**told, "phase": True}) == told


def test_of_an_index_alone_its_text_is_kept():
    told = {"experiment_id": 7, "variation_id": 0}

    assert viewed("Experiment Viewed", told) == {"experiment": "7", "variant": "0"}


@pytest.mark.parametrize("name", ["Experiment", "experiment viewed", "", None, 7, ["Experiment Viewed"]])
def test_what_is_named_otherwise_is_no_exposure(name):
    assert viewed(name, {"experiment": "hero", "variant": "green"}) is None


def test_what_names_no_experiment_stays_what_it_was():
    assert viewed("Experiment Viewed", {"variation_id": "green"}) is None
    assert viewed("Experiment Viewed", {"experiment_id": {}, "variation_id": "green"}) is None


def test_what_the_native_format_says_in_our_words_stays_as_it_is():
    told = {"experiment": "hero", "variant": "green", "phase": 3, "page": "/pricing"}
    event = {"id": "e", "name": "experiment_viewed", "visitor_id": "ann", "properties": told}

    (found,) = native.parse(json.dumps({"events": [event]}).encode(), NOON)

    assert (found.name, found.properties) == ("experiment_viewed", told)
