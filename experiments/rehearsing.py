"""A/A on the installation's own traffic: a phase's people dealt anew, again and again, through the shipped rule.

Worker side. Reads one phase and writes nothing.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import ceil, sqrt

import numpy as np

from experiments import looks
from experiments.decisions import FEWEST_DAYS, Standing, VerdictCode
from experiments.models import Phase
from experiments.persons import Persons, persons_of
from experiments.phases import plan_of
from experiments.plan import Plan, PlannedGoal
from experiments.redraws import Counts, deck_of
from experiments.rehearsal import Outcome, Rehearsal
from experiments.results import standing_of
from experiments.rows import Family, family_of

A_DAY = timedelta(days=1)
# A measured rate beyond the promised one by so many of its standard errors is no accident: one in 740.
STRIKING = 3


class NobodyEnrolled(Exception):
    """Nobody is counted in the phase, so there is nobody to deal."""


@dataclass(frozen=True, slots=True)
class Asked:
    """runs: how often everybody is dealt anew. effect: of every treatment; 0 for A/A, see ``redraws.moved``."""

    runs: int
    seed: int
    effect: float = 0.0


@dataclass(frozen=True, slots=True)
class Share:
    """In how many of the runs something happened."""

    times: int
    runs: int

    @property
    def share(self) -> float:
        return self.times / self.runs

    @property
    def error(self) -> float:
        """Monte-Carlo standard error, as if one more run had it and one more had not: it is never 0."""
        share = (self.times + 1) / (self.runs + 2)
        return sqrt(share * (1 - share) / self.runs)


@dataclass(frozen=True, slots=True)
class GoalReport:
    """judged: some variant was above the floors. mean_day: days from the start to the first call for the better."""

    goal: PlannedGoal
    judged: Share
    better: Share
    worse: Share
    not_worse: Share
    mean_day: float | None


@dataclass(frozen=True, slots=True)
class Promise:
    """How often a family may raise a false alarm, and how often it did. A guardrail stands for itself alone."""

    family: Family
    goals: Sequence[PlannedGoal]
    called: Share
    at_most: float

    @property
    def holds(self) -> bool:
        return self.called.share <= self.at_most + STRIKING * self.called.error


@dataclass(frozen=True, slots=True)
class Report:
    """``taken``: the looks are those that were taken, not made up. ``spent``: share of the plan at the last one.

    promises: none when the treatments had an effect.
    """

    alpha: float
    people: int
    looks: int
    taken: bool
    spent: float
    goals: Sequence[GoalReport]
    promises: Sequence[Promise]
    ship: Share
    roll_back: Share
    mean_day: float | None

    @property
    def holds(self) -> bool:
        return all(promise.holds for promise in self.promises)


@dataclass(frozen=True, slots=True)
class _Schedule:
    """first_look: of each person the place of the first look that counts them."""

    standings: Sequence[Standing]
    first_look: Counts
    taken: bool


def rehearse(phase: Phase, asked: Asked, *, now: datetime, progress: Callable[[], object] = lambda: None) -> Report:
    """``progress`` is called after each run. NobodyEnrolled; ``redraws.ImpossibleEffect``."""
    plan = plan_of(phase.plan)
    persons = persons_of(phase.id, plan)
    if not persons.count:
        raise NobodyEnrolled
    schedule = _schedule(phase, persons, now)
    deck = deck_of(plan, persons, schedule.first_look, looks=len(schedule.standings))
    rehearsal = Rehearsal(plan, schedule.standings)
    outcomes = []
    for run in range(asked.runs):
        # A stream of its own for each run, so that more runs add to these instead of changing them.
        outcomes.append(rehearsal.outcome(deck.deal(np.random.default_rng([asked.seed, run]), effect=asked.effect)))
        progress()
    return _report(plan, schedule, outcomes, people=deck.people, effect=asked.effect)


def _schedule(phase: Phase, persons: Persons, now: datetime) -> _Schedule:
    """The looks that were taken; or, where there are none, one a day from the seventh on and one at the end.

    What ran elsewhere is read once.
    """
    end = min(moment for moment in (now, phase.ended_at, phase.planned_end) if moment is not None)
    whole = standing_of(phase, persons.count, end)
    if whole.imported:
        return _Schedule([whole], np.zeros(persons.count, dtype=np.int64), False)
    if taken := looks.told(phase.id):
        standings = [_standing(phase, look["people"], look["taken_at"]) for look in taken]
        # People are in the order in which they were counted: a look saw so many of the first.
        seen = np.maximum.accumulate([look["people"] for look in taken])
        return _Schedule(standings, np.searchsorted(seen, np.arange(persons.count), side="right"), True)
    moments = [phase.started_at + day * A_DAY for day in range(FEWEST_DAYS, ceil(whole.days))]
    # To the nearest midnight, since of an exposure the day is known; the end counts the whole of its last day.
    days = [_days_until(persons, moment + A_DAY / 2) for moment in moments] + [_days_until(persons, end + A_DAY)]
    first_look = np.searchsorted(days, persons.day, side="right")
    seen = np.cumsum(np.bincount(first_look, minlength=len(days))[: len(days)])
    standings = [_standing(phase, int(people), at) for people, at in zip(seen, [*moments, end], strict=True)]
    return _Schedule(standings, first_look, False)


def _days_until(persons: Persons, moment: datetime) -> int:
    return 0 if persons.first_day is None else (moment.date() - persons.first_day).days


def _standing(phase: Phase, people: int, moment: datetime) -> Standing:
    """Where the phase stood then, which may since have ended."""
    standing = standing_of(phase, people, moment)
    running = phase.ended_at is None or moment < phase.ended_at
    return replace(standing, status="running", ended_at=None) if running else standing


def _report(plan: Plan, schedule: _Schedule, outcomes: Sequence[Outcome], *, people: int, effect: float) -> Report:
    days = [standing.days for standing in schedule.standings]
    shipped = [outcome.verdicts["ship"] for outcome in outcomes if "ship" in outcome.verdicts]
    return Report(
        alpha=plan.alpha,
        people=people,
        looks=len(days),
        taken=schedule.taken,
        spent=schedule.standings[-1].spent,
        goals=[_goal(goal, outcomes, days) for goal in plan.goals],
        promises=[] if effect else _promises(plan, outcomes),
        ship=_ended(outcomes, "ship"),
        roll_back=_ended(outcomes, "roll_back"),
        mean_day=_mean(days[look] for look in shipped),
    )


def _goal(goal: PlannedGoal, outcomes: Sequence[Outcome], days: Sequence[float]) -> GoalReport:
    wanted = "not_worse" if goal.role == "guardrail" and not goal.exploratory else "better"
    found = [_first_look(outcome, goal, wanted) for outcome in outcomes]
    return GoalReport(
        goal=goal,
        judged=Share(sum(any(place[0] == goal.id for place in one.judged) for one in outcomes), len(outcomes)),
        better=_called([goal], outcomes, {"better"}),
        worse=_called([goal], outcomes, {"worse"}),
        not_worse=_called([goal], outcomes, {"not_worse"}),
        mean_day=_mean(days[look] for look in found if look is not None),
    )


def _first_look(outcome: Outcome, goal: PlannedGoal, wanted: str) -> int | None:
    calls = outcome.calls.items()
    return min((look for ((goal_id, _), said), look in calls if goal_id == goal.id and said == wanted), default=None)


def _called(goals: Sequence[PlannedGoal], outcomes: Sequence[Outcome], directions: set[str]) -> Share:
    """Runs in which any of these goals was called so in any variant."""
    ids = {goal.id for goal in goals}
    times = sum(any(place[0] in ids and said in directions for place, said in one.calls) for one in outcomes)
    return Share(times, len(outcomes))


def _promises(plan: Plan, outcomes: Sequence[Outcome]) -> list[Promise]:
    families: dict[Family, list[PlannedGoal]] = {}
    for goal in plan.goals:
        families.setdefault(family_of(goal), []).append(goal)
    # A guardrail is only ever called worse, which is one of the two sides of its test, in each treatment.
    worse = min(1.0, plan.alpha / 2 * (len(plan.variants) - 1))
    guardrails = families.pop("guardrail", [])
    return [
        *(
            Promise(name, goals, _called(goals, outcomes, {"better", "worse"}), plan.alpha)
            for name, goals in families.items()
        ),
        *(Promise("guardrail", [goal], _called([goal], outcomes, {"worse"}), worse) for goal in guardrails),
    ]


def _ended(outcomes: Sequence[Outcome], code: VerdictCode) -> Share:
    return Share(sum(code in outcome.verdicts for outcome in outcomes), len(outcomes))


def _mean(values: Iterable[float]) -> float | None:
    known = list(values)
    return sum(known) / len(known) if known else None
