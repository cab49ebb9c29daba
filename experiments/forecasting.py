"""Answer what a draft could detect: read its goals' history, work it out, store it. Worker side; the page only asks."""

import logging
from datetime import datetime, timedelta

import psycopg
from django.db import OperationalError, connection, transaction

from experiments import forecasts
from experiments.foresight import Draft, foresee
from experiments.history import read_history
from experiments.lifecycle import planned_goal
from experiments.models import Experiment, Forecast, Unit

log = logging.getLogger(__name__)
# First half of the advisory lock's key; the second is the forecast's id.
FORECAST_LOCK = 7304
# Nobody waits longer in front of a page, and the worker has other things to do.
LONGEST = timedelta(seconds=60)
# What was asked so long ago killed who answered, or nobody was there: it is not tried for ever.
GIVE_UP = timedelta(minutes=10)


def answer_asked(now: datetime) -> int:
    """Answer every forecast that somebody waits for; how many were answered, be it with an error."""
    return sum(_answer_safely(forecast, now) for forecast in forecasts.waiting())


def _answer_safely(forecast: Forecast, now: datetime) -> bool:
    # The question may have come after our clock was read, or from one that is ahead.
    at = max(now, forecast.asked_at)
    if forecast.asked_at < now - GIVE_UP:
        forecasts.record_failure(forecast, "not_answered", at=at)
        return True
    try:
        return _answer(forecast, now, at)
    except OperationalError as error:
        if not isinstance(error.__cause__, psycopg.errors.QueryCanceled):
            raise
        log.warning("forecast %d took longer than %s", forecast.id, LONGEST)
        forecasts.record_failure(forecast, "too_slow", at=at)
    except Exception as error:
        # The edge of the loop: one draft that cannot be worked out says so, and stops no other.
        log.exception("forecast %d not computed", forecast.id)
        forecasts.record_failure(forecast, repr(error), at=at)
    return True


def _answer(forecast: Forecast, now: datetime, at: datetime) -> bool:
    """False when another worker is at it, or has done it meanwhile."""
    with transaction.atomic():
        if not is_ours(forecast.id) or not forecasts.waiting().filter(id=forecast.id).exists():
            return False
        experiment = Experiment.objects.get(id=forecast.experiment_id)
        draft = draft_of(experiment, forecasts.assumed_in(forecast))
        history = read_history(experiment.project_id, draft.goals, now, with_user=experiment.unit == Unit.USER)
        forecasts.save(forecast, foresee(draft, history), at=at)
    return True


def draft_of(experiment: Experiment, assumed: forecasts.Assumed) -> Draft:
    variants = sorted(experiment.variants.all(), key=lambda variant: not variant.is_control)
    rows = experiment.goal_roles.select_related("goal", "goal__leads_to")
    return Draft(
        weights=tuple(variant.weight for variant in variants),
        goals=tuple(planned_goal(row, exploratory=False) for row in rows),
        alpha=experiment.alpha,
        coverage=experiment.coverage,
        minimum_effect=experiment.minimum_effect,
        planned_sample=experiment.planned_sample,
        assumed=assumed,
    )


def is_ours(forecast_id: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(LONGEST // timedelta(milliseconds=1))])
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [FORECAST_LOCK, forecast_id])
        return bool(cursor.fetchone()[0])
