"""The same on a phone: a touch is one interaction, though browsers make a click and mouse events of it too."""

from tests.browser.triggers.site import trigger

PAGE = """<button id="buy">Buy</button> <a href="tel:+4912" onclick="event.preventDefault()">Call</a>
<form id="lead" onsubmit="return false"><input name="mail"><button>Send</button></form>
<div style="height:3000px"></div><p id="end">End</p>"""


def test_each_touch_is_told_once(site, phone):
    kinds = [trigger("click", selector="#buy"), trigger("contact_click"), trigger("form_start"), trigger("form_submit")]
    site.open(phone, PAGE, *kinds, trigger("hover", selector="#buy", seconds=1), trigger("rage_click"))

    phone.tap("#buy")
    phone.wait_for_timeout(1300)
    phone.tap("text=Call")
    phone.tap("[name=mail]")
    phone.fill("[name=mail]", "ann")
    phone.tap("text=Send")

    assert site.names(phone) == ["cta_click", "phone_click", "form_start", "form_submit"]


def test_three_fast_touches_are_anger(site, phone):
    site.open(phone, PAGE, trigger("rage_click"))

    for _ in range(4):
        phone.tap("#buy")

    assert site.names(phone) == ["rage_click"]


def test_the_end_is_reached_and_seen(site, phone):
    site.open(phone, PAGE, trigger("scroll_depth", percents=[50, 100]), trigger("element_visible", selector="#end"))

    phone.evaluate("scrollTo(0, 9999)")
    phone.wait_for_timeout(1300)

    assert site.names(phone) == ["scroll", "scroll", "cta_view"]


def test_a_condition_knows_a_phone(site, phone):
    device = trigger("page_view", "on_phone", when=[("device", "equals", "mobile")])
    site.open(phone, PAGE, device, trigger("page_view", "on_desktop", when=[("device", "equals", "desktop")]))

    assert site.names(phone) == ["on_phone"]
