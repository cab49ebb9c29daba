"""Pages that are none of the test: nothing is changed there, nobody is sent away, nothing is loaded or remembered."""

import pytest

from tests.browser.shop import BUTTON, shown

ELSEWHERE = [{"include": True, "kind": "simple", "pattern": "/other"}]
CHANGED = {"selector": "#buy", "text": "Changed"}


@pytest.fixture
def visit(server, page):
    """``visit(kind, payload)``: a page outside a test whose variants, the original too, all do this."""
    shop = server.shop()
    shop.project.redirect_hosts = ["localhost"]
    shop.project.save()

    def visited(kind, payload):
        asked = []
        page.on("request", lambda request: asked.append(request.url))
        variants = [{"key": "original", "payload": payload}, {"key": "new", "payload": payload}]
        shop.run("hero", kind=kind, variants=variants, pages=ELSEWHERE)
        page.goto(shop.put(BUTTON + shop.script()))
        assert shown(page)["reason"] == "outside_page"
        page.wait_for_timeout(300)
        return asked

    return visited


def test_nobody_is_sent_away_from_it_though_the_original_has_an_address(visit, page, server):
    visit("redirect", {"url": f"http://localhost:{server.port}/elsewhere"})

    assert page.url.endswith("/page")


def test_nothing_is_changed_and_no_part_is_loaded(visit, page):
    asked = visit("cta", CHANGED)

    assert page.inner_text("#buy") == "Add to cart"
    assert not [address for address in asked if address.endswith("/variants.js")]


def test_no_pop_up_comes_and_none_is_remembered(visit, page):
    visit("popup", {"title": "Hello", "once_days": 30})

    assert page.locator(".microlift-popup").count() == 0
    assert "popup" not in page.evaluate("Object.keys(localStorage).join()")
