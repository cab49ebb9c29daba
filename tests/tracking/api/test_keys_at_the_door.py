"""Who may do what at the door of the REST API."""

import pytest
from django.utils import timezone

from tests.factories import make_goal, make_key, make_project
from tests.rest import Rest, queries, rest_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def project():
    return make_project("shop")


@pytest.mark.parametrize("authorization", ["", "Bearer", "Basic c2tfMTpzZWNyZXQ=", "sk_123", "Token sk_123"])
def test_without_a_bearer_key_it_is_401_and_says_how_to_come_back(db, authorization):
    answer = Rest(**{"Authorization": authorization}).ask("GET", "project/")

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="api"'
    assert answer.json()["errors"][0]["code"] == "not_authenticated"


@pytest.mark.parametrize("token", ["sk_unknown", "sk_ünknown", "pk_\x01", "sk_" + "a" * 5000])
def test_an_unknown_key_is_401(db, token):
    status, errors = Rest(token).refused("GET", "project/")

    assert (status, errors) == (401, [("authentication_failed", None)])


def test_a_revoked_key_is_401_at_once(project):
    key, token = make_key(project)
    rest = Rest(token)
    rest.ok("GET", "project/")

    key.revoked_at = timezone.now()
    key.save()

    assert rest.refused("GET", "project/")[0] == 401


def test_a_secret_key_in_the_address_is_no_key(project):
    token = make_key(project)[1]

    assert Rest().refused("GET", f"project/?key={token}")[0] == 401


def test_a_client_key_may_nothing_here(project):
    rest = Rest(make_key(project, "client")[1])

    for method, path in [("GET", "project/"), ("GET", "goals/"), ("POST", "goals/"), ("PUT", "goals/")]:
        assert rest.refused(method, path) == (403, [("permission_denied", None)])


@pytest.mark.parametrize(
    ("scopes", "may_read", "may_manage"),
    [
        (["read"], True, False),
        (["manage"], True, True),
        (["import"], False, False),
        (["import", "read"], True, False),
        ([], False, False),
    ],
)
def test_scopes_are_enforced_and_manage_implies_read(project, scopes, may_read, may_manage):
    rest = Rest(make_key(project, scopes=scopes)[1])

    assert (rest("GET", "goals/")[0] == 200) == may_read
    assert (rest("HEAD", "goals/")[0] == 200) == may_read
    assert (rest("POST", "goals/", {"key": "a"})[0] == 201) == may_manage


def test_another_projects_goal_looks_like_none_at_all(project):
    make_goal(make_project("other"), "theirs")
    rest = rest_of(project)

    for method in ("GET", "PATCH", "DELETE"):
        theirs, none = rest.ask(method, "goals/theirs/", {}), rest.ask(method, "goals/nobody/", {})
        assert (theirs.status_code, theirs.content) == (none.status_code, none.content) == (404, none.content)


def test_another_projects_goal_cannot_be_named_either(project):
    make_goal(make_project("other"), "theirs", level="macro")

    answers = [
        rest_of(project).refused("POST", "goals/", {"key": "mine", "leads_to": key}) for key in ("theirs", "nobody")
    ]

    assert answers == [(400, [("does_not_exist", "leads_to")])] * 2


def test_recognising_a_key_costs_one_query(project):
    rest = rest_of(project)

    with queries(1):
        rest.ok("GET", "project/")


def test_every_answer_forbids_keeping_it(project):
    rest = rest_of(project)

    for path in ("project/", "goals/", "goals/nobody/", "nowhere/"):
        assert rest.ask("GET", path).headers["Cache-Control"] == "no-store"
    assert Rest().ask("GET", "goals/").headers["Cache-Control"] == "no-store"


def test_no_web_page_of_others_may_read_an_answer(project):
    answer = rest_of(project).ask("GET", "project/", Origin="https://evil.example")

    assert not [name for name in answer.headers if name.lower().startswith("access-control")]
