"""Pages that come back: reloaded, by the back button, and out of the browser's memory just as they were left."""

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.conftest import OPTIONS
from tests.browser.triggers.site import Site, trigger

PAGE = """<button id="buy">Buy</button><a href="/next">Next</a><form id="f" onsubmit="return false"><input name="mail">
</form><script>addEventListener("pageshow", (event) => { window.back = event.persisted })</script>"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One that keeps left pages, which Playwright's own does not."""
    with sync_playwright() as playwright:
        kept = ["--disable-back-forward-cache"]
        chromium = shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=chromium, args=OPTIONS, ignore_default_args=kept)
        yield browser
        browser.close()


def kinds() -> list[dict[str, object]]:
    clicks = [trigger("click", selector="#buy"), trigger("form_start"), trigger("form_abandon")]
    return [*clicks, trigger("page_view"), trigger("time_on_page", seconds=1), trigger("visit_count", visits=1)]


def there_and_back(site: Site, page: Page) -> None:
    page.click("a")
    page.wait_for_url("**/next")
    page.wait_for_timeout(1200)
    # Playwright waits for a load that does not come.
    page.evaluate("setTimeout(() => history.back())")
    page.wait_for_url("**/page", wait_until="commit")
    page.wait_for_function("window.back !== undefined")


def test_a_page_that_comes_back_as_it_was_tells_nothing_twice(site, page):
    site.pages["/next"] = "<title>Next</title>"
    site.open(page, PAGE, *kinds())

    page.click("#buy")
    page.fill("[name=mail]", "ann")
    page.wait_for_timeout(1300)
    there_and_back(site, page)
    assert page.evaluate("window.back") is True
    page.wait_for_timeout(1300)
    page.click("#buy")

    names = site.names(page)
    assert sorted(names) == sorted(
        ["page_view", "returning_visit", "cta_click", "form_start", "time_on_page", "form_abandon", "cta_click"]
    )


def test_time_away_is_not_time_on_the_page(site, page):
    site.pages["/next"] = "<title>Next</title>"
    site.open(page, PAGE, trigger("time_spent"))

    page.wait_for_timeout(1200)
    there_and_back(site, page)
    page.wait_for_timeout(1200)
    page.goto(f"{site.address}/next")

    assert page.evaluate("true")
    seconds = [told["seconds"] for told in site.told(page)]
    assert len(seconds) == 2
    assert 2.4 <= sum(seconds) <= 3.4


def test_a_reloaded_page_is_a_new_one(site, page):
    site.open(page, PAGE, trigger("page_view"), trigger("click", selector="#buy"))

    page.click("#buy")
    page.reload()
    site.wait(page)

    assert site.names(page) == ["page_view", "cta_click", "page_view"]
