"""Conditions: every operator of every subject, and its contrary."""

import pytest

from tests.browser.triggers.site import trigger
from tracking.triggers import OPERATORS, SUBJECTS, conditions_complaints

# By subject: what is read in the test's page, and of it for each operator a value that holds.
READ = {
    "text": ("Buy Now", "now"),
    "id": ("Main-Button", "main"),
    "class": ("btn btn-Primary", "primary"),
    "link_url": ("/Offer?code=X1", "x1"),
    "page_url": ("/page?Plan=Gold", "plan=gold"),
    "page_path": ("/page", "page"),
    "referrer": ("/before", "before"),
    "device": ("desktop", "desk"),
}
PAGE = """<div id="card" class="card"><a id="Main-Button" class="btn btn-Primary" href="/Offer?code=X1"
    onclick="event.preventDefault()"><span>Buy</span> Now</a></div>"""
WHOLE = {"link_url": "{site}/Offer?code=X1", "page_url": "{site}/page?Plan=Gold", "referrer": "{site}/before"}


def values(site, subject):
    text, part = READ[subject]
    whole = WHOLE.get(subject, text).replace("{site}", site.address)
    return {
        "equals": whole.upper(),
        "contains": part,
        "starts_with": whole[:5].upper(),
        "ends_with": whole[-3:].lower(),
        "matches": whole[-3:] + "$",
    }


@pytest.mark.parametrize("subject", [subject for subject in SUBJECTS if subject != "selector"])
def test_every_operator_and_its_contrary(site, page, subject):
    held, failed = [], []
    for operator, value in values(site, subject).items():
        wrong = "zz" if operator == "matches" else f"zz{value}"
        for name, one, negated in (("a", value, ()), ("b", wrong, ("not",)), ("c", wrong, ()), ("d", value, ("not",))):
            condition = (subject, operator, one, *negated)
            (held if name in "ab" else failed).append(trigger("click", operator + name, selector="a", when=[condition]))
    page.goto(site.put("Before", "before"))
    site.open(page, PAGE, *held, *failed, query="?Plan=Gold", before=f"{site.address}/before")

    page.click("#Main-Button span")

    assert sorted(site.names(page)) == sorted(one["event"] for one in held)
    assert {one["conditions"][0]["operator"] for one in held} == set(OPERATORS)


def test_a_selector_is_met_by_the_element_and_by_what_it_is_in(site, page):
    kinds = [
        trigger("click", name, selector="a", when=[("selector", "equals", selector, *negated)])
        for name, selector, *negated in (
            ("own", ".btn"),
            ("above", "#card"),
            ("no", "#other"),
            ("below", "span"),
            ("not_other", "#other", "not"),
            ("not_own", "a", "not"),
        )
    ]
    site.open(page, PAGE, *kinds)

    page.click("#Main-Button span")

    assert sorted(site.names(page)) == ["above", "not_other", "own"]


def test_all_conditions_must_hold(site, page):
    here, never = ("page_path", "equals", "/page"), ("text", "contains", "sold out")
    site.open(
        page,
        PAGE,
        trigger("click", "both", selector="a", when=[here, ("text", "contains", "buy")]),
        trigger("click", "one", selector="a", when=[here, never]),
        trigger("page_view", "page", when=[here]),
        trigger("page_view", "no_element", when=[("text", "contains", "buy")]),
    )

    page.click("#Main-Button")

    assert sorted(site.names(page)) == ["both", "page"]


# Any part is given the core; this one hears what the debug panel hears.
LISTENER = """microlift.part("media", (core) => {
  window.said = [];
  core.listeners.ignored.push(({ event }, why) => said.push([event, why]));
})"""


def test_why_a_trigger_did_not_fire_is_said_to_who_asks(site, page):
    page.route("**/client/media.js", lambda route: route.fulfill(body=LISTENER))
    never = [("id", "contains", "main"), ("text", "contains", "sold")]
    clicks = [trigger("click", selector="a"), trigger("click", selector="#card")]
    site.open(page, PAGE, trigger("click", "x", selector="a", when=never), *clicks, trigger("media_progress"))
    page.wait_for_function("window.said")

    page.click("#Main-Button")

    assert page.evaluate("said") == [["x", "condition 1"], ["cta_click", "told"]]


def test_what_the_tests_write_the_server_takes():
    condition = {"subject": "text", "operator": "matches", "value": "now$", "not": True}

    assert conditions_complaints("click", [condition]) == {}
