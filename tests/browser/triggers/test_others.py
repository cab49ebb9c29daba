"""Pages, searches, and what the page's own code says."""

import pytest

from tests.browser.triggers.site import trigger

CAMPAIGN = "?utm_source=news&mail=ann@shop.test&gclid=7"


def paths(site, page, name="page_view"):
    return [told["page_path"] for told in site.told(page, name)]


def push(page, path, how="pushState"):
    page.evaluate("([how, path]) => history[how]({}, '', path)", [how, path])
    page.wait_for_timeout(200)


def test_a_page_is_told_once_with_its_title_and_no_query_but_the_campaign(site, page):
    site.open(page, "Page", trigger("page_view"), trigger("page_view"), query=CAMPAIGN)

    location = f"{site.address}/page?utm_source=news"
    assert site.told(page) == [{"page_location": location, "page_title": "page", "page_path": "/page"}]


def test_an_application_opens_pages_forth_and_back_and_tells_their_titles(site, page):
    site.open(page, "Page", trigger("page_view"))

    page.evaluate("history.pushState({}, '', '/a'); setTimeout(() => { document.title = 'A' }, 30)")
    page.wait_for_timeout(200)
    page.go_back()
    page.wait_for_timeout(200)

    assert paths(site, page) == ["/page", "/a", "/page"]
    assert site.told(page)[1]["page_title"] == "A"


def test_an_anchor_or_a_tidied_address_or_a_way_through_is_no_page(site, page):
    site.open(page, "Page", trigger("page_view"), query=CAMPAIGN)

    push(page, "/page?mail=ann@shop.test", "replaceState")
    push(page, "#reviews")
    page.evaluate("history.pushState({}, '', '/way'); history.replaceState({}, '', '/end')")
    page.wait_for_timeout(200)
    assert paths(site, page) == ["/page", "/end"]
    push(page, "#/route")
    push(page, "#/route")

    assert len(paths(site, page)) == 3


def test_a_change_of_address_is_not_the_first_page_and_both_kinds_tell_it_once(site, page):
    site.open(page, "Page", trigger("history_change"), trigger("page_view"), trigger("history_change", "route"))

    push(page, "/a")

    assert paths(site, page) == ["/page", "/a"]
    assert paths(site, page, "route") == ["/a"]


@pytest.mark.parametrize(
    ("query", "tell_term", "told"),
    [
        ("?q=kettle", "yes", [{"search_term": "kettle"}]),
        ("?q=kettle", "no", [{}]),
        ("?color=red&query=%20tea%20pot%20", "yes", [{"search_term": "tea pot"}]),
        ("?q=ann%40shop.test", "yes", [{}]),
        ("?q=%2B49%20123%20456%2078", "yes", [{}]),
        ("?q=", "yes", []),
        ("?page=2", "yes", []),
    ],
)
def test_a_search_is_told_with_its_term_only_where_that_is_wanted_and_safe(site, page, query, tell_term, told):
    site.open(page, "Results", trigger("site_search", tell_term=tell_term), query=query)

    assert site.told(page) == [{**one, "page_path": "/page"} for one in told]


def test_an_event_of_the_page_is_told_with_its_plain_details(site, page):
    site.open(page, "Page", trigger("custom_event", name="booked"))

    page.evaluate("""() => {
        const detail = {value: 5, room: "blue", paid: true, guest: {mail: "ann@shop.test"}, none: null};
        document.dispatchEvent(new CustomEvent("booked", {detail}));
        window.dispatchEvent(new CustomEvent("booked"));
        document.body.dispatchEvent(new CustomEvent("booked", {detail: "text"}));
        document.dispatchEvent(new CustomEvent("other"));
    }""")

    here = {"page_path": "/page"}
    assert site.told(page, "booked") == [{"value": 5, "room": "blue", "paid": True, **here}, here, here]


def test_the_data_layer_is_heard_before_and_after_each_push_once(site, page):
    early = "<script>window.dataLayer = [{event: 'add_to_cart', ecommerce: {value: 5, currency: 'EUR'}}]</script>"
    site.open(page, early, trigger("data_layer", name="add_to_cart"), trigger("data_layer", name="add_to_cart"))

    page.evaluate("dataLayer.push({event: 'add_to_cart', ecommerce: {value: 7}}); dataLayer.push({event: 'other'})")
    page.evaluate("dataLayer.push({event: 'add_to_cart', value: 8}, {event: 'add_to_cart', value: 9})")

    told = site.told(page, "add_to_cart")
    assert [one["value"] for one in told] == [5, 7, 8, 9]
    assert told[0]["currency"] == "EUR"
    assert len(site.names(page)) == 4


def test_an_unknown_kind_or_a_broken_trigger_spoils_no_other(site, page):
    broken = [{**trigger("click", selector="##"), "event": "broken"}, {**trigger("page_view"), "kind": "nonsense"}]
    pattern = trigger("click", "pattern", selector="#buy", when=[("text", "matches", "(")])
    site.open(page, '<button id="buy">Buy</button>', *broken, pattern, trigger("click", selector="#buy"))

    page.click("#buy")

    assert site.names(page) == ["cta_click"]


def test_a_page_without_triggers_loads_nothing_more(site, page):
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(site.put('<button id="buy">Buy</button>'))
    page.wait_for_timeout(500)

    page.click("#buy")

    assert site.names(page) == []
    assert not [url for url in asked if "triggers.js" in url]
