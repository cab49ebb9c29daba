"""…/results/: the stored result with its age; never anything computed or invented on the way."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from experiments import lifecycle
from experiments.models import Experiment, Result
from tests.factories import make_project
from tests.hillstrom import make_mail_test, run
from tests.rest import queries, rest_of

pytestmark = pytest.mark.django_db

RESULTS = "experiments/mail/results/"


@pytest.fixture
def project():
    return make_project("shop")


@pytest.fixture
def rest(project):
    return rest_of(project, "read")


@pytest.fixture
def mail(project):
    return make_mail_test(project)


def test_the_stored_result_is_passed_on(rest, mail):
    run(mail)

    result = rest.ok("GET", RESULTS)

    assert (result["experiment"], result["phase"], result["status"]) == ("mail", 1, "stopped")
    assert [goal["key"] for goal in result["goals"]] == ["sale", "visit"]
    mens = result["goals"][0]["variants"][1]
    assert (mens["n"], mens["converted"], mens["sum"]) == (21307, 267, 267)
    assert mens["vs_control"]["p_value"] == pytest.approx(1.5232e-13, rel=1e-4)
    assert result["verdict"]["code"] == "ship"
    assert result["stale"] is False


def test_a_result_that_nobody_refreshes_says_so_and_keeps_its_time(rest, mail):
    run(mail)
    then = timezone.now() - timedelta(hours=1)
    Result.objects.update(computed_at=then, data_through=then)

    result = rest.ok("GET", RESULTS)

    assert result["stale"] is True
    assert datetime.fromisoformat(result["computed_at"]) == then


def test_before_the_first_computation_there_is_a_reason_and_no_number(rest, mail):
    lifecycle.start(mail, at=timezone.now())

    result = rest.ok("GET", RESULTS)

    assert result["reason"]["code"] == "not_computed_yet"
    assert (result["computed_at"], result["stale"], result["status"]) == (None, True, "running")
    assert "goals" not in result


@pytest.mark.parametrize("status", ["draft", "scheduled"])
def test_what_has_not_begun_has_no_result(rest, mail, status):
    Experiment.objects.update(status=status)

    assert rest.refused("GET", RESULTS) == (409, [("not_started", None)])


@pytest.mark.parametrize(
    ("arguments", "status", "error"),
    [
        ("phase=2", 404, ("not_found", None)),
        ("phase=0", 400, ("min_value", "phase")),
        ("phase=one", 400, ("invalid", "phase")),
        ("phase=99999999999999999999", 400, ("max_value", "phase")),
        ("fase=1", 400, ("unknown", "fase")),
    ],
)
def test_a_phase_that_is_not_there(rest, mail, arguments, status, error):
    lifecycle.start(mail, at=timezone.now())

    assert rest.refused("GET", f"{RESULTS}?{arguments}") == (status, [error])


def test_results_are_nobody_elses(mail):
    run(mail)

    assert rest_of(make_project("other")).refused("GET", RESULTS)[0] == 404


def test_a_result_costs_three_queries(rest, mail):
    run(mail)

    with queries(3):
        rest.ok("GET", f"{RESULTS}?phase=1")
