"""One visitor's events in a real browser: they come by themselves, within two seconds of their arrival."""

from datetime import UTC, datetime
from time import monotonic
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from tests.factories import make_goal, make_project
from tracking.capture import capture
from tracking.models import Project
from tracking.wire.native import IncomingEvent, parse

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def purchase(event_id: str, **properties: object) -> IncomingEvent:
    return IncomingEvent(event_id, "purchase", "ann", "", NOON, properties, {}, "")


@pytest.fixture
def shop(transactional_db: None) -> Project:
    shop = make_project()
    make_goal(shop, "bought", event="purchase")
    return shop


@pytest.fixture
def watching(shop: Project, live_server: LiveServer, page: Page) -> Page:
    """Logged in, waiting for what Ann does."""
    client = Client()
    client.force_login(User.objects.filter(username="mara").first() or User.objects.create_superuser("mara"))
    cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
    host = urlsplit(live_server.url).hostname or ""
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "domain": host, "path": "/"}])
    page.goto(f"{live_server.url}/admin/tracking/rejectedevent/live/?project={shop.pk}&visitor=ann")
    expect(page.get_by_text("This project has no key in use")).to_be_visible()
    return page


def test_an_event_is_there_two_seconds_after_it_was_stored(watching: Page, shop: Project) -> None:
    for number in range(5):
        capture(shop.pk, [purchase(f"e{number}")], "client")
        stored = monotonic()

        expect(watching.locator(f"[data-id=e{number}]")).to_be_visible(timeout=5_000)

        assert monotonic() - stored < 2
    expect(watching.locator("[data-id=e0]")).to_contain_text("Goal: Bought")


def test_a_refused_event_says_why_and_what_is_open_stays_open(watching: Page, shop: Project) -> None:
    sent = b'{"events": [{"id": "x", "name": "", "visitor_id": "ann", "properties": {"plan": "<b>pro</b>"}}]}'
    capture(shop.pk, parse(sent, NOON), "client")
    watching.get_by_text("What was sent").click()

    capture(shop.pk, [purchase("later", value=5)], "client")

    expect(watching.locator("[data-id=later]")).to_be_visible()
    expect(watching.get_by_text('"plan": "<b>pro</b>"')).to_be_visible()
    expect(watching.get_by_text("Without a usable name")).to_be_visible()
