"""GrowthBook's script tag, unchanged, in Chromium: our tests change the page, send it elsewhere, and hear of it."""

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.clients.site import GREEN, Pages, Site, serving
from tests.http import eventually

BUTTON = '<button id="buy">Add to cart</button>'
SCRIPT = "/growthbook.js"
BACKGROUND = "element => getComputedStyle(element).backgroundColor"


@pytest.fixture(scope="module")
def pages(modules) -> Iterator[Pages]:
    with serving({SCRIPT: modules / "@growthbook/growthbook/dist/bundles/auto.min.js"}) as pages:
        yield pages


@pytest.fixture(scope="module", autouse=True)
def experiments(site: Site, pages: Pages) -> None:
    def only(path):
        return [{"include": True, "kind": "simple", "pattern": path}]

    site.allow_redirects_to("localhost")
    site.run("button", {"original": {}, "green": GREEN}, kind="cta")
    site.run("landing", {"old": {}, "new": {"url": f"{pages.origin}/new"}}, kind="redirect", pages=only("/old"))
    site.run("elsewhere", {"original": {}, "other": {**GREEN, "text": "Other"}}, kind="cta", pages=only("/elsewhere"))


@pytest.fixture
def put(site, pages):
    """A page with the tag as GrowthBook's documentation gives it; the visitor's id is told to it."""

    def put(path, visitor, html=BUTTON):
        tag = (
            f'<script async src="{SCRIPT}" data-api-host="{site.base_url}" data-client-key="{site.key}"'
            f' data-tracking="growthbook" data-event-ingestor-host="{site.base_url}"'
            f' data-uuid="{visitor}" data-no-streaming="1"></script>'
        )
        return pages.put(path, tag + html)

    return put


def exposures(site, visitor, experiment):
    return [
        told["variant"]
        for name, told in site.events("experiment_viewed")
        if name == visitor and told["experiment"] == experiment
    ]


def heard(site, visitor, experiment):
    return eventually(lambda: exposures(site, visitor, experiment), seconds=5)


def test_the_page_shows_the_variant_and_its_exposure_becomes_one_event(site, page, put):
    visitor = site.visitor("button", "green")

    page.goto(put("/", visitor))
    page.wait_for_selector("#buy:has-text('Buy now')")

    assert page.locator("#buy").evaluate(BACKGROUND) == "rgb(15, 123, 79)"
    assert heard(site, visitor, "button") == ["green"]


def test_the_original_stays_as_it_is_and_is_counted_too(site, page, put):
    visitor = site.visitor("button", "original")

    page.goto(put("/", visitor))

    assert heard(site, visitor, "button") == ["original"]
    assert page.locator("#buy").inner_text() == "Add to cart"


def test_seen_again_is_still_one_event(site, page, put):
    visitor = site.visitor("button", "green", again=True)
    address, sent = put("/again", visitor), []
    page.on("requestfinished", lambda request: sent.append(request) if "/track?" in request.url else None)

    for _ in range(3):
        page.goto(address)
        page.wait_for_selector("#buy:has-text('Buy now')")
        page.wait_for_load_state("networkidle")

    assert heard(site, visitor, "button") == ["green"]
    assert len(sent) >= 3


def test_a_redirect_keeps_the_query_and_its_exposure_is_not_lost_on_the_way(site, page, put):
    visitor = site.visitor("landing", "new", url="http://localhost/old")
    put("/new", visitor, "<h1>New</h1>")

    page.goto(put("/old", visitor, "<h1>Old</h1>") + "?utm_source=mail&code=a%20b")
    page.wait_for_url("**/new?*")

    assert parse_qs(urlsplit(page.url).query) == {"utm_source": ["mail"], "code": ["a b"]}
    assert page.locator("h1").inner_text() == "New"
    assert heard(site, visitor, "landing") == ["new"]


def test_who_is_not_redirected_stays_on_the_page_and_is_counted(site, page, put):
    visitor = site.visitor("landing", "old", url="http://localhost/old")

    page.goto(put("/old", visitor, "<h1>Old</h1>"))

    assert heard(site, visitor, "landing") == ["old"]
    assert page.url.endswith("/old")


def test_a_test_of_one_page_leaves_the_others_alone(site, page, put):
    visitor = site.visitor("elsewhere", "other", url="http://localhost/elsewhere")
    page.goto(put("/here", visitor))
    assert heard(site, visitor, "button")
    assert exposures(site, visitor, "elsewhere") == []

    page.goto(put("/elsewhere", visitor))

    assert heard(site, visitor, "elsewhere") == ["other"]


@pytest.mark.parametrize(("place", "text"), [("0", "Add to cart"), ("1", "Buy now")])
def test_a_preview_link_shows_the_variant_it_names_and_counts_nobody(place, text, site, page, put):
    visitor = f"preview-{place}"

    page.goto(put(f"/preview-{place}", visitor) + f"?button={place}")
    page.wait_for_selector(f"#buy:has-text('{text}')")
    page.wait_for_load_state("networkidle")

    assert exposures(site, visitor, "button") == []
