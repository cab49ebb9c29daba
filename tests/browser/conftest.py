"""A real Chromium, and a page in a fresh profile of it. (What needs Django's models is in ``tests.browser.shop``.)"""

import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from django.core.management import call_command
from django.db import connections
from django.utils.module_loading import import_string
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright
from pytest_django import DjangoDbBlocker

from tests.browser.agents import ordinary_context

if TYPE_CHECKING:
    from tests.browser.shop import Server, Shop

# The last list counts, so Playwright's own is in it; without the rest, the browser would load a page of its own beside
# every page of ours, and that costs more than most tests.
FEATURES = (
    "AvoidUnnecessaryBeforeUnloadCheckSync,DestroyProfileOnBrowserClose,HttpsUpgrades,LensOverlay,MediaRouter,"
    "HttpsFirstBalancedModeAutoEnable,PaintHolding,OptimizationHints,ThirdPartyStoragePartitioning,AimEnabled,"
    "AvoidCorsURLLoaderRestartOnRedirect,NetworkTimeServiceQuerying,PreconnectToSearch,"
    "WebUIOmniboxPopup,WebUIOmniboxAimPopup"
)
OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", f"--disable-features={FEATURES}"]
# A plain http name is no "secure context", which localhost is.
INSECURE = "--host-resolver-rules=MAP shop.test 127.0.0.1"
# What the browser itself writes when an address does not answer; no script can keep it from doing so.
BROWSERS_OWN = "Failed to load resource"


@pytest.fixture(scope="module")
def transactional_db(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """For all tests of a module, unlike pytest-django's own: emptying the tables takes as long as a test here.

    What the tests make is committed, as the server's threads must see it; so each test has a project of its own.
    """
    with pytest.MonkeyPatch.context() as patch, django_db_blocker.unblock():
        # Playwright runs an event loop in this thread, where Django would refuse to ask the database.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        yield
        # Numbers are not given twice: what a process knows by number stays true.
        call_command("flush", verbosity=0, interactive=False, reset_sequences=False)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=[*OPTIONS, INSECURE])
        yield browser
        browser.close()
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
            # Django's connections belong to the loop that ends here; nobody could close them later.
            connections.close_all()


@pytest.fixture(scope="module")
def server(transactional_db: None) -> Iterator["Server"]:
    """Pages and Microlift from one real server; what it needs of Django is there only when a test asks for it."""
    with import_string("tests.browser.shop.open_server")() as server:
        yield server


@pytest.fixture
def shop(server: "Server") -> "Shop":
    """A project with nothing in common with those of other tests."""
    return server.shop()


@pytest.fixture
def profile(browser: Browser) -> Iterator[BrowserContext]:
    """A fresh browser profile. Whatever a test does in it, the console of its pages must stay clean."""
    complaints: list[str] = []

    def hear(said: ConsoleMessage) -> None:
        if said.type in {"error", "warning"} and not said.text.startswith(BROWSERS_OWN):
            complaints.append(said.text)

    context = ordinary_context(browser, viewport={"width": 1000, "height": 700})
    context.on("console", hear)
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    yield context
    context.close()
    assert complaints == []


@pytest.fixture
def page(profile: BrowserContext) -> Page:
    page = profile.new_page()
    page.set_default_timeout(15_000)
    return page
