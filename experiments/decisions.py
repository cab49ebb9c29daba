"""The verdict by the rule declared before the start, pure: from results alone, always with its reasons."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Literal

VerdictCode = Literal["ship", "roll_back", "keep_running", "inconclusive", "blocked"]
Direction = Literal["better", "worse", "not_worse"]

# Below these the normal approximations and a marketer's patience both mislead; see docs/statistics.md.
FEWEST_PEOPLE = 100
FEWEST_CONVERSIONS = 25
FEWEST_VALUES = 50
FEWEST_DAYS = 7


@dataclass(frozen=True, slots=True)
class Reason:
    """``goal``: the key of the goal it is about, None when it is about the test as a whole."""

    code: str
    detail: str
    goal: str | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a phase stands. ``imported``: run and finished elsewhere, so no look at it could have ended it here."""

    status: str
    imported: bool
    started_at: datetime
    ended_at: datetime | None
    planned_end: datetime | None
    planned_sample: int | None
    people: int
    now: datetime

    @property
    def planned(self) -> bool:
        return self.planned_end is not None or self.planned_sample is not None

    @property
    def plan_reached(self) -> bool:
        """The planned end has come, and the planned sample too: whichever was declared, and both if both were."""
        until = min(self.now, self.ended_at or self.now)
        in_time = self.planned_end is None or until >= self.planned_end
        return in_time and (self.planned_sample is None or self.people >= self.planned_sample)

    @property
    def final(self) -> bool:
        """Whether the fixed-horizon numbers may be read as an answer."""
        return self.imported or (self.planned and self.plan_reached)

    @property
    def why_not_final(self) -> Reason:
        """Who stops when it looks good finds something too often: only a plan made before makes it an answer."""
        if not self.planned:
            return Reason("no_plan", "No end was planned, so there is no day on which the numbers may be read.")
        if self.status == "stopped":
            return Reason("stopped_early", "Stopped before its plan was fulfilled.")
        if self.planned_end is not None and self.now < self.planned_end:
            return Reason("before_planned_end", "The planned end has not come.")
        return Reason("before_planned_sample", "The planned number of people has not come yet.")

    @property
    def days(self) -> float:
        return (min(self.now, self.ended_at or self.now) - self.started_at) / timedelta(days=1)

    @property
    def days_left(self) -> int | None:
        if self.planned_end is None or self.status == "stopped":
            return None
        return max(ceil((self.planned_end - self.now) / timedelta(days=1)), 0)


@dataclass(frozen=True, slots=True)
class Decision:
    """``significant`` None: not a question yet, and ``reason`` says why."""

    significant: bool | None
    direction: Direction | None
    reason: str | None
    rule: str = "fixed_horizon"


@dataclass(frozen=True, slots=True)
class Evidence:
    """One treatment in one goal; ``goal`` is its key, ``name`` what people call it."""

    goal: str
    name: str
    role: str
    variant: str
    decision: Decision
    lift: float | None


@dataclass(frozen=True, slots=True)
class Verdict:
    code: VerdictCode
    because: Sequence[Reason]
    variant: str | None = None


def floor(standing: Standing, *, measure: str, people: Sequence[int], values: Sequence[int]) -> str | None:
    """Why these arms are too thin to be called anything; None when they are not."""
    if min(people, default=0) < FEWEST_PEOPLE:
        return "too_few_people"
    if min(values, default=0) < (FEWEST_VALUES if measure == "sum" else FEWEST_CONVERSIONS):
        return "too_few_conversions"
    if not standing.imported and standing.days < FEWEST_DAYS:
        return "too_few_days"
    return None


def decide(standing: Standing, alarms: Sequence[Reason], evidence: Sequence[Evidence]) -> Verdict:
    """Ship only what is better on a primary, worse on none, harms no guardrail and stands in a healthy experiment."""
    if alarms:
        return Verdict("blocked", alarms)
    if not standing.final:
        return _not_yet(standing)
    primary = [entry for entry in evidence if entry.role == "primary"]
    better = [entry for entry in primary if entry.decision.direction == "better"]
    worse = [entry for entry in primary if entry.decision.direction == "worse"]
    candidates = [entry for entry in better if not _objections(entry.variant, evidence)]
    if candidates:
        best = max(candidates, key=lambda entry: entry.lift or 0.0)
        return Verdict("ship", [Reason("primary_better", f"{best.name} is better.", best.goal)], best.variant)
    if better:
        objections = [reason for entry in better for reason in _objections(entry.variant, evidence)]
        return Verdict("inconclusive", objections)
    if worse and {entry.variant for entry in worse} == {entry.variant for entry in primary}:
        return Verdict("roll_back", [Reason("primary_worse", f"{entry.name} is worse.", entry.goal) for entry in worse])
    return Verdict("inconclusive", _why_undecided(primary))


def _not_yet(standing: Standing) -> Verdict:
    stopped = standing.status == "stopped"
    return Verdict("inconclusive" if stopped else "keep_running", [standing.why_not_final])


def _objections(variant: str, evidence: Sequence[Evidence]) -> list[Reason]:
    """Why a variant that is better must not be shipped all the same."""
    own = [entry for entry in evidence if entry.variant == variant]
    harmed = [
        Reason("guardrail_not_proven_safe", f"{entry.name} is not proven safe.", entry.goal)
        for entry in own
        if entry.role == "guardrail" and entry.decision.direction != "not_worse"
    ]
    torn = [
        Reason("another_primary_worse", f"{entry.name} is worse.", entry.goal)
        for entry in own
        if entry.role == "primary" and entry.decision.direction == "worse"
    ]
    return harmed + torn


def _why_undecided(primary: Sequence[Evidence]) -> list[Reason]:
    thin = {entry.decision.reason for entry in primary if entry.decision.significant is None and entry.decision.reason}
    if thin:
        return [Reason(code, "Too little was seen to decide.") for code in sorted(thin)]
    return [Reason("no_difference_seen", "No difference was seen in the goal that decides.")]
