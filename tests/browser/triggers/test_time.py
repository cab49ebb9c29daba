"""Time in sight and visits."""

import pytest

from tests.browser.triggers.site import trigger

# Another tab in front, as far as a page can tell.
TURN = """hidden => {
  Object.defineProperty(document, "hidden", {value: hidden, configurable: true});
  Object.defineProperty(document, "visibilityState", {value: hidden ? "hidden" : "visible", configurable: true});
  document.dispatchEvent(new Event("visibilitychange", {bubbles: true}));
}"""


def come_back(site, page):
    """After more than half an hour, which pass on a page without triggers."""
    site.pages["/elsewhere"] = "<title>Elsewhere</title>"
    page.goto(f"{site.address}/elsewhere")
    page.evaluate("localStorage['microlift.visits'] = localStorage['microlift.visits'].replace(/~.*/, '~1')")
    page.goto(f"{site.address}/page")
    site.wait(page)


def test_time_counts_only_in_sight_and_once_a_page(site, page):
    site.open(page, "Page", trigger("time_on_page", seconds=2), trigger("time_on_page", seconds=2))

    page.wait_for_timeout(1000)
    page.evaluate(TURN, True)
    page.wait_for_timeout(2000)
    assert site.names(page) == []
    page.evaluate(TURN, False)
    page.wait_for_timeout(3500)

    assert site.told(page) == [{"seconds": 2, "page_path": "/page"}]


def test_each_page_of_an_application_has_its_own_time(site, page):
    site.open(page, "Page", trigger("time_on_page", seconds=1))

    page.wait_for_timeout(1300)
    page.evaluate("history.pushState({}, '', '/other')")
    page.wait_for_timeout(1500)

    assert [told["page_path"] for told in site.told(page)] == ["/page", "/other"]


def test_time_really_spent_adds_up_whatever_is_turned_to_between(site, page):
    site.open(page, "Page", trigger("time_spent"))

    started = page.evaluate("performance.now()")
    for hidden in (1200, 700, 1500):
        page.wait_for_timeout(hidden)
        page.evaluate(TURN, True)
        page.wait_for_timeout(500)
        page.evaluate(TURN, False)
    whole = (page.evaluate("performance.now()") - started) / 1000
    page.goto(site.put("Next", "next"))

    told = site.told(page, "user_engagement")
    assert sum(one["seconds"] for one in told) == pytest.approx(whole - 1.5, abs=0.4)
    assert all(one["engagement_time_msec"] == round(one["seconds"] * 1000) >= 1000 for one in told)


def test_a_visit_is_told_once_from_the_wanted_one_on(site, page):
    site.open(page, "Page", trigger("visit_count"))
    assert site.names(page) == []

    come_back(site, page)
    page.reload()
    site.wait(page)
    assert site.told(page) == [{"visit_number": 2, "page_path": "/page"}]
    page.evaluate("history.pushState({}, '', '/other')")
    page.wait_for_timeout(300)
    come_back(site, page)

    assert [told["visit_number"] for told in site.told(page)] == [2, 3]


def test_visits_are_counted_only_where_something_may_be_kept(site, page):
    site.consent = True
    site.open(page, "Page", trigger("visit_count", visits=1))

    assert site.names(page) == []
    assert page.evaluate("localStorage.length") == 0
    page.evaluate("microlift.consent('granted')")

    assert [told["visit_number"] for told in site.told(page)] == [1]
