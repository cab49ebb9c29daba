"""Forecasts as the web side knows them: asked for and read. A worker answers, within seconds."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import msgspec
from django.db import transaction
from django.db.models import F, Q, QuerySet

from experiments.models import Experiment, Forecast

Rates = Mapping[str, float]
State = Literal["not_asked", "pending", "failed", "ready"]

# Goes up when the body has another shape: then what an older worker has stored is asked for anew.
VERSION = 1
# A page that was opened before noon and read after lunch need not ask again; next week's should.
FRESH = timedelta(days=1)
ERROR_LENGTH = 1000
# More than the largest sites have; the people of eight weeks still fit into a plan.
MOST_A_DAY = 10_000_000


@dataclass(frozen=True, slots=True)
class Assumed:
    """What somebody expects where there is no history, or instead of it. rates: by the key of a goal, 0 to 1."""

    people_per_day: float | None = None
    rates: Rates = field(default_factory=dict)


_WAITING = Q(computed_at=None) | Q(asked_at__gt=F("computed_at"))


def waiting() -> QuerySet[Forecast]:
    """Asked and not answered, the longest waiting first."""
    return Forecast.objects.filter(_WAITING).order_by("asked_at", "id")


def ask(experiment: Experiment, now: datetime) -> Forecast:
    """Ask a worker, once more if need be; what it answered last stays until then."""
    forecast, _ = Forecast.objects.update_or_create(experiment=experiment, defaults={"asked_at": now})
    return forecast


def assume(experiment: Experiment, assumed: Assumed | None, now: datetime) -> Forecast:
    """Ask again, with these numbers in place of the history; None: with the history alone."""
    with transaction.atomic():
        forecast = ask(experiment, now)
        if assumed_in(forecast) != (assumed or Assumed()):
            forecast.body = {"assumed": asdict(assumed)} if assumed else None
            forecast.save(update_fields=["body"])
    return forecast


def assumed_in(forecast: Forecast | None) -> Assumed:
    found = (forecast.body or {}).get("assumed") if forecast else None
    return msgspec.convert(found, Assumed) if found else Assumed()


def answer_in(forecast: Forecast | None) -> dict[str, Any] | None:
    """The last answer, be it to an older question; None before the first, and for one of another version."""
    body: dict[str, Any] | None = forecast.body if forecast else None
    return body if body and body.get("version") == VERSION else None


def latest(experiment: Experiment) -> Forecast | None:
    return Forecast.objects.filter(experiment=experiment).first()


def state_of(forecast: Forecast | None) -> State:
    if forecast is None:
        return "not_asked"
    if forecast.computed_at is None or forecast.asked_at > forecast.computed_at:
        return "pending"
    return "failed" if forecast.error else "ready"


def is_outdated(forecast: Forecast | None, experiment: Experiment, now: datetime) -> bool:
    """Whether it was never asked for, or about a draft that has changed since, or long ago, or cannot be read."""
    if forecast is None or forecast.asked_at < max(experiment.updated_at, now - FRESH):
        return True
    return state_of(forecast) == "ready" and answer_in(forecast) is None


def save(forecast: Forecast, body: dict[str, Any], *, at: datetime) -> None:
    """``at``: when it was asked, or later. A question that was asked meanwhile stays open."""
    _unasked_since(forecast).update(body=body, computed_at=at, error="")


def record_failure(forecast: Forecast, error: str, *, at: datetime) -> None:
    """It is answered with why there is no answer, and not tried again until somebody asks."""
    _unasked_since(forecast).update(error=error[:ERROR_LENGTH], computed_at=at)


def _unasked_since(forecast: Forecast) -> QuerySet[Forecast]:
    return Forecast.objects.filter(id=forecast.id, asked_at=forecast.asked_at)


def planned_end(weeks: int, now: datetime) -> datetime:
    """The first midnight (UTC) after so many whole weeks, for an experiment that is started today."""
    return now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=7 * weeks + 1)


def adopt(experiment: Experiment, now: datetime) -> bool:
    """Write the recommended plan into the draft, which the caller holds; False when none was recommended."""
    recommended = (answer_in(latest(experiment)) or {}).get("recommended")
    if not recommended:
        return False
    experiment.planned_sample = recommended["people"]
    experiment.planned_end = planned_end(recommended["weeks"], now)
    experiment.save(update_fields=["planned_sample", "planned_end", "updated_at"])
    return True
