"""The demo shop in a real browser: its button really changes, its steps become events, and it can be visited anew."""

import time

import pytest

from experiments.demo import scenario
from tests.browser.published import wish
from tests.browser.shop import open_server, wait_until
from tracking import publishing
from tracking.api.trigger_forms import TriggerForm
from tracking.models import Event

# One worker for the file: one Chromium, one server.

BUTTON = {"selector": "#buy", "text": "Free delivery", "background": "#0f7b4f"}
ALWAYS_TREATED = [{"key": "original", "weight": 0}, {"key": "free", "payload": BUTTON}]
SHORT_FORM = [{"key": "long", "weight": 0}, {"key": "short", "payload": {"fields": ["name", "email", "message"]}}]
NOTE = next(test.order["variants"][1]["payload"] for test in scenario.TESTS if test.key == scenario.NOTE)
ALWAYS_A_NOTE = [{"key": "nothing", "weight": 0}, {"key": "note", "payload": NOTE}]


@pytest.fixture(scope="module")
def shop(transactional_db):
    with open_server() as server:
        shop = server.shop("demo-shop")
        shop.run("hero-cta", variants=ALWAYS_TREATED)
        shop.run("signup-form", kind="json", variants=SHORT_FORM)
        shop.run("letter-note", kind="popup", variants=ALWAYS_A_NOTE)
        for trigger in scenario.TRIGGERS:
            form = TriggerForm(data=trigger)
            form.is_valid(raise_exception=True)
            form.save(project=shop.project)
        publishing.publish(shop.project.pk, author="mara")
        wish(shop, requires_consent=True)
        yield shop


@pytest.fixture
def unasked(shop, page):
    """Before the visitor has said a word."""
    page.goto(f"http://localhost:{shop.port}/demo/shop/")
    page.locator("#buy", has_text="Free delivery").wait_for()
    return page


@pytest.fixture
def opened(unasked):
    unasked.click("text=Yes, count me")
    return unasked


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
    money = {"value": 39.9, "currency": "EUR"}
    assert purchase.properties == {**money, "transaction_id": order, "page_path": "/demo/shop/"}
    assert "canary-31" not in str(list(Event.objects.values_list("properties", flat=True)))


def test_the_form_shows_the_fields_of_its_variant_and_is_met_when_it_is_seen(opened):
    assert done_by(opened, "experiment_viewed") == 1
    opened.locator("#quote").scroll_into_view_if_needed()
    opened.wait_for_timeout(500)

    shown = opened.eval_on_selector_all("#quote label:not([hidden])", "all => all.map(label => label.dataset.field)")
    assert shown == ["name", "email", "message"]
    assert done_by(opened, "experiment_viewed", least=2) == 2


def test_until_somebody_agrees_nothing_is_kept_and_nothing_is_told(shop, unasked):
    unasked.click("#buy")
    unasked.click("#close")
    assert unasked.evaluate("document.cookie + Object.keys(localStorage)") == ""

    unasked.click("text=No, thank you")
    unasked.click("#buy")
    unasked.reload()
    unasked.locator("#buy", has_text="Add to cart").wait_for()

    assert unasked.is_hidden("#consent")
    assert unasked.evaluate("document.cookie + Object.keys(localStorage)") == "halden-consent"
    assert unasked.evaluate("microlift.visitor()") == ""


def test_forms_tell_that_they_were_begun_and_sent_by_triggers_alone(opened):
    # As if it had been seen already: it would stand in the way.
    opened.evaluate("localStorage['microlift.popup.letter-note'] = Date.now()")
    opened.reload()
    opened.locator("#buy", has_text="Free delivery").wait_for()
    opened.fill("#newsletter input", "canary-32@example.com")
    opened.press("#newsletter input", "Enter")
    opened.fill("#quote [name=name]", "Canary")
    opened.fill("#quote [name=email]", "canary-33@example.com")
    opened.click("text=Ask for an offer")

    assert [done_by(opened, name) for name in ("newsletter_signup", "form_start", "generate_lead")] == [1, 1, 1]


def test_who_has_read_the_reviews_sees_a_note_that_leads_to_the_letter(opened):
    assert opened.locator(".microlift-popup").count() == 0

    opened.locator("#voices").scroll_into_view_if_needed()
    opened.locator(".microlift-popup", has_text="A letter on the first").wait_for()
    opened.click(".microlift-popup >> text=Sign up")

    assert opened.locator(".microlift-popup").count() == 0
    assert opened.evaluate("location.hash") == "#letter"
    assert done_by(opened, "read_reviews") == 1


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
