"""Consent: before it nothing is kept and nothing told; after it what happened is told once; refused, all is removed."""

import pytest

from tests.browser.agents import ordinary_context
from tests.browser.published import wish
from tests.browser.shop import BUTTON, shown
from tracking.models import Event

# One worker for the file: one Chromium, one server.

# Everybody is shown the treatment.
ALL_GREEN = [{"key": "original", "weight": 0}, "green"]
ORIGINAL, GREEN = "Add to cart", "Buy now"
# Longer than events wait for company.
SOON = 500
# Longer than the inventory of a page waits for what loads late.
EVERYTHING = 2500
STORED = """async () => ({
    local: Object.keys(localStorage), session: Object.keys(sessionStorage), cookie: document.cookie,
    databases: (await indexedDB.databases()).length, caches: (await caches.keys()).length,
})"""
NOTHING = {"local": [], "session": [], "cookie": "", "databases": 0, "caches": 0}
GTAG = "window.dataLayer = window.dataLayer || []; window.gtag = function () { dataLayer.push(arguments); };"


@pytest.fixture
def shop(server):
    """It asks for consent, and shows everybody the treatment."""
    shop = server.shop()
    wish(shop, requires_consent=True)
    shop.run(variants=ALL_GREEN)
    return shop


@pytest.fixture
def asked(profile):
    """The addresses that the profile's pages ask."""
    asked = []
    profile.on("request", lambda request: asked.append(request.url))
    return asked


def visit(shop, page, before="", name="page", **data):
    """Opens a page and waits until the button looks as it is to."""
    page.goto(shop.put(f"{before}{BUTTON}{shop.script(**data)}", name))
    shown(page)


def told(shop, *, least=0):
    """The names of all events, once so many have come, or none can come any more."""
    shop.events("experiment_viewed", least=least)
    return sorted(event.name for event in Event.objects.filter(project=shop.project))


def test_before_consent_the_treatment_is_shown_and_nothing_kept_and_nothing_told(shop, page, asked):
    visit(shop, page)
    page.evaluate("microlift.track('step'); history.pushState({}, '', '?p=2'); microlift.track('step')")
    page.click("#buy")
    page.wait_for_timeout(EVERYTHING)

    assert page.inner_text("#buy") == GREEN
    assert page.evaluate(STORED) == NOTHING
    page.goto("about:blank")
    assert page.context.cookies() == []
    assert [address for address in asked if "/v1/events" in address or "/v1/assign" in address] == []
    assert told(shop) == []


def test_once_it_is_granted_what_happened_on_this_page_is_told_once_and_the_id_kept(shop, page):
    visit(shop, page)
    page.evaluate("microlift.track('step', {n: 1})")
    before = page.evaluate("microlift.visitor()")

    page.evaluate("microlift.consent('granted'); microlift.consent('granted'); microlift.track('step', {n: 2})")

    assert [event["n"] for event in shop.told("step", least=2)] == [1, 2]
    assert told(shop) == ["experiment_viewed", "step", "step"]
    assert {event.visitor_id for event in Event.objects.filter(project=shop.project)} == {before}
    visit(shop, page, name="next")
    assert page.evaluate("microlift.visitor()") == before


def test_what_was_granted_holds_on_the_next_page(shop, page):
    visit(shop, page, "<script>microlift = {q: [['consent', 'granted']]}</script>")
    shop.events("experiment_viewed")

    visit(shop, page, name="next")

    assert told(shop, least=2) == ["experiment_viewed"] * 2


def test_events_keep_the_time_at_which_they_happened(shop, page):
    visit(shop, page)
    page.evaluate("microlift.track('step')")
    page.wait_for_timeout(1500)

    page.evaluate("microlift.consent('granted'); microlift.track('later')")

    (step,), (later,) = shop.events("step"), shop.events("later")
    assert (later.occurred_at - step.occurred_at).total_seconds() > 1.4


def test_refused_it_is_the_original_and_nothing_is_told_even_of_before(shop, page, asked):
    visit(shop, page)
    page.evaluate("microlift.track('step'); microlift.consent('denied'); microlift.track('step')")
    page.wait_for_function(f"document.querySelector('#buy').textContent == '{ORIGINAL}'")
    page.evaluate("history.pushState({}, '', '?p=2')")
    page.click("#buy")
    page.wait_for_timeout(SOON)

    assert page.inner_text("#buy") == ORIGINAL
    assert page.evaluate(STORED) == NOTHING
    assert page.evaluate("microlift.variant('hero').then(one => [one.variant, one.in_experiment])") == [
        "original",
        False,
    ]
    assert [address for address in asked if "/v1/events" in address] == []


def test_taken_back_it_removes_all_also_what_waits_to_be_sent(shop, page):
    page.route("**/v1/events*", lambda route: route.abort())
    visit(shop, page, "<script>microlift = {q: [['consent', 'granted']]}; localStorage.own = 1</script>")
    page.evaluate("microlift.track('step')")
    page.wait_for_function("Object.keys(localStorage).some(name => name.startsWith('microlift.event'))")

    page.wait_for_timeout(EVERYTHING)
    page.evaluate("microlift.consent('denied')")
    page.unroute("**/v1/events*")
    page.evaluate("history.pushState({}, '', '/another')")
    page.wait_for_timeout(EVERYTHING)
    stored = page.evaluate(STORED)
    visit(shop, page, "<script>microlift = {q: [['consent', 'granted']]}</script>", name="next")

    assert stored == {**NOTHING, "local": ["own"]}
    assert told(shop, least=1) == ["experiment_viewed"]


def test_who_refused_and_then_agrees_is_a_new_person(shop, page):
    visit(shop, page)
    before = page.evaluate("microlift.visitor()")

    page.evaluate("microlift.consent('denied'); microlift.consent('granted')")

    (event,) = shop.events("experiment_viewed")
    assert event.visitor_id == page.evaluate("microlift.visitor()") != before
    assert page.inner_text("#buy") == GREEN


def test_an_id_of_the_pages_own_is_not_told_before_consent_either(shop, page, asked):
    visit(shop, page, visitor="ann")
    page.wait_for_timeout(SOON)
    assert [address for address in asked if "/v1/events" in address] == []

    page.evaluate("microlift.consent('granted')")

    assert [event.visitor_id for event in shop.events("experiment_viewed")] == ["ann"]


def test_nonsense_is_no_consent(shop, page):
    visit(shop, page, "<script>microlift = {q: [['consent', 'yes'], ['consent'], ['consent', true]]}</script>")
    page.wait_for_timeout(SOON)

    assert page.evaluate(STORED) == NOTHING
    assert told(shop) == []


def test_a_project_that_asks_nobody_tells_and_keeps_at_once(shop, page):
    wish(shop, requires_consent=False)

    visit(shop, page)

    assert told(shop, least=1) == ["experiment_viewed"]
    assert "microlift.visitor" in page.evaluate(STORED)["local"]


def test_what_a_project_kept_without_asking_goes_once_it_asks(shop, page):
    # Nothing comes from the browser's cache, as after the minute in which it may.
    page.route("**/*", lambda route: route.continue_())
    wish(shop, requires_consent=False)
    visit(shop, page)
    shop.events("experiment_viewed")

    wish(shop, requires_consent=True)
    visit(shop, page, name="next")
    page.wait_for_timeout(SOON)

    assert page.evaluate(STORED) == NOTHING
    assert told(shop) == ["experiment_viewed"]


@pytest.mark.parametrize("weight", [0, 1], ids=["stays", "leaves"])
def test_a_redirect_waits_for_consent_so_that_who_stays_and_who_leaves_are_counted_alike(shop, page, weight):
    there = shop.put("<p>There</p>", "there")
    original, other = {"key": "original", "weight": 1 - weight}, {"key": "other", "weight": weight}
    other["payload"] = {"url": f"/{shop.project.key}/there"}
    pages = [{"include": True, "kind": "simple", "pattern": f"/{shop.project.key}/page"}]
    shop.run("away", kind="redirect", variants=[original, other], pages=pages)
    visit(shop, page)
    here = page.url
    page.wait_for_timeout(SOON)
    assert page.evaluate(STORED) == NOTHING

    page.evaluate("setTimeout(() => microlift.consent('granted'))")

    page.wait_for_url(there if weight else here)
    exposed = [one["variant"] for one in shop.told("experiment_viewed", least=2) if one["experiment"] == "away"]
    assert exposed == ["other" if weight else "original"]


# ---- Google's Consent Mode ----

DENIED, GRANTED = "{analytics_storage: 'denied'}", "{analytics_storage: 'granted'}"
IN_SPAIN = "{analytics_storage: 'denied', region: ['ES']}"
HERE_ONLY = "{analytics_storage: 'granted', region: ['US']}"
OF_ADS = "{ad_storage: 'granted', ad_user_data: 'granted'}"
SAID = [
    ([("default", DENIED)], "open"),
    ([("default", GRANTED)], "granted"),
    ([("default", DENIED), ("update", GRANTED)], "granted"),
    ([("update", GRANTED), ("default", DENIED)], "granted"),
    ([("default", GRANTED), ("update", DENIED)], "denied"),
    ([("update", DENIED), ("default", GRANTED)], "denied"),
    ([("update", GRANTED), ("update", DENIED)], "denied"),
    ([("update", DENIED), ("update", GRANTED)], "granted"),
    ([("default", GRANTED), ("default", IN_SPAIN)], "open"),
    ([("default", IN_SPAIN), ("default", GRANTED)], "open"),
    ([("default", HERE_ONLY)], "open"),
    ([("default", DENIED), ("update", OF_ADS)], "open"),
]


def state_of(shop, page):
    """What the page makes of it, seen from outside."""
    page.wait_for_timeout(SOON)
    stored = page.evaluate(STORED)
    if "microlift.visitor" in stored["local"]:
        assert told(shop, least=1) == ["experiment_viewed"]
        return "granted"
    assert (stored, told(shop)) == (NOTHING, [])
    return "open" if page.inner_text("#buy") == GREEN else "denied"


@pytest.mark.parametrize(("said", "state"), SAID)
@pytest.mark.parametrize("when", ["before", "after"])
def test_consent_mode_is_understood_in_every_order(shop, page, said, state, when):
    calls = GTAG + "".join(f"gtag('consent', '{how}', {what});" for how, what in said)

    visit(shop, page, f"<script>{calls}</script>" if when == "before" else f"<script>{GTAG}</script>")
    if when == "after":
        page.evaluate(calls)

    assert state_of(shop, page) == state


def test_what_a_page_presumes_takes_nothing_from_who_has_agreed(shop, page):
    visit(shop, page, f"<script>{GTAG} gtag('consent', 'update', {GRANTED})</script>")
    shop.events("experiment_viewed")
    before = page.evaluate("microlift.visitor()")

    visit(shop, page, f"<script>{GTAG} gtag('consent', 'default', {DENIED})</script>", name="next")

    assert told(shop, least=2) == ["experiment_viewed"] * 2
    assert page.evaluate("microlift.visitor()") == before


def test_a_refusal_in_consent_mode_holds_where_the_project_asks_nobody(shop, page):
    wish(shop, requires_consent=False)

    visit(shop, page, f"<script>{GTAG} gtag('consent', 'update', {DENIED})</script>")
    page.wait_for_timeout(SOON)

    assert (page.inner_text("#buy"), page.evaluate(STORED), told(shop)) == (ORIGINAL, NOTHING, [])


def test_a_refusal_in_consent_mode_is_waited_for_however_late_what_reads_it_comes(shop, page):
    def late(route):
        page.wait_for_timeout(1000)
        route.continue_()

    wish(shop, requires_consent=False)
    page.route("**/v1/client/datalayer.js", late)

    visit(shop, page, f"<script>{GTAG} gtag('consent', 'update', {DENIED})</script>")
    page.wait_for_timeout(1000 + SOON)

    assert (page.evaluate(STORED), told(shop)) == (NOTHING, [])


def test_what_was_said_to_us_last_holds(shop, page):
    visit(shop, page, f"<script>{GTAG} gtag('consent', 'update', {GRANTED})</script>")
    shop.events("experiment_viewed")

    page.evaluate("microlift.consent('denied'); dataLayer.push({event: 'any'})")
    page.wait_for_timeout(SOON)

    assert (page.inner_text("#buy"), page.evaluate(STORED)) == (ORIGINAL, {**NOTHING, "local": []})


# ---- Global Privacy Control ----


@pytest.fixture
def private(browser):
    """A page of a browser that tells every site that its owner refuses."""
    headers = {"Sec-GPC": "1"}
    context = ordinary_context(browser, extra_http_headers=headers)
    context.add_init_script("Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', {get: () => true})")
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("requires_consent", [True, False])
def test_a_browser_that_refuses_for_its_owner_is_shown_the_original_whatever_the_page_says(
    shop, private, requires_consent
):
    wish(shop, requires_consent=requires_consent)
    visit(shop, private, f"<script>{GTAG} gtag('consent', 'update', {GRANTED})</script>")

    private.evaluate("microlift.consent('granted'); microlift.track('step')")
    private.wait_for_timeout(SOON)

    assert private.inner_text("#buy") == ORIGINAL
    assert private.evaluate(STORED) == NOTHING
    assert told(shop) == []


def test_what_was_kept_before_the_owner_refused_goes(shop, page):
    visit(shop, page, "<script>microlift = {q: [['consent', 'granted']]}</script>")
    shop.events("experiment_viewed")

    page.add_init_script("Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', {get: () => true})")
    visit(shop, page, name="next")
    page.wait_for_timeout(SOON)

    assert page.evaluate(STORED) == NOTHING
    assert page.inner_text("#buy") == ORIGINAL
    assert told(shop) == ["experiment_viewed"]
