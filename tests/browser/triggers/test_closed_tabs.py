"""Tabs that are closed right after a click: the click arrives all the same, without the help of a later page."""

import time

import pytest

from tests.browser.triggers.site import trigger

CLOSES = 200
# Of a hundred, so many at least.
WANTED = 99
# Seconds in which a beacon has come, even on a busy machine.
PATIENCE = 2.0
# Its part has come, and has had the time to begin.
HEARS = """performance.getEntriesByType("resource").some(({ name, responseEnd }) =>
    /triggers.js/.test(name) && responseEnd && performance.now() - responseEnd > 30)"""

pytestmark = pytest.mark.timeout(600)


def arrived(site, number):
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if any(f'"n":"{number}"' in body for body in list(site.bodies.values())):
            return True
        time.sleep(0.005)
    return False


def test_what_was_clicked_just_before_a_tab_was_closed_is_told(site, page):
    site.triggers = [trigger("click", selector="#buy", tell=[("n", "attribute", "data-n", "#buy")])]
    address = site.put('<button id="buy">Buy</button><script>buy.dataset.n = location.hash.slice(1)</script>')
    page.goto(site.put("", "opener"))

    came = 0
    for number in range(CLOSES):
        with page.expect_popup() as opened:
            page.evaluate("address => void open(address)", f"{address}#{number}")
        tab = opened.value
        tab.wait_for_function(HEARS)
        # Sooner than events are sent that wait for company, so that it is the farewell that sends.
        tab.evaluate("buy.click(); close()")
        came += arrived(site, number)

    print(f"{came} of {CLOSES}")
    assert came >= CLOSES * WANTED / 100
