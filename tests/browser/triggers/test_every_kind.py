"""Every kind of trigger at once, in a visit by mouse and in one by finger: each fires as often as the visit says."""

from collections import Counter

import pytest

from tests.browser.triggers.site import trigger
from tests.browser.triggers.test_media import VIDEO
from tracking.trigger_kinds import TRIGGER_KINDS

PAGE = f"""<style>a, button, p, form {{ display: block; margin: 60px 20px }}</style>
<button id="buy">Buy</button> <p id="calm">Nothing happens here</p> <p id="words">Words to copy</p>
<p id="rest">Rest</p>
<a href="/other">Other</a> <a href="https://elsewhere.test/">Elsewhere</a> <a href="/prices.pdf">Prices</a>
<a href="tel:+48123">Call</a> <a href="https://www.facebook.com/sharer/sharer.php?u=x">Tell friends</a>
<form id="lead" onsubmit="return false"><input name="mail"><button>Send</button></form>
<form id="left"><input name="name"></form>
<script>document.addEventListener("click", (event) => event.target.closest("a") && event.preventDefault())</script>
{VIDEO} <div style="height:3000px"></div> <p id="end">The end</p>"""
PARAMS = {
    "click": {"selector": "#buy"},
    "element_visible": {"selector": "#end"},
    "hover": {"selector": "#rest"},
    "media_progress": {"percents": [50]},
    "scroll_depth": {"percents": [100]},
    "time_on_page": {"seconds": 1},
    "read_to_end": {"seconds": 1},
    "visit_count": {"visits": 1},
    "custom_event": {"name": "booked"},
    "data_layer": {"name": "add_to_cart"},
}
# A visit of one page and, in the same application, of a second one.
EXPECTED = {
    "page_view": 2,
    "history_change": 1,
    "click": 1,
    "link_click": 5,
    "outbound_click": 2,
    "download": 1,
    "contact_click": 1,
    "share": 1,
    "form_start": 2,
    "form_submit": 1,
    "form_abandon": 1,
    "scroll_depth": 1,
    "element_visible": 2,
    "time_on_page": 2,
    "read_to_end": 2,
    "time_spent": 1,
    "media_progress": 1,
    "hover": 1,
    "copy": 1,
    "site_search": 1,
    "rage_click": 1,
    "visit_count": 1,
    "custom_event": 1,
    "data_layer": 1,
}


def visit(page, press):
    press("#buy")
    for link in ("Other", "Elsewhere", "Prices", "Call", "Tell friends"):
        press(f"text={link}")
    for _ in range(4):
        press("#calm")
    press("#words")
    page.evaluate("getSelection().selectAllChildren(words)")
    page.keyboard.press("Control+c")
    press("#rest")
    page.wait_for_timeout(1300)
    page.fill("[name=mail]", "ann")
    press("text=Send")
    page.fill("[name=name]", "Ann")
    page.evaluate("dispatchEvent(new CustomEvent('booked'))")
    page.evaluate("dataLayer.push({event: 'add_to_cart'})")
    page.evaluate("play('film', 1, 60)")
    page.evaluate("scrollTo(0, 99999)")
    page.wait_for_timeout(1500)
    page.evaluate("history.pushState({}, '', '/second')")
    page.wait_for_timeout(1800)


def told_on(site, page, press):
    triggers = [trigger(kind, f"k_{kind}", **PARAMS.get(kind, {})) for kind in TRIGGER_KINDS]
    site.open(page, f"<script>window.dataLayer = []</script>{PAGE}", *triggers, query="?q=kettle")
    page.wait_for_function("window.mediaBegun")
    visit(page, press)
    return Counter(name.removeprefix("k_") for name in site.names(page))


def test_no_kind_is_left_out():
    assert set(EXPECTED) == set(TRIGGER_KINDS)


@pytest.mark.timeout(60)
def test_a_visit_by_mouse(site, page):
    assert told_on(site, page, page.click) == EXPECTED


@pytest.mark.timeout(60)
def test_a_visit_by_finger(site, phone):
    # A finger rests on nothing.
    assert told_on(site, phone, phone.tap) == {kind: times for kind, times in EXPECTED.items() if kind != "hover"}
