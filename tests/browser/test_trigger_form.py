"""Triggers in the admin as people make them: a kind is chosen, rows are added and taken away, and all is published."""

from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from tests.factories import make_project
from tracking.models import Trigger
from tracking.publishing import publish, published


@pytest.fixture
def shop(transactional_db):
    return make_project()


@pytest.fixture
def admin(shop, live_server: LiveServer, page: Page) -> Page:
    client = Client()
    client.force_login(User.objects.filter(username="mara").first() or User.objects.create_superuser("mara"))
    cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
    host = urlsplit(live_server.url).hostname or ""
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "domain": host, "path": "/"}])
    return page


def open_form(admin, live_server, shop):
    admin.goto(f"{live_server.url}/admin/tracking/trigger/add/")
    project = admin.locator("select[name=project]")
    if project.count():
        project.select_option(str(shop.pk))
    return admin


def make_trigger(project, key="buy", **fields):
    usual = {"name": f"{key.capitalize()} clicked", "kind": "click", "params": {"selector": f"#{key}"}}
    return Trigger.objects.create(project=project, key=key, **{**usual, **fields})


def save(page):
    with page.expect_navigation():
        page.get_by_role("button", name="Save", exact=True).click()


def add_row(page, button):
    """The row that the button makes."""
    page.get_by_role("button", name=button).click()
    return page.locator("[data-row]:focus-within")


def test_only_what_the_kind_asks_for_is_shown(admin, live_server, shop):
    form = open_form(admin, live_server, shop)
    expect(form.locator("input[name=click__selector]")).to_be_hidden()

    form.get_by_label("When").select_option(label="Element is clicked")

    expect(form.locator("input[name=click__selector]")).to_be_visible()
    expect(form.locator("input[name=hover__selector]")).to_be_hidden()
    expect(form.get_by_text("By mouse, finger or keyboard. A double click is one.")).to_be_visible()
    expect(form.locator("input[name=event]")).to_have_attribute("placeholder", "cta_click")


def test_a_trigger_with_conditions_and_a_price_is_made_by_choosing(admin, live_server, shop):
    form = open_form(admin, live_server, shop)
    form.get_by_label("Name").first.fill("Buy button clicked")
    form.get_by_label("When").select_option(label="Element is clicked")
    form.locator("input[name=click__selector]").fill("#buy")
    only = add_row(form, "+ Only when …")
    only.get_by_label("What").select_option(label="Path of the page")
    only.get_by_label("How").select_option(label="does not start with")
    only.get_by_label("Value").fill("/outlet")
    price = add_row(form, "+ Tell …")
    price.get_by_label("Where from").select_option(label="Text of an element")
    price.get_by_label("Name").fill("value")
    price.get_by_label("Of which element").fill(".price")
    price.get_by_label("Read as").select_option(label="Number")

    save(form)

    trigger = Trigger.objects.get(project=shop)
    assert (trigger.kind, trigger.params) == ("click", {"selector": "#buy"})
    rule = {"subject": "page_path", "operator": "starts_with", "value": "/outlet", "not": True}
    captured = {"name": "value", "source": "text", "from": "", "selector": ".price", "as": "number"}
    assert (trigger.conditions, trigger.properties) == ([rule], [captured])


def test_rows_are_taken_away_and_the_others_stay(admin, live_server, shop):
    rules = [{"subject": "page_path", "operator": "equals", "value": f"/{n}", "not": False} for n in range(3)]
    trigger = make_trigger(shop, conditions=rules)
    admin.goto(f"{live_server.url}/admin/tracking/trigger/{trigger.pk}/change/")

    admin.get_by_role("button", name="Remove this condition").nth(1).click()
    added = add_row(admin, "+ Only when …")
    added.get_by_label("What").select_option(label="Device")
    added.get_by_label("Value").fill("mobile")
    save(admin)

    trigger.refresh_from_db()
    assert [rule["value"] for rule in trigger.conditions] == ["/0", "/2", "mobile"]


def test_a_row_asks_only_for_what_its_source_needs(admin, live_server, shop):
    form = open_form(admin, live_server, shop)
    row = add_row(form, "+ Tell …")
    which, element = row.locator("[data-cell=from]"), row.locator("[data-cell=selector]")

    for label, asked in {
        "Attribute of an element": (True, True),
        "Text of an element": (False, True),
        "Part of the page's address": (True, False),
        "Always the same text": (True, False),
    }.items():
        row.get_by_label("Where from").select_option(label=label)
        assert (which.is_visible(), element.is_visible()) == asked, label


def test_only_subjects_that_the_kind_knows_are_offered(admin, live_server, shop):
    form = open_form(admin, live_server, shop)
    form.get_by_label("When").select_option(label="Time on the page")

    row = add_row(form, "+ Only when …")

    offered = row.locator("select").first.locator("option:not([hidden])").all_inner_texts()
    assert "Path of the page" in offered
    assert "Text of the element" not in offered


def test_a_mistake_comes_back_at_its_row_with_all_that_was_entered(admin, live_server, shop):
    form = open_form(admin, live_server, shop)
    form.get_by_label("Name").first.fill("Offer clicked")
    form.get_by_label("When").select_option(label="Element is clicked")
    form.locator("input[name=click__selector]").fill("#offer")
    row = add_row(form, "+ Only when …")
    row.get_by_label("What").select_option(label="Path of the page")
    row.get_by_label("How").select_option(label="matches the regular expression")
    row.get_by_label("Value").fill("(")

    save(form)

    wrong = form.locator("[data-row]", has=form.locator("[aria-invalid=true]"))
    expect(wrong.get_by_text("This is no regular expression.")).to_be_visible()
    expect(wrong.get_by_label("Value")).to_have_value("(")
    expect(form.locator("input[name=click__selector]")).to_have_value("#offer")
    expect(form.locator("input[name=click__selector]")).to_be_visible()


def test_what_is_saved_goes_live_from_the_list(admin, live_server, shop):
    make_trigger(shop)
    admin.goto(f"{live_server.url}/admin/tracking/trigger/?project__id__exact={shop.pk}")
    note = admin.locator(".ml-waiting", has_text=shop.name)
    expect(note).to_contain_text("1 new")

    note.get_by_role("link", name="Look and publish").click()
    admin.get_by_label("Note").fill("New checkout")
    admin.get_by_role("button", name="Publish", exact=True).click()

    expect(admin.get_by_text("Your pages are up to date")).to_be_visible()
    expect(admin.get_by_text("New checkout")).to_be_visible()
    assert [entry["key"] for entry in published([shop.pk])[shop.pk].body] == ["buy"]


def test_an_older_version_is_brought_back_after_a_second_click(admin, live_server, shop):
    trigger = make_trigger(shop, event="first")
    publish(shop.pk, author="mara")
    Trigger.objects.filter(pk=trigger.pk).update(event="second")
    publish(shop.pk, author="mara")
    admin.goto(f"{live_server.url}/admin/tracking/trigger/publish/{shop.pk}/")

    admin.get_by_text("Bring back", exact=True).click()
    expect(admin.get_by_text("Version 3", exact=True)).to_have_count(0)
    admin.get_by_role("button", name="Yes, publish version 1 again").click()

    expect(admin.get_by_text("brought back version 1")).to_be_visible()
    assert published([shop.pk])[shop.pk].body[0]["event"] == "first"


def test_nothing_overflows_on_a_phone(admin, live_server, shop):
    trigger = make_trigger(
        shop, conditions=[{"subject": "text", "operator": "contains", "value": "x" * 90, "not": True}]
    )
    publish(shop.pk, author="mara")
    Trigger.objects.filter(pk=trigger.pk).update(event="a_rather_long_name_of_an_event_that_nobody_should_choose")
    admin.set_viewport_size({"width": 390, "height": 844})

    for path in (f"{trigger.pk}/change/", f"publish/{shop.pk}/", "add/"):
        admin.goto(f"{live_server.url}/admin/tracking/trigger/{path}")
        assert admin.evaluate("document.documentElement.scrollWidth") <= 390, path
