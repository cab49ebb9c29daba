"""A marketer in a real browser: from login to a running CTA test on the demo shop, and to its clicks in the result."""

import json
import shutil
from collections import Counter

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from config import places
from tests.browser.agents import ordinary
from tests.browser.conftest import OPTIONS
from tests.house import House, running_house
from tests.http import Caller, eventually

VISITORS = 40
GREEN, GREEN_AS_DRAWN = "#0f7b4f", "rgb(15, 123, 79)"
# Scripts of the page's own side: its policy forbids what Playwright's waiting would evaluate.
SETTLED = """async () => {
  while (!(window.microlift && microlift.variant)) await new Promise((next) => setTimeout(next, 20));
  return (await new Promise((told) => microlift.variant("green-button", told))).variant;
}"""
CONFIRMED = """async () => {
  while (Object.keys(localStorage).some((name) => name.startsWith("microlift.event")))
    await new Promise((next) => setTimeout(next, 20));
}"""


@pytest.fixture(scope="module")
def house():
    with running_house() as running:
        yield running


@pytest.fixture(scope="module")
def client_key(house):
    return json.loads(house.manage("create_project", "Demo shop", "--key", "demo-shop", "--json"))["client_key"]


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=OPTIONS)
        yield chromium
        chromium.close()


def logged_in(house: House, browser: Browser) -> Page:
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.goto(f"{house.base_url}/admin/")
    page.get_by_label("Username").fill("admin")
    page.get_by_label("Password").fill(places.admin_password_file(house.data).read_text().strip())
    page.get_by_role("button", name="Log in").click()
    return page


def make_goal(page: Page, house: House, name: str, **fields: str) -> None:
    page.goto(f"{house.base_url}/admin/tracking/goal/add/")
    page.locator("[name=name]").fill(name)
    for field, value in fields.items():
        page.locator(f"[name={field}]").fill(value)
    # The goal that decides; a small step could decide only under a guardrail.
    page.locator("[name=level]").select_option("macro")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("was added successfully")).to_be_visible()


def start_test(page: Page, house: House) -> None:
    page.goto(f"{house.base_url}/admin/experiments/experiment/add/")
    page.locator("[name=name]").fill("Green button")
    page.locator("[name=variants-1-name]").fill("Green")
    page.locator("[name=variants-1-cta_text]").fill("Get it now")
    page.locator("[name=variants-1-cta_selector]").fill("#buy")
    page.locator("[name=variants-1-cta_background]").fill(GREEN)
    page.locator("[name=goal_roles-0-goal]").select_option(label="Put in the cart (macro)")
    page.get_by_role("button", name="Save and go to start").click()
    page.get_by_role("button", name="Start the experiment now").click()
    expect(page.get_by_text("“Green button” is running.")).to_be_visible()


def visit(browser: Browser, house: House) -> str:
    """A fresh visitor comes, sees the button, clicks it. The variant that was on the screen."""
    context = browser.new_context(viewport={"width": 1000, "height": 800}, user_agent=ordinary(browser))
    page = context.new_page()
    page.goto(f"{house.base_url}/demo/shop/")
    # Before that nobody is counted: a project asks for consent unless somebody has said otherwise.
    page.get_by_role("button", name="Yes, count me").click()
    variant = page.evaluate(SETTLED)
    button = page.locator("#buy")
    if variant == "green":
        expect(button).to_have_text("Get it now")
        expect(button).to_have_css("background-color", GREEN_AS_DRAWN)
    else:
        expect(button).not_to_have_text("Get it now")
    button.click()
    page.evaluate(CONFIRMED)
    context.close()
    return str(variant)


def test_from_login_to_clicks_on_the_result_page(house, browser, client_key):
    page = logged_in(house, browser)
    make_goal(page, house, "Put in the cart", selector="#buy")
    start_test(page, house)
    page_script = Caller(house.base_url, client_key)
    # A start is seen by every web process within five seconds.
    eventually(lambda: page_script.ok("POST", "/v1/assign", {"visitor_id": "first"})["assignments"], seconds=5)

    seen = Counter(visit(browser, house) for _ in range(VISITORS))

    # Four standard errors of a fair coin around a half.
    assert 8 <= seen["green"] <= 32
    page.goto(f"{house.base_url}/admin/experiments/experiment/")
    page.get_by_role("link", name="Green button").first.click()
    number = page.url.split("/experiment/")[1].split("/")[0]
    result = f"{house.base_url}/admin/experiments/experiment/{number}/result/"
    wanted = [f"{seen[arm]} of {seen[arm]}" for arm in ("original", "green")]

    def shown() -> bool:
        page.goto(result)
        text = page.inner_text("main, body")
        return all(numbers in text for numbers in wanted)

    eventually(shown)
