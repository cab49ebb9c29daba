"""A site with triggers for each test, and a phone beside the desktop browser."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.triggers.site import Site, open_site

PHONE = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{}.0.0.0 Mobile Safari/537.36"


@pytest.fixture
def site() -> Iterator[Site]:
    with open_site() as site:
        yield site


@pytest.fixture
def phone(browser: Browser) -> Iterator[Page]:
    agent = PHONE.format(browser.version.partition(".")[0])
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True, user_agent=agent
    )
    page = context.new_page()
    page.set_default_timeout(15_000)
    yield page
    context.close()
