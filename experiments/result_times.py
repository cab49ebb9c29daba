"""When a result's phase ran, how long it still runs, when its looks were, and how old its numbers are."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from experiments.figures import DASH, ago, day, day_number

Body = Mapping[str, Any]


def moment(value: datetime | str) -> datetime:
    """Times within the stored body are text, those beside it are not."""
    return datetime.fromisoformat(value) if isinstance(value, str) else value


def when(body: Body, now: datetime) -> str:
    """“since 2 Nov, day 12 of 21”, or the days between which it ran."""
    started, ended = body["started_at"], body["ended_at"]
    if ended is not None:
        return f"{day(started, now)} {DASH} {day(ended, now)}"
    today = day_number(started, now)
    words = {"since": day(started, now), "day": today}
    if body["planned_end"] is None:
        return _("since %(since)s, day %(day)s") % words
    return _("since %(since)s, day %(day)s of %(whole)s") % {**words, "whole": max(planned_days(body), today)}


def planned_days(body: Body) -> int:
    return day_number(body["started_at"], body["planned_end"] - timedelta.resolution)


def days_left(body: Body, now: datetime) -> int | None:
    """After today, so that it agrees with “day 10 of 18”; None when no end is awaited, or nobody knows it.

    Where a number of people is planned too, it is the later of both.
    """
    if body["status"] == "stopped":
        return None
    until_end = max(planned_days(body) - day_number(body["started_at"], now), 0) if body["planned_end"] else None
    if not body["planned_sample"]:
        return until_end
    people = (body.get("outlook") or {}).get("days_left")
    return None if people is None else max(people - _days_since(body["computed_at"], now), until_end or 0)


def _days_since(then: datetime, now: datetime) -> int:
    return max((now - then) // timedelta(days=1), 0)


def is_fulfilled(body: Body) -> bool:
    """Whether the plan was, when these numbers were computed. Without a plan it never is."""
    end, sample = body["planned_end"], body["planned_sample"]
    came = end is None or body["computed_at"] >= end
    return bool(end or sample) and came and (not sample or body["health"]["enrolled"] >= sample)


def look_of(body: Body, number: int | None) -> Body | None:
    return next((look for look in body.get("looks") or () if look["number"] == number), None)


def day_of_look(body: Body, look: Body) -> int:
    return day_number(body["started_at"], moment(look["taken_at"]))


def computed(body: Body, now: datetime) -> str:
    text = _("computed %(ago)s") % {"ago": ago(body["computed_at"], now)}
    if (body["data_through"] - body["computed_at"]).total_seconds() > 60:
        return _("%(computed)s, nothing new since (checked %(ago)s)") % {
            "computed": text,
            "ago": ago(body["data_through"], now),
        }
    return text


def stale(body: Body, now: datetime) -> str:
    if not body["stale"]:
        return ""
    return _("These numbers hold what happened until %(ago)s; what came after is not in them yet.") % {
        "ago": ago(body["data_through"], now)
    }
