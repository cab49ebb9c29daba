"""The browser client's configuration: what it may decide by itself, what it must ask, and what it is never told."""

import json
import time
from dataclasses import replace

import pytest

from experiments.delivery.browser import configuration_of
from experiments.delivery.browser_audience import LARGEST, audience_of
from experiments.delivery.browser_patterns import is_harmless, pattern_of
from experiments.pages import Page
from experiments.plan import Filter
from tests.served import make_plan, serving
from tracking.queries import ClickGoal

GREEN = {"selector": "#buy", "text": "Buy now"}
FILTERS = (Filter("holdout", "held", ((0.1, 1.0),)), Filter("outside_namespace", "__top", ((0.25, 0.5),), version=1))
VIP = {"condition": {"id": {"$inGroup": "vip"}}, "groups": {"vip": ("canary-4711",)}}


def told_of(plan, **state):
    (told,) = json.loads(configuration_of(serving(plan, **state)).plain)["experiments"].values()
    return told


def test_an_experiment_is_told_with_all_that_showing_it_takes():
    plan = make_plan("hero", {"original": {}, "green": GREEN, "big": {"selector": ".cta"}}, kind="cta", filters=FILTERS)

    told = told_of(replace(plan, condition={"returning": True}, pages=(Page(True, "simple", "/shop"),)))

    assert told == {
        "phase": 3,
        "kind": "cta",
        "state": "running",
        "control": 0,
        "selectors": ["#buy", ".cta"],
        "variants": [
            {"key": "original", "payload": {}},
            {"key": "green", "payload": GREEN},
            {"key": "big", "payload": {"selector": ".cta"}},
        ],
        "decide": {
            "seed": "seed-of-hero",
            "ranges": [[0, 3334], [3334, 6667], [6667, 10000]],
            "filters": [["holdout", "held", 2, [[1000, 10000]]], ["outside_namespace", "__top", 1, [[250, 500]]]],
            "audience": ["in", "returning", [True]],
            "pages": [[True, "path", "^[^/]*/shop/?$"]],
        },
    }


def test_what_is_shipped_is_told_with_its_winner_and_only_the_holdout_stays_out():
    told = told_of(make_plan(filters=FILTERS), state="shipped", shipped="green")

    assert (told["state"], told["shipped"]) == ("shipped", 1)
    assert told["decide"] == {
        **{"seed": "", "ranges": [], "audience": True, "pages": []},
        "filters": [["holdout", "held", 2, [[1000, 10000]]]],
    }


def test_of_a_paused_experiment_nobody_needs_to_know_for_whom_it_was():
    told = told_of(make_plan(unit="user", **VIP, private_groups=("vip",), filters=FILTERS), state="paused")

    assert told["decide"] == {"seed": "", "ranges": [], "filters": [], "audience": True, "pages": []}


@pytest.mark.parametrize(
    ("kind", "selectors"), [("json", None), ("string", None), ("redirect", []), ("popup", []), ("form", ["#buy"])]
)
def test_it_says_where_seeing_is_the_exposure_and_what_the_page_must_ask_for(kind, selectors):
    told = told_of(make_plan(variants={"original": {}, "green": {"selector": "#buy"}}, kind=kind))

    assert (told["kind"], told["selectors"]) == (kind, selectors)


@pytest.mark.parametrize(
    "fields",
    [
        {"unit": "user"},
        VIP,
        {**VIP, "private_groups": ("vip",)},
        {"condition": {"country": "PL"}},
        {"condition": {"os": "iOS"}},
        {"condition": {"channel": {"$ne": "email"}}},
        {"condition": {"user_id": "ann"}},
        {"condition": {"plan": "pro"}},
        {"condition": {"$or": [{"deviceType": "mobile"}, {"country": "PL"}]}},
        {"condition": {"$not": {"plan": {"$exists": True}}}},
        {"condition": {"url.length": 7}},
        {"condition": {"utmSource": {"$in": ["a", "b"], "$gt": "a"}}},
        {"condition": {"utmSource": {"$regexi": "news"}}},
        {"condition": {"utmSource": 7}},
        {"condition": {"path": {"$regex": "(a+)+$"}}},
        {"condition": {"id": {"$in": [f"visitor-{number}" for number in range(LARGEST // 10)]}}},
        {"pages": (Page(True, "simple", "/shop?step=2"),)},
        {"pages": (Page(True, "simple", "/app#/cart"),)},
        {"pages": (Page(True, "simple", "/*/*/*"),)},
        {"pages": (Page(True, "simple", "/shop"), Page(False, "regex", "(a|a)*b"))},
    ],
    ids=str,
)
def test_what_a_browser_cannot_know_or_read_must_be_asked_of_the_server(fields):
    assert told_of(make_plan(**fields))["decide"] is None
    assert told_of(make_plan(**fields), state="shipped", shipped="green")["decide"] is None


def test_whom_a_private_list_names_is_never_told():
    served = serving(make_plan(**VIP, private_groups=("vip",)))

    assert b"canary" not in configuration_of(served).plain
    assert b"vip" not in configuration_of(served).plain


def test_a_goal_that_names_an_element_is_heard_beside_the_published_triggers():
    form = {"key": "lead", "kind": "form_submit", "event": "", "params": {}, "conditions": [], "properties": []}
    clicks = (ClickGoal("add_to_cart", "#buy"), ClickGoal("add_to_cart", ".buy"))

    told = json.loads(configuration_of(replace(serving(), clicks=clicks, triggers=(form,))).plain)

    click = {"kind": "click", "event": "add_to_cart", "conditions": [], "properties": []}
    assert told["triggers"] == [
        form,
        {**click, "key": "goal:add_to_cart:0", "params": {"selector": "#buy"}},
        {**click, "key": "goal:add_to_cart:1", "params": {"selector": ".buy"}},
    ]


@pytest.mark.parametrize(
    ("condition", "audience"),
    [
        ({}, True),
        ({"deviceType": "mobile"}, ["in", "deviceType", ["mobile"]]),
        ({"deviceType": {"$ne": "mobile"}}, ["any", ["not", ["has", "deviceType"]], ["in", "deviceType", ["desktop"]]]),
        ({"utmSource": {"$nin": ["a"]}}, ["not", ["in", "utmSource", ["a"]]]),
        ({"utmSource": {"$nin": [None, "a"]}}, ["all", ["has", "utmSource"], ["not", ["in", "utmSource", ["a"]]]]),
        ({"path": {"$regex": r"^/a\.b"}, "id": {"$exists": True}}, ["all", ["re", "path", r"^/a\.b"], ["has", "id"]]),
        ({"$nor": [{"path": "/a"}, {"path": "/b"}]}, ["not", ["any", ["in", "path", ["/a"]], ["in", "path", ["/b"]]]]),
    ],
)
def test_an_audience_has_one_short_form(condition, audience):
    assert audience_of(condition) == audience


@pytest.mark.parametrize(
    "pattern", ["/pricing", "^/blog/[0-9]+$", "/products?/.*", "^/[a-z]+/[a-z]+$", "(de|en)/about"]
)
def test_patterns_that_people_write_are_tried_in_the_browser(pattern):
    assert pattern_of(Page(True, "regex", pattern)) == (True, "url", pattern)


@pytest.mark.parametrize(
    "pattern", ["(a+)+$", "(a|a)*b", "(a?){30}a{30}b", ".*.*.*x", r"(\w+\s?)+$", "((a{1,20}){1,20})b", "(?=a)", "["]
)
def test_patterns_that_could_hold_a_page_up_are_not(pattern):
    assert not is_harmless(pattern)


def test_two_hundred_experiments_are_prepared_in_the_blink_of_an_eye():
    served = serving(*(make_plan(f"test-{number}", filters=FILTERS) for number in range(200)))
    began = time.perf_counter()

    configuration_of(served)

    assert time.perf_counter() - began < 0.5
