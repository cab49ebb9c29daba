"""The verdict by the rule declared before the start, pure: from results alone, always with its reasons."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Literal

VerdictCode = Literal["ship", "roll_back", "keep_running", "inconclusive", "blocked"]
Direction = Literal["better", "worse", "not_worse"]
Rule = Literal["fixed_horizon", "group_sequential", "confidence_sequence"]

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
    """Where a phase stands. ``imported``: run and finished elsewhere, so no look at it could have ended it here.

    ``paused``: how long nobody was let in, so far.
    """

    status: str
    imported: bool
    started_at: datetime
    ended_at: datetime | None
    planned_end: datetime | None
    planned_sample: int | None
    people: int
    now: datetime
    paused: timedelta = timedelta(0)

    @property
    def planned(self) -> bool:
        return self.planned_end is not None or self.planned_sample is not None

    @property
    def reached_at(self) -> datetime:
        return min(self.now, self.ended_at or self.now)

    @property
    def spent(self) -> float:
        """The share of the plan that is behind us, 0 to 1; of a planned end and a planned sample the smaller one."""
        shares = []
        if self.planned_end is not None:
            shares.append((self.reached_at - self.started_at) / (self.planned_end - self.started_at))
        if self.planned_sample is not None:
            shares.append(self.people / self.planned_sample)
        return max(0.0, min(1.0, *shares)) if shares else 0.0

    @property
    def over(self) -> bool:
        """Nothing more is waited for: stopped, or its plan fulfilled."""
        return self.status == "stopped" or self.spent == 1

    @property
    def why_not_over(self) -> Reason:
        if not self.planned:
            return Reason("no_plan", "No end was planned, so it is judged by the rule for any day.")
        if self.planned_end is not None and self.now < self.planned_end:
            return Reason("before_planned_end", "The planned end has not come.")
        return Reason("before_planned_sample", "The planned number of people has not come yet.")

    @property
    def days(self) -> float:
        return (self.reached_at - self.started_at) / timedelta(days=1)

    @property
    def days_enrolling(self) -> float:
        """Those on which people were let in: a pause does not make the weekdays of a sample any fuller."""
        return self.days - self.paused / timedelta(days=1)

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
    rule: Rule


@dataclass(frozen=True, slots=True)
class Evidence:
    """One treatment in one goal; ``goal`` is its key, ``name`` what people call it.

    lift, shrunk_lift: positive is what was desired; the second is corrected for the winner's curse.
    too_small: certainly below the smallest change worth having.
    """

    goal: str
    name: str
    level: str
    role: str
    variant: str
    decision: Decision
    lift: float | None = None
    shrunk_lift: float | None = None
    too_small: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    code: VerdictCode
    because: Sequence[Reason]
    variant: str | None = None
    shrunk_lift: float | None = None


def floor(standing: Standing, *, measure: str, people: Sequence[int], values: Sequence[int]) -> str | None:
    """Why these arms are too thin to be called anything; None when they are not."""
    if min(people, default=0) < FEWEST_PEOPLE:
        return "too_few_people"
    if min(values, default=0) < (FEWEST_VALUES if measure == "sum" else FEWEST_CONVERSIONS):
        return "too_few_conversions"
    if not standing.imported and standing.days_enrolling < FEWEST_DAYS:
        return "too_few_days"
    return None


def decide(standing: Standing, alarms: Sequence[Reason], evidence: Sequence[Evidence]) -> Verdict:
    """Ship only what is better on a primary, worse on none, harms no guardrail and stands in a healthy experiment."""
    if alarms:
        return Verdict("blocked", alarms)
    better = [entry for entry in evidence if entry.role == "primary" and entry.decision.direction == "better"]
    candidates = [entry for entry in better if not _objections(entry, evidence)]
    if candidates:
        best = max(candidates, key=lambda entry: entry.lift or 0.0)
        because = [Reason("primary_better", f"{best.name} is better.", best.goal)]
        return Verdict("ship", because, best.variant, best.shrunk_lift)
    if better:
        objections = [reason for entry in better for reason in _objections(entry, evidence)]
        return Verdict(_waiting(standing), objections)
    if harmed := _harmed_everywhere(evidence):
        return Verdict("roll_back", harmed)
    if any(entry.role == "primary" and entry.decision.reason == "no_look_yet" for entry in evidence):
        return Verdict("keep_running", [Reason("no_look_yet", "The look that decides has not been taken yet.")])
    return Verdict(_waiting(standing), _why_undecided(standing, evidence))


def _waiting(standing: Standing) -> VerdictCode:
    return "inconclusive" if standing.over else "keep_running"


def _objections(winner: Evidence, evidence: Sequence[Evidence]) -> list[Reason]:
    """Why a variant that is better must not be shipped all the same."""
    own = [entry for entry in evidence if entry.variant == winner.variant]
    guardrails = [entry for entry in own if entry.role == "guardrail"]
    objections = [
        Reason("guardrail_not_proven_safe", f"{entry.name} is not proven safe.", entry.goal)
        for entry in guardrails
        if entry.decision.direction != "not_worse"
    ]
    objections += [
        Reason("another_primary_worse", f"{entry.name} is worse.", entry.goal)
        for entry in own
        if entry.role == "primary" and entry.decision.direction == "worse"
    ]
    if winner.level == "micro" and not any(entry.level == "macro" for entry in guardrails):
        detail = f"{winner.name} is a micro goal, and no macro goal guards it."
        objections.append(Reason("micro_without_macro_guardrail", detail, winner.goal))
    if winner.too_small:
        detail = f"{winner.name} is better, but by less than is worth having."
        objections.append(Reason("smaller_than_worth", detail, winner.goal))
    return objections


def _harmed_everywhere(evidence: Sequence[Evidence]) -> list[Reason]:
    """Why no variant can stay: each is worse on a goal that decides or guards. Empty when one is not."""
    deciding = [entry for entry in evidence if entry.role in {"primary", "guardrail"}]
    worse = [entry for entry in deciding if entry.decision.direction == "worse"]
    if {entry.variant for entry in worse} != {entry.variant for entry in deciding}:
        return []
    return [Reason(f"{entry.role}_worse", f"{entry.name} is worse.", entry.goal) for entry in worse]


def _why_undecided(standing: Standing, evidence: Sequence[Evidence]) -> list[Reason]:
    if not standing.over:
        return [standing.why_not_over]
    if standing.planned and not standing.imported and standing.spent < 1:
        return [Reason("stopped_early", "Stopped before its plan was fulfilled.")]
    primary = [entry for entry in evidence if entry.role == "primary"]
    thin = {entry.decision.reason for entry in primary if entry.decision.significant is None and entry.decision.reason}
    if thin:
        return [Reason(code, "Too little was seen to decide.") for code in sorted(thin)]
    if primary and all(entry.too_small for entry in primary):
        return [Reason("no_change_worth_having", "Any change is smaller than the smallest one worth having.")]
    return [Reason("no_difference_seen", "No difference was seen in the goal that decides.")]
