"""Debug links in the admin: made for a page, for people who may see triggers or goals, and for nobody else."""

from urllib.parse import parse_qs, urlsplit

import pytest
from django.urls import reverse

from tests.factories import make_colleague, make_goal, make_key, make_project
from tests.rest import queries
from tracking.debugging import ARGUMENT, PICK, Opened, opened

LINK = reverse("admin:tracking_project_debug_link")
PAGE = "https://shop.example/pricing?a=1"


def page_of(project, **asked):
    return reverse("admin:tracking_project_debug", args=[project.pk]), asked


def session_in(url, project):
    return opened(parse_qs(urlsplit(url).query)[ARGUMENT][0], project.pk)


@pytest.fixture
def colleague(client, project):
    """Staff who may look at projects; what else, the test says."""

    def log_in(*rights):
        client.force_login(make_colleague("view_project", *rights, first_name="Cole", last_name="Porter"))
        return client

    return log_in


def test_a_page_gets_a_link_that_opens_a_session_in_ones_own_name(colleague, project):
    answer = colleague("view_goal").get(*page_of(project, page=PAGE))

    link = answer.context["link"]
    assert link.startswith("https://shop.example/pricing?")
    assert session_in(link, project) == Opened("Cole Porter", "http://testserver")
    assert "no-store" in answer.headers["Cache-Control"]


def test_the_address_of_a_key_is_offered_first_and_no_link_is_made_of_it_unasked(admin, project):
    make_key(project, "client", origins=["https://shop.example"])

    answer = admin.get(*page_of(project))

    assert (answer.context["page"], answer.context["link"]) == ("https://shop.example/", "")


@pytest.mark.parametrize("page", ["pricing", "javascript:alert(1)", "https://", "https://[x", "ftp://shop.example/"])
def test_what_is_no_address_gets_no_link(admin, project, page):
    answer = admin.get(*page_of(project, page=page))

    assert "Write the whole address" in answer.content.decode()
    assert answer.context["link"] == ""
    assert admin.post(LINK, {"project": project.pk, "page": page}).status_code == 400


def test_the_picker_asks_for_its_link_by_itself(admin, project):
    answer = admin.post(LINK, {"project": project.pk, "page": PAGE})

    url = answer.json()["url"]
    assert parse_qs(urlsplit(url).query)[PICK] == ["1"]
    assert session_in(url, project).admin == "http://testserver"


@pytest.mark.parametrize("project_id", ["", "x", "999999", "9" * 30])
def test_the_picker_is_told_when_no_project_is_chosen(admin, project, project_id):
    answer = admin.post(LINK, {"project": project_id, "page": PAGE})

    assert (answer.status_code, answer.json()) == (400, {"detail": "Choose the project first."})


def test_who_may_see_neither_triggers_nor_goals_gets_no_link(colleague, project):
    client = colleague()

    assert client.get(*page_of(project, page=PAGE)).status_code == 403
    assert client.post(LINK, {"project": project.pk, "page": PAGE}).status_code == 403


def test_a_stranger_is_sent_to_the_login(client, project):
    assert client.post(LINK, {"project": project.pk, "page": PAGE}).status_code == 302
    assert client.get(*page_of(project)).status_code == 302


def test_making_a_link_changes_nothing_and_is_no_get(admin, project):
    assert admin.get(LINK).status_code == 405


def test_the_page_costs_no_more_with_many_goals(admin, project):
    for number in range(9):
        make_goal(project, f"goal-{number}")

    with queries(4):  # session, user, project, its keys
        admin.get(*page_of(project))


def test_the_form_of_a_goal_has_the_button_and_its_script(admin, project):
    html = admin.get(reverse("admin:tracking_goal_add")).content.decode()

    assert f'class="microlift-pick" data-target="id_selector" data-project="{project.pk}"' in html
    assert "tracking/pick.js" in html
    assert "tracking/pick.css" in html


def test_with_several_projects_the_button_waits_for_the_choice(admin, project):
    make_project()

    html = admin.get(reverse("admin:tracking_goal_add")).content.decode()

    assert 'data-target="id_selector" data-project=""' in html


def test_pages_opened_from_the_admin_can_answer_it(admin, project):
    answer = admin.get(reverse("admin:tracking_goal_add"))

    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin-allow-popups"
