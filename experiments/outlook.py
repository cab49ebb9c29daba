"""Where a running experiment is going, in words: who still comes, until when, and what will be seen by then."""

from collections.abc import Iterator, Mapping
from math import floor, log10
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from experiments.figures import number, percent, size
from experiments.leading import leading, objection

Body = Mapping[str, Any]


def outlook(body: Body, *, days_left: int | None) -> list[str]:
    """The pace and what can be seen by the end, then a guardrail that will not be safe. Nothing without an end."""
    found = body.get("outlook")
    if not found or found["people_per_day"] is None:
        return [_days(days_left)] if days_left else []
    if not body["planned_end"] and not body["planned_sample"]:
        return []
    pace = _pace(found["people_per_day"], days_left)
    return [" ".join([pace, *_by_then(found["goals"], body)]), *_guardrails(found["goals"], body)]


def _days(days_left: int) -> str:
    words = ngettext("%(n)s day left.", "%(n)s days left.", days_left)
    return words % {"n": number(days_left)}


def _pace(rate: float, days_left: int | None) -> str:
    words = {"n": number(_roughly(rate))}
    if rate == 0:
        return _("Nobody has come in the last days.")
    people = (
        ngettext("At about %(n)s person a day", "At about %(n)s people a day", round(rate)) % words
        if rate >= 1
        else _("At less than one person a day")
    )
    if days_left is None:
        return _("%(people)s the planned number will not come within a year.") % {"people": people}
    if days_left == 0:
        return _("%(people)s: this is the last day.") % {"people": people}
    return _("%(people)s: %(days)s") % {"people": people, "days": _days(days_left)}


def _roughly(rate: float) -> float:
    """With two digits: more of a pace are not known."""
    return round(rate, 1 - floor(log10(rate))) if rate >= 100 else rate


def _by_then(goals: Body, body: Body) -> Iterator[str]:
    """Of the goal that decides, and of the step that shows the smallest change."""
    lead = None if objection(body) else leading(body)
    found = goals.get(lead.goal["key"]) if lead else None
    if lead is None or found is None:
        return
    words = {"goal": lead.goal["name"]}
    if found["detectable_lift"] is None:
        yield _("By then too few will have come to say anything about “%(goal)s”.") % words
        return
    words["change"] = size(found["detectable_lift"])
    known = [
        (goals[goal["key"]]["detectable_lift"], goal["name"])
        for goal in body["goals"]
        if goal["level"] == "micro" and goal["role"] == "secondary" and goal["key"] in goals
    ]
    finest = min(((change, name) for change, name in known if change is not None), default=None)
    if finest is None or finest[0] > found["detectable_lift"] or size(finest[0]) == words["change"]:
        yield _("By then a change of %(change)s in “%(goal)s” can be seen.") % words
        return
    words |= {"step_change": size(finest[0]), "step": finest[1]}
    yield (
        _("By then a change of %(change)s in “%(goal)s” can be seen; “%(step)s” shows one of %(step_change)s.") % words
    )


def _guardrails(goals: Body, body: Body) -> Iterator[str]:
    """The first that the planned people will hardly prove safe: better known now than on the last day."""
    for goal in body["goals"]:
        loss = (goals.get(goal["key"]) or {}).get("detectable_lift")
        open_still = goal["role"] == "guardrail" and any(
            arm["vs_control"] and arm["vs_control"]["decision"]["direction"] is None for arm in goal["variants"]
        )
        if open_still and loss is not None and loss > goal["margin"]:
            words = {"goal": goal["name"], "loss": size(loss), "margin": percent(goal["margin"])}
            yield (
                _(
                    "“%(goal)s” may not be proven safe by then: a worsening by %(loss)s can be ruled out, "
                    "and only one by %(margin)s is tolerated."
                )
                % words
            )
            return
