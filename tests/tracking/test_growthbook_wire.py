"""GrowthBook's event plugins: every spelling of an exposure is one event of ours; nothing else gets lost or doubled."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from tracking.wire.growthbook import Arrival, parse
from tracking.wire.http import Refused
from tracking.wire.ids import id_text
from tracking.wire.native import Filtered, IncomingEvent, Refusal

NOON = datetime(2026, 3, 1, 12, 0, 30, tzinfo=UTC)
ARRIVAL = Arrival(NOON, {"hero": 2}, frozenset({"country", "utmSource"}))

# As the plugins of 1.8.0 (JavaScript) and 4.0.0 (Python) send them, and the two specifications.
JAVASCRIPT = {"experimentId": "hero", "variationId": "green", "hashAttribute": "id", "hashValue": "ann"}
PYTHON = {
    "experiment_id": "hero", "variation_id": 1, "variation_key": "green", "in_experiment": True, "hash_used": True,
    "hash_attribute": "id", "hash_value": "ann",
}  # fmt: skip
SEGMENT = {"experiment_id": "hero", "experiment_name": "Hero", "variation_id": "green", "variation_name": "Green"}
SPELLINGS = {
    "Experiment Viewed": JAVASCRIPT,
    "$$experiment_viewed": PYTHON,
    "experiment_viewed": {"experiment_id": "hero", "variation_id": "green"},
    "Experiment Viewed ": SEGMENT,
}


def event(name="Purchase", properties=None, **fields):
    told = {"event_name": name, "properties_json": properties or {}, "device_id": "ann", "user_id": None}
    return {**told, "url": "https://shop.example/", "context_json": {}, **fields}


def read(*events, arrival=ARRIVAL):
    return parse(json.dumps(events).encode(), arrival)


def exposure(**fields):
    (found,) = read(event("Experiment Viewed", {**JAVASCRIPT, **fields.pop("properties", {})}, **fields))
    return found


@pytest.mark.parametrize(("name", "properties"), [(name.strip(), told) for name, told in SPELLINGS.items()])
def test_every_spelling_of_an_exposure_is_the_same_event(name, properties):
    (found,) = read(event(name, properties))

    assert isinstance(found, IncomingEvent)
    assert (found.name, found.visitor_id, found.occurred_at) == ("experiment_viewed", "ann", NOON)
    assert found.properties == {"experiment": "hero", "variant": "green"}
    assert found.id == exposure().id


def test_an_exposure_told_again_is_the_same_and_anybody_elses_or_another_phases_is_not():
    later = Arrival(NOON + timedelta(days=9), {"hero": 2}, frozenset())
    next_phase = Arrival(NOON, {"hero": 3}, frozenset())
    told = event("Experiment Viewed", JAVASCRIPT)

    (again,), (anew,) = read(told, arrival=later), read(told, arrival=next_phase)

    assert again.id == exposure().id
    assert anew.id != again.id
    others = [exposure(properties=other) for other in ({"variationId": "red"}, {"hashValue": "bob"})]
    assert len({again.id, anew.id, *(other.id for other in others)}) == 4


def test_the_visitor_is_whom_the_client_hashed():
    assert exposure(device_id="of the device").visitor_id == "ann"
    found = exposure(properties={"hashAttribute": "user_id", "hashValue": "u-7"}, device_id="dev")
    assert (found.visitor_id, found.user_id) == ("dev", "u-7")
    alone = exposure(properties={"hashAttribute": "user_id", "hashValue": "u-7"}, device_id=None)
    assert (alone.visitor_id, alone.user_id) == ("u-7", "u-7")
    assert exposure(properties={"hashAttribute": "company", "hashValue": "acme"}, device_id="dev").visitor_id == "dev"


def test_a_number_as_an_id_is_the_text_that_the_client_hashed():
    assert exposure(properties={"hashValue": 4711}).visitor_id == "4711"
    assert [id_text(value) for value in (7.0, 1.5, True, None, [1])] == ["7", "1.5", "", "", ""]


def test_a_feature_that_was_evaluated_is_kept_out_and_keeps_nothing_else_out():
    flags = event("Feature Evaluated", {"feature": "hero"}), event("$$feature_evaluated", {"feature_key": "hero"})

    first, own, second = read(flags[0], event(), flags[1])

    assert first == second == Filtered("feature_evaluated")
    assert own.name == "Purchase"


def test_who_was_not_in_the_experiment_has_not_seen_it():
    assert read(event("$$experiment_viewed", {**PYTHON, "in_experiment": False})) == [Filtered("not_in_experiment")]


def test_a_batch_sent_again_at_once_is_the_same_and_what_happens_twice_is_two():
    twice = [event(properties={"value": 10})] * 2
    tomorrow = Arrival(NOON + timedelta(days=1), {}, frozenset())

    first, again, later = read(*twice), read(*twice), read(*twice, arrival=tomorrow)

    assert [one.id for one in first] == [one.id for one in again]
    assert len({one.id for one in (*first, *later)}) == 4


def test_an_own_event_keeps_its_name_and_of_the_attributes_only_those_that_tell_nobody_who_it_is():
    context = {"country": "PL", "email": "ann@shop.example"}
    (found,) = read(event("Add To Cart", {"sku": 7}, context_json=context, utm_source="mail", page_title="Shop"))

    assert (found.name, found.properties) == ("Add To Cart", {"sku": 7})
    assert found.context["attributes"] == {"country": "PL", "utmSource": "mail"}
    assert (found.context["url"], found.context["title"]) == ("https://shop.example/", "Shop")


def test_properties_may_come_as_the_text_of_an_object():
    (found,) = read(event("Experiment Viewed", json.dumps(JAVASCRIPT)))

    assert found.properties == {"experiment": "hero", "variant": "green"}


def test_one_broken_event_refuses_itself_alone():
    broken = [5, {}, event(device_id=None), event("x" * 500), event(properties={"deep": _deep(40)})]
    broken += [event(name) for name in ([], {}, [{}], None, 7, True)]
    broken += [event(device_id=value) for value in (float("inf"), float("nan"), 10**4000, [], {})]

    *refused, kept = read(*broken, event())

    assert [type(one) for one in refused] == [Refusal] * len(broken)
    assert isinstance(kept, IncomingEvent)


def _deep(levels):
    return [_deep(levels - 1)] if levels else []


def test_half_an_emoji_spoils_neither_its_event_nor_the_batch():
    body = json.dumps([event(properties={"title": "\ud83d"}), event()]).encode()

    found = parse(body, ARRIVAL)

    assert [one.name for one in found] == ["Purchase", "Purchase"]


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"null", b"[", b"\xff[]", b"[" * 100_000, b'[{"properties_json": "' + b"[" * 9]
)
def test_what_is_no_batch_is_refused_as_a_whole(body):
    with pytest.raises(Refused) as refused:
        parse(body, ARRIVAL)

    assert (refused.value.status, refused.value.code) == (400, "unreadable")


def test_properties_of_any_depth_are_no_fault_of_ours():
    for levels in (100, 900, 5_000, 100_000):
        text = '"' + "[" * levels + "]" * levels + '"'
        body = f'[{{"event_name": "x", "device_id": "ann", "properties_json": {text}}}]'.encode()

        assert len(parse(body, ARRIVAL)) == 1


def test_a_batch_has_an_end():
    with pytest.raises(Refused) as refused:
        read(*[event()] * 501)

    assert refused.value.status == 413
