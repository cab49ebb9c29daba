"""/readyz for whoever sends visitors here, /metrics for whoever watches, and for nobody else."""

import json

import pytest
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from tests.factories import make_project
from tests.wsgi import ask
from tracking import dues, operations
from tracking.api import operations as doors
from tracking.api.operations import get_metrics, get_ready
from tracking.operations import Probe, beat_heart
from tracking.outcomes import record_refused_requests
from tracking.wire.http import Refused, Request

HERE = {"REQUEST_METHOD": "GET", "PATH_INFO": "/metrics", "REMOTE_ADDR": "127.0.0.1"}


def gone():
    raise OSError("gone")


def nothing():
    return None


@pytest.fixture
def probes(monkeypatch):
    """Who answers, chosen by the test; the real ones are asked by the tests of a whole house."""

    def choose(*, database=True, valkey=True):
        monkeypatch.setattr(doors, "DATABASE", Probe(nothing if database else gone, seconds=1))
        monkeypatch.setattr(doors, "VALKEY", Probe(nothing if valkey else gone, seconds=1))

    return choose


def ready():
    answer = get_ready(Request({"REQUEST_METHOD": "GET", "PATH_INFO": "/readyz"}))
    return answer, json.loads(answer.body)


@pytest.mark.django_db(transaction=True)
def test_it_is_ready_with_the_real_servers():
    answer, content = ready()

    assert (answer.status, content) == (200, {"status": "ok", "database": "ok", "redis": "ok"})
    assert answer.headers["Cache-Control"] == "no-store"


def test_without_valkey_it_is_ready_all_the_same(probes):
    probes(valkey=False)

    answer, content = ready()

    assert (answer.status, content) == (200, {"status": "ok", "database": "ok", "redis": "degraded"})


def test_without_a_database_it_is_not(probes):
    probes(database=False)

    answer, content = ready()

    assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
    assert content == {"status": "unavailable", "database": "unavailable", "redis": "ok"}


def metrics(**environ):
    answer = get_metrics(Request({**HERE, **environ}))
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    text = answer.body.decode()
    found = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found[sample.name, *sample.labels.values()] = sample.value
    return found, text


@pytest.mark.django_db
def test_metrics_tell_what_waits_and_what_came():
    shop = make_project("shop")
    dues.mark(shop.pk, ["v-27182", "v-31415"])
    record_refused_requests({shop.pk: 3})
    beat_heart(timezone.now())

    found, text = metrics()

    assert found["microlift_backlog_rows", "shop"] == 2
    assert 0 <= found["microlift_backlog_age_seconds", "shop"] < 60
    assert found["microlift_set_aside_visitors", "shop"] == 0
    assert found["microlift_refused_requests_this_hour",] == 3
    assert found["microlift_outcome_deltas",] == 1
    assert found["microlift_erasures_pending",] == 0
    assert 0 <= found["microlift_worker_heartbeat_age_seconds",] < 60
    assert "v-27182" not in text


@pytest.mark.django_db
def test_a_heartbeat_that_nobody_knows_is_left_out(settings, tmp_path):
    settings.REDIS_URL = f"unix://{tmp_path}/nobody.sock"

    assert not [name for name in metrics()[0] if "heartbeat" in name[0]]


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.8.8", "::1"])
def test_this_machine_may_ask_without_a_token(address):
    assert metrics(REMOTE_ADDR=address)[0]


@pytest.mark.parametrize(
    "environ",
    [
        {"REMOTE_ADDR": "203.0.113.7"},
        {"REMOTE_ADDR": ""},
        {"REMOTE_ADDR": "localhost"},
        {"HTTP_X_FORWARDED_FOR": "127.0.0.1"},
        {"HTTP_X_FORWARDED_PROTO": "https"},
        {"HTTP_FORWARDED": "for=127.0.0.1"},
        {"HTTP_X_REAL_IP": "127.0.0.1"},
        {"HTTP_VIA": "1.1 gateway"},
        {"REMOTE_ADDR": "203.0.113.7", "HTTP_X_FORWARDED_FOR": "127.0.0.1"},
    ],
)
def test_nobody_else_may_nor_who_stands_behind_a_gateway_of_this_machine(environ):
    with pytest.raises(Refused) as refused:
        metrics(**environ)

    assert (refused.value.status, refused.value.code) == (403, "not_from_here")


@pytest.mark.django_db
def test_with_a_token_anybody_who_knows_it_may_and_nobody_else(settings):
    settings.METRICS_TOKEN = "a long one, ünique"

    assert metrics(REMOTE_ADDR="203.0.113.7", HTTP_AUTHORIZATION="Bearer a long one, ünique")[0]
    for wrong in ({}, {"HTTP_AUTHORIZATION": "Bearer a long one"}, {"HTTP_AUTHORIZATION": "a long one, ünique"}):
        with pytest.raises(Refused) as refused:
            metrics(**wrong)
        assert (refused.value.status, refused.value.code) == (401, "no_token")


def test_it_lives_whoever_else_does_not(probes):
    probes(database=False, valkey=False)

    assert ask("GET", "/livez").status == 200


def test_the_questions_are_given_up_before_anybody_grows_impatient():
    assert operations.READY_SECONDS + 2 * operations.VALKEY_SECONDS <= 3
