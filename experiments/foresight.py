"""A draft and its goals' history into what it could detect by when, pure. Worker side: uses scipy."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from experiments.detecting import POWER, Prospect, Terms, detectable, live_shares, needed, terms_of
from experiments.forecasts import VERSION, Assumed
from experiments.history import History, Record, baseline_of, capped_baseline, explained_by_past
from experiments.plan import PlannedGoal
from experiments.rows import ORDER, block_of, family_of
from experiments.stats.planning import Baseline, Plan, days_needed, rate_baseline

WEEKS = (1, 2, 4, 6, 8)
# Planned for where nobody has said what is worth having: smaller ones take very long, larger ones are rare.
USUAL_LIFT = 0.1

Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Draft:
    """weights: of the variants, the original first. minimum_effect, planned_sample: None where not said yet."""

    weights: tuple[float, ...]
    goals: tuple[PlannedGoal, ...]
    alpha: float
    coverage: float
    minimum_effect: float | None
    planned_sample: int | None
    assumed: Assumed

    @property
    def lift(self) -> float:
        return self.minimum_effect or USUAL_LIFT


@dataclass(frozen=True, slots=True)
class Known:
    """One goal with its history, where there is any."""

    goal: PlannedGoal
    record: Record | None
    baseline: Baseline | None
    active: float
    assumed: bool

    def prospect(self, baseline: Baseline) -> Prospect:
        return Prospect(self.goal, family_of(self.goal), baseline, self.active)


def foresee(draft: Draft, history: History) -> Body:
    """The body of a forecast. Numbers are None where there is nothing to compute them from."""
    people_per_day = (draft.assumed.people_per_day or history.visitors_per_day) * draft.coverage
    body: Body = {
        "version": VERSION,
        "visitors": history.visitors,
        "days": history.days,
        "people_per_day": people_per_day,
        "assumed": asdict(draft.assumed) if draft.assumed != Assumed() else None,
        "lift": draft.lift,
        "alpha": draft.alpha,
        "power": POWER,
        "weeks": WEEKS,
        "goals": [],
        "recommended": None,
        "reason": None,
    }
    shares = live_shares(draft.weights)
    if shares is None:
        return body | {"reason": _reason("too_few_variants", "Two variants with a weight above 0 are needed.")}
    if not draft.goals:
        return body | {"reason": _reason("no_goals", "The draft has no goal yet.")}
    if not draft.coverage:
        return body | {"reason": _reason("no_traffic", "The share of traffic is 0, so nobody joins.")}
    if not people_per_day:
        return body | {"reason": _reason("no_history", "Nobody was seen in the last 28 days.")}
    return body | _about_goals(draft, _known(draft, history), shares, people_per_day)


def _reason(code: str, detail: str) -> Body:
    return {"code": code, "detail": detail}


def _known(draft: Draft, history: History) -> list[Known]:
    goals = sorted(draft.goals, key=lambda goal: ORDER.index(block_of(goal)))
    return [_of_goal(goal, history.records.get(goal.id), draft.assumed.rates.get(goal.key)) for goal in goals]


def _of_goal(goal: PlannedGoal, record: Record | None, rate: float | None) -> Known:
    if rate is not None and goal.measure == "once":
        return Known(goal, None, rate_baseline(rate), rate, assumed=True)
    if record is None or not record.visitors:
        return Known(goal, None, None, 0.0, assumed=False)
    return Known(goal, record, baseline_of(goal, record), record.active / record.visitors, assumed=False)


def _about_goals(draft: Draft, known: Sequence[Known], shares: tuple[float, ...], people_per_day: float) -> Body:
    families = Counter(family_of(goal) for goal in draft.goals)
    comparisons = {family: count * (len(shares) - 1) for family, count in families.items()}
    terms = terms_of(shares, draft.alpha, comparisons, planned=True, planned_sample=draft.planned_sample)
    outlook = Outlook(terms, draft.lift, people_per_day)
    recommended = _recommended([outlook.of(one) for one in known if one.goal.role != "secondary"], outlook)
    if recommended and not draft.planned_sample:
        # The rule for any day is tuned to the plan, so small steps are told as that plan would show them.
        planned = terms_of(shares, draft.alpha, comparisons, planned=True, planned_sample=recommended["people"])
        outlook = replace(outlook, terms=planned)
    return {"goals": [outlook.of(one) for one in known], "recommended": recommended}


@dataclass(frozen=True, slots=True)
class Outlook:
    """people_per_day: who meet the experiment, above 0."""

    terms: Terms
    lift: float
    people_per_day: float

    def of(self, known: Known) -> Body:
        goal, record = known.goal, known.record
        names = ("key", "name", "level", "role", "measure", "desired", "currency")
        capped = capped_baseline(goal, record) if record else None
        return {
            **{name: getattr(goal, name) for name in names},
            "margin": goal.margin if goal.role == "guardrail" else None,
            "rule": "confidence_sequence" if goal.role == "secondary" else "group_sequential",
            "baseline": _shown(known),
            **self._numbers(known, known.baseline),
            "capped": {"cap": capped[0], "mean": capped[1].mean, **self._numbers(known, capped[1])} if capped else None,
            "explained_by_past": explained_by_past(record) if record else None,
        }

    def after(self, weeks: int) -> int:
        """People who have come by then."""
        return int(self.people_per_day * 7 * weeks)

    def _numbers(self, known: Known, baseline: Baseline | None) -> Body:
        if baseline is None:
            reason = _reason("no_history", "Nothing is known of this goal yet.")
            return {"detectable": [None] * len(WEEKS), "needed": {"people": None, "weeks": None, "reason": reason}}
        prospect = known.prospect(baseline)
        return {
            "detectable": [detectable(prospect, self.terms, self.after(week)) for week in WEEKS],
            "needed": self._needed(needed(prospect, self.terms, lift=self.lift)),
        }

    def _needed(self, plan: Plan) -> Body:
        if plan.people is None:
            return {"people": None, "weeks": None, "reason": asdict(plan.reason) if plan.reason else None}
        wait = days_needed(plan.people, people_per_day=self.people_per_day)
        weeks = None if wait.days is None else wait.days // 7
        return {"people": plan.people, "weeks": weeks, "reason": asdict(wait.reason) if wait.reason else None}


def _shown(known: Known) -> Body | None:
    if known.baseline is None:
        return None
    visitors = known.record.visitors if known.record else None
    mean, variance = known.baseline.mean, known.baseline.variance
    return {"mean": mean, "variance": variance, "active": known.active, "visitors": visitors, "assumed": known.assumed}


def _recommended(deciding: Sequence[Mapping[str, Any]], outlook: Outlook) -> Body | None:
    """What lets every primary goal show the change that is worth having, and proves the guardrails it can.

    ``enough`` False: that would take longer than anybody should wait, so it is as long as makes sense. None where no
    primary goal can show anything by then.
    """
    longest = WEEKS[-1]
    primaries = [goal for goal in deciding if goal["role"] == "primary"]
    if not primaries or any(goal["detectable"][-1] is None for goal in primaries):
        return None
    waits = [goal["needed"] for goal in primaries]
    if any(wait["weeks"] is None or wait["weeks"] > longest for wait in waits):
        return {"people": outlook.after(longest), "weeks": longest, "enough": False}
    guards = [goal["needed"] for goal in deciding if goal["role"] == "guardrail"]
    waits += [wait for wait in guards if wait["weeks"] is not None and wait["weeks"] <= longest]
    people, weeks = (max(wait[name] for wait in waits) for name in ("people", "weeks"))
    return {"people": people, "weeks": weeks, "enough": True}
