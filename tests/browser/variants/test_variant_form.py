"""The form of a variant in a real browser: only the fields of its kind, rows instead of JSON, and a live preview."""

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import FrameLocator, Page, expect

from experiments.models import Variant
from tests.browser.shop import Shop, open_server

PASSWORD = "correct horse battery"


@pytest.fixture(scope="module")
def shop(transactional_db: None) -> Iterator[Shop]:
    with open_server() as server:
        yield server.shop()


@pytest.fixture
def marketer(shop: Shop, page: Page) -> Page:
    """Logged in, at a new experiment."""
    User.objects.filter(username="mara").delete()
    User.objects.create_superuser("mara", password=PASSWORD)
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto(f"{shop.api}/admin/login/?next=/admin/experiments/experiment/add/")
    page.get_by_label("Username").fill("mara")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.locator("[name=kind]")).to_be_visible()
    return page


def preview(page: Page, number: int = 1) -> FrameLocator:
    return page.frame_locator(".ml-shown:visible iframe").nth(number)


def fill(page: Page, **values: str) -> None:
    for name, value in values.items():
        page.locator(f"[name=variants-1-{name}]").fill(value)


def choose(page: Page, kind: str) -> None:
    page.locator("[name=kind]").select_option(kind, force=True)
    page.locator("[name=kind]").dispatch_event("change")


def test_a_call_to_action_is_shown_as_one_types(marketer: Page) -> None:
    fill(marketer, cta_text="Start free", cta_microcopy="No card needed", cta_background="#0f7b4f")

    button = preview(marketer).locator("#sample")
    expect(button).to_have_text("Start free")
    expect(button).to_have_css("background-color", "rgb(15, 123, 79)")
    expect(preview(marketer).get_by_text("No card needed")).to_be_visible()
    expect(preview(marketer, 0).locator("#sample")).to_have_text("Your button")


def test_fields_of_a_form_are_rows_and_never_json(marketer: Page) -> None:
    choose(marketer, "form")
    fill(marketer, form_selector="#lead")
    for place, (name, label) in enumerate([("email", "Work e-mail"), ("phone", "Phone number")]):
        marketer.get_by_role("button", name="Add a field").click()
        row = marketer.locator(".ml-form-rows li").nth(place)
        row.get_by_label("Name of the field").fill(name)
        row.get_by_label("Words beside it").fill(label)
    expect(preview(marketer).get_by_label("Phone number")).to_be_visible()

    marketer.get_by_role("button", name="Move up").nth(1).click()
    marketer.locator(".ml-form-rows li").nth(1).get_by_label("Hide this field").check()

    expect(preview(marketer).get_by_label("Work e-mail")).to_be_hidden()
    marketer.locator("[name=name]").fill("Shorter form")
    marketer.get_by_role("button", name="Save draft").click()
    marketer.wait_for_url("**/experiments/experiment/**")
    made = Variant.objects.get(experiment__name="Shorter form", is_control=False)
    labels = {"phone": "Phone number", "email": "Work e-mail"}
    assert made.payload == {"selector": "#lead", "hide": ["email"], "labels": labels}


def test_a_pop_up_is_shown_over_the_sample(marketer: Page) -> None:
    choose(marketer, "popup")
    fill(marketer, popup_title="10 % off", popup_button="Show me")

    expect(preview(marketer).get_by_role("dialog", name="10 % off")).to_be_visible()
    expect(preview(marketer, 0).get_by_role("dialog")).to_have_count(0)


def test_only_what_the_kind_and_the_rest_of_the_form_need_is_asked(marketer: Page) -> None:
    beside = marketer.locator("[name=variants-1-cta_beside]")
    expect(beside).to_be_hidden()
    marketer.locator("[name=variants-1-cta_place]").select_option("after", force=True)
    expect(beside).to_be_visible()

    choose(marketer, "redirect")

    expect(beside).to_be_hidden()
    expect(marketer.locator(".ml-shown").first).to_be_hidden()


@pytest.mark.parametrize("kind", ["cta", "form", "popup"])
def test_nothing_sticks_out_on_a_phone(marketer: Page, kind: str) -> None:
    marketer.set_viewport_size({"width": 390, "height": 844})
    choose(marketer, kind)
    if kind == "form":
        marketer.get_by_role("button", name="Add a field").click()

    assert marketer.evaluate("document.documentElement.scrollWidth") <= 390
    expect(marketer.locator(".ml-shown").nth(1)).to_be_visible()


def test_what_is_typed_runs_nowhere(marketer: Page) -> None:
    evil = '</script><img src=x onerror="parent.hacked=1"><!--'
    fill(marketer, cta_text=evil, cta_microcopy=evil)

    expect(preview(marketer).locator("#sample")).to_have_text(evil)
    assert marketer.evaluate("window.hacked") is None
