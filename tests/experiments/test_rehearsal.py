"""A rehearsal says what the shipped rule says, raises no more false alarms than allowed, and finds what is there."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from math import sqrt

import numpy as np
import pytest
from scipy.stats import norm

from experiments.analysis import analyse
from experiments.bucketing import bucket_ranges
from experiments.decisions import Standing
from experiments.judging import judged
from experiments.persons import Persons
from experiments.plan import Plan, PlannedGoal, PlannedVariant
from experiments.redraws import ImpossibleEffect, deck_of
from experiments.rehearsal import Rehearsal
from experiments.rows import Case, rows_of
from tests.cases import looked

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
DAYS = 14
PURCHASE = PlannedGoal(1, "purchase", "Purchase", "macro", "primary", "purchase", "once", 7, "increase")
REVENUE = replace(PURCHASE, id=2, key="revenue", measure="sum")
REFUND = replace(PURCHASE, id=3, key="refund", role="guardrail", desired="decrease", margin=0.2)
CLICK = replace(PURCHASE, id=4, key="click", level="micro", role="secondary", measure="count")
SIGN_UP = replace(PURCHASE, id=6, key="sign-up")
RARE = [replace(PURCHASE, id=number, key=f"rare-{number}") for number in (7, 8, 9)]
BOUNCE = replace(PURCHASE, id=5, key="bounce", level="micro", role="secondary", desired="decrease")


def plan(*goals, variants=("old", "new"), **fields):
    bounds = bucket_ranges(len(variants), 1.0)
    planned = tuple(
        PlannedVariant(key, key, key == "old", 1 / len(variants), limits, {})
        for key, limits in zip(variants, bounds, strict=True)
    )
    return Plan("cta", "cta", "visitor", "seed", 1.0, 0.05, planned, goals or (PURCHASE,), **fields)


def standings(days, *, people, **fields):
    """One for each of these days of a plan of two weeks."""
    known = {"planned_end": NOON + DAYS * DAY, "planned_sample": None, "ended_at": None, "status": "running"} | fields
    known = {"imported": False, "started_at": NOON} | known
    return [Standing(people=round(people * day / DAYS), now=NOON + day * DAY, **known) for day in days]


def persons(people, *goals, rate=0.2, seed=1):
    random = np.random.default_rng(seed)
    rates = dict.fromkeys(RARE, rate / 50)
    values = {goal.id: (random.random(people) < rates.get(goal, rate)).astype(float) for goal in goals or (PURCHASE,)}
    for goal in goals:
        if goal.measure == "sum":
            values[goal.id] *= np.round(random.lognormal(3, 1, people), 2)
        if goal.measure == "count":
            values[goal.id] *= 1 + random.poisson(1, people)
    days = np.sort(random.integers(0, DAYS, people))
    return Persons(np.zeros(people, int), days, date(2026, 3, 1), [None] * people, values)


def rehearsed(the_plan, crowd, stands, *, runs, effect=0.0):
    """Each deal with what was said of it."""
    ends = np.array([(standing.now - NOON) // DAY for standing in stands])
    deck = deck_of(the_plan, crowd, np.searchsorted(ends, crowd.day, side="right"), looks=len(stands))
    rehearsal = Rehearsal(the_plan, stands)
    for run in range(runs):
        deal = deck.deal(np.random.default_rng([1, run]), effect=effect)
        yield deal, rehearsal.outcome(deal)


def said_in_full(the_plan, stands, deal):
    """Calls and verdicts of the shipped rule, day by day as the worker goes."""
    calls, verdicts, sights = {}, {}, {}
    for look, standing in enumerate(stands):
        case = looked(Case(the_plan, deal.tallied(look), standing, sights=sights))
        sights = case.sights
        for one in judged(case, rows_of(case.plan, case.tallied)):
            if one.decision.direction is not None:
                calls.setdefault((one.row.place, one.decision.direction), look)
        verdicts.setdefault(analyse(case)["verdict"]["code"], look)
    return calls, {code: look for code, look in verdicts.items() if code in {"ship", "roll_back"}}


def dealt(the_plan, crowd, *, effect=0.0, runs=200):
    """Everybody at one look, as often as asked."""
    deck = deck_of(the_plan, crowd, np.zeros(crowd.count, int), looks=1)
    return [deck.deal(np.random.default_rng([1, run]), effect=effect) for run in range(runs)]


def split(the_plan, *weights):
    bounds = bucket_ranges(len(weights), 1.0, weights)
    variants = (replace(one, bounds=part) for one, part in zip(the_plan.variants, bounds, strict=True))
    return replace(the_plan, variants=tuple(variants))


def share_called(outcomes, direction):
    return sum(any(said == direction for _, said in one.calls) for one in outcomes) / len(outcomes)


EVERYTHING = (PURCHASE, REVENUE, REFUND, CLICK, BOUNCE)
PLANS = {
    "planned": (plan(*EVERYTHING), {}),
    "three variants": (plan(*EVERYTHING, variants=("old", "new", "newer")), {}),
    "worth having": (plan(PURCHASE, SIGN_UP, minimum_effect=0.25), {}),
    "all but one too rare": (plan(PURCHASE, *RARE), {}),
    "planned sample": (plan(PURCHASE, CLICK), {"planned_end": None, "planned_sample": 7000}),
    "no plan": (plan(*EVERYTHING), {"planned_end": None}),
    "stopped early": (plan(PURCHASE, REFUND), {"status": "stopped", "ended_at": NOON + 12.5 * DAY}),
    "imported": (plan(*EVERYTHING), {"imported": True, "status": "stopped", "ended_at": NOON + 14 * DAY}),
}


@pytest.mark.parametrize("effect", [0.0, 0.14, -0.1])
@pytest.mark.parametrize("name", PLANS)
def test_it_says_what_the_shipped_rule_says_on_the_same_day(name, effect):
    the_plan, fields = PLANS[name]
    days = [14] if name == "imported" else [6, 7, 7.5, 9, 12, 14]
    stands = standings(days, people=8000, **fields)
    crowd = persons(8000, *the_plan.goals)

    for deal, outcome in rehearsed(the_plan, crowd, stands, runs=6, effect=effect):
        assert (outcome.calls, outcome.verdicts) == said_in_full(the_plan, stands, deal)


def test_nobody_is_lost_and_nobody_is_dealt_twice():
    crowd = persons(500, *EVERYTHING)
    stands = standings([3, 7, 14], people=500)

    ((deal, _),) = rehearsed(plan(*EVERYTHING), crowd, stands, runs=1)

    for look, day in enumerate([3, 7, 14]):
        counted = crowd.day < day
        assert deal.people[look].sum() == counted.sum()
        for which, goal in enumerate(EVERYTHING):
            values = crowd.values[goal.id][counted]
            assert deal.persons[look, :, which].sum() == (values != 0).sum()
            assert deal.totals[look, :, which].sum() == pytest.approx(values.sum())
            assert deal.squares[look, :, which].sum() == pytest.approx((values**2).sum())


def test_people_are_dealt_by_the_shares_of_the_buckets():
    uneven = split(plan(variants=("old", "new", "off")), 0.9, 0.1, 0.0)

    people = np.mean([deal.people[0] for deal in dealt(uneven, persons(1000))], axis=0)

    assert people[:2] == pytest.approx([900, 100], abs=4 * sqrt(90 / 200))
    assert people[2] == 0


def test_an_effect_moves_each_goal_by_its_share_for_the_better_and_no_guardrail():
    goals = (PURCHASE, REVENUE, REFUND, CLICK, BOUNCE)
    deals = dealt(plan(*goals), persons(4000, *goals), effect=0.25)

    old, new = np.mean([deal.totals[0] / deal.people[0][:, np.newaxis] for deal in deals], axis=0)
    squares = np.mean([deal.squares[0] / deal.people[0][:, np.newaxis] for deal in deals], axis=0)

    assert new / old == pytest.approx([1.25, 1.25, 1.0, 1.25, 0.75], abs=0.02)
    assert squares[1] / squares[0] == pytest.approx([1.25, 1.25**2, 1.0, 1.25**2, 0.75], abs=0.1)


@pytest.mark.parametrize(("goal", "effect"), [(PURCHASE, 4.5), (BOUNCE, 1.1), (REVENUE, -1.5)])
def test_an_effect_that_no_people_could_show_is_refused(goal, effect):
    with pytest.raises(ImpossibleEffect, match=goal.name):
        dealt(plan(goal), persons(1000, goal), effect=effect)


@pytest.mark.parametrize("fields", [{}, {"planned_end": None}])
def test_where_nothing_differs_false_alarms_are_no_more_than_promised(fields):
    goals, runs = (PURCHASE, CLICK), 1500
    stands = standings(range(7, 15), people=6000, **fields)

    outcomes = [outcome for _, outcome in rehearsed(plan(*goals), persons(6000, *goals), stands, runs=runs)]

    for goal in goals:
        calls = [[said for place, said in one.calls if place[0] == goal.id] for one in outcomes]
        assert sum(map(bool, calls)) / runs <= 0.05 + 3 * sqrt(0.05 * 0.95 / runs)
        for direction in ("better", "worse"):
            assert sum(direction in one for one in calls) / runs <= 0.025 + 3 * sqrt(0.025 * 0.975 / runs)


def test_the_planned_rule_uses_the_error_it_is_allowed():
    outcomes = [one for _, one in rehearsed(plan(), persons(6000), standings(range(7, 15), people=6000), runs=1500)]

    called = share_called(outcomes, "better") + share_called(outcomes, "worse")

    assert called == pytest.approx(0.05, abs=3 * sqrt(0.05 * 0.95 / 1500))


def test_one_look_at_the_end_has_the_power_of_the_fixed_test():
    people, rate, effect, runs = 8000, 0.2, 0.12, 1500
    outcomes = [
        one for _, one in rehearsed(plan(), persons(people), standings([14], people=people), runs=runs, effect=effect)
    ]
    rates = rate, rate * (1 + effect)
    error = sqrt(sum(one * (1 - one) for one in rates) / (people / 2))
    power = norm.cdf(rate * effect / error - norm.ppf(0.975))

    assert share_called(outcomes, "better") == pytest.approx(power, abs=4 * sqrt(power * (1 - power) / runs))
    assert share_called(outcomes, "worse") < 0.01


@pytest.mark.parametrize(("goal", "effect", "said"), [(PURCHASE, 0.3, "better"), (PURCHASE, -0.3, "worse")])
@pytest.mark.parametrize("desired", ["increase", "decrease"])
def test_what_is_for_the_better_is_called_better(goal, effect, said, desired):
    the_plan, stands = plan(replace(goal, desired=desired)), standings([7, 14], people=8000)

    outcomes = [one for _, one in rehearsed(the_plan, persons(8000), stands, runs=20, effect=effect)]

    assert share_called(outcomes, said) == 1


def test_looking_daily_finds_it_sooner_and_seldom_less_often_than_looking_once():
    stands, fields = standings(range(7, 15), people=8000), {"runs": 400, "effect": 0.14}
    daily = [one for _, one in rehearsed(plan(), persons(8000), stands, **fields)]
    once = [one for _, one in rehearsed(plan(), persons(8000), stands[-1:], **fields)]

    shipped = [stands[one.verdicts["ship"]].days for one in daily if "ship" in one.verdicts]

    assert len(shipped) >= 0.95 * sum("ship" in one.verdicts for one in once)
    assert np.mean(shipped) < 13


def test_nothing_is_shipped_while_people_are_not_split_as_planned():
    even = Rehearsal(plan(), standings([14], people=8000))
    (odd,) = dealt(split(plan(), 0.6, 0.4), persons(8000), effect=0.5, runs=1)
    (sound,) = dealt(plan(), persons(8000), effect=0.5, runs=1)

    assert even.outcome(sound).verdicts == {"ship": 0}
    assert even.outcome(odd).calls == {((1, "new"), "better"): 0}
    assert even.outcome(odd).verdicts == {}
