"""Segment's and RudderStack's messages become our events; what they tell of people does not come along."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from tracking.scrubbing import scrubbed
from tracking.wire.http import Refused
from tracking.wire.native import LARGEST_EVENT, MOST_EVENTS, Filtered, IncomingEvent, Refusal
from tracking.wire.segment import KINDS, parse, write_key_in

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOURS = timedelta(hours=2)
CANARY = "canary@shop.example"


def at(minutes=0, **more):
    return (NOON + timedelta(minutes=minutes, **more)).isoformat().replace("+00:00", "Z")


def message(kind="track", **fields):
    told = {"type": kind, "messageId": "m1", "anonymousId": "ann"}
    return {**told, **({"event": "CTA Clicked"} if kind == "track" else {}), **fields}


def read(*messages, kind="batch", **envelope):
    return parse(json.dumps({"batch": messages, **envelope}).encode(), NOON, kind)


def one(kind="track", **fields):
    (found,) = read(message(kind, **fields))
    return found


def test_a_track_call_is_an_event_of_its_own_name():
    found = one(userId="u1", properties={"value": 19.9}, timestamp=at(-1))

    assert found == IncomingEvent(
        "m1", "CTA Clicked", "ann", "u1", NOON - timedelta(minutes=1), {"value": 19.9}, {}, ""
    )


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("page", "page_view"),
        ("screen", "screen_view"),
        ("identify", "identify"),
        ("alias", "alias"),
        ("group", "group"),
    ],
)
def test_each_kind_is_an_event_of_a_name_that_marketers_know(kind, name):
    assert one(kind, userId="u1").name == name


@pytest.mark.parametrize("kind", KINDS)
def test_an_address_for_one_message_says_of_what_kind_it_is(kind):
    single, listed = message("anything", event="x"), read(message(kind, event="x"))

    assert parse(json.dumps(single).encode(), NOON, kind) == listed


def test_identify_links_a_visitor_to_a_user_and_keeps_no_trait():
    found = one("identify", userId="u1", traits={"email": CANARY}, context={"traits": {"email": CANARY}})

    assert (found.visitor_id, found.user_id, found.properties) == ("ann", "u1", {})
    assert CANARY not in str(found)


def test_alias_says_of_the_earlier_id_that_it_is_the_users():
    found = one("alias", previousId="old", userId="u1")

    assert (found.visitor_id, found.user_id) == ("old", "u1")


def test_a_group_keeps_its_id_and_no_trait():
    assert one("group", groupId="acme", traits={"name": CANARY}).properties == {"group_id": "acme"}


def test_who_is_known_by_a_user_id_alone_is_a_visitor_of_that_id():
    for nothing in (None, ""):
        found = one(anonymousId=nothing, userId=42)
        assert (found.visitor_id, found.user_id) == ("42", "42")


def test_a_message_of_nobody_is_refused():
    assert one(anonymousId=None) == Refusal("m1", "no_id")


def test_a_page_is_seen_under_its_address():
    page = {"url": "https://shop.example/a?x=1", "referrer": "$direct", "title": "Shop", "search": "?x=1", "path": "/a"}
    found = one("page", name="Home", properties=page)

    assert found.properties == {
        "name": "Home", "page_location": "https://shop.example/a?x=1", "page_title": "Shop",
    }  # fmt: skip
    assert found.context == {"url": "https://shop.example/a?x=1", "title": "Shop"}


def test_of_the_context_page_campaign_library_and_session_are_kept_and_nothing_of_the_person():
    campaign = {"source": "news", "medium": "email", "name": "spring", "term": "", "content": 5}
    context = {
        "page": {"url": "https://shop.example/", "referrer": "https://g.example/", "title": "Shop"},
        "campaign": campaign, "library": {"name": "analytics.js", "version": "1.2"}, "sessionId": 1700,
        "ip": "192.0.2.7", "userAgent": CANARY, "traits": {"email": CANARY}, "device": {"id": CANARY}, "test": True,
    }  # fmt: skip

    found = one(context=context)

    assert (found.context["ip"], found.context["userAgent"]) == ("192.0.2.7", CANARY), "to find country and device"
    assert scrubbed(found).context == {
        "url": "https://shop.example/", "referrer": "https://g.example/", "title": "Shop",
        "sdk": "analytics.js 1.2", "session_id": "1700", "test": True,
        "attributes": {"utmSource": "news", "utmMedium": "email", "utmCampaign": "spring"},
    }  # fmt: skip
    assert found.excluded == "test"


def test_what_a_batch_says_of_all_each_message_may_say_otherwise():
    shared = {"library": {"name": "of all"}, "page": {"url": "https://a.example/"}}

    first, second = read(message(), message(messageId="m2", context={"library": {"name": "own"}}), context=shared)

    assert (first.context["sdk"], second.context["sdk"]) == ("of all", "own")
    assert second.context["url"] == "https://a.example/"


@pytest.mark.parametrize(
    ("context", "kept"),
    [
        ({"consent": {"categoryPreferences": {"Advertising": True, "Analytics": False}}}, False),
        ({"consent": {"categoryPreferences": {"Advertising": False, "Analytics": True}}}, True),
        ({"consentManagement": {"provider": "oneTrust", "deniedConsentIds": ["C0002"]}}, False),
        ({"consentManagement": {"allowedConsentIds": ["C0002"], "deniedConsentIds": ["C0004"]}}, True),
        ({"consent": {"analytics_storage": "denied"}}, False),
        ({"consent": None, "consentManagement": 5}, True),
    ],
)
def test_of_consent_only_its_refusal_is_passed_on(context, kept):
    assert one(context=context).context == ({} if kept else {"consent": "denied"})


# ---- names of steps to an order ----


@pytest.mark.parametrize(
    ("event", "name"),
    [
        ("Product Viewed", "view_item"),
        ("Product Added", "add_to_cart"),
        ("Checkout Started", "begin_checkout"),
        ("Order Completed", "purchase"),
        ("order completed", "purchase"),
        ("Completed Order", "purchase"),
        ("Order Completed By Phone", "Order Completed By Phone"),
    ],
)
def test_a_step_to_an_order_has_one_name_whoever_tells_it(event, name):
    assert one(event=event).name == name


@pytest.mark.parametrize(
    ("told", "value"),
    [
        ({"value": 1, "revenue": 2, "total": 3}, {"value": 1, "revenue": 2, "total": 3}),
        ({"revenue": 2, "total": 3}, {"value": 2, "total": 3}),
        ({"total": 3, "currency": "PLN"}, {"value": 3, "currency": "PLN"}),
        ({}, {}),
    ],
)
def test_an_orders_value_is_what_it_brought_without_shipping_and_tax(told, value):
    assert one(event="Order Completed", properties=told).properties == value


def test_an_order_names_its_transaction_and_its_items():
    products = [{"product_id": "p1", "sku": "s1", "name": "Mug", "price": 5, "quantity": 2}, "odd"]

    found = one(event="Order Completed", properties={"order_id": "o-1", "products": products})

    item = {"item_id": "p1", "sku": "s1", "item_name": "Mug", "price": 5, "quantity": 2}
    assert found.properties == {"transaction_id": "o-1", "items": [item, "odd"]}


def test_an_own_event_keeps_its_properties_as_they_are():
    told = {"order_id": 1, "revenue": 2, "products": []}

    assert one(event="Sheep Counted", properties=told).properties == told


# ---- time ----


@pytest.mark.parametrize("field", ["timestamp", "originalTimestamp"])
def test_a_clock_that_is_wrong_is_set_right_by_the_time_of_sending(field):
    wrong = {field: at(-5, days=-3)}

    (batched,) = read(message(**wrong), sentAt=at(days=-3))
    (own,) = read(message(**wrong, sentAt=at(days=-3)))
    (again,) = read(message(**wrong, sentAt=at(days=-9)), sentAt=at(days=-3))

    assert {found.occurred_at for found in (batched, own, again)} == {NOON - timedelta(minutes=5)}


def test_what_is_imported_happened_when_it_says_whenever_it_was_first_sent():
    then = message(timestamp=at(days=-2), sentAt=at(days=-2))

    (found,) = read(then, kind="import")

    assert found.occurred_at == NOON - timedelta(days=2)


def test_what_is_imported_may_be_of_any_day_and_else_a_week_old():
    then = message(timestamp=at(days=-900))

    imported, usual = read(then, kind="import"), read(then)

    assert imported[0].occurred_at == NOON - timedelta(days=900)
    assert usual == [Refusal("m1", "too_old")]
    assert parse(json.dumps({"batch": [then]}).encode(), NOON, latest=None) == imported


def test_a_time_to_come_is_now_and_further_ahead_a_mistake():
    near, far = read(message(timestamp=at(days=1)), message(timestamp=at(1, days=1)))

    assert (near.occurred_at, far) == (NOON, Refusal("m1", "too_far_ahead"))


def test_the_senders_own_time_goes_before_one_that_somebody_has_corrected():
    (found,) = read(message(originalTimestamp=at(-5, days=3), timestamp=at(-4), sentAt=at(days=3)))

    assert found.occurred_at == NOON - timedelta(minutes=5)
    assert found.context == {"clock_skew": 3 * 86_400}


@pytest.mark.parametrize("kind", ["track", "batch"])
def test_a_single_message_is_corrected_as_one_of_a_batch(kind):
    wrong = message(timestamp=at(-5, days=-3), sentAt=at(days=-3))

    (found,) = parse(json.dumps(wrong if kind == "track" else {"batch": [wrong]}).encode(), NOON, kind)

    assert found.occurred_at == NOON - timedelta(minutes=5)
    assert found.context == {"clock_skew": -3 * 86_400}


@pytest.mark.parametrize(
    "time",
    ["yesterday", 5, [1], "0001-01-01T00:00:00+14:00", "2026-13-01", "2026-02-30", "1970-01-01T00:00:00Z",
     1772366400, 1772366400000, "1772366400", "2003010100000", 1e18, "9999-12-31T23:59:59-14:00", True],
)  # fmt: skip
def test_a_time_that_cannot_be_refuses_its_message_alone(time):
    found, good = read(message(timestamp=time), message(messageId="m2"))

    assert found == Refusal("m1", "illegal_time")
    assert good.occurred_at == NOON


def test_a_time_of_sending_that_is_none_changes_nothing():
    (found,) = read(message(timestamp=at(-5)), sentAt="now")

    assert found.occurred_at == NOON - timedelta(minutes=5)


# ---- ids ----


def test_a_message_without_an_id_sent_again_is_the_same_and_said_twice_is_two():
    def sent(received_at=NOON, **fields):
        told = [{**message(**fields), "messageId": None}] * 2
        return [found.id for found in parse(json.dumps({"batch": told}).encode(), received_at)]

    timed = at(-5)
    first, again = sent(timestamp=timed, sentAt=at()), sent(NOON + HOURS, timestamp=timed, sentAt=at(120))

    assert first == again
    assert len({*first, *sent(event="Other", timestamp=timed), *sent(anonymousId="eve", timestamp=timed)}) == 6
    assert sent() == sent() != sent(NOON + HOURS)


@pytest.mark.parametrize(
    "broken",
    [
        message("weird"),
        message(anonymousId=None),
        message(properties={"a": "x" * LARGEST_EVENT}),
        message(properties={"a": float("nan")}),
        message(timestamp="yesterday"),
        message(event="Experiment Viewed", properties={"experiment_id": "hero", "in_experiment": False}),
    ],
)
def test_what_is_not_stored_is_known_by_the_id_that_its_sender_gave_it(broken):
    (found,) = read(broken)

    assert isinstance(found, Refusal | Filtered)
    assert found.id == "m1"


# ---- what cannot be ----


def test_one_broken_message_refuses_itself_alone():
    broken = [5, None, [], {}, message("weird"), message(None), message(event=None), message(event={})]
    broken += [message(anonymousId="undefined"), message(messageId="x" * 201), message(properties=[1])]
    broken += [message(properties={"a": value}) for value in (2**70, float("nan"), _deep(40), _deep(500))]
    broken += [message(properties={str(n): n for n in range(101)})]

    *refused, kept = read(*broken, message(messageId="good"))

    assert [type(found) for found in refused] == [Refusal] * len(broken)
    assert kept.id == "good"


def _deep(levels):
    return [_deep(levels - 1)] if levels else []


def test_half_an_emoji_spoils_neither_its_message_nor_the_batch():
    assert [found.id for found in read(message(properties={"a": "\ud83d"}), message(messageId="m2"))] == ["m1", "m2"]


@pytest.mark.parametrize("kind", ["track", "batch"])
@pytest.mark.parametrize(("more", "kept"), [(0, True), (1, False)])
def test_a_message_has_room_for_so_many_bytes_as_it_was_sent(kind, more, kept):
    told = message(anonymousId="a" * 150, userId=None, properties={"a": ""})
    told["properties"]["a"] = "x" * (LARGEST_EVENT - len(json.dumps(told)) + more)
    body = json.dumps(told if kind == "track" else {"batch": [told]}).encode()

    (found,) = parse(body, NOON, kind)

    assert isinstance(found, IncomingEvent) is kept
    assert kept or found.reason == "event_too_large"


def test_an_order_at_the_limit_does_not_outgrow_it_in_our_words():
    told = message(userId="u" * 200, anonymousId=None, event="Order Completed", properties={"products": []})
    while len(json.dumps(told)) < LARGEST_EVENT - 60:
        told["properties"]["products"].append({"product_id": 1, "name": "Mug", "brand": "b"})

    assert isinstance(read(told)[0], IncomingEvent)


def test_a_batch_has_an_end():
    assert len(read(*[message(messageId=str(n)) for n in range(MOST_EVENTS)])) == MOST_EVENTS
    with pytest.raises(Refused) as refused:
        read(*[message()] * (MOST_EVENTS + 1))

    assert refused.value.status == 413


@pytest.mark.parametrize("kind", ["batch", "track"])
@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"{", b"\xff{}", b"[" * 100_000, b'{"batch": 5' * 3])
def test_what_is_no_message_is_refused_as_a_whole(kind, body):
    with pytest.raises(Refused) as refused:
        parse(body, NOON, kind)

    assert (refused.value.status, refused.value.code) == (400, "unreadable")


@pytest.mark.parametrize("body", [b"{}", b'{"batch": 5}', b'{"batch": null}', b'{"batch": {}}'])
def test_a_batch_without_a_list_is_none(body):
    with pytest.raises(Refused):
        parse(body, NOON)


def test_the_key_may_stand_in_the_body():
    assert write_key_in(b'{"writeKey": "pk_1", "batch": []}') == "pk_1"
    assert [write_key_in(body) for body in (b"{}", b'{"writeKey": 5}', b'{"writeKey": null}')] == ["", "", ""]
