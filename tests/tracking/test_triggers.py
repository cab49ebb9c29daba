"""Triggers: what may be written of one, with a sentence for everything that may not, and what it tells."""

import pytest

from tracking.trigger_kinds import OPERATORS, SUBJECTS, TRIGGER_KINDS
from tracking.triggers import (
    EVENT_NAME,
    complaints,
    conditions_complaints,
    event_complaint,
    event_of,
    events_of,
    pattern_complaint,
    properties_complaints,
    with_defaults,
)

NEEDED = {"selector": "#buy", "name": "booked"}


def needed(kind):
    return {param.name: NEEDED[param.name] for param in TRIGGER_KINDS[kind].params if param.required}


@pytest.mark.parametrize("kind", TRIGGER_KINDS)
def test_every_kind_is_fine_with_what_it_needs_and_with_its_own_defaults(kind):
    assert complaints(kind, needed(kind)) == {}
    assert complaints(kind, with_defaults(kind, needed(kind))) == {}
    assert event_complaint(kind, needed(kind), "") == ""


@pytest.mark.parametrize("kind", TRIGGER_KINDS)
def test_every_kind_tells_legal_events_and_asks_known_subjects(kind):
    names = events_of(kind, needed(kind))

    assert names
    assert all(EVENT_NAME.fullmatch(name) for name in names)
    assert events_of(kind, needed(kind), "chosen") == ("chosen",)
    assert set(TRIGGER_KINDS[kind].subjects) <= set(SUBJECTS)
    assert set(TRIGGER_KINDS[kind].subjects)


def test_events_are_called_as_google_calls_them():
    assert event_of("scroll_depth", {}) == "scroll"
    assert event_of("download", {}) == "file_download"
    assert event_of("contact_click", {}) == ""
    assert event_of("data_layer", {"name": "add_to_cart"}) == "add_to_cart"
    assert events_of("media_progress", {}) == ("video_start", "video_progress", "video_complete")


@pytest.mark.parametrize(
    ("kind", "params", "wrong"),
    [
        ("click", {}, "selector"),
        ("click", {"selector": "Buy now"}, "selector"),
        ("click", {"selector": 7}, "selector"),
        ("click", {"selector": "#" + "x" * 300}, "selector"),
        ("click", {"selector": "#buy", "color": "red"}, "color"),
        ("form_start", {"selector": "##("}, "selector"),
        ("scroll_depth", {"percents": [25, 101]}, "percents"),
        ("scroll_depth", {"percents": 25}, "percents"),
        ("scroll_depth", {"percents": [25] * 21}, "percents"),
        ("scroll_depth", {"percents": [True]}, "percents"),
        ("time_on_page", {"seconds": 0}, "seconds"),
        ("time_on_page", {"seconds": "30"}, "seconds"),
        ("time_on_page", {"seconds": float("nan")}, "seconds"),
        ("visit_count", {"visits": 0}, "visits"),
        ("site_search", {"tell_term": "perhaps"}, "tell_term"),
        ("custom_event", {}, "name"),
    ],
)
def test_a_wrong_detail_is_named_in_a_sentence(kind, params, wrong):
    found = complaints(kind, params)

    assert list(found) == [wrong]
    assert found[wrong].endswith(".")


def test_an_unknown_kind_is_our_own_mistake():
    with pytest.raises(KeyError):
        complaints("nonsense", {})


def test_what_is_left_out_is_what_the_browser_gets_as_usual():
    assert with_defaults("element_visible", {"selector": "#buy", "share": None}) == {
        "selector": "#buy",
        "seconds": 1,
        "share": 50,
    }
    assert with_defaults("scroll_depth", {"percents": []}) == {"percents": [25, 50, 75, 90]}
    assert with_defaults("element_visible", {"selector": "#buy", "seconds": 0})["seconds"] == 0


def test_an_event_needs_a_legal_name():
    assert event_complaint("click", {}, "1st click")
    assert event_complaint("click", {}, "x" * 101)
    assert event_complaint("custom_event", {"name": "über"}, "")
    assert not event_complaint("custom_event", {"name": "über"}, "over")


@pytest.mark.parametrize(
    "pattern", ["^/pricing/?$", r"\d+", "a|b", "(buy|order)", "[a-z]+@", r"(?<year>\d{4})", r"\+\+"]
)
def test_patterns_that_browsers_read_are_fine(pattern):
    assert pattern_complaint(pattern) == ""


@pytest.mark.parametrize(
    "pattern",
    [r"(?:abc)+", r"(a+)?b", r"^/shop/.*/x$", r"\.+\.+\.+\.+", "^(/a|/b/[^/]+|/c/[^/]+/d/[^/]+/[^/]+)$"],
)
def test_groups_and_dots_that_cost_little_are_fine(pattern):
    assert pattern_complaint(pattern) == ""


@pytest.mark.parametrize("pattern", [r"(?:a?){26}b", r"(\d?){30}x", r"^(?:\w?\w?\w?){20}$", ".*-.*-.*-.*-.*-x"])
def test_what_takes_longer_with_each_character_is_refused(pattern):
    assert "hold up the page" in pattern_complaint(pattern)


@pytest.mark.parametrize(
    "pattern",
    [
        "(",
        "(a+)+$",
        "(a|aa)*b",
        "((a+))+",
        "(x(a*)y){2,}",
        "(?i)buy",
        "(?P<n>a)",
        r"\Abuy",
        "a++",
        "(?>a)",
        "[z-a]",
        "x" * 201,
    ],
)
def test_patterns_that_no_browser_reads_or_that_could_hold_up_a_page_are_not(pattern):
    assert pattern_complaint(pattern).endswith(".")


def test_every_operator_may_ask_about_every_subject_but_elements_are_only_met():
    for subject in set(SUBJECTS) - {"selector"}:
        for operator in OPERATORS:
            value = "mobile" if subject == "device" else "x"
            assert conditions_complaints("click", [{"subject": subject, "operator": operator, "value": value}]) == {}
    wrong = conditions_complaints("click", [{"subject": "selector", "operator": "contains", "value": "#buy"}])
    assert list(wrong[0]) == ["operator"]


@pytest.mark.parametrize(
    ("condition", "wrong"),
    [
        ({"subject": "text", "operator": "equals", "value": "Buy"}, "subject"),
        ({"subject": "page_path", "operator": "is", "value": "/"}, "operator"),
        ({"subject": "page_path", "operator": "contains", "value": ""}, "value"),
        ({"subject": "page_path", "operator": "contains", "value": "x" * 301}, "value"),
        ({"subject": "page_path", "operator": "matches", "value": "(a+)+"}, "value"),
        ({"subject": "page_path", "operator": "contains", "value": 7}, "value"),
        ({"subject": "page_path", "operator": "contains", "value": "/", "not": "yes"}, "not"),
        ({"subject": "page_path", "operator": "contains", "value": "/", "color": "red"}, "color"),
        ({"subject": "device", "operator": "equals", "value": "fridge"}, "value"),
    ],
)
def test_a_wrong_part_of_a_condition_is_named(condition, wrong):
    fine = {"subject": "page_path", "operator": "equals", "value": "/"}

    assert {place: list(found) for place, found in conditions_complaints("page_view", [fine, condition]).items()} == {
        1: [wrong]
    }


def test_lists_end_somewhere():
    condition = {"subject": "page_path", "operator": "equals", "value": "/"}
    properties = [{"name": f"p{n}", "source": "text", "from": ""} for n in range(21)]

    assert list(conditions_complaints("page_view", [condition] * 21)) == [20]
    assert list(properties_complaints(properties)) == [20]
    assert properties_complaints(properties[:20]) == {}


@pytest.mark.parametrize(
    ("source", "origin"),
    [
        ("attribute", "data-price"),
        ("text", ""),
        ("url", "path:2"),
        ("url", "query:utm_source"),
        ("data_layer", "ecommerce.items.0.price"),
        ("constant", "main"),
    ],
)
def test_properties_may_come_from_here(source, origin):
    captured = {"name": "price", "source": source, "from": origin, "selector": ".card", "as": "number"}

    assert properties_complaints([captured]) == {}


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"name": "Price"}, "name"),
        ({"source": "cookie"}, "source"),
        ({"from": "data price"}, "from"),
        ({"source": "url", "from": "fragment"}, "from"),
        ({"source": "url", "from": "path:0"}, "from"),
        ({"source": "data_layer", "from": "a..b"}, "from"),
        ({"source": "constant", "from": ""}, "from"),
        ({"from": 7}, "from"),
        ({"selector": "##("}, "selector"),
        ({"as": "date"}, "as"),
        ({"color": "red"}, "color"),
    ],
)
def test_a_wrong_part_of_a_property_is_named(changes, wrong):
    captured = {"name": "price", "source": "attribute", "from": "data-price", **changes}

    assert {place: list(found) for place, found in properties_complaints([captured]).items()} == {0: [wrong]}


def test_two_properties_of_one_name_are_one_too_many():
    captured = {"name": "price", "source": "text", "from": ""}

    assert list(properties_complaints([captured, captured])[1]) == ["name"]
