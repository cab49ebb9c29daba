"""A server that is gone, mute, blocked or out of its mind: the page is the original one, soon, and works."""

import socket

import pytest

from tests.browser.shop import BUTTON

# Milliseconds for which a page is hidden at most, and after which an answer comes too late.
GUARD, PATIENCE = 300, 3_000
ALWAYS_GREEN = [{"key": "original", "weight": 0}, "green"]
# What a proxy, a hotel's login page or a broken cache may say instead of a configuration.
GARBAGE = ["<h1>Welcome to our Wi-Fi</h1>", "null", "[]", '"experiments"', '{"experiments": 5}', "{", "", '{"a": 1}']
STATES = ["closed", "silent", "broken", "blocked"]


@pytest.fixture
def shop(server):
    shop = server.shop()
    shop.run(variants=ALWAYS_GREEN)
    return shop


@pytest.fixture
def mute():
    """A server that takes the connection and never says anything."""
    with socket.create_server(("127.0.0.1", 0)) as mute:
        yield f"http://127.0.0.1:{mute.getsockname()[1]}"


def opened(shop, page, **data):
    """The page whose script stands in its head and hides it until all is known; its clock stands still."""
    page.clock.install()
    page.clock.pause_at(page.evaluate("Date.now()") + 1_000)
    script = shop.script(**data).replace("async ", "")
    page.goto(shop.put(f"<head>{script}</head><body>{BUTTON}<input id=name></body>"))


def is_hidden(page):
    return page.evaluate("getComputedStyle(document.documentElement).opacity") == "0"


def used(page):
    """What somebody does there: it works, and they see the original."""
    page.fill("#name", "Ann")
    page.click("#buy")
    return page.inner_text("#buy"), page.input_value("#name")


@pytest.mark.parametrize("state", STATES)
def test_without_a_server_the_page_is_seen_after_300_ms_at_most_and_works(shop, page, mute, state):
    if state == "broken":
        page.route("**/v1/client/pk_*", lambda route: route.fulfill(status=500, body="<h1>Oops</h1>"))
    if state == "blocked":
        page.route("**/v1/**", lambda route: route.abort("blockedbyclient"))
    api = {"closed": "http://127.0.0.1:9", "silent": mute}.get(state, shop.api)

    opened(shop, page, api=api)
    assert is_hidden(page) or state != "silent"
    page.clock.run_for(GUARD)

    assert not is_hidden(page)
    assert used(page) == ("Add to cart", "Ann")


@pytest.mark.parametrize("state", STATES[:-1])
def test_who_asks_is_told_that_nothing_is_known(shop, page, mute, state):
    if state == "broken":
        page.route("**/v1/client/pk_*", lambda route: route.fulfill(status=500, body="<h1>Oops</h1>"))
    api = {"closed": "http://127.0.0.1:9", "silent": mute}.get(state, shop.api)

    opened(shop, page, api=api)
    page.clock.run_for(PATIENCE)
    page.evaluate("microlift.track('purchase')")

    answer = page.evaluate("microlift.variant('hero')")
    assert (answer["variant"], answer["in_experiment"]) == (None, False)


@pytest.mark.parametrize("garbage", GARBAGE)
def test_garbage_is_no_answer(shop, page, garbage):
    page.route("**/v1/client/pk_*", lambda route: route.fulfill(body=garbage, content_type="application/json"))

    opened(shop, page)
    page.clock.run_for(GUARD)

    assert not is_hidden(page)
    assert used(page) == ("Add to cart", "Ann")
    page.clock.run_for(PATIENCE)
    assert page.evaluate("microlift.variant('hero')")["in_experiment"] is False


def test_an_answer_after_ten_seconds_changes_nothing_and_counts_nobody(shop, page):
    waiting = []
    page.route("**/v1/client/pk_*", lambda route: waiting.append(route))
    opened(shop, page)

    page.clock.run_for(10_000)
    assert used(page) == ("Add to cart", "Ann")
    with page.expect_response("**/v1/client/pk_*"):
        waiting.pop().continue_()
    page.clock.resume()
    page.wait_for_timeout(500)

    assert page.inner_text("#buy") == "Add to cart"
    assert shop.told("experiment_viewed", least=0) == []
