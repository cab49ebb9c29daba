"""GrowthBook's payload: its own Python SDK decides from it what we decide; nothing in it can become a script."""

import gzip
import json
import re
from dataclasses import replace

import pytest
from growthbook import GrowthBook

from experiments.delivery.growthbook import payload
from experiments.delivery.growthbook_pages import page_condition
from experiments.pages import Page
from experiments.pages import compiled as compiled_pages
from experiments.plan import Filter
from tests.served import make_plan, only, question, serving

PEOPLE = [f"{name}-{number}" for number in range(150) for name in ("ann", "zażółć", "єва", "🦊")]
HOLDOUT = Filter("holdout", "held", ((0.2, 1.0),))
NAMESPACE = Filter("outside_namespace", "__layer", ((0.0, 0.6),), version=1)
POLES = {"country": "PL"}
GREEN = {"selector": "#buy", "text": "Buy <b>now</b> & save", "background": "#0f7b4f", "color": "#fff"}


def content(served):
    return json.loads(payload(served).plain)


def theirs(served, visitor, **attributes):
    """Variant (None outside) and value of the one feature, by GrowthBook's SDK."""
    told = content(served)
    sdk = GrowthBook(
        attributes={"id": visitor, **attributes}, features=told["features"], savedGroups=told["savedGroups"]
    )
    found = sdk.eval_feature(only(served).key)
    result = found.experimentResult
    return (result.key if result and result.inExperiment else None, found.value)


def ours(served, visitor, **attributes):
    user = attributes.pop("user_id", "")
    outcome = only(served).assign(question(visitor, user, **attributes))
    return (outcome.variant.key if outcome.in_experiment else None, outcome.variant.payload)


@pytest.mark.parametrize("state", ["running", "paused", "shipped"])
def test_a_list_that_is_not_public_leaves_nothing_but_the_originals_value(state):
    secret = {"condition": {"id": {"$inGroup": "vip"}}, "groups": {"vip": ("canary-4711",)}, "private_groups": ("vip",)}

    told = content(serving(make_plan(**secret), state=state, shipped="green" if state == "shipped" else None))

    assert [list(feature) for feature in told["features"].values()] == [["defaultValue"]]
    assert (told["experiments"], told["savedGroups"]) == ([], {})
    assert "canary" not in json.dumps(told)


@pytest.mark.parametrize(
    "plan",
    [
        make_plan(),
        make_plan(variants=["a", "b", "c"], coverage=0.37),
        make_plan(filters=(HOLDOUT, NAMESPACE), coverage=0.9),
        make_plan(condition=POLES),
        make_plan(condition={"id": {"$inGroup": "vip"}}, groups={"vip": tuple(PEOPLE[::3])}),
        make_plan(unit="user", filters=(HOLDOUT,)),
        make_plan(pages=(Page(True, "simple", "shop.example/sale*"),)),
    ],
    ids=["plain", "part", "filters", "condition", "group", "user", "page"],
)
@pytest.mark.parametrize("state", ["running", "paused", "shipped"])
def test_growthbooks_sdk_decides_as_we_do(plan, state):
    served = serving(plan, state=state, shipped=plan.variants[1].key if state == "shipped" else None)
    everyone = {"consent": "granted", "country": "PL", "url": "https://shop.example/sale/1", "user_id": "u-1"}
    told = [{}, {"consent": "denied"}, {"country": "PL"}, {"user_id": "u-1"}, {"url": everyone["url"]}, everyone]

    for place, visitor in enumerate(PEOPLE):
        attributes = dict(told[place % len(told)])
        if "user_id" in attributes:
            attributes["user_id"] = f"user-of-{visitor}"
        if attributes.get("consent") != "denied":
            assert theirs(served, visitor, **attributes) == ours(served, visitor, **attributes), (visitor, attributes)
        else:
            assert theirs(served, visitor, **attributes)[0] is None


def test_every_outcome_was_met_in_the_comparison_above():
    served = serving(make_plan(filters=(HOLDOUT, NAMESPACE), coverage=0.9))

    reasons = {only(served).assign(question(visitor)).reason for visitor in PEOPLE}

    assert reasons == {"assigned", "holdout", "outside_namespace", "outside_coverage"}


def test_a_list_is_named_after_its_test_because_two_tests_may_have_frozen_it_differently():
    condition = {"id": {"$inGroup": "vip"}}
    first, second = (make_plan(key, condition=condition, groups={"vip": (key,)}) for key in ("one", "two"))

    told = content(serving(first, second))

    assert told["savedGroups"] == {"one/vip": ["one"], "two/vip": ["two"]}
    assert "one/vip" in json.dumps(told["features"]["one"]["rules"][0]["condition"])


def test_the_date_is_that_of_the_version_and_the_bytes_are_the_same_in_every_process():
    served = serving(make_plan())

    told = content(served)

    assert (told["status"], told["config"], told["dateUpdated"]) == (200, 7, "2026-03-01T12:30:15.123Z")
    assert payload(served) == payload(serving(make_plan()))
    assert gzip.decompress(payload(served).packed) == payload(served).plain
    assert payload(serving(make_plan(), number=8)).tag != payload(served).tag


def test_external_tests_are_not_offered_at_all():
    told = content(serving(make_plan(kind="external")))

    assert (told["features"], told["experiments"]) == ({}, [])


def change_of(plan, **served):
    (found,) = content(serving(plan, **served))["experiments"]
    return found


def test_a_call_to_action_changes_the_page_by_itself_and_its_text_stays_text():
    found = change_of(make_plan(variants={"original": {}, "green": GREEN}, kind="cta"))

    control, green = found["variations"]
    assert control == {}
    assert green["css"] == "#buy{background:#0f7b4f!important;color:#fff!important;}"
    assert green["domMutations"][0] == {
        "selector": "#buy",
        "action": "set",
        "attribute": "html",
        "value": "Buy &lt;b&gt;now&lt;/b&gt; &amp; save",
    }
    assert found["urlPatterns"] == [{"include": True, "type": "simple", "pattern": "*"}]
    assert "js" not in green


@pytest.mark.parametrize(
    "harm",
    [
        {"selector": "#buy{}</style><script>alert(1)</script>"},
        {"selector": "a/*"},
        {"selector": '[x="}body{display:none}"]'},
        {"selector": "#buy", "background": "red;}body{display:none"},
        {"selector": "#buy", "color": "url(//evil.example)"},
    ],
    ids=str,
)
def test_a_payload_that_got_past_its_form_changes_nothing(harm):
    told = content(serving(make_plan(variants={"original": {}, "green": {"background": "#fff", **harm}}, kind="cta")))

    css = "".join(variation.get("css", "") for one in told["experiments"] for variation in one["variations"])

    assert re.fullmatch(r"(#buy\{background:#fff!important;\})?", css)


SALE = (Page(True, "simple", "https://shop.example/old"),)


def redirected(address, **fields):
    plan = make_plan("landing", {"old": {}, "new": {"url": address}}, kind="redirect", **{"pages": SALE, **fields})
    return content(serving(plan))["experiments"]


@pytest.mark.parametrize("address", ["https://shop.example/new", "/new"])
def test_a_redirect_leads_to_a_whole_address_and_keeps_the_query(address):
    (found,) = redirected(address)

    assert found["variations"] == [{}, {"urlRedirect": "https://shop.example/new"}]
    assert found["persistQueryString"] is True
    assert found["urlPatterns"] == [{"include": True, "type": "simple", "pattern": "https://shop.example/old"}]


@pytest.mark.parametrize(
    ("address", "pages"),
    [
        ("https://shop.example/new", ()),
        ("javascript:alert(1)", SALE),
        ("/new", (Page(True, "simple", "/old"),)),
        ("/new", (Page(True, "simple", "*.shop.example/old"),)),
        ("/new", (Page(True, "regex", "shop.example/old"),)),
        ("/new", (*SALE, Page(True, "simple", "https://other.example/old"))),
    ],
)
def test_a_redirect_that_could_lead_astray_is_not_sent(address, pages):
    assert redirected(address, pages=pages) == []


def test_what_is_shipped_shows_to_everybody_and_counts_nobody():
    plan = make_plan(variants={"original": {}, "green": GREEN}, kind="cta", coverage=0.1, filters=(HOLDOUT, NAMESPACE))

    found = change_of(plan, state="shipped", shipped="green")

    assert (found["force"], found["ranges"], found["coverage"]) == (1, [[0, 0], [0, 1]], 1)
    assert [one["seed"] for one in found["filters"]] == ["held"]


@pytest.mark.parametrize("served", [{"state": "paused"}, {"state": "shipped", "shipped": "original"}], ids=str)
def test_where_everybody_sees_the_original_the_page_is_left_alone(served):
    plan = make_plan(variants={"original": {}, "green": GREEN}, kind="cta")

    assert content(serving(plan, **served))["experiments"] == []


ADDRESSES = [
    "https://shop.example/", "https://shop.example", "https://shop.example/sale", "https://SHOP.example/Sale/",
    "https://shop.example/sale/shoes?size=4&utm_source=mail#top", "https://www.shop.example/sale?size=41",
    "https://other.example/sale", "https://other.example/?next=shop.example/sale", "/sale", "/sale?size=4",
    "https://shop.example/%C5%BC%C3%B3%C5%82ty?q=a+b", "https://shop.example:8443/sale", "https://shop.example/sale#top",
    "https://shop.example/presale", "https://shop.example/sale?xsize=4", "https://shop.example/sale?SIZE=4",
    "https://shop.example/sale?Q=1&size=4X",
]  # fmt: skip
PATTERNS = [
    ("simple", "/sale"), ("simple", "*"), ("simple", "/"), ("simple", "/sale*"), ("simple", "shop.example/sale"),
    ("simple", "*.example/sale"), ("simple", "https://shop.example/sale*"), ("simple", "/sale?size=4"),
    ("simple", "/sale?size=4*"), ("simple", "/sale*?size=*"), ("simple", "/żółty"), ("simple", "/sale#top"),
    ("simple", "/sale?size="), ("regex", "^/sale"), ("regex", "[?]size=4(&|$)"), ("regex", r"^https://shop\.example/?$"),
    ("regex", "[^a-z]sale|^/presale"), ("simple", "shop.example:8443/*"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "pattern"), PATTERNS)
@pytest.mark.parametrize("include", [True, False])
def test_as_a_condition_pages_mean_the_same(include, kind, pattern):
    pages = (Page(include, kind, pattern),)
    plan = make_plan(pages=pages)

    for url in ADDRESSES:
        on_page = theirs(serving(plan), "ann", url=url)[0] is not None
        assert on_page == compiled_pages(pages)(url), url


def test_without_an_address_nobody_is_on_a_page():
    served = serving(make_plan(pages=(Page(False, "simple", "/sale"),)))

    assert theirs(served, "ann") == ours(served, "ann") == (None, {"is": "original"})
    assert page_condition(()) == {}


def test_features_have_one_type_throughout():
    numbers = make_plan("number", {"few": {"value": 1}, "many": {"value": 2.5}}, kind="number")
    redirect = make_plan("landing", {"old": {}, "new": {"url": "/new"}}, kind="redirect")

    body = payload(serving(numbers, replace(redirect, pages=SALE))).plain

    assert b'"variations":[1.0,2.5]' in body
    assert b'"variations":["","/new"]' in body
