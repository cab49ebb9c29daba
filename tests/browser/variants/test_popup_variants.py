"""Pop-ups: when they come, how they are left, and that the original is counted at the same moment."""

import pytest
from playwright.sync_api import expect

from tests.browser.shop import shown
from tests.browser.variants.pages import EVIL, ONLY_HERE, run, visit

OFFER = {"title": "10 % off", "text": "Today only.", "button": "Show me", "url": "/offers"}
PAGE = '<h1>Shop</h1><button id="own">Own</button><div style="height: 2000px"></div>'


@pytest.fixture
def meet(shop, page):
    """``meet(payload)``: a page on which the new variant is this pop-up."""

    def ready(payload, html=PAGE, **more):
        return visit(shop, page, html, payload, "popup", **more)

    return ready


def test_a_window_holds_the_focus_and_is_left_by_escape(shop, meet):
    page = meet(OFFER | {"after": "opened"})
    page.focus("#own")
    page.evaluate("microlift.track('opened')")
    dialog = page.get_by_role("dialog", name="10 % off")
    expect(dialog).to_be_visible()
    for _ in range(4):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement === document.body || !!document.activeElement.closest('dialog')")

    page.keyboard.press("Escape")

    expect(dialog).to_have_count(0)
    expect(page.locator("#own")).to_be_focused()
    assert len(shop.told("experiment_viewed")) == 1


@pytest.mark.parametrize("place", ["corner", "bar"])
def test_a_note_leaves_the_page_alone(meet, place):
    page = meet(OFFER | {"place": place, "after": "opened"})
    page.focus("#own")
    page.evaluate("microlift.track('opened')")
    expect(page.get_by_role("dialog")).to_be_in_viewport()

    assert page.evaluate("[document.activeElement.id, shifted]") == ["own", 0]
    page.get_by_role("button", name="Close").click()
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_its_button_leads_there_or_closes(meet):
    page = meet({**OFFER, "url": ""})

    page.get_by_role("button", name="Show me").click()

    expect(page.get_by_role("dialog")).to_have_count(0)


@pytest.mark.parametrize("variant", ["original", "new"])
def test_the_original_is_counted_when_the_others_would_see_it(shop, page, variant):
    weights = {"original": int(variant == "original"), "new": int(variant == "new")}
    payload = OFFER | {"after": "add_to_cart", "once_days": 3}
    variants = [
        {"key": "original", "weight": weights["original"]},
        {"key": "new", "weight": weights["new"], "payload": payload},
    ]
    shop.run("hero", kind="popup", variants=variants)
    address = shop.put(f"{shop.script()}{PAGE}")
    page.goto(address)
    shown(page)
    page.wait_for_timeout(300)
    before = shop.told("experiment_viewed", least=0)

    page.evaluate("microlift.track('add_to_cart')")

    assert (before, [told["variant"] for told in shop.told("experiment_viewed")]) == ([], [variant])
    expect(page.get_by_role("dialog")).to_have_count(weights["new"])


def test_it_does_not_come_again_for_so_many_days(shop, meet):
    page = meet(OFFER | {"once_days": 3})
    expect(page.get_by_role("dialog")).to_be_visible()

    page.reload()
    page.wait_for_timeout(500)
    expect(page.get_by_role("dialog")).to_have_count(0)
    key = "Object.keys(localStorage).find(name => name.includes('popup'))"
    page.evaluate(f"localStorage[{key}] = Date.now() - 4 * 86400000")
    page.reload()
    expect(page.get_by_role("dialog")).to_be_visible()


def test_it_waits(meet):
    page = meet(OFFER | {"seconds": 1})
    page.wait_for_load_state("networkidle")
    expect(page.get_by_role("dialog")).to_have_count(0)

    expect(page.get_by_role("dialog")).to_be_visible()


@pytest.mark.parametrize("seconds", [0, 60])
def test_it_goes_where_the_test_does_not_run(meet, seconds):
    page = meet(OFFER | {"seconds": seconds}, pages=ONLY_HERE)
    expect(page.get_by_role("dialog")).to_have_count(int(not seconds))

    page.evaluate("history.pushState({}, '', 'elsewhere')")

    expect(page.get_by_role("dialog")).to_have_count(0)


@pytest.mark.parametrize("field", ["title", "text", "button", "close"])
def test_markup_stays_text(meet, field):
    page = meet({**OFFER, field: EVIL})
    expect(page.get_by_role("dialog")).to_be_visible()

    dialog = "(d => d.textContent + d.lastElementChild.ariaLabel)(document.querySelector('dialog'))"
    assert EVIL in page.evaluate(dialog)
    assert page.evaluate("[document.querySelectorAll('img').length, window.hacked]") == [0, None]


def test_an_address_that_runs_a_script_is_no_link(shop, page):
    def spoil(route):
        route.fulfill(body=route.fetch().text().replace("/offers", "javascript:window.hacked=1"))

    run(shop, OFFER, "popup")
    page.route("**/v1/client/pk_*.json", spoil)
    page.goto(shop.put(f"{shop.script()}{PAGE}"))

    page.get_by_role("button", name="Show me").click()

    assert page.evaluate("window.hacked") is None
    expect(page.get_by_role("dialog")).to_have_count(0)


@pytest.mark.parametrize("place", ["center", "corner", "bar"])
def test_what_a_page_says_of_its_own_dialogs_does_not_stretch_it(meet, place):
    style = "<style>dialog { height: 100vh; margin: 0 0 0 auto; inset: 0 0 0 auto; max-height: none }</style>"
    page = meet({"title": "Hello", "text": "A letter", "place": place}, f"{style}<p>Shop</p>")

    page.locator(".microlift-popup").wait_for()
    box = page.locator(".microlift-popup").bounding_box()

    assert box["height"] < 200
    assert place == "bar" or box["width"] < 500
    assert abs(box["x"] + box["width"] / 2 - 500) < 20 or place == "corner"
