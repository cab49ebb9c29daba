"""Debug links: what they carry, for how long, and what the panel is told."""

from urllib.parse import parse_qsl, urlsplit

import pytest
from django.core import signing

from tests.factories import make_goal, make_project
from tests.signed import aged
from tracking.debugging import ARGUMENT, PICK, SALT, Opened, debug_token, debug_url, opened, shown
from tracking.models import Trigger
from tracking.publishing import publish, published


@pytest.fixture
def project(db):
    return make_project()


def arguments(url):
    return parse_qsl(urlsplit(url).query, keep_blank_values=True)


def test_a_link_keeps_the_arguments_of_the_page_and_replaces_an_older_session(project):
    page = f"https://shop.example/pricing?{ARGUMENT}=old&q=a%20b&empty=&{PICK}=1#plans"

    url = debug_url(page, project, "Mara")

    (name, token), *rest = arguments(url)
    assert (name, rest) == (ARGUMENT, [("q", "a b"), ("empty", "")])
    assert url.startswith("https://shop.example/pricing?")
    assert url.endswith("#plans")
    assert opened(token, project.pk) == Opened("Mara", "")


def test_a_link_for_picking_says_so_and_names_the_admin(project):
    url = debug_url("https://shop.example/", project, "Mara", admin="https://ab.example", pick=True)

    found = dict(arguments(url))
    assert found[PICK] == "1"
    assert opened(found[ARGUMENT], project.pk) == Opened("Mara", "https://ab.example")


def test_a_token_opens_its_own_project_alone(project):
    assert opened(debug_token(project, "Mara"), make_project().pk) is None


@pytest.mark.parametrize("token", ["", "x", "a:b:c", "é:ü:ß", "x" * 5000, "\x00", "🙂:🙂:🙂"])
def test_what_we_did_not_sign_opens_nothing(project, token):
    assert opened(token, project.pk) is None


def test_what_was_signed_for_something_else_opens_nothing(project):
    assert opened(signing.dumps([project.pk, "Mara", ""], salt="microlift.preview"), project.pk) is None
    assert opened(signing.dumps([project.pk], salt=SALT), project.pk) is None


@pytest.mark.parametrize(("hours", "opens"), [(23.9, True), (24.1, False)])
def test_a_token_opens_for_a_day(project, hours, opens):
    token = aged(hours, lambda: debug_token(project, "Mara"))

    assert (opened(token, project.pk) is not None) == opens


def test_the_longest_name_still_makes_a_token_that_opens(project):
    token = debug_token(project, "🙂" * 150, admin="https://" + "a" * 100)

    assert opened(token, project.pk) is not None


def test_the_panel_is_told_drafts_just_as_they_would_be_published(project):
    Trigger.objects.create(project=project, key="deep", name="Read far", kind="scroll_depth")
    Trigger.objects.create(project=project, key="call", name="Calls", kind="contact_click")
    Trigger.objects.create(project=project, key="off", name="Not used", kind="copy", is_on=False)
    told = shown(project.pk)

    publish(project.pk, author="mara")

    by_key = {entry["key"]: entry for entry in published([project.pk])[project.pk].body}
    assert {entry["key"]: entry for entry in told["triggers"]} == by_key
    assert told["about"]["deep"]["name"] == "Read far"
    assert set(told["about"]["call"]["events"]) == {"phone_click", "email_click", "map_click"}


def test_a_trigger_of_a_newer_release_is_told_and_breaks_nothing(project):
    Trigger.objects.create(project=project, key="new", name="New", kind="telepathy", event="thought")

    assert shown(project.pk)["about"] == {"new": {"name": "New", "kind": "telepathy", "events": ["thought"]}}


def test_the_panel_is_told_goals_with_their_conditions_and_none_of_another_project(project):
    make_goal(make_project(), "foreign")
    make_goal(project, "sign-up", conditions=[{"property": "plan", "operator": "equals", "value": "pro"}])

    (goal,) = shown(project.pk)["goals"]

    assert (goal["key"], goal["event"], goal["measure"]) == ("sign-up", "sign_up", "once")
    assert goal["conditions"] == [{"property": "plan", "operator": "equals", "value": "pro"}]
