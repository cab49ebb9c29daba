"""Links that show a variant, and why a visitor got one."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone

from experiments.lifecycle import start, stop
from experiments.previews import ARGUMENT, link_of
from tests.factories import make_experiment, make_key, make_project
from tests.rest import queries


def url(experiment, name):
    return reverse(f"admin:experiments_experiment_{name}", args=[experiment.pk])


def tokens(answer):
    return re.findall(rf"{ARGUMENT}=([\w%:.-]+)", unescape(answer.content.decode()))


@pytest.fixture
def draft(project):
    return make_experiment(project, "hero", name="Hero")


@pytest.fixture
def running(project):
    experiment = make_experiment(project, "menu", name="Menu", condition={"country": "PL"})
    start(experiment, at=timezone.now() - timedelta(days=1))
    return experiment


def test_each_variant_of_a_draft_has_a_link(admin, draft):
    answer = admin.get(url(draft, "preview"), {"page": "https://shop.example/pricing?x=1"})

    found = {link_of(token.replace("%3A", ":")).variant for token in tokens(answer)}
    assert found == {"original", "green"}
    assert "https://shop.example/pricing?" in answer.content.decode()


def test_without_an_address_it_says_what_to_add_to_one(admin, draft):
    shown = admin.get(url(draft, "preview")).content.decode()

    assert f">?{ARGUMENT}=" in shown
    assert "Open in a new tab" not in shown


def test_the_first_page_is_filled_in_with_the_origin_of_the_key(admin, project):
    make_key(project, "client", origins=["https://shop.example"])
    pages = [{"include": True, "kind": "simple", "pattern": one} for one in ("/shop/*", "/pricing")]
    draft = make_experiment(project, "hero", pages=pages)

    assert 'value="https://shop.example/pricing"' in admin.get(url(draft, "preview")).content.decode()


@pytest.mark.parametrize("page", ["javascript:alert(1)", "//shop.example", "shop"])
def test_what_is_no_whole_address_is_refused(admin, draft, page):
    answer = admin.get(url(draft, "preview"), {"page": page})

    assert "Write the whole address" in answer.content.decode()
    assert f'href="{page}' not in answer.content.decode()


def test_a_visitor_outside_the_audience_is_told_why(admin, running):
    answer = admin.get(url(running, "explain"), {"visitor": "ann", "attributes": "country = DE"})

    shown = unescape(answer.content.decode())
    assert "This visitor is not in the experiment, and gets “Original”." in shown
    assert re.search(r"Does not hold: Country is Poland \(Country is Germany\).*?This decides\.", shown, re.DOTALL)


def test_what_is_not_known_is_said(admin, running):
    shown = unescape(admin.get(url(running, "explain"), {"visitor": "ann"}).content.decode())

    assert "if what is not known fits." in shown


def test_a_past_time_is_read_in_the_zone_of_the_project(admin):
    shop = make_project(timezone="Asia/Tokyo")
    experiment = make_experiment(shop, "hero")
    start(experiment, at=timezone.now())
    stop(experiment, at=timezone.now(), now=timezone.now())

    answer = admin.get(url(experiment, "explain"), {"visitor": "ann", "at": "2020-01-01T09:30"})

    shown = answer.content.decode()
    assert "1 Jan 2020, 09:30 (Asia/Tokyo)" in shown
    assert "Nothing had been published by then" in shown


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("visitor", "null", "This id names nobody."),
        ("attributes", "country: DE", "Write one attribute a line, such as country = PL."),
        ("at", "yesterday", "Enter a valid date/time."),
    ],
)
def test_what_cannot_be_read_is_said_at_its_field(admin, running, field, value, told):
    answer = admin.get(url(running, "explain"), {"visitor": "ann", field: value})

    assert answer.context["form"].errors == {field: [told]}


@pytest.mark.parametrize("page", ["preview", "explain"])
def test_strangers_see_neither(client, admin, running, page):
    client.force_login(User.objects.create_user("stranger", is_staff=True))

    assert client.get(url(running, page)).status_code == 403
    with queries(9):
        assert admin.get(url(running, page), {"visitor": "ann"}).status_code == 200
