"""From a pasted script tag to a running test, through the admin alone: goals are found, a test is started."""

import re
import time
from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import BrowserContext, Page, expect

from experiments.models import Experiment, Status
from experiments.snapshot import SNAPSHOT
from tests.browser.shop import Server, open_server
from tests.sites.intended import pages_of
from tracking.access import KEYRING
from tracking.inventory import pages_of as known_pages
from tracking.models import Event, Goal, Project

PASSWORD = "correct horse battery"
TEN_MINUTES = 600


@pytest.fixture
def server(transactional_db: None) -> Iterator[Server]:
    with open_server() as server:
        yield server


@pytest.fixture
def admin(server: Server, page: Page, settings) -> Page:
    """Logged in at a desk."""
    settings.PUBLIC_URL = f"http://127.0.0.1:{server.port}"
    User.objects.create_superuser("mara", password=PASSWORD)
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto(f"http://localhost:{server.port}/admin/")
    page.get_by_label("Username").fill("mara")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    return page


def make_the_project(admin: Page, home: str) -> tuple[Project, str]:
    """And the script tag that the admin shows for it."""
    admin.goto(f"{home}/admin/tracking/project/add/")
    admin.locator("[name=name]").fill("Kettle shop")
    admin.get_by_role("button", name="Save", exact=True).click()
    snippet = admin.locator("[data-copy-text]").first.inner_text()
    refresh()
    return Project.objects.get(), snippet


def refresh() -> None:
    """What a running installation does each second."""
    KEYRING.forget()
    SNAPSHOT.forget()


def paste(server: Server, snippet: str) -> dict[str, str]:
    addresses = {}
    for name, html in pages_of("shop").items():
        path = "/" if name == "index" else f"/{name}"
        server.pages[path] = (html.replace("<!--snippet-->", snippet), {})
        addresses[name] = f"http://localhost:{server.port}{path}"
    return addresses


def visit(profile: BrowserContext, project: Project, addresses: dict[str, str]) -> None:
    profile.route(re.compile("https://"), lambda route: route.fulfill(status=200, body=""))
    tab = profile.new_page()
    for number, address in enumerate(addresses.values(), 1):
        tab.goto(address)
        until = time.monotonic() + 10
        while len(known_pages(project.pk)) < number and time.monotonic() < until:
            tab.wait_for_timeout(100)
    tab.close()


def accept_what_was_found(admin: Page, home: str) -> None:
    admin.goto(f"{home}/admin/")
    admin.get_by_role("link", name="Find goals").click()
    admin.get_by_role("checkbox", name=re.compile("^Bought")).check()
    admin.get_by_role("checkbox", name=re.compile("^Went to the checkout")).check()
    admin.get_by_role("button", name="Add and publish what is ticked").click()
    expect(admin.get_by_text("2 goals added. Version 1 is published")).to_be_visible()
    admin.get_by_role("button", name="Add and publish “Put something into the cart”").click()
    expect(admin.get_by_text("1 goal added. Version 2 is published")).to_be_visible()


def start_a_test(admin: Page, home: str) -> None:
    admin.goto(f"{home}/admin/experiments/experiment/add/")
    admin.locator("[name=name]").fill("Green cart button")
    admin.locator("[name=variants-1-name]").fill("Green")
    admin.locator("[name=variants-1-cta_selector]").fill(".product__submit")
    admin.locator("[name=variants-1-cta_text]").fill("Into the cart")
    admin.locator("[name=goal_roles-0-goal]").select_option(label="Bought (macro)")
    admin.get_by_role("button", name="Save and go to start").click()
    admin.get_by_role("button", name="Start the experiment now").click()
    expect(admin.get_by_text("“Green cart button” is running.")).to_be_visible()


def shop_there(profile: BrowserContext, address: str) -> None:
    tab = profile.new_page()
    tab.goto(address)
    tab.evaluate("microlift.consent('granted')")
    expect(tab.locator(".product__submit")).to_have_text(re.compile("Add to cart – £49.00|Into the cart"))
    tab.wait_for_timeout(1_000)
    tab.evaluate("document.addEventListener('submit', (event) => event.preventDefault())")
    tab.locator(".product__submit").click()
    tab.wait_for_timeout(500)
    tab.close()


def events(name: str) -> int:
    until = time.monotonic() + 5
    while not (count := Event.objects.filter(name=name).count()) and time.monotonic() < until:
        time.sleep(0.05)
    return count


def test_from_the_script_tag_to_a_running_test_takes_less_than_ten_minutes(server, admin, profile):
    home, began = f"http://localhost:{server.port}", time.monotonic()

    project, snippet = make_the_project(admin, home)
    addresses = paste(server, snippet)
    visit(profile, project, addresses)
    accept_what_was_found(admin, home)
    start_a_test(admin, home)
    refresh()
    shop_there(profile, addresses["products/steel-kettle"])

    assert Experiment.objects.get().status == Status.RUNNING
    assert Goal.objects.get(event="add_to_cart").leads_to == Goal.objects.get(event="purchase")
    # The experiment changes the button's text, and the found goal still hears it.
    assert (events("experiment_viewed"), events("add_to_cart")) == (1, 1)
    assert time.monotonic() - began < TEN_MINUTES
