"""The browser client in a real page: what it shows, whom it counts, and that it never spoils the page."""

import pytest

from tests.browser.shop import BUTTON, shown

# One worker for the file: one Chromium, one server.

BOTH = pytest.mark.parametrize("variant", ["original", "green"])
CHANGED = "document.querySelector('#buy').textContent == 'Buy now'"
SETTLED = "window.microlift && microlift.variant && microlift.variant('hero')"
FAR_BELOW = f'<div style="height: 3000px"></div>{BUTTON}'


def visit(shop, page, html=BUTTON, **data):
    """Opens a page with this content and waits until the client knows its variants, or that it never will."""
    page.goto(shop.put(html + shop.script(**data)))
    return shown(page)


def look_of(page):
    return page.evaluate("(s => [s.backgroundColor, s.color])(getComputedStyle(document.querySelector('#buy')))")


def test_the_treatment_changes_text_and_colours(shop, page):
    shop.run()

    answer = visit(shop, page, visitor=shop.visitor("green"))

    assert (answer["variant"], answer["in_experiment"]) == ("green", True)
    assert page.inner_text("#buy") == "Buy now"
    assert look_of(page) == ["rgb(15, 123, 79)", "rgb(255, 255, 255)"]


def test_the_control_is_the_original_page(shop, page):
    shop.run()
    page.goto(shop.put(BUTTON))
    before = (page.inner_html("body"), look_of(page))

    answer = visit(shop, page, visitor=shop.visitor("original"))

    assert answer["variant"] == "original"
    assert (page.inner_text("#buy"), look_of(page)) == ("Add to cart", before[1])
    assert page.get_attribute("#buy", "style") is None


@BOTH
def test_seeing_the_element_is_one_exposure(shop, page, variant):
    shop.run()

    visit(shop, page, visitor=shop.visitor(variant))
    page.evaluate("scrollTo(0, 9999); scrollTo(0, 0); microlift.variant('hero')")

    page.wait_for_timeout(500)
    assert shop.told("experiment_viewed") == [{"experiment": "hero", "variant": variant, "phase": 1}]


@BOTH
def test_below_the_fold_nobody_is_exposed_until_they_scroll(shop, page, variant):
    shop.run()

    visit(shop, page, FAR_BELOW, visitor=shop.visitor(variant))
    page.wait_for_timeout(500)
    assert shop.told("experiment_viewed", least=0) == []

    page.locator("#buy").scroll_into_view_if_needed()
    assert shop.told("experiment_viewed") == [{"experiment": "hero", "variant": variant, "phase": 1}]


@BOTH
def test_an_invisible_element_exposes_nobody(shop, page, variant):
    shop.run()

    visit(shop, page, f'<div style="display: none">{BUTTON}</div>', visitor=shop.visitor(variant))
    page.wait_for_timeout(500)

    assert shop.told("experiment_viewed", least=0) == []


@BOTH
def test_all_arms_are_watched_at_the_elements_of_all_variants(shop, page, variant):
    other = {"key": "other", "payload": {"selector": "#other", "text": "New"}, "weight": 0}
    shop.run(variants=["original", "green", other])

    visit(shop, page, f'<p id="other">Seen</p>{FAR_BELOW}', visitor=shop.visitor(variant))

    assert shop.told("experiment_viewed") == [{"experiment": "hero", "variant": variant, "phase": 1}]


@BOTH
def test_an_element_that_comes_later_is_changed_and_watched(shop, page, variant):
    shop.run()

    visit(shop, page, "<main></main>", visitor=shop.visitor(variant))
    page.evaluate(f"document.querySelector('main').innerHTML = '{BUTTON}'")

    assert page.inner_text("#buy") == {"original": "Add to cart", "green": "Buy now"}[variant]
    assert shop.told("experiment_viewed") == [{"experiment": "hero", "variant": variant, "phase": 1}]


def test_elements_parsed_after_the_answer_are_changed_too(shop, page):
    shop.run()
    visitor = shop.visitor("green")

    page.goto(shop.put(shop.script(visitor=visitor) + BUTTON))
    page.wait_for_function(CHANGED)


def test_a_submit_input_shows_the_text_as_its_value(shop, page):
    shop.run()

    visit(shop, page, '<input id="buy" type="submit" value="Order">', visitor=shop.visitor("green"))

    assert page.input_value("#buy") == "Buy now"


def test_markup_in_a_variants_text_stays_text(shop, page):
    evil = "<img src=x onerror=alert(1)>"
    shop.run(variants=["original", {"key": "evil", "payload": {"selector": "#buy", "text": evil}}])

    visit(shop, page, visitor=shop.visitor("evil"))

    assert page.inner_text("#buy") == evil
    assert page.locator("#buy img").count() == 0


def test_an_illegal_selector_harms_no_other_experiment(shop, page):
    shop.run("broken", variants=["original", {"key": "bad", "payload": {"selector": "##", "text": "Never"}}])
    shop.run()

    visit(shop, page, visitor=shop.visitor("green"))

    assert page.inner_text("#buy") == "Buy now"
    assert [told["experiment"] for told in shop.told("experiment_viewed")] == ["hero"]


def test_who_is_outside_the_coverage_sees_the_original_and_is_not_counted(shop, page):
    shop.run(coverage=0.0001)

    answer = visit(shop, page, visitor="ann")
    page.wait_for_timeout(400)

    assert (answer["in_experiment"], page.inner_text("#buy")) == (False, "Add to cart")
    assert shop.told("experiment_viewed", least=0) == []


def test_a_json_variant_is_exposed_when_the_page_asks_for_it(shop, page):
    shop.run(
        "prices",
        kind="json",
        variants=[{"key": "month", "payload": {"per": "month"}, "weight": 1}, {"key": "year", "weight": 0}],
    )
    visit(shop, page)
    page.wait_for_timeout(400)
    assert shop.told("experiment_viewed", least=0) == []

    payload = page.evaluate("microlift.variant('prices').then(a => microlift.variant('prices')).then(a => a.payload)")

    assert payload == {"per": "month"}
    assert shop.told("experiment_viewed") == [{"experiment": "prices", "variant": "month", "phase": 1}]


def test_a_visitor_stays_the_same_and_so_does_the_variant(shop, page):
    shop.run()

    first = visit(shop, page), page.evaluate("microlift.visitor()"), page.inner_text("#buy")
    again = visit(shop, page), page.evaluate("microlift.visitor()"), page.inner_text("#buy")

    assert first == again
    assert len(first[1]) == 36
    assert page.evaluate("document.cookie") == ""


def test_without_local_storage_a_cookie_of_at_most_13_months_keeps_the_visitor(shop, page):
    page.add_init_script("Object.defineProperty(window, 'localStorage', {get() { throw new Error('forbidden') }})")
    visit(shop, page)
    first = page.evaluate("microlift.visitor()")

    visit(shop, page)

    (cookie,) = page.context.cookies()
    assert page.evaluate("microlift.visitor()") == first == cookie["value"].split("~")[0]
    assert cookie["sameSite"] == "Lax"
    assert 380 < (cookie["expires"] - page.evaluate("Date.now() / 1000")) / 86400 < 395


def test_a_browser_that_keeps_nothing_sees_the_original_and_is_not_counted(shop, page):
    page.add_init_script("""Object.defineProperty(window, 'localStorage', {get() { throw new Error('forbidden') }});
        Object.defineProperty(Document.prototype, 'cookie', {get: () => '', set: () => {}})""")
    shop.run(variants=[{"key": "original", "weight": 0}, "green"])

    answer = visit(shop, page)
    page.evaluate("microlift.track('purchase', {value: 1})")
    page.wait_for_timeout(400)

    assert (answer["variant"], page.inner_text("#buy")) == (None, "Add to cart")
    assert shop.events("purchase", least=0) == []


def test_an_id_older_than_13_months_is_replaced(shop, page):
    visit(shop, page)
    page.evaluate("localStorage['microlift.visitor'] = `old-one~${Date.now() - 391 * 86400000}`")

    visit(shop, page)

    assert page.evaluate("microlift.visitor()") != "old-one"


def test_forgetting_leaves_nothing_in_the_browser_and_tells_nothing_more(shop, page):
    visit(shop, page)
    page.evaluate("microlift.track('before'); microlift.forget(); microlift.track('after')")
    page.wait_for_timeout(400)

    kept = page.evaluate("[microlift.visitor(), localStorage.length, sessionStorage.length, document.cookie]")
    assert kept == ["", 0, 0, ""]
    assert shop.events("before", least=0) == shop.events("after", least=0) == []


def test_a_strict_policy_lets_the_script_of_the_own_origin_work(shop, page):
    shop.run()
    policy = {"Content-Security-Policy": "default-src 'self'"}
    script = shop.script(visitor=shop.visitor("green")).replace(shop.api, "")

    page.goto(shop.put(f"{BUTTON}{script}", headers=policy))

    page.locator("#buy", has_text="Buy now").wait_for()
    assert look_of(page)[0] == "rgb(15, 123, 79)"
    assert shop.told("experiment_viewed") == [{"experiment": "hero", "variant": "green", "phase": 1}]


def test_it_works_on_plain_http(shop, page):
    shop.run(variants=[{"key": "original", "weight": 0}, "green"])
    address = shop.put(BUTTON + shop.script().replace("127.0.0.1", "shop.test")).replace("localhost", "shop.test")

    page.goto(address)

    page.wait_for_function(CHANGED)
    assert page.evaluate("[isSecureContext, typeof crypto.randomUUID]") == [False, "undefined"]
    assert len(shop.told("experiment_viewed")) == 1


@pytest.mark.parametrize("look", [{"sticky": "bottom"}, {"position": "before:#top"}])
def test_who_does_not_scroll_has_seen_as_much_of_a_variant_that_moves_as_of_the_original(shop, page, look):
    shop.run(variants=[{"key": "original"}, {"key": "new", "payload": {"selector": "#buy", **look}}])

    html = f"<p id=top>Top</p>{FAR_BELOW.replace(BUTTON, f'<p>{BUTTON}</p>')}"
    for variant in ("original", "new"):
        visit(shop, page, html, visitor=shop.visitor(variant))
        page.wait_for_timeout(300)
    assert shop.told("experiment_viewed", least=0) == []

    page.evaluate("scrollTo(0, 99999)")
    assert len(shop.told("experiment_viewed")) == 1


def test_an_answer_for_a_page_that_was_left_meanwhile_is_not_shown(shop, page):
    pages = [{"include": True, "kind": "simple", "pattern": "*/page"}]
    shop.run(variants=[{"key": "original", "weight": 0}, "green"], condition={"country": {"$ne": "XX"}}, pages=pages)
    slow = iter([700, 0, 0, 0])
    page.route("**/v1/assign*", lambda route: (page.wait_for_timeout(next(slow)), route.continue_()))
    # While the first answer is on its way.
    leave = "<script>setTimeout(() => history.pushState({}, '', 'elsewhere'), 350)</script>"

    page.goto(shop.put(BUTTON + leave + shop.script()))
    page.wait_for_timeout(2000)

    assert page.inner_text("#buy") == "Add to cart"
    assert shop.told("experiment_viewed", least=0) == []
