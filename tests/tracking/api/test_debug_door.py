"""POST /v1/debug: only for whoever holds a link of the admin; every refusal is JSON."""

import pytest

from tests.factories import make_goal, make_key, make_project
from tests.signed import aged
from tests.wsgi import ask
from tracking.access import KEYRING
from tracking.debugging import debug_token
from tracking.models import Trigger


@pytest.fixture
def project(db):
    project = make_project()
    Trigger.objects.create(project=project, key="copy", name="Copied", kind="copy")
    make_goal(project, "sign-up")
    return project


@pytest.fixture
def key(project):
    token = make_key(project, "client")[1]
    KEYRING.forget()
    return token


def test_a_link_of_the_admin_opens_drafts_and_goals(project, key):
    token = debug_token(project, "Mara", admin="https://ab.example")

    answer = ask("POST", f"/v1/debug?key={key}", {"token": token})

    assert answer.status == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert (answer.json["author"], answer.json["admin"]) == ("Mara", "https://ab.example")
    assert [one["key"] for one in answer.json["triggers"]] == ["copy"]
    assert [one["key"] for one in answer.json["goals"]] == ["sign-up"]


def test_it_costs_two_queries(project, key, django_assert_num_queries):
    ask("POST", f"/v1/debug?key={key}", {"token": "x"})

    with django_assert_num_queries(2):
        ask("POST", f"/v1/debug?key={key}", {"token": debug_token(project, "Mara")})


def test_a_refused_token_costs_no_query(project, key, django_assert_num_queries):
    ask("POST", f"/v1/debug?key={key}", {"token": "x"})

    with django_assert_num_queries(0):
        assert ask("POST", f"/v1/debug?key={key}", {"token": "forged:token:x"}).code == "illegal_token"


def test_a_token_of_another_project_is_refused(key):
    answer = ask("POST", f"/v1/debug?key={key}", {"token": debug_token(make_project(), "Mara")})

    assert (answer.status, answer.code) == (403, "illegal_token")


def test_an_expired_token_is_refused(project, key):
    token = aged(25, lambda: debug_token(project, "Mara"))

    answer = ask("POST", f"/v1/debug?key={key}", {"token": token})

    assert (answer.status, answer.code) == (403, "illegal_token")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400), (b"{", 400), (b"[]", 400), (b"null", 400), (b"\xff", 400), ({}, 400), ({"token": None}, 400),
        ({"token": ["x"]}, 400), ({"token": ""}, 403), ({"token": "\x00"}, 403), ({"token": "x" * 5000}, 413),
    ],
)  # fmt: skip
def test_whatever_is_sent_the_answer_is_json_and_no_fault(key, body, status):
    answer = ask("POST", f"/v1/debug?key={key}", body)

    assert answer.status == status
    assert answer.code


def test_without_a_key_nothing_is_opened(project):
    token = debug_token(project, "Mara")

    assert ask("POST", "/v1/debug", {"token": token}).status == 401
    assert ask("GET", "/v1/debug").status == 405


def test_a_key_that_is_bound_to_a_site_answers_no_other(project):
    key = make_key(project, "client", origins=["https://shop.example"])[1]
    KEYRING.forget()

    answer = ask("POST", f"/v1/debug?key={key}", {"token": debug_token(project, "M")}, Origin="https://evil.example")

    assert (answer.status, answer.code) == (403, "origin_not_allowed")
