"""POST /v1/assign: the same visitor, the same variant; memory only; control for whoever is not in."""

import pytest
from django.utils import timezone

from experiments.lifecycle import start, stop
from experiments.models import Unit
from experiments.snapshot import SNAPSHOT
from tests.factories import make_experiment, make_key, make_project
from tests.wsgi import ask
from tracking.access import KEYRING
from tracking.models import Event


@pytest.fixture
def project(db):
    KEYRING.forget()
    SNAPSHOT.forget()
    yield make_project()
    KEYRING.forget()
    SNAPSHOT.forget()


def started(project, key="hero", **fields):
    experiment = make_experiment(project, key, **fields)
    start(experiment, at=timezone.now())
    SNAPSHOT.forget()
    return experiment


def asked(project, visitor_id="ann", **question):
    token = make_key(project, "client")[1]
    KEYRING.forget()
    return ask("POST", "/v1/assign", {"visitor_id": visitor_id, **question}, key=token)


def test_a_running_experiment_is_answered_with_its_payload(project):
    started(project, variants=["old", {"key": "new", "weight": 0}])

    reply = asked(project)

    hero = {"variant": "old", "in_experiment": True, "reason": "assigned", "payload": {}, "phase": 1}
    assert reply.json == {"visitor_id": "ann", "config": 1, "assignments": {"hero": hero}}


def test_asking_writes_nothing_and_asks_no_database(project, django_assert_num_queries):
    started(project)
    token = make_key(project, "client")[1]
    KEYRING.forget()
    ask("POST", "/v1/assign", {"visitor_id": "ann"}, key=token)

    with django_assert_num_queries(0):
        ask("POST", "/v1/assign", {"visitor_id": "bob"}, key=token)

    assert not Event.objects.exists()


def test_drafts_and_stopped_experiments_are_not_served(project):
    make_experiment(project, "draft")
    stop(started(project, "over"), at=timezone.now(), now=timezone.now())
    SNAPSHOT.forget()

    reply = asked(project, experiments=["draft", "over", "nonsense"])

    nobody = {"variant": None, "in_experiment": False, "reason": "not_running", "payload": None}
    assert reply.json["assignments"] == dict.fromkeys(["draft", "over", "nonsense"], nobody)
    assert asked(project).json["assignments"] == {}


def test_outside_the_coverage_everyone_sees_the_control(project):
    started(project, coverage=0.5)

    answers = [asked(project, f"visitor-{number}").json["assignments"]["hero"] for number in range(40)]

    outside = [answer for answer in answers if not answer["in_experiment"]]
    assert 0 < len(outside) < 40
    assert {(answer["variant"], answer["reason"]) for answer in outside} == {("original", "outside_coverage")}


def test_a_test_of_users_needs_a_user(project):
    started(project, unit=Unit.USER)

    assert asked(project).json["assignments"]["hero"]["reason"] == "no_user_id"
    assert asked(project, user_id="u1").json["assignments"]["hero"]["in_experiment"] is True


def test_an_external_test_assigns_nobody(project):
    started(project, kind="external")

    assert asked(project).json["assignments"] == {}
    assert asked(project, experiments=["hero"]).json["assignments"]["hero"]["reason"] == "external"


def test_another_project_sees_nothing(project):
    started(project)

    assert asked(make_project()).json["assignments"] == {}


def test_ids_are_made_equal_before_they_are_hashed(project):
    started(project)

    assert asked(project, " zoe\u0301 ").json == asked(project, "zo\u00e9").json


def test_a_question_about_everything_at_once_is_refused(project):
    assert asked(project, experiments=[str(number) for number in range(201)]).code == "too_many_experiments"
    assert asked(project, attributes={"page": "x" * 70_000}).code == "body_too_large"


@pytest.mark.parametrize("body", [b"", b"[]", b'{"visitor_id": 5}', b'{"visitor_id": "null"}', b"[" * 50_000])
def test_a_question_that_cannot_be_read_is_a_clear_400(project, body):
    token = make_key(project, "client")[1]
    KEYRING.forget()

    reply = ask("POST", "/v1/assign", body, key=token)

    assert (reply.status, reply.json["type"]) == (400, "client_error")
