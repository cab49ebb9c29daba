"""What a verdict is about: the goal and the treatment it speaks of, and what stands beside them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from experiments.figures import lift
from experiments.quantities import difference
from experiments.safe_numbers import Safe, safe_numbers

Body = Mapping[str, Any]

OBJECTIONS = {
    "guardrail_not_proven_safe",
    "another_primary_worse",
    "micro_without_macro_guardrail",
    "smaller_than_worth",
}
NAMES_ITS_GOAL = {"primary_better", "primary_worse", "guardrail_worse"}


@dataclass(frozen=True, slots=True)
class Lead:
    goal: Body
    arm: Body

    @property
    def against(self) -> Body:
        found: Body = self.arm["vs_control"]
        return found

    @property
    def safe(self) -> Safe:
        return safe_numbers(self.against)

    @property
    def change(self) -> str:
        """Its lift; against an original that nobody converted with, where there is none, its difference."""
        safe = self.safe
        return difference(safe.diff, self.goal) if safe.lift is None else lift(safe.lift)

    @property
    def strength(self) -> float:
        sign = 1 if self.goal["desired"] == "increase" else -1
        return sign * (self.safe.lift or 0.0)


def codes(body: Body) -> set[str]:
    return {entry["code"] for entry in body["verdict"]["because"]}


def objection(body: Body) -> Body | None:
    """The first reason why what is better is not shipped."""
    return next((entry for entry in body["verdict"]["because"] if entry["code"] in OBJECTIONS), None)


def leading(body: Body) -> Lead | None:
    """What the verdict speaks of; while it is open, the strongest treatment in the goal that decides."""
    about = {entry["goal"] for entry in body["verdict"]["because"] if entry["code"] in NAMES_ITS_GOAL}
    for goal in body["goals"]:
        if goal["key"] not in about if about else goal["role"] != "primary":
            continue
        if leads := [lead for lead in _leads_in(goal) if _is_meant(lead, body)]:
            return max(leads, key=lambda lead: lead.strength)
    return None


def _leads_in(goal: Body) -> Iterator[Lead]:
    return (Lead(goal, arm) for arm in goal["variants"] if arm["vs_control"])


def _is_meant(lead: Lead, body: Body) -> bool:
    verdict, direction = body["verdict"], lead.against["decision"]["direction"]
    if verdict["code"] == "roll_back":
        return bool(direction == "worse")
    if objection(body):
        return bool(direction == "better")
    return verdict["variant"] in (None, lead.arm["key"])


def steps(body: Body) -> Sequence[Lead]:
    """Micro goals that inform and are decided, the strongest first."""
    found = [
        lead
        for goal in body["goals"]
        if goal["level"] == "micro" and goal["role"] == "secondary" and not goal["exploratory"]
        for lead in _leads_in(goal)
        if lead.against["decision"]["direction"] in {"better", "worse"}
    ]
    return sorted(found, key=lambda lead: lead.strength, reverse=True)


def is_imported(body: Body) -> bool:
    """Whether it ran elsewhere and is read once, after its end."""
    rules = {lead.against["decision"]["rule"] for goal in body["goals"] for lead in _leads_in(goal)}
    return rules == {"fixed_horizon"}
