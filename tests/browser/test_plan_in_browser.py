"""The page of a plan in a real browser: it waits for the worker by itself, and fits on a phone."""

from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from experiments.forecasting import answer_asked
from experiments.models import Experiment
from tests.factories import make_experiment, make_goal, make_project
from tests.past import came


@pytest.fixture
def draft(transactional_db: None) -> Experiment:
    shop = make_project()
    came(shop, timezone.now(), 1400, did={"purchase": 280})
    return make_experiment(shop, name="Hero", goals=[make_goal(shop, "purchase", name="Purchase", level="macro")])


@pytest.fixture
def plan(draft: Experiment, live_server: LiveServer, page: Page) -> Page:
    """Logged in, on the page, at a desk; nobody has answered yet."""
    client = Client()
    client.force_login(User.objects.filter(username="mara").first() or User.objects.create_superuser("mara"))
    cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
    host = urlsplit(live_server.url).hostname or ""
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "domain": host, "path": "/"}])
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto(f"{live_server.url}/admin/experiments/experiment/{draft.pk}/plan/")
    expect(page.get_by_text("Reading the last 28 days…")).to_be_visible()
    return page


def test_the_answer_comes_by_itself_and_is_taken_over_with_one_click(plan: Page, draft: Experiment) -> None:
    answer_asked(timezone.now())

    expect(plan.get_by_text("With about 50 visitors a day")).to_be_visible()
    expect(plan.get_by_text("Reading the last 28 days…")).to_be_hidden()
    plan.get_by_role("button", name="Take this plan over").click()
    expect(plan.get_by_text("The plan is in the draft")).to_be_visible()
    draft.refresh_from_db()
    expect(plan.locator("[name=planned_sample]")).to_have_value(str(draft.planned_sample))


def test_it_fits_on_a_phone(plan: Page) -> None:
    answer_asked(timezone.now())
    plan.set_viewport_size({"width": 390, "height": 844})

    expect(plan.get_by_text("With about 50 visitors a day")).to_be_visible()
    assert plan.evaluate("document.documentElement.scrollWidth") <= 390
