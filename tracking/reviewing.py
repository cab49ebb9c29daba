"""Goals that tell nothing: never met, met by everybody, met by the same people as another, or met no more."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import combinations
from typing import Literal

from django.utils.translation import gettext

from tracking.models import Goal
from tracking.queries import SAMPLE, EventUse, use_of_events

Code = Literal["never", "stale", "always", "duplicate", "same_people"]

# So far back is looked for a last time.
FAR_BACK = timedelta(days=180)
NEVER_AFTER = timedelta(days=14)
STALE_AFTER = timedelta(days=30)
NEARLY_ALL = 0.9
# Of fewer visitors nearly all do something by chance.
ENOUGH = 100
ENOUGH_OF_BOTH = 30
SAME = 0.95
CHANGED = "Perhaps the page has changed: pick its element anew, or delete the goal."


@dataclass(frozen=True, slots=True)
class Finding:
    """``what`` was found of a goal, and ``advice``: what to do. ``other``: the goal that it is like."""

    code: Code
    goal: Goal
    what: str
    advice: str
    other: Goal | None = None


def review(project_id: int, now: datetime) -> list[Finding]:
    """What to look at, one finding a goal, the plainest first. Of a goal with conditions the event's name is judged."""
    goals = list(Goal.objects.filter(project_id=project_id).order_by("created_at", "pk"))
    names = {goal.event for goal in goals}
    use, everybody = use_of_events(project_id, names, since=now - FAR_BACK, lately=now - STALE_AFTER)
    found = [*_doubles(goals), *_silent(goals, use, now), *_everybodys(goals, use, everybody), *_alike(goals, use)]
    first: dict[int, Finding] = {}
    for finding in found:
        first.setdefault(finding.goal.pk, finding)
    return list(first.values())


def _doubles(goals: Sequence[Goal]) -> list[Finding]:
    """Of goals that ask the same the oldest is kept."""
    asked: dict[str, Goal] = {}
    found = []
    for goal in goals:
        question = repr((goal.event, goal.conditions, goal.measure, goal.property, goal.currency))
        other = asked.setdefault(question, goal)
        if other is not goal:
            what = gettext("Counts exactly what “%(other)s” counts.") % {"other": other.name}
            advice = gettext("Keep one of them: two numbers that always agree say no more than one.")
            found.append(Finding("duplicate", goal, what, advice, other))
    return found


def _silent(goals: Sequence[Goal], use: Mapping[str, EventUse], now: datetime) -> list[Finding]:
    found = []
    for goal in goals:
        seen = use.get(goal.event)
        if seen is None and goal.created_at <= now - FAR_BACK:
            what = gettext("Not met for %(days)s days at least.") % {"days": FAR_BACK.days}
            found.append(Finding("stale", goal, what, gettext(CHANGED)))
        elif seen is None and goal.created_at <= now - NEVER_AFTER:
            what = gettext("Never met since it was made, %(days)s days ago.") % {"days": (now - goal.created_at).days}
            advice = gettext(
                "Look at the page in debug mode whether “%(event)s” is told; publish its trigger, or delete the goal."
            )
            found.append(Finding("never", goal, what, advice % {"event": goal.event}))
        elif seen is not None and seen.last_at <= now - STALE_AFTER:
            what = gettext("Met before, but not for %(days)s days.") % {"days": (now - seen.last_at).days}
            found.append(Finding("stale", goal, what, gettext(CHANGED)))
    return found


def _everybodys(goals: Sequence[Goal], use: Mapping[str, EventUse], everybody: int) -> list[Finding]:
    found = []
    for goal in goals:
        seen = use.get(goal.event)
        if everybody < ENOUGH or seen is None or goal.conditions or goal.measure != "once":
            continue
        if seen.visitors >= NEARLY_ALL * everybody:
            what = gettext("Nearly everybody meets it: %(share)s %% of %(all)s visitors in 30 days.")
            words = {"share": round(100 * seen.visitors / everybody), "all": everybody}
            advice = gettext("No variant can make that better. Count a later step, or how often it happens.")
            found.append(Finding("always", goal, what % words, advice))
    return found


def _alike(goals: Sequence[Goal], use: Mapping[str, EventUse]) -> list[Finding]:
    found = []
    for older, newer in combinations([goal for goal in goals if not goal.conditions], 2):
        left, right = use.get(older.event), use.get(newer.event)
        if older.event == newer.event or left is None or right is None:
            continue
        if min(left.visitors, right.visitors) >= ENOUGH_OF_BOTH and likeness(left.sample, right.sample) >= SAME:
            what = gettext("The same people meet it as “%(other)s”.") % {"other": older.name}
            advice = gettext("Keep the one that is closer to what pays.")
            found.append(Finding("same_people", newer, what, advice, older))
    return found


def likeness(left: frozenset[int], right: frozenset[int]) -> float:
    """Of all people in either, how many are in both, judged by the smallest hashes of the two together."""
    both = sorted(left | right)[:SAMPLE]
    return sum(one in left and one in right for one in both) / len(both) if both else 0.0
