"""For machines that watch over an installation: /readyz says whether to send visitors here, /metrics how it stands."""

import ipaddress
from collections.abc import Iterator
from datetime import UTC, datetime
from secrets import compare_digest

from django.conf import settings
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric

from tracking.access import bearer
from tracking.operations import DATABASE, VALKEY, Figures, figures
from tracking.outcomes import REFUSED
from tracking.wire.http import ASKED_DATABASE, Answer, Refused, Request, json_answer

FRESH = {"Cache-Control": "no-store"}
PROMETHEUS = {"Content-Type": "text/plain; version=0.0.4; charset=utf-8", **FRESH}
# What a gateway adds: then the address we see is the gateway's, and anybody may stand behind it.
FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Real-IP", "Via")


def get_ready(_request: Request) -> Answer:
    """503 while PostgreSQL does not answer. Without Valkey events are taken all the same, and results come later."""
    database, redis = DATABASE.answers(), VALKEY.answers()
    content = {
        "status": "ok" if database else "unavailable",
        "database": "ok" if database else "unavailable",
        "redis": "ok" if redis else "degraded",
    }
    return json_answer(200, content, FRESH) if database else json_answer(503, content, {**FRESH, "Retry-After": "5"})


def get_metrics(request: Request) -> Answer:
    """Raises ``Refused`` 401 or 403 for who may not see them."""
    _must_be_allowed(request)
    request.environ[ASKED_DATABASE] = True
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collected(figures(datetime.now(UTC))))
    return Answer(200, generate_latest(registry), PROMETHEUS)


def _must_be_allowed(request: Request) -> None:
    token = settings.METRICS_TOKEN
    if token:
        if not compare_digest(bearer(request.header("Authorization")).encode(), token.encode()):
            raise Refused(401, "no_token", "Send the token of METRICS_TOKEN: Authorization: Bearer …")
    elif not _is_from_here(request):
        raise Refused(403, "not_from_here", "Only this machine itself may ask, unless METRICS_TOKEN is set.")


def _is_from_here(request: Request) -> bool:
    if any(request.header(name) for name in FORWARDED):
        return False
    try:
        return ipaddress.ip_address(str(request.environ.get("REMOTE_ADDR", ""))).is_loopback
    except ValueError:
        return False


class _Collected:
    """Everything is read from the database, so that it is the same whichever process is asked."""

    def __init__(self, found: Figures) -> None:
        self._found = found

    def collect(self) -> Iterator[Metric]:
        yield from _backlog(self._found)
        yield from _this_hour(self._found)
        yield from _jobs(self._found)


def _backlog(found: Figures) -> Iterator[Metric]:
    rows = GaugeMetricFamily(
        "microlift_backlog_rows", "Marks of visitors who wait to be counted, up to 100,000.", labels=["project"]
    )
    lag = GaugeMetricFamily(
        "microlift_backlog_age_seconds", "How long the oldest of them has waited; 0: none waits.", labels=["project"]
    )
    aside = GaugeMetricFamily(
        "microlift_set_aside_visitors", "Visitors who could not be counted after five tries.", labels=["project"]
    )
    for one in found.waiting:
        rows.add_metric([one.project], one.rows)
        lag.add_metric([one.project], _age(found.now, one.since))
        aside.add_metric([one.project], found.set_aside.get(one.project, 0))
    yield from (rows, lag, aside)


def _this_hour(found: Figures) -> Iterator[Metric]:
    events = GaugeMetricFamily(
        "microlift_events_this_hour",
        "What became of the events of the hour that began last, by outcome and reason. Begins at 0 each hour.",
        labels=["outcome", "reason"],
    )
    for (outcome, reason), count in found.this_hour.items():
        if outcome != REFUSED:
            events.add_metric([outcome, reason], count)
    refused = sum(count for (outcome, _), count in found.this_hour.items() if outcome == REFUSED)
    yield events
    yield GaugeMetricFamily(
        "microlift_refused_requests_this_hour",
        "Requests beyond the limit of their key. Begins at 0 each hour.",
        refused,
    )


def _jobs(found: Figures) -> Iterator[Metric]:
    yield GaugeMetricFamily(
        "microlift_outcome_deltas", "Counts of batches that are not added up yet, up to 100,000.", found.unfolded
    )
    yield GaugeMetricFamily("microlift_erasures_pending", "People who are not erased yet.", found.erasures)
    yield GaugeMetricFamily(
        "microlift_erasure_age_seconds",
        "How long the oldest of them has waited; 0: none waits.",
        _age(found.now, found.erasures_since),
    )
    if found.heartbeat is not None:
        yield GaugeMetricFamily(
            "microlift_worker_heartbeat_age_seconds",
            "Since a worker last did a job. Missing when Valkey cannot say.",
            max(0.0, found.now.timestamp() - found.heartbeat),
        )


def _age(now: datetime, since: datetime | None) -> float:
    return max(0.0, (now - since).total_seconds()) if since else 0.0
