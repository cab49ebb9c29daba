"""The browser client in a real page: what it tells, that it arrives once, and what it never tells."""

import json
from datetime import timedelta

from django.utils import timezone

from tests.browser.shop import BUTTON
from tracking.models import Event

# One worker for the file: one Chromium, one server.

CANARY = "canary-7f3e"
NOTHING_WAITS = "!Object.keys(localStorage).some(name => name.startsWith('microlift.event'))"


def visit(shop, page, html="", query="", **data):
    """Opens a page with this content and waits until the client listens."""
    address = shop.put(html + shop.script(**data))
    page.goto(address + query)
    page.wait_for_function("window.microlift && microlift.variant")
    page.evaluate("microlift.variant('any')")


def pause(page, seconds=0.4):
    """Longer than events wait for company."""
    page.wait_for_timeout(seconds * 1000)


def test_a_click_on_a_goals_element_is_its_event(shop, page):
    shop.listen("add_to_cart", "#buy")
    visit(shop, page, '<button id="buy"> Add  to <b>cart</b> </button>', visitor="ann")

    page.click("#buy b")

    (event,) = shop.events("add_to_cart")
    path = f"/{shop.project.key}/page"
    assert event.properties == {"cta_text": "Add to cart", "cta_id": "buy", "page_path": path}
    assert (event.visitor_id, event.source, len(event.event_id)) == ("ann", "client", 36)
    assert timezone.now() - event.occurred_at < timedelta(seconds=10)


def test_a_click_is_one_event_however_many_goals_and_scripts_listen(shop, page):
    shop.listen("add_to_cart", "#buy")
    shop.listen("add_to_cart", "button")
    shop.listen("cta_click", ".main")

    visit(shop, page, f'<div class="main">{BUTTON}</div>{shop.script()}')
    page.click("#buy")
    pause(page)

    assert [event.name for event in Event.objects.filter(project=shop.project).order_by("name")] == [
        "add_to_cart",
        "cta_click",
    ]


def test_a_link_is_told_without_query_and_fragment(shop, page):
    shop.listen("select_item", "a")
    visit(
        shop,
        page,
        '<a href="/item/7?mail=ann#x" onclick="return false">Kettle</a><a href="tel:+4912">Call</a>',
        "?q=1#y",
    )

    page.click("text=Kettle")
    page.evaluate("document.querySelectorAll('a')[1].addEventListener('click', e => e.preventDefault())")
    page.click("text=Call")

    kettle, call = shop.told("select_item", least=2)
    assert kettle["link_url"] == f"http://localhost:{shop.port}/item/7"
    assert kettle["page_path"] == f"/{shop.project.key}/page"
    assert call["link_url"] == "tel:"


def test_a_page_that_stops_its_clicks_hides_none(shop, page):
    shop.listen("add_to_cart", "#buy")
    visit(shop, page, f'<div onclick="event.stopPropagation()">{BUTTON}</div>')

    page.click("#buy")

    assert len(shop.told("add_to_cart")) == 1


def test_a_click_before_the_configuration_is_not_lost(shop, page):
    shop.listen("add_to_cart", "#buy")
    at_once = "document.querySelector('#buy').click()"

    page.goto(shop.put(BUTTON + shop.script().replace("async", f'async onload="{at_once}"')))

    assert len(shop.told("add_to_cart")) == 1


def test_a_click_that_leaves_the_page_arrives_once(shop, page):
    shop.listen("select_item", "a")
    shop.put(shop.script(), "next")
    visit(shop, page, '<a href="next">Next</a>')

    page.click("a")

    page.wait_for_url("**/next")
    assert len(shop.told("select_item")) == 1
    page.wait_for_function(NOTHING_WAITS)
    assert len(shop.told("select_item")) == 1


def test_what_is_told_just_before_the_tab_closes_arrives(shop, page):
    visit(shop, page)

    page.evaluate("microlift.track('purchase')")
    page.close()

    assert len(shop.told("purchase")) == 1


def test_the_page_tells_events_of_its_own(shop, page):
    visit(shop, page, visitor="ann")

    page.evaluate("microlift.track('purchase', {value: 39.9, currency: 'EUR', transaction_id: 'A1'})")

    (event,) = shop.events("purchase")
    assert event.properties == {"value": 39.9, "currency": "EUR", "transaction_id": "A1"}
    assert event.visitor_id == "ann"


def test_what_the_page_asks_before_the_script_has_come_is_done_then(shop, page):
    shop.run(
        "prices", kind="json", variants=[{"key": "month", "payload": {"per": "month"}}, {"key": "year", "weight": 0}]
    )
    before = """<script>
        window.microlift = window.microlift || {q: []};
        microlift.q.push(["track", "early", {n: 1}]);
        microlift.q.push(["variant", "prices", (answer) => { window.shown = answer.payload.per; }]);
    </script>"""

    visit(shop, page, before)
    page.evaluate("microlift.q.push(['track', 'late'])")

    page.wait_for_function("window.shown == 'month'")
    assert (shop.told("early"), shop.told("late")) == ([{"n": 1}], [{}])


def test_many_events_go_in_batches_and_none_is_lost(shop, page):
    visit(shop, page)

    page.evaluate("for (let n = 0; n < 190; n++) microlift.track('step', {n, text: 'ж'.repeat(200)})")

    assert sorted(told["n"] for told in shop.told("step", least=190)) == list(range(190))


def test_what_the_server_could_not_take_is_sent_again_under_the_same_id(shop, page):
    bodies = []

    def fail_once(route):
        bodies.append(json.loads(route.request.post_data))
        route.fulfill(status=503, body="{}") if len(bodies) == 1 else route.continue_()

    page.route("**/v1/events*", fail_once)
    visit(shop, page)
    page.evaluate("microlift.track('purchase')")
    page.wait_for_function(NOTHING_WAITS)

    (event,) = shop.events("purchase")
    assert [body["events"][0]["id"] for body in bodies] == [event.event_id] * 2
    assert bodies[0]["sent_at"] < bodies[1]["sent_at"]


def test_what_was_told_to_a_dead_server_arrives_from_the_next_page_once(shop, page):
    page.route("**/v1/events*", lambda route: route.abort())
    visit(shop, page)
    told_at = timezone.now()
    page.evaluate("microlift.track('purchase', {value: 5})")
    pause(page, 1)
    page.unroute("**/v1/events*")

    visit(shop, page)

    (event,) = shop.events("purchase")
    assert abs(event.occurred_at - told_at) < timedelta(seconds=0.5)
    page.wait_for_function(NOTHING_WAITS)


def test_what_the_server_refuses_for_good_is_not_repeated(shop, page):
    page.route("**/v1/events*", lambda route: route.fulfill(status=401, body="{}"))
    visit(shop, page)

    page.evaluate("microlift.track('purchase')")

    page.wait_for_function(NOTHING_WAITS)


def test_only_so_many_events_wait_for_a_dead_server(shop, page):
    page.route("**/v1/events*", lambda route: route.abort())
    visit(shop, page)

    page.evaluate("for (let n = 0; n < 300; n++) microlift.track('step', {n})")

    waiting = page.evaluate("Object.keys(localStorage).filter(name => name.startsWith('microlift.event')).length")
    assert waiting == 200


def test_an_impossible_event_throws_nothing_and_spoils_no_other(shop, page):
    visit(shop, page)

    page.evaluate("""() => {
        const ring = {}; ring.ring = ring;
        microlift.track('ring', ring); microlift.track('huge', {text: 'x'.repeat(20000)}); microlift.track();
        microlift.q.push('nonsense'); microlift.q.push(['nonsense']); microlift.q.push(null);
        microlift.track('fine', {});
    }""")

    assert len(shop.told("fine")) == 1


FORM = f"""<form onsubmit="return false">
  <input id="name" name="name"><input id="password" type="password"><textarea id="note"></textarea>
  <select id="kind"><option>small</option><option value="{CANARY}">{CANARY}</option></select>
  <p id="editable" contenteditable></p><input id="go" type="submit" value="Send">
  <a id="link" href="/next?token={CANARY}#{CANARY}" onclick="return false">Terms</a>
</form>"""


def test_nothing_that_is_typed_is_ever_told_and_a_query_string_only_to_choose_the_variant(shop, page):
    sent = []
    page.context.on("request", lambda request: sent.append(request))
    for selector in ("form", "input", "textarea", "select", "#editable", "#go", "a"):
        shop.listen(f"clicked {selector.strip('#')}", selector)
    # An audience that only the server can tell makes the page ask.
    shop.run(condition={"country": "PL"})
    visit(shop, page, FORM, f"?mail={CANARY}")

    for selector in ("#name", "#password", "#note", "#editable"):
        page.fill(selector, CANARY)
        page.click(selector)
    page.select_option("#kind", index=1)
    for selector in ("#kind", "#go", "#link"):
        page.click(selector)

    assert shop.told("clicked go")[0]["cta_text"] == "Send"
    assert len(shop.told("clicked form", least=7)) == 7
    ours = [request for request in sent if "/v1/" in request.url]
    questions = [json.loads(request.post_data) for request in ours if "/v1/assign" in request.url]
    assert [asked["attributes"].pop("url") for asked in questions] == [page.url]
    others = [request for request in ours if "/v1/assign" not in request.url]
    told = "".join(f"{request.url}{request.post_data}{request.headers}" for request in others)
    assert CANARY not in told + str(questions)
    assert CANARY not in str(list(Event.objects.values_list("properties", "context")))


def test_what_is_told_before_the_configuration_has_come_goes_to_us_and_not_to_the_page(shop, page):
    visit(shop, page)
    asked = []
    page.on("request", lambda request: asked.append((request.method, request.url)))
    page.route("**/v1/client/pk_*", lambda route: (page.wait_for_timeout(700), route.continue_()))

    visit(shop, page, "<script>window.microlift = {q: [['track', 'early']]}</script>")

    assert len(shop.events("early")) == 1
    assert all("/v1/events" in url for method, url in asked if method == "POST")


def told_of(shop, name):
    return [event.context for event in shop.events(name)]


def test_all_pages_of_a_visit_tell_of_one_session_and_of_the_page_it_began_on(shop, page):
    visit(shop, page, query="?email=canary%40example.com")
    page.evaluate("microlift.track('step')")
    pause(page)
    page.goto(page.url.split("?")[0] + "/next")
    page.goto(page.url.replace("/next", ""))
    page.wait_for_function("window.microlift && microlift.variant")
    page.evaluate("microlift.track('step')")
    pause(page)

    first, second = told_of(shop, "step")
    assert len(first["session_id"]) == 36
    assert first["session_id"] == second["session_id"]
    assert first["landing_page"] == second["landing_page"] == f"/{shop.project.key}/page"


def test_after_half_an_hour_without_an_event_another_session_begins(shop, page):
    visit(shop, page)
    page.evaluate("microlift.track('step')")
    page.evaluate("""() => {
        const [id, last, path] = localStorage.getItem('microlift.session').split(' ');
        localStorage.setItem('microlift.session', [id, last - 1800000, path].join(' '));
    }""")
    page.evaluate("microlift.track('step'); microlift.track('step')")
    pause(page)

    first, second, third = (one["session_id"] for one in told_of(shop, "step"))
    assert first != second == third


def test_who_refuses_and_agrees_again_is_not_known_by_the_session(shop, page):
    visit(shop, page)
    page.evaluate("microlift.track('step')")
    pause(page)
    page.evaluate("microlift.consent('denied'); microlift.consent('granted'); microlift.track('step')")
    pause(page)

    first, second = (one["session_id"] for one in told_of(shop, "step"))
    assert first != second
