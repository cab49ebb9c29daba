"""Clicks on elements and links: each is told once, as what it was, without what must not be told."""

import pytest

from tests.browser.triggers.site import BEGUN, trigger

STAY = "<script>document.addEventListener('click', event => event.preventDefault())</script>"
BUTTON = '<button id="buy" class="main"> Add  to <b>cart</b> </button>'


def test_a_click_is_told_with_text_id_and_path(site, page):
    site.open(page, BUTTON, trigger("click", selector="#buy"))

    page.click("#buy b")
    page.mouse.click(500, 500)

    assert site.events(page)[0]["name"] == "cta_click"
    assert site.told(page) == [{"cta_text": "Add to cart", "cta_id": "buy", "page_path": "/page"}]


def test_keys_and_scripts_click_too(site, page):
    site.open(page, BUTTON, trigger("click", selector="#buy"))

    page.focus("#buy")
    page.keyboard.press("Enter")
    page.keyboard.press("Space")
    # A command of this tool overtakes what the browser still has to do for the key.
    page.wait_for_timeout(50)
    page.evaluate("document.querySelector('#buy').click()")

    assert site.names(page) == ["cta_click"] * 3


def test_a_double_click_is_one_and_two_clicks_are_two(site, page):
    site.open(page, BUTTON, trigger("click", selector="#buy"))

    # As a person does it: a moment lies between the two.
    page.dblclick("#buy", delay=80)
    assert site.names(page) == ["cta_click"]
    page.click("#buy")
    page.click("#buy")

    assert site.names(page) == ["cta_click"] * 3


def test_a_label_clicks_its_field_and_is_one_click(site, page):
    html = '<div id="card"><label for="box">Agree</label><input id="box" type="checkbox"></div>'
    site.open(page, html, trigger("click", selector="#card"))

    page.click("label")

    assert site.names(page) == ["cta_click"]


def test_two_triggers_of_one_event_tell_it_once_and_another_event_is_told_too(site, page):
    both = [trigger("click", selector="#buy"), trigger("click", selector="button")]
    site.open(page, BUTTON, *both, trigger("click", "interest", selector=".main"))

    page.click("#buy")

    assert sorted(site.names(page)) == ["cta_click", "interest"]


def test_a_click_that_sends_a_form_is_one_interaction(site, page):
    html = '<form id="f" onsubmit="return false"><button>Send</button></form>'
    site.open(page, html, trigger("click", "lead", selector="button"), trigger("form_submit", "lead"))

    page.click("button")

    assert site.names(page) == ["lead"]


def test_a_page_that_stops_its_clicks_hides_none(site, page):
    stop = "<script>document.addEventListener('click', event => event.stopImmediatePropagation(), true)</script>"
    site.open(page, BUTTON + stop, trigger("click", selector="#buy"))

    page.click("#buy")

    assert site.names(page) == ["cta_click"]


def test_a_click_in_a_shadow_is_found_from_within_and_from_without(site, page):
    shadow = """<my-card id="card"></my-card><script>
        document.querySelector("my-card").attachShadow({mode: "open"}).innerHTML = "<button id=inner>Buy</button>";
    </script>"""
    site.open(page, shadow, trigger("click", selector="#inner"), trigger("click", "card", selector="#card"))

    page.click("#inner")

    assert sorted(site.names(page)) == ["card", "cta_click"]


def test_a_click_before_the_triggers_are_known_is_told_once(site, page):
    site.slow = {"/v1/client/triggers.js": 1}
    site.triggers = [trigger("click", selector="#buy")]
    page.add_init_script(BEGUN)

    page.goto(site.put(BUTTON), wait_until="commit")
    page.wait_for_function("window.microlift && microlift.variant")
    page.click("#buy")
    assert not page.evaluate("window.begun")
    site.wait(page)

    assert site.names(page) == ["cta_click"]


LINKS = """<nav id="menu"><a id="inner" href="/next?mail=ann@shop.test#x">Next</a></nav>
<a id="www" href="http://www.localhost/other">Own</a><a id="away" href="https://elsewhere.test/a?b=c">Away</a>
<a id="pdf" href="/files/Price%20list.PDF?token=1">Prices</a><a id="marked" href="/export" download>Export</a>
<a id="tel" href="tel:+49123456789">Call +49 123 456789</a><a id="mail" href="mailto:ann@shop.test">Write to us</a>
<a id="map" href="https://maps.google.com/?q=Main+Street">Way</a><a id="goo" href="https://maps.app.goo.gl/x">Map</a>
<a id="geo" href="https://www.google.com/maps/place/x">Find us</a>
<svg width=9 height=9><rect width=9 height=9 /></svg>"""


@pytest.mark.parametrize(("selector", "clicked"), [("", ["Next", "Away"]), ("#menu", ["Next"])])
def test_links_are_told_without_query_and_fragment(site, page, selector, clicked):
    site.open(page, LINKS + STAY, trigger("link_click", selector=selector))

    page.click("#inner")
    page.click("#away")
    page.click("svg")

    told = site.told(page, "click")
    assert [one["link_text"] for one in told] == clicked
    assert told[0]["link_url"] == f"{site.address}/next"
    assert told[0]["link_domain"] == "localhost"


def test_only_links_to_other_sites_lead_away(site, page):
    site.open(page, LINKS + STAY, trigger("outbound_click"))

    for selector in ("#inner", "#www", "#away", "#tel"):
        page.click(selector)

    (told,) = site.told(page)
    assert told == {
        "link_url": "https://elsewhere.test/a",
        "link_domain": "elsewhere.test",
        "link_text": "Away",
        "outbound": True,
        "page_path": "/page",
    }


def test_downloads_are_told_by_their_file(site, page):
    site.open(page, LINKS + STAY, trigger("download"))

    for selector in ("#inner", "#pdf", "#marked", "#away"):
        page.click(selector)

    pdf, marked = site.told(page, "file_download")
    assert (pdf["file_name"], pdf["file_extension"], pdf["link_text"]) == ("Price%20list.PDF", "pdf", "Prices")
    assert marked["file_name"] == "export"
    assert "token" not in str(pdf)


def test_contacts_are_told_without_number_and_address(site, page):
    site.open(page, LINKS + STAY, trigger("contact_click"))

    for selector in ("#tel", "#mail", "#map", "#goo", "#geo", "#inner"):
        page.click(selector)

    events = [(event["name"], event["properties"].get("link_text")) for event in site.events(page)]
    assert events == [
        ("phone_click", ""),
        ("email_click", "Write to us"),
        ("map_click", "Way"),
        ("map_click", "Map"),
        ("map_click", "Find us"),
    ]
    assert "456789" not in str(site.bodies)
    assert "shop.test" not in str(site.bodies)


def test_a_click_that_leaves_the_page_arrives_once_and_going_back_tells_nothing(site, page):
    site.put("Next", "next")
    site.open(page, '<a href="/next">Next</a>', trigger("link_click"))

    page.click("a")
    page.wait_for_url("**/next")
    page.go_back()
    page.wait_for_url("**/page")

    assert site.names(page) == ["click"]


def test_three_clicks_in_anger_are_one_and_slow_ones_none(site, page):
    site.open(page, BUTTON, trigger("rage_click"))

    for _ in range(3):
        page.click("#buy")
        page.wait_for_timeout(550)
    assert site.names(page) == []
    for _ in range(6):
        page.click("#buy")

    assert site.told(page, "rage_click") == [{"cta_text": "Add to cart", "cta_id": "buy", "page_path": "/page"}]


def test_fast_clicks_in_far_places_are_no_anger(site, page):
    site.open(page, '<div style="height:600px">Map</div>', trigger("rage_click"))

    for step in range(6):
        page.mouse.click(50 + step * 100, 200)

    assert site.names(page) == []


def test_what_is_copied_is_told_by_its_length_alone(site, page):
    html = '<p id="coupon">SAVE20</p><p id="other">Other</p>'
    site.open(page, html, trigger("copy", selector="#coupon"))

    for selector in ("#other", "#coupon"):
        page.evaluate("s => getSelection().selectAllChildren(document.querySelector(s))", selector)
        page.keyboard.press("Control+c")

    assert site.told(page) == [{"length": 6, "page_path": "/page"}]


SHARES = """<a href="https://www.facebook.com/sharer/sharer.php?u=x">F</a><a href="https://x.com/intent/post?text=x">X</a>
<a href="https://wa.me/?text=x">W</a><a href="https://t.me/share/url?url=x">T</a><a href="https://x.com/shop">Us</a>
<a href="https://www.linkedin.com/sharing/share-offsite/?url=x">L</a>
<button onclick="navigator.share({})">Share</button>"""
NATIVE = "<script>navigator.share = () => window.refused ? Promise.reject(new Error('no')) : Promise.resolve()</script>"


def test_sharing_is_told_by_its_way(site, page):
    site.open(page, NATIVE + SHARES + STAY, trigger("share"))

    for link in page.query_selector_all("a"):
        link.click()
    page.click("button")
    page.evaluate("window.refused = true; navigator.share({}).catch(() => {})")

    methods = [told["method"] for told in site.told(page, "share")]
    assert methods == ["facebook", "x", "wa", "t", "linkedin", "browser"]
