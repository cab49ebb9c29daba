"""The demo shop in a real browser: its button really changes, its steps become events, and it can be visited anew."""

import time

import pytest

from tests.browser.shop import open_server
from tracking.models import Event

# One worker for the file: one Chromium, one server.

BUTTON = {"selector": "#buy", "text": "Free delivery", "background": "#0f7b4f"}
ALWAYS_TREATED = [{"key": "original", "weight": 0}, {"key": "free", "payload": BUTTON}]
SHORT_FORM = [{"key": "long", "weight": 0}, {"key": "short", "payload": {"fields": ["name", "email", "message"]}}]


@pytest.fixture(scope="module")
def shop(transactional_db):
    with open_server() as server:
        shop = server.shop("demo-shop")
        shop.run("hero-cta", variants=ALWAYS_TREATED)
        shop.run("signup-form", kind="json", variants=SHORT_FORM)
        shop.listen("add_to_cart", "#buy")
        yield shop


@pytest.fixture
def opened(shop, page):
    page.goto(f"http://localhost:{shop.port}/demo/shop/")
    page.locator("#buy", has_text="Free delivery").wait_for()
    return page


def wait_until(page, condition):
    # Playwright's own wait_for_function needs eval, which the page's policy forbids.
    page.evaluate(f"async () => {{ while (!({condition})) await new Promise((next) => setTimeout(next, 20)) }}")


def done_by(page, name, *, least=1):
    """How often the visitor of this page did it: as soon as it is known and ``least`` times, at most five seconds."""
    until = time.monotonic() + 5
    while True:
        wait_until(page, "!Object.keys(localStorage).some(name => name.startsWith('microlift.event'))")
        times = Event.objects.filter(visitor_id=page.evaluate("microlift.visitor()"), name=name).count()
        if times >= least or time.monotonic() > until:
            return times
        # Seen a moment ago is not yet sent: the browser tells what is in view when it has drawn it.
        page.wait_for_timeout(20)


def test_the_page_says_which_variant_it_shows(opened):
    assert opened.inner_text("#seen") == "You see variant free of experiment hero-cta."
    assert opened.is_hidden("#unseen")
    assert done_by(opened, "experiment_viewed") == 1


def test_a_purchase_leaves_its_steps_and_nothing_of_what_was_typed(opened):
    opened.click("#buy")
    opened.fill("#checkout input", "canary-31@example.com")
    opened.click("#pay")

    order = opened.inner_text("#order")
    assert [done_by(opened, name) for name in ("add_to_cart", "begin_checkout", "purchase")] == [1, 1, 1]
    purchase = Event.objects.get(visitor_id=opened.evaluate("microlift.visitor()"), name="purchase")
    assert purchase.properties == {"value": 39.9, "currency": "EUR", "transaction_id": order}
    assert "canary-31" not in str(list(Event.objects.values_list("properties", flat=True)))


def test_the_form_shows_the_fields_of_its_variant_and_is_met_when_it_is_seen(opened):
    assert done_by(opened, "experiment_viewed") == 1
    opened.locator("#quote").scroll_into_view_if_needed()
    opened.wait_for_timeout(500)

    shown = opened.eval_on_selector_all("#quote label:not([hidden])", "all => all.map(label => label.dataset.field)")
    assert shown == ["name", "email", "message"]
    assert done_by(opened, "experiment_viewed", least=2) == 2


def test_a_new_visitor_begins_without_a_past(opened):
    first = opened.evaluate("microlift.visitor()")

    with opened.expect_navigation():
        opened.click("#anew")
    wait_until(opened, "window.microlift && microlift.visitor")

    assert opened.evaluate("microlift.visitor()") not in {first, ""}


@pytest.mark.parametrize("width", [1440, 390])
def test_nothing_is_wider_than_the_screen_and_the_button_needs_no_scrolling(opened, width):
    opened.set_viewport_size({"width": width, "height": 844})

    assert opened.evaluate("document.documentElement.scrollWidth") == width
    assert opened.evaluate("document.querySelector('#buy').getBoundingClientRect().bottom") <= 844
