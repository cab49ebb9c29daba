"""Previews and redirects in a real page: what is shown, what the tab keeps, and that nothing of it is counted."""

import pytest

from experiments.previews import DRAFTS, link_token, preview_url
from tests.browser.shop import BUTTON, PARTS_HAVE_RUN, shown, wait_until
from tests.factories import make_experiment
from tracking.models import Event

# One worker for the file: one Chromium, one server.

ALWAYS_TREATED = [{"key": "original", "weight": 0}, "green"]
NEVER_TREATED = ["original", {"key": "green", "weight": 0}]
BADGE = "Preview: green · not counted"


@pytest.fixture
def shop(server):
    DRAFTS.forget()
    return server.shop()


def link(shop, address, variant="green", experiment="hero"):
    return preview_url(address, link_token(shop.project.id, experiment, variant))


def wait_for_badge(page):
    """And for what the page changes."""
    page.get_by_text(BADGE).wait_for()
    wait_until(page, PARTS_HAVE_RUN)


def settled(page):
    """What the page knows of the test when all answers have come."""
    return shown(page)


def on_pages(*patterns):
    return [{"include": True, "kind": "simple", "pattern": pattern} for pattern in patterns]


def leading(shop, url, *, weight=1, **fields):
    """A redirect of ``/…/page`` to this address, for everybody or (weight 0) nobody."""
    pages = on_pages(f"/{shop.project.key}/page")
    url = url if "://" in url else f"/{shop.project.key}/{url}"
    variants = [{"key": "original", "weight": 1 - weight}, {"key": "green", "payload": {"url": url}, "weight": weight}]
    return {"kind": "redirect", "variants": variants, "pages": pages, **fields}


def test_a_link_shows_the_variant_of_a_draft_and_says_that_it_does_not_count(shop, page):
    make_experiment(shop.project, "hero")

    page.goto(link(shop, shop.put(BUTTON + shop.script())))

    wait_for_badge(page)
    assert page.inner_text("#buy") == "Buy now"
    assert settled(page)["reason"] == "preview"


def test_what_is_seen_and_done_in_a_preview_is_kept_and_not_counted(shop, page):
    shop.run(variants=NEVER_TREATED)
    shop.listen("add_to_cart", "#buy")
    early = "<script>window.microlift = {q: [['track', 'early']]}</script>"

    page.goto(link(shop, shop.put(early + BUTTON + shop.script())))
    wait_for_badge(page)
    page.click("#buy")

    assert [event.excluded for name in ("early", "add_to_cart") for event in shop.events(name)] == ["preview"] * 2
    assert not Event.objects.filter(project=shop.project, name="experiment_viewed").exists()


@pytest.mark.parametrize("value", ["1", "green"])
def test_a_running_test_is_previewed_by_the_number_or_key_in_the_address(shop, page, value):
    shop.run(variants=NEVER_TREATED)
    early = "<script>window.microlift = {q: [['track', 'early']]}</script>"

    page.goto(shop.put(early + BUTTON + shop.script()) + f"?hero={value}")
    wait_for_badge(page)

    assert page.inner_text("#buy") == "Buy now"
    assert [event.excluded for event in shop.events("early")] == ["preview"]


@pytest.mark.parametrize("query", ["", "?hero=7", "?mail=1&other=green", "?microlift_preview=forged:token:x"])
def test_no_other_argument_makes_a_preview_or_loses_an_event(shop, page, query):
    shop.run(variants=ALWAYS_TREATED)
    early = "<script>window.microlift = {q: [['track', 'early']]}</script>"

    page.goto(shop.put(early + BUTTON + shop.script()) + query)

    assert settled(page)["reason"] == "assigned"
    assert [event.excluded for name in ("early", "experiment_viewed") for event in shop.events(name)] == ["", ""]
    assert page.evaluate("sessionStorage.getItem('microlift.preview')") is None


def test_a_preview_goes_on_for_the_tab_until_it_is_ended(shop, page):
    shop.run(variants=NEVER_TREATED)
    shop.put(BUTTON + shop.script(), "next")
    page.goto(link(shop, shop.put(f'<a href="next">Next</a>{shop.script()}') + "?q=1#top"))
    wait_for_badge(page)

    page.click("a")
    wait_for_badge(page)
    assert page.inner_text("#buy") == "Buy now"
    page.evaluate("microlift.track('later')")
    page.get_by_role("button", name="End preview").click()
    page.locator("#buy", has_text="Add to cart").wait_for()

    assert settled(page)["reason"] == "assigned"
    assert page.get_by_text("not counted").count() == 0
    assert [event.excluded for event in shop.events("later")] == ["preview"]


def test_ending_a_preview_takes_its_arguments_out_of_the_address_and_leaves_the_others(shop, page):
    shop.run(variants=NEVER_TREATED)
    address = shop.put(BUTTON + shop.script())
    page.goto(link(shop, f"{address}?q=1&hero=1#top"))

    page.get_by_role("button", name="End preview").click()
    page.wait_for_url(f"{address}?q=1#top")

    assert settled(page)["reason"] == "assigned"
    assert len(shop.told("experiment_viewed")) == 1


def test_another_tab_is_no_preview(shop, page):
    shop.run(variants=NEVER_TREATED)
    address = shop.put(BUTTON + shop.script())
    page.goto(link(shop, address))
    wait_for_badge(page)

    other = page.context.new_page()
    other.goto(address)

    assert settled(other)["reason"] == "assigned"


def test_the_badge_lives_with_a_strict_policy_and_with_the_pages_styles(shop, page):
    shop.run(variants=NEVER_TREATED)
    styles = "div, span, button { display: none !important; color: red }"
    policy = {"Content-Security-Policy": "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'"}
    script = shop.script().replace(shop.api, "")

    page.goto(link(shop, shop.put(BUTTON + script, headers=policy)))
    wait_for_badge(page)
    page.get_by_role("button", name="End preview").wait_for()
    page.goto(link(shop, shop.put(f"<style>{styles}</style>{script}", "styled")))

    # The page may hide the outermost element of the badge, and nothing in it.
    colour = "getComputedStyle(document.documentElement.lastElementChild.shadowRoot.querySelector('span')).color"
    settled(page)
    page.wait_for_function("document.documentElement.lastElementChild.shadowRoot")
    assert page.evaluate(colour) == "rgb(255, 255, 255)"


def test_a_preview_without_an_answer_shows_the_original_and_counts_nothing(shop, page):
    shop.run(variants=ALWAYS_TREATED)
    page.route("**/v1/assign*", lambda route: route.abort())

    page.goto(link(shop, shop.put(BUTTON + shop.script())))
    settled(page)
    page.evaluate("microlift.track('done')")

    assert page.inner_text("#buy") == "Add to cart"
    assert [event.excluded for event in shop.events("done")] == ["preview"]


def test_a_redirect_is_counted_and_keeps_query_and_fragment(shop, page):
    new = shop.put("<h1>New</h1>" + shop.script(), "new")
    shop.run(**leading(shop, "new?v=2"))

    page.goto(shop.put(shop.script()) + "?gclid=x%20y&v=1&v=3#top")
    page.wait_for_url(f"{new}?v=2&gclid=x+y#top")

    assert shop.told("experiment_viewed") == [{"experiment": "hero", "variant": "green", "phase": 1}]
    page.wait_for_timeout(500)
    assert len(shop.told("experiment_viewed")) == 1
    page.go_back()
    assert page.url == "about:blank"


def test_who_stays_is_counted_as_who_is_sent_away(shop, page):
    shop.run(**leading(shop, "new", weight=0))

    page.goto(shop.put(shop.script()))

    assert shop.told("experiment_viewed") == [{"experiment": "hero", "variant": "original", "phase": 1}]


def test_a_redirect_to_a_listed_host_arrives_and_is_counted(shop, page):
    shop.project.redirect_hosts = ["127.0.0.1"]
    shop.project.save()
    new = shop.put("<h1>New</h1>", "new").replace("localhost", "127.0.0.1")
    shop.run(**leading(shop, new))

    page.goto(shop.put(shop.script()))
    page.wait_for_url(new)

    assert [told["variant"] for told in shop.told("experiment_viewed")] == ["green"]


def test_a_redirect_never_leads_to_the_page_itself_or_to_and_fro(shop, page):
    loads = []
    page.on("framenavigated", lambda frame: loads.append(frame.url))
    back = "<script>location.replace('page')</script>"
    shop.put(back, "new")
    shop.run(**leading(shop, "new"))
    page.goto(shop.put(shop.script()))
    page.wait_for_timeout(1500)
    assert len(loads) <= 3

    shop.run("other", **leading(shop, "page"))
    loads.clear()
    page.goto(shop.put(shop.script()) + "?x=1")
    page.wait_for_timeout(700)
    assert len(loads) == 1


def test_a_previewed_redirect_leads_to_the_page_and_is_a_preview_there(shop, page):
    new = shop.put("<h1>New</h1>" + shop.script(), "new")
    make_experiment(shop.project, "hero", **leading(shop, "new"))

    page.goto(link(shop, shop.put(shop.script())))
    page.wait_for_url(f"{new}?*")
    wait_for_badge(page)
    page.evaluate("microlift.track('purchase')")

    assert [event.excluded for event in shop.events("purchase")] == ["preview"]
    assert not Event.objects.filter(project=shop.project, name="experiment_viewed").exists()


def test_a_previewed_redirect_is_a_preview_on_another_host_too(shop, page):
    shop.project.redirect_hosts = ["127.0.0.1"]
    shop.project.save()
    new = shop.put("<h1>New</h1>" + shop.script(), "new").replace("localhost", "127.0.0.1")
    shop.run(**leading(shop, new, weight=0))
    page.goto(link(shop, shop.put(shop.script())))

    page.wait_for_url(f"{new}?*")
    page.get_by_text("Preview: hero · not counted").wait_for()
    page.evaluate("microlift.track('purchase')")

    assert [event.excluded for event in shop.events("purchase")] == ["preview"]


def test_the_page_tells_its_address_its_referrer_and_who_was_here_before(shop, page):
    shop.run(condition={"returning": True, "utmSource": "news", "referrer": "localhost"}, variants=ALWAYS_TREATED)
    arrival = shop.put(f'<a href="page">Go</a>{shop.script()}', "arrival")
    address = shop.put(BUTTON + shop.script())

    page.goto(arrival)
    page.evaluate("document.querySelector('a').href = 'page?utm_source=news'")
    page.click("a")
    page.wait_for_url("**/page?*")
    first = settled(page)["reason"]
    later = page.context.new_page()
    later.goto(address + "?utm_source=news", referer="http://localhost/elsewhere?secret=1")

    assert (first, settled(later)["reason"]) == ("outside_audience", "assigned")


def test_a_tab_whose_preview_is_over_shows_what_everybody_sees(shop, page):
    shop.run(variants=NEVER_TREATED)
    address = shop.put(BUTTON + shop.script())
    page.goto(address + "?hero=1")
    wait_for_badge(page)
    page.evaluate("sessionStorage['microlift.preview'] = sessionStorage['microlift.preview'].replace('\"1\"', '\"9\"')")

    page.goto(address)

    assert settled(page)["reason"] == "assigned"
    assert page.evaluate("sessionStorage.getItem('microlift.preview')") is None
