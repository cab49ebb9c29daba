"""Rules of an audience entered as people do: with the mouse, with the keyboard alone, on a phone."""

import json
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from experiments.models import Experiment, SavedGroup
from tests.factories import make_experiment, make_project
from tracking.models import Event

ATTRIBUTE, COMPARISON, VALUE = "Attribute", "Comparison", "Value"


@pytest.fixture
def draft(transactional_db: None) -> Experiment:
    shop = make_project()
    SavedGroup.objects.create(project=shop, key="vip", name="Best customers", values=["ann"])
    return make_experiment(shop, name="Hero")


@pytest.fixture
def form(draft: Experiment, live_server: LiveServer, page: Page) -> Page:
    client = Client()
    client.force_login(User.objects.filter(username="mara").first() or User.objects.create_superuser("mara"))
    cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
    host = urlsplit(live_server.url).hostname or ""
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "domain": host, "path": "/"}])
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto(f"{live_server.url}/admin/experiments/experiment/{draft.pk}/change/")
    expect(page.get_by_text("Everybody", exact=True)).to_be_visible()
    return page


def saved(page: Page, draft: Experiment) -> object:
    """The condition after the form was saved, and the page reloaded."""
    with page.expect_navigation():
        page.get_by_role("button", name="Save draft").click()
    expect(page.locator("[data-groups] fieldset").first).to_be_visible()
    draft.refresh_from_db()
    return draft.condition


def test_rules_are_chosen_from_lists(form: Page, draft: Experiment) -> None:
    form.get_by_role("button", name="Only some visitors").click()
    form.get_by_label(ATTRIBUTE).select_option(label="Device")
    form.get_by_label(VALUE).select_option(label="Mobile")
    form.get_by_role("button", name="and also …").click()
    form.get_by_label(ATTRIBUTE).nth(1).select_option(label="Country")
    form.get_by_label(COMPARISON).nth(1).select_option(label="is one of")
    form.get_by_label(VALUE).nth(1).select_option(label="Poland")
    form.get_by_label(VALUE).nth(1).select_option(label="Germany")
    form.get_by_role("button", name="or instead …").click()
    form.get_by_label(ATTRIBUTE).nth(2).select_option(label="User id")
    form.get_by_label(COMPARISON).nth(2).select_option(label="is in the list")
    form.get_by_label(VALUE).nth(2).select_option(label="Best customers")

    phones = {"$and": [{"deviceType": "mobile"}, {"country": {"$in": ["PL", "DE"]}}]}
    assert saved(form, draft) == {"$or": [phones, {"user_id": {"$inGroup": "vip"}}]}
    expect(form.get_by_role("button", name="Remove: Poland")).to_be_visible()


def test_the_keyboard_is_enough(form: Page, draft: Experiment) -> None:
    form.get_by_role("button", name="Only some visitors").focus()
    keys = form.keyboard
    keys.press("Enter")
    keys.type("Another attribute")
    keys.press("Tab")
    keys.type("plan")
    keys.press("Tab")
    keys.type("is one of")
    keys.press("Tab")
    for plan in ("pro", "team"):
        keys.type(plan)
        keys.press("Enter")

    assert saved(form, draft) == {"plan": {"$in": ["pro", "team"]}}


def test_what_was_entered_stays_when_the_comparison_changes(form: Page) -> None:
    form.get_by_role("button", name="Only some visitors").click()
    form.get_by_label(ATTRIBUTE).select_option(label="Country")
    form.get_by_label(VALUE).select_option(label="Poland")

    form.get_by_label(COMPARISON).select_option(label="is none of")

    expect(form.get_by_role("button", name="Remove: Poland")).to_be_visible()


def test_a_rule_that_is_removed_is_gone(form: Page, draft: Experiment) -> None:
    for index, name in enumerate(("Device", "Browser")):
        form.get_by_role("button", name="and also …" if index else "Only some visitors").click()
        form.get_by_label(ATTRIBUTE).nth(index).select_option(label=name)
        form.get_by_label(COMPARISON).nth(index).select_option(label="is known")

    form.get_by_role("button", name="Remove this rule").first.click()

    assert saved(form, draft) == {"browser": {"$exists": True}}


def test_a_page_that_nobody_touched_has_nothing_to_save(draft: Experiment, form: Page) -> None:
    draft.condition = {"$or": [{"deviceType": "mobile"}, {"age": {"$gte": 18}}]}
    draft.save()
    form.reload()
    expect(form.locator("[data-groups] fieldset")).to_have_count(2)

    sent = json.loads(form.locator("[name=condition]").input_value())

    assert [[rule["operator"] for rule in group] for group in sent] == [["is"], ["at_least"]]
    assert form.locator("[name=condition]").get_attribute("value") == form.locator("[name=condition]").input_value()


def test_how_many_match_is_told_while_editing(draft: Experiment, form: Page) -> None:
    for number, device in enumerate(["mobile", "mobile", "desktop"]):
        Event.objects.create(
            project=draft.project,
            event_id=f"e-{number}",
            name="page_view",
            visitor_id=f"v-{number}",
            occurred_at=timezone.now(),
            source="client",
            context={"attributes": {"deviceType": device}},
        )

    form.get_by_role("button", name="Only some visitors").click()
    form.get_by_label(ATTRIBUTE).select_option(label="Device")
    form.get_by_label(VALUE).select_option(label="Mobile")
    expect(form.get_by_text("About 2 of 3 visitors match (last 7 days).")).to_be_visible()
    form.get_by_label(ATTRIBUTE).select_option(label="Country")
    form.get_by_label(VALUE).select_option(label="Poland")

    expect(form.get_by_text("No visitor of the last 7 days told us this yet: Country.")).to_be_visible()


def test_it_fits_on_a_phone(form: Page) -> None:
    form.get_by_role("button", name="Only some visitors").click()
    form.get_by_label(ATTRIBUTE).select_option(label="Country")
    form.get_by_label(COMPARISON).select_option(label="is one of")
    form.get_by_label(VALUE).select_option(label="United Kingdom")

    form.set_viewport_size({"width": 390, "height": 844})

    assert form.evaluate("document.documentElement.scrollWidth") <= 390


def test_only_the_field_of_the_kind_is_asked(form: Page) -> None:
    fields = {"redirect": "to_url", "boolean": "flag_on", "string": "flag_text", "number": "flag_number"}
    for kind, field in fields.items():
        form.locator("[name=kind]").select_option(kind)

        expect(form.locator(f"[name=variants-1-{field}]")).to_be_visible()
        for other in {*fields.values(), "cta_text", "payload_json"} - {field}:
            expect(form.locator(f"[name=variants-1-{other}]")).to_be_hidden()
