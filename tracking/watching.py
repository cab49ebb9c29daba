"""What became of one visitor's events just now, for whoever tries things out on the page."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from tracking.access import valid_keys
from tracking.goals import Condition, Fact, GoalRule, measure
from tracking.models import Goal, PageInventory, Project, Visitor
from tracking.models.outcomes import KEPT_FOR, RejectedEvent
from tracking.outcomes import counts, last_hour, rejected
from tracking.private_ids import private_id
from tracking.queries import Arrived, newest_of
from tracking.silence import Signs

SHOWN = 50
# Refused ones are looked for so far back, which is how long they are kept.
DAY = timedelta(days=1)
# Of the newest visitors of all projects those of one are offered: few enough to be found at once.
NEWEST, OFFERED = 5_000, 8
LONGEST_SHOWN = 2_000


@dataclass(frozen=True, slots=True)
class Sighting:
    """``state``: ``counted``, ``marked`` (stored, and not counted because of ``reason``) or ``rejected``.

    ``goals``: the names of those that the event meets, or would meet if it were counted. ``body``: JSON.
    """

    id: str
    name: str
    state: str
    reason: str
    detail: str
    received_at: datetime
    source: str
    body: str
    goals: tuple[str, ...] = ()


def watched(project_id: int, visitor_id: str, now: datetime) -> list[Sighting]:
    """The newest of what was stored and what was refused, the last to arrive first. Three queries."""
    visitor_id = private_id(project_id, visitor_id)
    arrived = newest_of(project_id, visitor_id, most=SHOWN)
    refused = rejected(project_id, now - KEPT_FOR, visitor_id=visitor_id, most=SHOWN)
    rules = _rules(project_id) if arrived else []
    found = [*(_seen(one, rules) for one in arrived), *(_refused(row) for row in refused)]
    return sorted(found, key=lambda one: (one.received_at, one.id), reverse=True)[:SHOWN]


def newest_visitors(project_id: int) -> list[str]:
    """Ids to choose from, the one that came last first."""
    newest = Visitor.objects.order_by("-pk").values("pk")[:NEWEST]
    rows = Visitor.objects.filter(pk__in=newest, project_id=project_id).order_by("-pk")
    return list(rows.values_list("visitor_id", flat=True)[:OFFERED])


def signs_of(project: Project, now: datetime) -> Signs:
    """Four queries."""
    day: Counter[tuple[str, str]] = Counter()
    for row in counts(project.pk, now - DAY, now + DAY):
        day[row.outcome, row.reason] += row.events
    return Signs(
        has_key=valid_keys(now).filter(project=project).exists(),
        script=PageInventory.objects.filter(project=project).exists(),
        asks=project.requires_consent,
        last=last_hour(project.pk),
        day=dict(day),
    )


def _rules(project_id: int) -> list[tuple[str, GoalRule]]:
    return [(goal.name, _rule(goal)) for goal in Goal.objects.filter(project_id=project_id).order_by("level", "name")]


def _rule(goal: Goal) -> GoalRule:
    conditions = tuple(Condition(**one) for one in goal.conditions)
    return GoalRule(goal.event, goal.measure, goal.window, goal.property, goal.currency, conditions)


def goals_met(rules: Sequence[tuple[str, GoalRule]], fact: Fact) -> tuple[str, ...]:
    """As if the event counted: whoever tests does not count, and wants to see what it would be."""
    counted = replace(fact, excluded="")
    return tuple(name for name, rule in rules if measure(rule, [counted], fact.occurred_at) is not None)


def _seen(one: Arrived, rules: Sequence[tuple[str, GoalRule]]) -> Sighting:
    fact = one.fact
    state = "marked" if fact.excluded else "counted"
    body = one.text[:LONGEST_SHOWN] if fact.properties else ""
    goals = goals_met(rules, fact)
    return Sighting(fact.event_id, fact.name, state, fact.excluded, "", one.received_at, fact.source, body, goals)


def _refused(row: RejectedEvent) -> Sighting:
    return Sighting(f"refused-{row.pk}", row.name, "rejected", row.reason, row.detail, row.received_at, "", row.body)
