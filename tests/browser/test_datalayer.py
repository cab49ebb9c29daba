"""Google's dataLayer and the browser client: what pages push is heard, exposures are pushed, neither twice."""

import pytest

from tests.browser.published import publish
from tests.browser.shop import BUTTON
from tracking.models import Event

# One worker for the file: one Chromium, one server.

GOODS = "{value: 30, currency: 'EUR', items: [{item_id: 'A-1', price: 30, quantity: 1}]}"
GOODS_TOLD = {"value": 30, "currency": "EUR", "items": [{"item_id": "A-1", "price": 30, "quantity": 1}]}
# Everybody is shown the treatment.
ALL_GREEN = [{"key": "original", "weight": 0}, "green"]
GTAG = "window.dataLayer = window.dataLayer || []; function gtag() { dataLayer.push(arguments); }"
# As Google gives it, but for line breaks.
SNIPPET = """<script>(function(w,d,s,l,i){w[l]=w[l]||[];w[l].push({'gtm.start':
new Date().getTime(),event:'gtm.js'});var f=d.getElementsByTagName(s)[0],
j=d.createElement(s),dl=l!='dataLayer'?'&l='+l:'';j.async=true;j.src=
'https://www.googletagmanager.com/gtm.js?id='+i+dl;f.parentNode.insertBefore(j,f);
})(window,document,'script','dataLayer','GTM-TEST');</script>"""
# What Tag Manager does to the layer: it puts its own push around the one that it finds, and reads what is there.
TAG_MANAGER = """(() => {
  const before = dataLayer.push;
  window.managed = [];
  const take = (entry) => { entry['gtm.uniqueEventId'] = managed.length; managed.push(entry); };
  const taken = [].slice.call(dataLayer);
  dataLayer.push = function () {
    const entries = [].slice.call(arguments);
    const answer = before.apply(dataLayer, entries);
    entries.forEach(take);
    return typeof answer !== "boolean" || answer;
  };
  taken.forEach(take);
})()"""


@pytest.fixture
def shop(server):
    """Its pages ask for three events of the layer."""
    shop = server.shop()
    names = ["add_to_cart", "sign_up", "gtm.click", "experiment_viewed"]
    publish(shop, *({"kind": "data_layer", "event": f"heard {name}", "params": {"name": name}} for name in names))
    return shop


def visit(shop, page, before="", after="", **data):
    """Opens a page with these scripts before and behind ours, and waits until ours hears."""
    page.goto(shop.put(f"{before}{BUTTON}{shop.script(**data)}{after}"))
    page.wait_for_function("window.microlift && microlift.variant")
    page.evaluate("microlift.variant('any')")


def heard(shop, name="add_to_cart", *, least=1):
    """What was told of a push, but for the page's path."""
    told = shop.told(f"heard {name}", least=least)
    return [{key: value for key, value in one.items() if key != "page_path"} for one in told]


def pushed(page, event="experiment_viewed"):
    return page.evaluate(f"dataLayer.filter(one => one.event == {event!r})")


def test_what_was_pushed_before_the_script_came_is_heard(shop, page):
    visit(shop, page, f"<script>dataLayer = [{{event: 'add_to_cart', ecommerce: {GOODS}}}]</script>")

    assert heard(shop) == [GOODS_TOLD]


def test_what_is_pushed_later_is_heard_and_push_answers_as_it_always_did(shop, page):
    visit(shop, page, "<script>layer = dataLayer = []</script>")

    length = page.evaluate(f"dataLayer.push({{other: 1}}, {{event: 'add_to_cart', ecommerce: {GOODS}}})")

    assert heard(shop) == [GOODS_TOLD]
    assert length == 2
    assert page.evaluate("dataLayer === layer && Array.isArray(dataLayer)")


def test_gtag_is_heard_as_well_before_and_after(shop, page):
    visit(shop, page, f"<script>{GTAG}; gtag('js', new Date()); gtag('event', 'add_to_cart', {GOODS})</script>")

    page.evaluate(f"gtag('config', 'G-1'); gtag('event', 'add_to_cart', {GOODS}); gtag('event', 'sign_up')")

    assert heard(shop, least=2) == [GOODS_TOLD, GOODS_TOLD]
    assert heard(shop, "sign_up") == [{}]


def test_only_events_that_a_trigger_asks_for_are_told_and_none_of_tag_managers_own(shop, page):
    visit(shop, page, "<script>dataLayer = [{event: 'refund'}, {event: 'gtm.click'}, {event: 'gtm.js'}]</script>")

    page.evaluate(
        "dataLayer.push({event: 'gtm.click'}, {event: 'purchase'}, {event: 'sign_up', 'gtm.uniqueEventId': 7})"
    )

    assert heard(shop, "sign_up") == [{}]
    assert Event.objects.filter(project=shop.project).count() == 1


def test_one_push_is_heard_once_however_often_its_object_comes_and_equal_ones_each(shop, page):
    visit(shop, page, "<script>one = {event: 'add_to_cart'}; dataLayer = [one, one]</script>")

    page.evaluate("dataLayer.push(one); dataLayer.push({event: 'sign_up'}); dataLayer.push({event: 'sign_up'})")

    assert len(heard(shop, "sign_up", least=2)) == 2
    assert len(heard(shop)) == 1


def test_of_what_is_nested_only_the_goods_are_told_and_never_an_address_of_a_person(shop, page):
    visit(shop, page)

    page.evaluate("""() => {
        const ring = {}; ring.ring = ring;
        window.dataLayer = []; dataLayer.push({event: 'early'});
        dataLayer.push({event: 'add_to_cart', plan: 'pro', email: 'ann@mail.example', link: '?m=ann%40mail.example',
            user_data: {email: 'ann@mail.example'}, ring, element: document.body, eventCallback() {}, nothing: null,
            ecommerce: {items: [{item_id: 'A', options: {of: 'ann@mail.example'}, buyer: 'ann@mail.example'}]}});
    }""")

    assert heard(shop) == [{"plan": "pro", "items": [{"item_id": "A"}]}]


@pytest.fixture
def managed(page):
    """Google's address gives our stand-in for Tag Manager."""
    page.route("https://www.googletagmanager.com/**", lambda route: route.fulfill(body=TAG_MANAGER))
    return f"{SNIPPET}<script>{GTAG} gtag('event', 'add_to_cart', {GOODS})</script>"


def come(shop, page):
    """Our script, on a page that stands already."""
    page.evaluate(
        """([src, key]) => {
            const script = document.createElement("script");
            document.head.append(Object.assign(script, {src}));
            script.dataset.key = key;
        }""",
        [f"{shop.api}/v1/client.js", shop.key],
    )
    page.wait_for_function("window.microlift && microlift.variant")


@pytest.mark.parametrize("first", ["Tag Manager", "Microlift"])
def test_with_tag_manager_each_gets_every_push_once_whichever_comes_first(shop, page, managed, first):
    shop.run(variants=ALL_GREEN)
    if first == "Microlift":
        visit(shop, page)
        page.evaluate(f"window.dataLayer = []; {GTAG} gtag('event', 'add_to_cart', {GOODS}); {TAG_MANAGER}")
    else:
        page.goto(shop.put(f"<script></script>{managed}{BUTTON}"))
        page.wait_for_function("window.managed")
        come(shop, page)
    page.wait_for_function("dataLayer.some(one => one.event == 'experiment_viewed')")

    page.evaluate(f"dataLayer.push({{event: 'add_to_cart', ecommerce: {GOODS}}}); dataLayer.push({{event: 'sign_up'}})")

    assert heard(shop, least=2) == [GOODS_TOLD, GOODS_TOLD]
    assert heard(shop, "sign_up") == [{}]
    assert heard(shop, "experiment_viewed", least=0) == []
    assert page.evaluate("managed.length == dataLayer.length && dataLayer.every(one => managed.includes(one))")


def test_an_exposure_is_pushed_once(shop, page):
    shop.run(variants=ALL_GREEN)
    visit(shop, page, "<script>dataLayer = []</script>")

    page.wait_for_function("dataLayer.length")
    page.evaluate("window.scrollTo(0, 9999); microlift.variant('hero'); microlift.variant('hero')")
    shop.events("experiment_viewed")

    assert pushed(page) == [{"event": "experiment_viewed", "experiment": "hero", "variant": "green", "phase": 1}]


def test_no_layer_is_made_unless_the_page_asks_and_an_exposure_waits_for_one_that_comes_later(shop, page):
    shop.run(variants=ALL_GREEN)
    visit(shop, page)
    shop.events("experiment_viewed")
    assert not page.evaluate("'dataLayer' in window")

    page.evaluate("window.dataLayer = [{event: 'sign_up'}]")
    page.wait_for_function("dataLayer.length == 2")

    assert len(pushed(page)) == 1
    assert heard(shop, "sign_up") == [{}]


def test_a_page_that_asks_gets_a_layer(shop, page):
    shop.run(variants=ALL_GREEN)
    visit(shop, page, datalayer="")

    page.wait_for_function("dataLayer.length")

    assert len(pushed(page)) == 1


def test_something_else_of_this_name_is_left_alone(shop, page):
    visit(shop, page, '<p id="dataLayer">Layers of data</p>')

    page.evaluate("microlift.track('fine')")

    assert len(shop.told("fine")) == 1
    assert page.evaluate("dataLayer.push === undefined && dataLayer.textContent") == "Layers of data"


LAST_PRICE = {"name": "price", "source": "data_layer", "from": "ecommerce.items.0.price", "as": "number"}


@pytest.mark.parametrize(
    ("pushes", "price"),
    [
        ("dataLayer.push({ecommerce: {items: [{price: 20}]}}, {ecommerce: {items: [{price: '25,50'}]}})", 25.5),
        ("dataLayer.push({ecommerce: {items: [{price: 20}]}}, {ecommerce: {currency: 'EUR'}}, {other: 1})", 20),
        ("dataLayer.push({ecommerce: {items: [{price: 20}]}}, {ecommerce: null})", None),
        ("", 10),
    ],
)
def test_a_trigger_takes_along_what_was_pushed_last_unless_the_page_has_cleared_it(shop, page, pushes, price):
    publish(shop, {"kind": "click", "event": "bought", "params": {"selector": "#buy"}, "properties": [LAST_PRICE]})
    visit(shop, page, "<script>dataLayer = [{ecommerce: {items: [{price: 10}]}}]</script>")

    page.evaluate(pushes)
    page.click("#buy")

    assert shop.told("bought")[0].get("price") == price
