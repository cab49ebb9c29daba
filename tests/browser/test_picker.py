"""The picker: a click on the page that the page does not hear, and its way into the admin's form."""

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from tests.factories import make_project
from tracking.debugging import debug_url

# One worker for the file: one Chromium, one server.

PASSWORD = "correct horse battery"
CARDS = """<meta name="viewport" content="width=device-width, initial-scale=1">
<nav id="menu"><a id="home" href="gone">Home</a></nav>
<ul class="product-list">
  <li class="product-card"><b>Carafe</b> <button class="buy-now"><span>Buy</span> now</button></li>
  <li class="product-card"><b>Cup</b> <button class="buy-now"><span>Buy</span> now</button></li>
</ul>
<input id="mail" name="mail"><button id="ask" disabled>Ask us</button>
<script>window.heard = [];
for (const type of ["click", "pointerdown", "mousedown", "mouseup", "pointerup", "submit", "blur"])
  document.addEventListener(type, (event) => {
    if (event.target.closest && event.target.closest("a, button, input, li")) heard.push(type);
  }, true);
document.addEventListener("keydown", (event) => heard.push(event.key), true);</script>"""


def picking(shop, page, **link):
    page.goto(debug_url(shop.put(CARDS + shop.script()), shop.project, "Mara", pick=True, **link))
    bar = page.get_by_role("region", name="Pick an element")
    bar.wait_for()
    return bar


def point_at(page, selector):
    """The middle of the element, clicked by the mouse: what lies above it gets the click."""
    box = page.locator(selector).first.bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)


def opened_by(page, click):
    with page.expect_popup() as opened:
        click()
    bar = opened.value.get_by_role("region", name="Pick an element")
    bar.wait_for()
    return opened.value, bar


def picked(bar):
    return bar.locator("code").inner_text()


def test_a_click_picks_and_the_page_hears_nothing(shop, page):
    bar = picking(shop, page)
    address = page.url

    point_at(page, "#home")

    assert picked(bar) == "#home"
    expect(bar.get_by_text("“Home”")).to_be_visible()
    expect(bar.get_by_role("status")).to_have_text("Finds only this element on this page.")
    assert page.evaluate("heard") == []
    assert page.url == address


def test_the_icon_in_a_button_means_the_button_and_a_switched_off_one_can_be_picked(shop, page):
    bar = picking(shop, page)

    point_at(page, ".buy-now span")
    assert page.evaluate("(found) => document.querySelector(found).className", picked(bar)) == "buy-now"
    bar.get_by_role("button", name="Pick another").click()
    point_at(page, "#ask")

    assert picked(bar) == "#ask"


def test_broader_narrower_and_all_like_it(shop, page):
    bar = picking(shop, page)
    point_at(page, ".buy-now span")

    bar.get_by_role("button", name="All like it").click()
    expect(bar.get_by_role("status")).to_have_text("Finds 2 elements on this page.")
    assert page.locator(picked(bar)).evaluate_all("(all) => all.map((one) => one.className)") == ["buy-now"] * 2
    bar.get_by_role("button", name="Broader").click()
    assert page.locator(picked(bar)).evaluate_all("(all) => all.map((one) => one.className)") == ["product-card"]
    bar.get_by_role("button", name="Narrower").click()
    bar.get_by_role("button", name="Narrower").click()
    assert page.locator(picked(bar)).evaluate_all("(all) => all.map((one) => one.localName)") == ["span"]

    expect(bar.get_by_role("button", name="Narrower")).to_be_disabled()


def test_an_element_is_picked_by_keyboard(shop, page):
    bar = picking(shop, page)

    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    assert picked(bar) == "#home"
    assert "Enter" not in page.evaluate("heard")
    page.keyboard.press("Escape")
    expect(page.get_by_role("region", name="Microlift test session")).to_be_visible()
    expect(bar).to_have_count(0)


def test_a_finger_picks(shop, browser):
    with browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True) as phone:
        page = phone.new_page()
        bar = picking(shop, page)
        box = page.locator("#home").bounding_box()

        page.touchscreen.tap(box["x"] + 3, box["y"] + 3)

        assert picked(bar) == "#home"
        assert page.evaluate("heard") == []
        assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_without_a_form_that_waits_the_selector_is_copied(shop, page):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    bar = picking(shop, page)
    point_at(page, "#home")

    bar.get_by_role("button", name="Use it").click()

    expect(bar.get_by_role("status")).to_have_text("Copied. Paste it into the field.")
    assert page.evaluate("navigator.clipboard.readText()") == "#home"


def test_no_page_but_the_admin_is_given_the_selector(shop, browser):
    """A page that opens the link of somebody else's admin hears nothing, though it is the opener."""
    address = debug_url(shop.put(CARDS + shop.script()), shop.project, "Mara", pick=True, admin="https://admin.example")
    thief = shop.put("<script>window.got = []; onmessage = (event) => got.push(event.data)</script>", "thief")
    # Not the fixture's profile: the browser itself complains in the thief's console.
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(thief)
        tab, bar = opened_by(page, lambda: page.evaluate("(address) => void window.open(address)", address))
        point_at(tab, "#home")
        bar.get_by_role("button", name="Use it").click()

        expect(bar.get_by_role("status")).to_contain_text("The form that asked for it does not answer any more.")
        assert page.evaluate("got") == []


@pytest.fixture
def marketer(shop, page: Page) -> Page:
    """Logged in, at a new goal of a project among several."""
    make_project()
    User.objects.filter(username="mara").delete()
    User.objects.create_superuser("mara", password=PASSWORD)
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto(f"{shop.api}/admin/login/?next=/admin/tracking/goal/add/")
    page.get_by_label("Username").fill("mara")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.locator("[name=selector]").wait_for()
    return page


def test_a_picked_element_is_written_into_the_form_of_a_goal(shop, marketer):
    address = shop.put(CARDS + shop.script())
    marketer.locator("[name=project]").select_option(str(shop.project.pk))
    marketer.get_by_role("button", name="Pick on the page").click()
    marketer.get_by_label("Address of a page that has the element").fill(address)
    tab, bar = opened_by(marketer, lambda: marketer.get_by_role("button", name="Open the page").click())
    point_at(tab, "#home")

    with tab.expect_event("close"):
        bar.get_by_role("button", name="Use it").click()

    expect(marketer.locator("[name=selector]")).to_have_value("#home")
    expect(marketer.get_by_text("Picked: “Home”")).to_be_visible()
    again, _ = opened_by(marketer, lambda: marketer.get_by_role("button", name="Pick on the page").click())
    assert again.url.startswith(address)


def test_only_the_opened_page_may_fill_the_field_in(shop, marketer):
    marketer.locator("[name=project]").select_option(str(shop.project.pk))
    marketer.get_by_role("button", name="Pick on the page").click()
    marketer.get_by_label("Address of a page that has the element").fill(shop.put(CARDS + shop.script()))
    tab, _ = opened_by(marketer, lambda: marketer.get_by_role("button", name="Open the page").click())

    marketer.evaluate("window.postMessage({microlift: 'picked', selector: '#thief', text: ''}, '*')")
    tab.evaluate("window.opener.postMessage({microlift: 'picked', selector: 'x'.repeat(301), text: ''}, '*')")
    tab.evaluate("window.opener.postMessage({microlift: 'picked', selector: ['#thief'], text: ''}, '*')")
    tab.goto(f"{shop.api}/livez")
    tab.evaluate("window.opener && window.opener.postMessage({microlift: 'picked', selector: '#thief'}, '*')")

    marketer.wait_for_timeout(300)
    expect(marketer.locator("[name=selector]")).to_have_value("")


def test_a_wrong_address_is_said_at_the_field_and_the_form_is_not_sent(shop, marketer):
    marketer.locator("[name=project]").select_option(str(shop.project.pk))
    marketer.get_by_role("button", name="Pick on the page").click()

    marketer.get_by_label("Address of a page that has the element").fill("pricing")
    marketer.get_by_label("Address of a page that has the element").press("Enter")

    expect(marketer.get_by_text("Write the whole address")).to_be_visible()
    assert marketer.url.endswith("/goal/add/")
