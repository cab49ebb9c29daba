"""What an installation says of itself: whether it is ready, and what waits."""

import threading
import time
from datetime import timedelta

import pytest
from django.db import OperationalError
from django.utils import timezone
from redis.exceptions import RedisError

from config import embedded, places
from tests.factories import make_project
from tests.rest import queries
from tracking import dues, operations
from tracking.models import Due
from tracking.models.outcomes import OutcomeCount, OutcomeDelta
from tracking.models.privacy import PrivacyReceipt
from tracking.operations import Probe, backlog, beat_heart, figures, heartbeat
from tracking.outcomes import record_refused_requests

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture
def shop():
    return make_project("shop")


def wait(project, visitor_id, *, since=MINUTE, tries=0, error=""):
    row = Due.objects.create(project=project, visitor_id=visitor_id, tries=tries, error=error)
    Due.objects.filter(pk=row.pk).update(created_at=timezone.now() - since)


def test_a_backlog_is_of_visitors_and_as_old_as_the_one_who_waits_longest(shop):
    wait(shop, "ann", since=3 * MINUTE)
    wait(shop, "ann")
    wait(shop, "ben")
    wait(shop, "bad", since=9 * MINUTE, tries=dues.MOST_TRIES)
    wait(make_project(), "cleo", since=99 * MINUTE)

    found = backlog(shop.pk)

    assert (found.visitors, found.more) == (2, False)
    assert timezone.now() - found.since == pytest.approx(3 * MINUTE, abs=timedelta(seconds=5))


def test_a_long_backlog_is_at_least_so_many(shop, monkeypatch):
    monkeypatch.setattr(operations, "WAITING", operations.WAITING.replace(str(operations.MOST), "3"))
    monkeypatch.setattr(operations, "MOST", 3)
    dues.mark(shop.pk, [f"v{number}" for number in range(5)])

    assert backlog(shop.pk)[0::2] == (3, True)


def test_without_a_backlog_nobody_has_waited(shop):
    assert backlog(shop.pk) == (0, None, False)


def test_figures_name_every_project_and_what_waits_there(shop):
    quiet = make_project("quiet")
    wait(shop, "ann", since=2 * MINUTE)
    wait(shop, "bad", tries=dues.MOST_TRIES)
    wait(shop, "bad", tries=dues.MOST_TRIES)

    found = figures(timezone.now())

    waiting = {one.project: (one.rows, one.since is not None) for one in found.waiting}
    assert waiting == {"shop": (1, True), "quiet": (0, False)}
    assert found.set_aside == {"shop": 1, quiet.key: 0}


def test_figures_of_this_hour_hold_what_is_added_up_and_what_is_not(shop):
    hour = timezone.now().replace(minute=0, second=0, microsecond=0)
    for table in (OutcomeCount, OutcomeDelta):
        table.objects.create(project=shop, hour=hour, outcome="stored", reason="", count=5)
        table.objects.create(project=shop, hour=hour - 60 * MINUTE, outcome="stored", reason="", count=100)
    OutcomeDelta.objects.create(project=make_project(), hour=hour, outcome="rejected", reason="too_old", count=2)
    record_refused_requests({shop.pk: 7})

    found = figures(timezone.now())

    assert found.this_hour == {("stored", ""): 10, ("rejected", "too_old"): 2, ("refused", "rate_limited"): 7}
    assert found.unfolded == 4


def test_erasures_that_are_not_done_are_counted(shop):
    now = timezone.now()
    PrivacyReceipt.objects.create(project=shop, kind="erasure", digest="a", requested_at=now - MINUTE)
    PrivacyReceipt.objects.create(project=shop, kind="erasure", digest="b", done_at=now)
    PrivacyReceipt.objects.create(project=shop, kind="export", digest="c")

    found = figures(now)

    assert (found.erasures, found.erasures_since) == (1, now - MINUTE)


def test_figures_cost_the_same_few_queries_however_many_projects(shop):
    for _ in range(5):
        make_project()

    with queries(6):
        figures(timezone.now())


def test_the_heart_of_the_worker_is_heard():
    now = timezone.now()

    beat_heart(now)

    assert heartbeat() == pytest.approx(now.timestamp())


def test_without_valkey_nobody_knows_of_the_worker_and_nothing_fails(settings, tmp_path):
    settings.REDIS_URL = f"unix://{tmp_path}/nobody.sock"

    beat_heart(timezone.now())

    assert heartbeat() is None
    assert figures(timezone.now()).heartbeat is None


def test_a_valkey_that_lost_everything_does_not_know_either(settings, tmp_path):
    with embedded.servers(tmp_path, wanted=frozenset({embedded.VALKEY}), share=False):
        settings.REDIS_URL = places.embedded_redis_url(tmp_path)

        assert heartbeat() is None


@pytest.mark.parametrize("error", [OperationalError("gone"), RedisError("gone"), OSError("gone")])
def test_who_fails_does_not_answer(error):
    def fail():
        raise error

    assert Probe(fail, seconds=1).answers() is False


def test_who_hangs_is_waited_for_no_longer_than_agreed_and_asked_once():
    free, asked = threading.Event(), []

    def hang():
        asked.append(1)
        free.wait(20)

    probe = Probe(hang, seconds=0.1)
    began = time.monotonic()
    assert [probe.answers(), probe.answers(), probe.answers()] == [False] * 3
    assert time.monotonic() - began < 2
    assert len(asked) == 1

    free.set()
    time.sleep(0.05)
    assert probe.answers() is True
