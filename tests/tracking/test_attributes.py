"""Attributes: derived only when wanted and known, accepted within limits, typed at the edge."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracking.attributes import ATTRIBUTES, FINDERS, TYPED, Attribute, Surroundings, acceptable, derived, typed

PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/17.1 Mobile/15E148 Safari/604.1"
)
SEEN = Surroundings(
    user_agent=PHONE,
    url="https://shop.example/pricing?utm_source=google&utm_medium=cpc&utm_campaign=spring&utm_term=a&utm_content=b",
    referrer="https://www.google.pl/",
    ip="77.47.128.1",
)
ALL = frozenset(ATTRIBUTES)


def test_a_full_request_tells_all_but_what_only_the_caller_knows():
    assert derived(ALL, SEEN) == {
        "deviceType": "mobile",
        "browser": "safari",
        "os": "iOS",
        "country": "UA",
        "channel": "paid_search",
        "referrer": "www.google.pl",
        "utmSource": "google",
        "utmMedium": "cpc",
        "utmCampaign": "spring",
        "utmTerm": "a",
        "utmContent": "b",
        "url": SEEN.url,
        "path": "/pricing",
        "host": "shop.example",
        "query": "?utm_source=google&utm_medium=cpc&utm_campaign=spring&utm_term=a&utm_content=b",
    }


@pytest.mark.parametrize("name", FINDERS)
def test_only_what_is_wanted_is_derived(name):
    assert set(derived(frozenset({name, "plan"}), SEEN)) == {name}


def test_an_empty_request_tells_nothing():
    assert derived(ALL, Surroundings()) == {}


def test_an_address_without_tags_tells_none():
    found = derived(ALL, Surroundings(url="https://shop.example/"))

    assert found == {
        "url": "https://shop.example/",
        "path": "/",
        "host": "shop.example",
        "query": "",
        "channel": "direct",
    }


def test_tags_that_the_caller_kept_decide_the_channel_of_a_later_page():
    later = Surroundings(
        url="https://shop.example/cart",
        referrer="https://shop.example/",
        told={"utmSource": "facebook", "utmMedium": "paid", "utmTerm": 7},
    )

    assert derived(frozenset({"channel"}), later) == {"channel": "paid_social"}


TEXTS = st.one_of(st.text(), st.characters(categories=["Cs"]), st.sampled_from([PHONE, SEEN.url, "http://[", "//\0"]))


@given(TEXTS, TEXTS, TEXTS, TEXTS)
def test_whatever_a_request_says_derived_attributes_are_texts(user_agent, url, referrer, ip):
    found = derived(ALL, Surroundings(user_agent, url, referrer, ip, {"utmSource": ip, "utmMedium": url}))

    assert all(isinstance(value, str) for value in found.values())


JUST_FITS = [
    *("x" * 2_000, "ł" * 2_000, "", None, True, 2**63 - 1, -1.5, 1e300),
    *([[[[[1]]]]], {"a": {"b": ["c"]}}, ["x" * 2_000], ["x"] * 1_000),
]
DOES_NOT_FIT = [
    *("x" * 2_001, "\ud800", 2**63, float("nan"), float("inf"), b"x", {1, 2}, ("a",)),
    *([[[[[[1]]]]]], {"a": {"b": ["\ud800"]}}, {"x" * 2_001: 1}, ["x" * 2_001], ["x"] * 1_001),
]


@pytest.mark.parametrize("value", JUST_FITS)
def test_what_fits_is_kept_as_it_came(value):
    assert acceptable({"plan": value, "age": 31}) == {"plan": value, "age": 31}


@pytest.mark.parametrize("value", DOES_NOT_FIT)
def test_what_does_not_fit_is_left_out_alone(value):
    assert acceptable({"plan": value, "age": 31}) == {"age": 31}


def test_names_have_a_limit():
    assert acceptable({"": 1, "n" * 100: 2, "n" * 101: 3, "\ud800": 4}) == {"n" * 100: 2}


def test_the_first_hundred_attributes_are_kept():
    raw = {f"a{number}": number for number in range(101)}

    assert acceptable(raw) == {f"a{number}": number for number in range(100)}


@given(
    st.dictionaries(
        st.text(), st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists)
    )
)
def test_what_is_accepted_can_be_written_down_and_is_accepted_again(raw):
    found = acceptable(raw)

    assert acceptable(json.loads(json.dumps(found, allow_nan=False))) == found


MEANT = [
    ("country", " pl", "PL"),
    ("deviceType", "Mobile", "mobile"),
    ("os", "windows", "Windows"),
    ("os", "Fuchsia", "Fuchsia"),
    ("channel", "PAID_SEARCH", "paid_search"),
    ("utmSource", "Google", "Google"),
    ("utmTerm", 7, "7"),
    ("user_id", 42, "42"),
    ("returning", "true", True),
    ("returning", "False", False),
    ("returning", "perhaps", "perhaps"),
    ("returning", True, True),
    ("browser", ["chrome"], ["chrome"]),
    ("browser", True, True),
    ("country", None, None),
    ("plan", "TRUE", "TRUE"),
    ("age", "31", "31"),
]


@pytest.mark.parametrize(("name", "value", "meant"), MEANT)
def test_known_attributes_are_brought_to_their_type(name, value, meant):
    result = typed(name, value)

    assert (result, type(result)) == (meant, type(meant))


@pytest.mark.parametrize(("value", "meant"), [("31", 31), (" -1.5", -1.5), ("1e9", "1e9"), ("1_0", "1_0"), (3, 3)])
def test_a_number_is_read_from_a_plain_text_only(value, meant):
    assert TYPED["number"](Attribute("Age", "number"), value) == meant


def test_choices_are_spelt_as_they_are_derived():
    for name in ("deviceType", "browser", "os", "channel"):
        assert derived(frozenset({name}), SEEN)[name] in ATTRIBUTES[name].choices
