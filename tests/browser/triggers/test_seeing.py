"""What comes into view and what the mouse rests on: each as often as it happened, in sight and long enough."""

from tests.browser.triggers.site import trigger

LONG = '<div style="height:4000px">Long</div>'
FAR = f'{LONG}<button id="buy" style="height:60px">Buy</button>'


def percents(site, page):
    return [told["percent_scrolled"] for told in site.told(page, "scroll")]


def scroll(page, y):
    page.evaluate("y => scrollTo(0, y)", y)
    page.wait_for_timeout(60)


def test_each_depth_is_told_once_and_nothing_before_scrolling(site, page):
    site.open(page, LONG, trigger("scroll_depth"))

    assert percents(site, page) == []
    scroll(page, 1600)
    assert percents(site, page) == [25, 50]
    for y in (0, 1600, 5000, 0, 5000):
        scroll(page, y)

    assert percents(site, page) == [25, 50, 75, 90]


def test_two_depths_of_one_percent_are_told_once(site, page):
    site.open(page, LONG, trigger("scroll_depth", percents=[50]), trigger("scroll_depth", percents=[50, 100]))

    scroll(page, 5000)

    assert percents(site, page) == [50, 100]


def test_a_page_that_scrolls_within_is_measured_and_a_small_list_is_not(site, page):
    inner = '<div id="{}" style="overflow:auto;height:{}px;width:{}px"><div style="height:3000px"></div></div>'
    site.open(
        page, inner.format("app", 690, 980) + inner.format("list", 200, 200), trigger("scroll_depth", percents=[90])
    )

    page.evaluate("document.querySelector('#list').scrollTop = 9999")
    assert percents(site, page) == []
    page.evaluate("document.querySelector('#app').scrollTop = 9999")

    assert percents(site, page) == [90]


def test_an_application_begins_anew_and_an_anchor_does_not(site, page):
    site.open(page, LONG, trigger("scroll_depth", percents=[90]))

    scroll(page, 5000)
    page.evaluate("location.hash = 'reviews'")
    scroll(page, 0)
    scroll(page, 5000)
    assert percents(site, page) == [90]
    page.evaluate("history.pushState({}, '', '/other')")
    page.wait_for_timeout(200)
    scroll(page, 0)
    scroll(page, 5000)

    assert [told["page_path"] for told in site.told(page)] == ["/page", "/other"]


def test_an_element_is_seen_after_its_time_in_view_once(site, page):
    site.open(page, FAR, trigger("element_visible", selector="#buy"))

    scroll(page, 5000)
    page.wait_for_timeout(500)
    scroll(page, 0)
    page.wait_for_timeout(900)
    assert site.names(page) == []
    for y in (5000, 0, 5000):
        scroll(page, y)
        page.wait_for_timeout(1300)

    assert site.told(page, "cta_view") == [{"cta_text": "Buy", "cta_id": "buy", "page_path": "/page"}]


def test_each_of_several_elements_is_seen_also_one_that_comes_later(site, page):
    cards = "".join(f'<p class="card" id="card{number}">Card</p>' for number in range(3))
    site.open(page, cards, trigger("element_visible", selector=".card", seconds=0))

    page.wait_for_timeout(300)
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<p class=card id=late>Late</p>')")

    assert sorted(told["cta_id"] for told in site.told(page)) == ["card0", "card1", "card2", "late"]


def test_so_much_of_an_element_must_be_in_view_and_of_a_high_one_of_the_window(site, page):
    boxes = (("top", 650), ("cut", 200), ("high", 9000))
    tops = "".join(f'<div id="{name}" style="height:{height}px">Box</div>' for name, height in boxes)
    site.open(
        page,
        tops,
        trigger("element_visible", "cut", selector="#cut", seconds=0),
        trigger("element_visible", "high", selector="#high", seconds=0, share=80),
    )

    assert site.names(page) == []
    scroll(page, 760)
    page.wait_for_timeout(200)

    assert sorted(site.names(page)) == ["cut", "high"]


def test_a_hidden_element_is_not_seen(site, page):
    site.open(page, '<p id="buy" style="display:none">Buy</p>', trigger("element_visible", selector="#buy", seconds=0))

    page.wait_for_timeout(400)
    assert site.names(page) == []
    page.evaluate("document.querySelector('#buy').style.display = ''")

    assert site.names(page) == ["cta_view"]


def test_the_mouse_must_rest_and_each_rest_is_one(site, page):
    html = '<div style="height:100px">Top</div><button id="buy"><b>Buy</b> <i>now</i></button>'
    site.open(page, html, trigger("hover", selector="#buy"))

    page.hover("#buy b")
    page.wait_for_timeout(300)
    page.mouse.move(10, 10)
    page.wait_for_timeout(1100)
    assert site.names(page) == []
    for _ in range(2):
        page.hover("#buy b")
        page.wait_for_timeout(400)
        page.hover("#buy i")
        page.wait_for_timeout(1100)
        page.mouse.move(10, 10)

    assert [told["cta_text"] for told in site.told(page, "cta_hover")] == ["Buy now"] * 2


def test_a_finger_does_not_rest(site, page):
    site.open(page, '<button id="buy">Buy</button>', trigger("hover", selector="#buy"))

    page.dispatch_event("#buy", "pointerover", {"pointerType": "touch", "bubbles": True})
    page.wait_for_timeout(1200)

    assert site.names(page) == []


def test_a_page_is_read_after_its_end_and_its_time(site, page):
    site.open(page, LONG, trigger("read_to_end", seconds=2))

    scroll(page, 5000)
    scroll(page, 0)
    assert site.names(page) == []
    page.wait_for_timeout(2000)
    scroll(page, 5000)

    (told,) = site.told(page, "read_to_end")
    assert told["seconds"] == 2


def test_a_page_without_its_end_is_not_read_and_a_short_one_needs_no_scrolling(site, page):
    site.open(page, LONG, trigger("read_to_end", seconds=1))
    scroll(page, 1000)
    page.wait_for_timeout(1300)
    assert site.names(page) == []

    site.open(page, "Short", trigger("read_to_end", seconds=1))
    page.wait_for_timeout(1300)

    assert site.names(page) == ["read_to_end"]
