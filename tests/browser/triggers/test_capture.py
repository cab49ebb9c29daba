"""Captured properties: what stands near an element, in the address and in the dataLayer, read as texts and numbers."""

import pytest

from tests.browser.triggers.site import trigger

CARDS = """<ul>{}</ul><script>document.addEventListener("click", event => event.preventDefault())</script>"""
CARD = """<li class="card" data-sku="{0}"><h3>Kettle {0}</h3><p><span class="price">{1}</span></p>
    <div><button class="buy" data-list="home" value="v{0}">Buy</button>
    <a href="/p/{0}?mail=ann@shop.test">More</a></div></li>"""
SHOP = CARDS.format(CARD.format("k1", "1 299,00 zł") + CARD.format("k2", "$1,049.50"))


def test_the_nearest_price_and_name_of_each_card(site, page):
    tell = [
        ("price", "text", "", ".price", "number"),
        ("item", "text", "", "h3"),
        ("sku", "attribute", "data-sku", ".card"),
        ("list", "attribute", "data-list"),
        ("choice", "attribute", "value"),
        ("shop", "constant", "main"),
        ("missing", "text", "", ".missing"),
    ]
    site.open(page, SHOP, trigger("click", "add_to_cart", selector=".buy", tell=tell))

    page.click("text=Buy >> nth=1")
    page.click("text=Buy >> nth=0")

    second, first = site.told(page)
    wanted = {"price": 1049.5, "item": "Kettle k2", "sku": "k2", "list": "home", "choice": "vk2", "shop": "main"}
    assert second == {"cta_text": "Buy", "cta_id": "", "page_path": "/page", **wanted}
    assert (first["price"], first["item"]) == (1299, "Kettle k1")


def test_parts_of_the_address_and_the_page_of_a_link(site, page):
    parts = ("host", "path", "path:1", "path:9", "query:utm_source", "query:mail")
    tell = [(f"p{place}", "url", part) for place, part in enumerate(parts)] + [("to", "attribute", "href")]
    site.open(page, SHOP, trigger("link_click", tell=tell), query="?utm_source=news&mail=ann@shop.test")

    page.click("text=More >> nth=0")

    (told,) = site.told(page)
    # An e-mail address is told by nothing, whatever was asked for.
    assert {name: told.get(name) for name in ("p0", "p1", "p2", "p3", "p4", "p5")} == {
        "p0": f"localhost:{site.port}",
        "p1": "/page",
        "p2": "page",
        "p3": None,
        "p4": "news",
        "p5": None,
    }
    assert told["to"] == f"{site.address}/p/k1"
    assert "shop.test" not in str(site.bodies)


def test_the_last_value_of_the_data_layer_wins(site, page):
    layer = """<script>window.dataLayer = [{page: {kind: "list"}},
        {event: "view_item", ecommerce: {items: [{price: 5, item_name: "Kettle"}]}}]</script>"""
    paths = ("page.kind", "ecommerce.items.0.price", "ecommerce.items.0.item_name", "ecommerce.items.7.price")
    tell = [(f"p{place}", "data_layer", path) for place, path in enumerate(paths)]
    site.open(page, layer + SHOP, trigger("click", selector=".buy", tell=tell))

    page.click("text=Buy >> nth=0")
    page.evaluate("dataLayer.push({ecommerce: {items: [{price: '7,50', item_name: 'Pot'}]}})")
    page.click("text=Buy >> nth=1")

    first, second = ([told.get(f"p{place}") for place in range(4)] for told in site.told(page))
    assert first == ["list", 5, "Kettle", None]
    assert second == ["list", "7,50", "Pot", None]


def test_a_trigger_of_the_page_reads_the_page(site, page):
    html = '<p class="price">12 €</p><p class="price">13 €</p>'
    site.open(
        page,
        html,
        trigger("time_on_page", seconds=1, tell=[("price", "text", "", ".price", "number"), ("x", "text", "")]),
    )

    page.wait_for_timeout(1200)

    assert site.told(page) == [{"seconds": 1, "price": 12, "page_path": "/page"}]


NUMBERS = [
    ("1 299,00 zł", 1299),
    ("1\u00a0299,00\u00a0zł", 1299),
    ("1\u202f299", 1299),
    ("$1,299.00", 1299),
    ("1.299 €", 1299),
    ("1.299.000,50", 1299000.5),
    ("1,299,000", 1299000),
    ("CHF 1'299.–", 1299),
    ("12,5", 12.5),
    ("0.125", 0.125),
    ("0,125 l", 0.125),
    ("1299.000", 1299),
    ("from 49 a month", 49),
    ("-5", -5),
    ("Size 10 20", 10),
    ("free", None),
    ("3 for 2", 3),
]


def test_numbers_are_read_as_shops_write_them(site, page):
    prices = "".join(f'<p class="price">{text}</p>' for text, _ in NUMBERS)
    site.open(page, prices, trigger("click", "n", selector="p", tell=[("n", "text", "", "", "number")]))

    for place in range(len(NUMBERS)):
        page.click(f"p >> nth={place}")

    assert [told.get("n") for told in site.told(page)] == [number for _, number in NUMBERS]


@pytest.mark.parametrize("source", ["text", "attribute"])
def test_a_selector_that_no_browser_takes_loses_only_its_own_property(site, page, source):
    tell = [("bad", source, "title", "##"), ("good", "constant", "x")]
    site.open(page, SHOP, trigger("click", selector=".buy", tell=tell))

    page.click("text=Buy >> nth=0")

    (told,) = site.told(page)
    assert told["good"] == "x"
    assert "bad" not in told
