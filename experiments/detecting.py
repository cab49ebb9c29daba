"""What a goal can show with so many people, pure: by the rule and the floors that it will be judged by. Worker side."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from math import ceil, log
from typing import Literal

from scipy.optimize import brentq

from experiments.bucketing import shares
from experiments.decisions import FEWEST_CONVERSIONS, FEWEST_DAYS, FEWEST_PEOPLE, FEWEST_VALUES
from experiments.judging import TUNED_FOR
from experiments.plan import PlannedGoal
from experiments.rows import Family
from experiments.stats.answers import LOWEST_LEVEL, Reason
from experiments.stats.confidence_sequence import nominal_level
from experiments.stats.group_sequential import inflation
from experiments.stats.planning import (
    Baseline,
    Design,
    Plan,
    detectable_lift,
    non_inferiority_sample,
    required_sample,
)

# Four of five changes of the size planned for are found; the usual bargain between waiting and missing.
POWER = 0.8
# What looking every day from the first week on costs hardly depends on how long the plan is: reckoned for four weeks.
_DAYS_PLANNED = 28
# Of changes to be looked for: nothing falls by all there is.
_SIZES = 1e-6, 0.999
_MOST_PEOPLE = 2**53


@dataclass(frozen=True, slots=True)
class Terms:
    """What the plan of an experiment means for each of its goals.

    shares: of the people, control first, all above 0. comparisons: by family, how many are corrected together.
    planned: deciding goals are judged at planned looks, else by the rule for any day.
    tuned_for: people of one comparison at which the rule for any day is tightest.
    """

    shares: tuple[float, ...]
    alpha: float
    comparisons: Mapping[Family, int]
    planned: bool
    tuned_for: int

    @property
    def pair(self) -> float:
        """The share of control and the smallest treatment, whose comparison takes longest."""
        return self.shares[0] + min(self.shares[1:])


@dataclass(frozen=True, slots=True)
class Prospect:
    """A goal with what it does without a test. active: the share of people with a value at all."""

    goal: PlannedGoal
    family: Family
    baseline: Baseline
    active: float


def live_shares(weights: Sequence[float]) -> tuple[float, ...] | None:
    """Of the variants that get anybody, control first; None where then nothing is compared."""
    live = [weights[0], *(weight for weight in weights[1:] if weight > 0)] if weights else []
    return tuple(shares(live)) if len(live) > 1 and live[0] > 0 else None


def terms_of(
    live: tuple[float, ...],
    alpha: float,
    comparisons: Mapping[Family, int],
    *,
    planned: bool,
    planned_sample: int | None,
) -> Terms:
    terms = Terms(live, alpha, comparisons, planned, TUNED_FOR)
    return replace(terms, tuned_for=max(1, round(planned_sample * terms.pair))) if planned_sample else terms


def detectable(prospect: Prospect, terms: Terms, people: int) -> float | None:
    """The smallest relative change in the desired direction that so many people show; of a guardrail the smallest loss
    that they rule out. Above 0.

    None where nothing would be said: too few for the floors, or no change that is possible is large enough.
    """
    if people < fewest(prospect, terms):
        return None
    design = _design(prospect, terms, people)
    if prospect.family != "guardrail" and prospect.goal.desired == "increase":
        return detectable_lift(prospect.baseline, people=people, design=design).lift
    return _smallest(lambda size: _sample(prospect, design, size), people)


def needed(prospect: Prospect, terms: Terms, *, lift: float) -> Plan:
    """People for this relative change in the desired direction; of a guardrail for its own margin instead."""
    size = prospect.goal.margin if prospect.family == "guardrail" else lift
    plan = _at_looks(prospect, terms, size) if _by_looks(prospect, terms) else _any_day(prospect, terms, size)
    if plan.people is None:
        return plan
    least = fewest(prospect, terms)
    return plan if plan.people >= least else Plan(tuple(ceil(least * share) for share in terms.shares), least)


def fewest(prospect: Prospect, terms: Terms) -> int:
    """Before so many people nothing is called anything, whatever it shows."""
    values = FEWEST_VALUES if prospect.goal.measure == "sum" else FEWEST_CONVERSIONS
    # Nobody active: more people than there are.
    active = max(prospect.active, 1 / _MOST_PEOPLE)
    return ceil(max(FEWEST_PEOPLE, values / active) / min(terms.shares))


def _by_looks(prospect: Prospect, terms: Terms) -> bool:
    return terms.planned and prospect.family in {"primary", "guardrail"}


def _design(prospect: Prospect, terms: Terms, people: float) -> Design:
    """As a fixed-horizon test that asks as much as the goal's own rule asks of so many people.

    Guardrails: one-sided, and all must hold at once, which needs no correction.
    """
    guards = prospect.family == "guardrail"
    design = Design(terms.shares, terms.alpha, POWER, 1 if guards else terms.comparisons.get(prospect.family, 1))
    if _by_looks(prospect, terms):
        return replace(design, inflation=_of_looking(2 * terms.alpha if guards else design.level))
    level = nominal_level(
        max(1, round(people * terms.pair)), tuned_for=terms.tuned_for, alpha=design.level, sides=1 if guards else 2
    )
    return replace(design, alpha=max(level, LOWEST_LEVEL), comparisons=1)


@cache
def _of_looking(level: float) -> float:
    days = range(FEWEST_DAYS, _DAYS_PLANNED + 1)
    return inflation([day / _DAYS_PLANNED for day in days], alpha=level, power=POWER)


def _sample(prospect: Prospect, design: Design, size: float) -> Plan:
    """``size``: of the change, or of a guardrail's margin."""
    baseline, desired = prospect.baseline, prospect.goal.desired
    if prospect.family != "guardrail":
        return required_sample(baseline, lift=size if desired == "increase" else -size, design=design)
    if not 0 < size < 1:
        return Plan(reason=Reason("no_lift", "A guardrail that tolerates no loss at all is never proven safe."))
    direction: Literal["increase", "decrease"] = "increase" if desired == "increase" else "decrease"
    return non_inferiority_sample(baseline, margin=size, design=design, desired=direction)


def _at_looks(prospect: Prospect, terms: Terms, size: float) -> Plan:
    return _sample(prospect, _design(prospect, terms, 0), size)


def _any_day(prospect: Prospect, terms: Terms, size: float) -> Plan:
    """What the rule asks for depends on the people themselves: the fewest at which both fit."""

    def short(log_people: float) -> float:
        people = 2**log_people
        plan = _sample(prospect, _design(prospect, terms, people), size)
        return log(plan.people or _MOST_PEOPLE, 2) - log_people

    most = log(_MOST_PEOPLE, 2)
    plan = _sample(prospect, _design(prospect, terms, _MOST_PEOPLE), size)
    if plan.people is None:
        return plan
    if short(most) >= 0:
        return Plan(reason=Reason("no_lift", "A change too small to be seen by all people there are."))
    people = ceil(2 ** float(brentq(short, 0, most, xtol=1e-9))) if short(0) > 0 else 1
    return Plan(tuple(ceil(people * share) for share in terms.shares), people)


def _smallest(sample: Callable[[float], Plan], people: int) -> float | None:
    """The smallest change for which so many people are enough; None where no change is large enough."""

    def short(log_size: float) -> float:
        return log((sample(2**log_size).people or _MOST_PEOPLE) / people)

    low, high = (log(size, 2) for size in _SIZES)
    if short(high) > 0:
        return None
    return _SIZES[0] if short(low) <= 0 else 2 ** float(brentq(short, low, high, xtol=1e-6))
