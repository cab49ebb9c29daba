"""What people's own values add: caps, adjustment, cohorts, segments and balance, from one phase's arrays."""

from dataclasses import replace
from datetime import date

import numpy as np
import orjson
import pytest
from scipy import stats

from experiments.bucketing import bucket_ranges
from experiments.persons import Persons
from experiments.plan import Plan, PlannedGoal, PlannedVariant
from experiments.rebuild import BEFORE
from experiments.refinement import refine

PURCHASE = PlannedGoal(1, "purchase", "Purchase", "macro", "primary", "purchase", "once", 7, "increase")
REVENUE = replace(PURCHASE, id=2, key="revenue", name="Revenue", role="secondary", measure="sum")
PEOPLE = 4_000
FIRST = date(2026, 3, 1)
TODAY = date(2026, 4, 20)


def plan(*goals):
    """Control stands second: its place in the plan is not its place in the statistics."""
    bounds = bucket_ranges(2, 1.0, [0.5, 0.5])
    variants = tuple(
        PlannedVariant(key, key, key == "old", 0.5, limits, {})
        for key, limits in zip(("new", "old"), bounds, strict=True)
    )
    return Plan("cta", "cta", "visitor", "seed", 1.0, 0.05, variants, goals or (PURCHASE,))


def persons(values, *, known=None, seed=1):
    random = np.random.default_rng(seed)
    return Persons(
        arm=random.integers(0, 2, PEOPLE),
        day=np.sort(random.integers(0, 10, PEOPLE)),
        first_day=FIRST,
        covariates=known or [None] * PEOPLE,
        values={1: values, 2: values},
    )


def spent(random):
    return np.where(random.random(PEOPLE) < 0.2, random.lognormal(3, 1.5, PEOPLE), 0.0)


def refined(crowd, goal=PURCHASE, today=TODAY):
    body = refine(plan(goal), crowd, today=today)
    return body, body["goals"][goal.key]["new"]


def test_capped_sums_stand_beside_the_uncapped_ones_under_one_cap():
    values = spent(np.random.default_rng(2))
    crowd = persons(values)
    capped = refined(crowd, REVENUE)[1]["capped"]

    cap = np.quantile(values[values > 0], 0.99)
    held = np.minimum(values, cap)
    assert capped["cap"] == pytest.approx(cap)
    assert capped["diff"] == pytest.approx(held[crowd.arm == 0].mean() - held[crowd.arm == 1].mean())
    assert capped["p_value"] == pytest.approx(
        stats.ttest_ind(held[crowd.arm == 0], held[crowd.arm == 1], equal_var=False).pvalue, rel=0.01
    )


def test_what_people_did_before_sharpens_the_comparison_and_says_by_how_much():
    random = np.random.default_rng(3)
    habit = random.poisson(3, PEOPLE).astype(float)
    values = habit + random.normal(0, 1, PEOPLE)
    known = [{BEFORE: {"2": float(past)}} if past else None for past in habit]

    adjusted = refined(persons(values, known=known), REVENUE)[1]["with_covariates"]

    assert adjusted["covariates"] == ["Revenue before"]
    assert adjusted["variance_reduction"] == pytest.approx(0.75, abs=0.03)


def test_nothing_known_gives_no_adjustment_and_no_balance():
    body, found = refined(persons(np.ones(PEOPLE)))

    assert (found["with_covariates"], found["segments"], body["balance"]) == (None, [], None)


def test_an_effect_that_wears_off_shows_as_a_slope():
    random = np.random.default_rng(4)
    crowd = persons(np.zeros(PEOPLE))
    chance = 0.3 + np.where(crowd.arm == 0, 0.3 * (1 - crowd.day / 10), 0.0)
    values = (random.random(PEOPLE) < chance).astype(float)

    cohorts = refined(replace(crowd, values={1: values}))[1]["cohorts"]

    assert len(cohorts["days"]) == 10
    assert cohorts["days"][0]["day"] == "2026-03-01"
    assert cohorts["slope_ci"][1] < 0
    assert cohorts["p_value"] < 0.001


def test_days_whose_windows_are_open_are_left_out():
    values = (np.random.default_rng(5).random(PEOPLE) < 0.3).astype(float)

    cohorts = refined(persons(values), today=date(2026, 3, 12))[1]["cohorts"]

    assert [day["day"] for day in cohorts["days"]] == ["2026-03-01", "2026-03-02", "2026-03-03", "2026-03-04"]


def test_segments_say_whether_the_effect_differs_between_them():
    random = np.random.default_rng(6)
    phone = random.random(PEOPLE) < 0.5
    crowd = persons(np.zeros(PEOPLE), known=[{"device": "phone" if one else "desktop"} for one in phone])
    chance = 0.3 + np.where((crowd.arm == 0) & phone, 0.15, 0.0)

    (device,) = refined(replace(crowd, values={1: (random.random(PEOPLE) < chance).astype(float)}))[1]["segments"]

    assert device["name"] == "device"
    assert {one["value"] for one in device["values"]} == {"phone", "desktop"}
    assert device["interaction_p_value"] < 0.001


def test_arms_that_differed_before_are_found():
    random = np.random.default_rng(7)
    crowd = persons(np.ones(PEOPLE))
    ages = random.normal(40, 10, PEOPLE) + np.where(crowd.arm == 0, 3, 0)

    even = refined(replace(crowd, covariates=[{"age": float(age)} for age in random.permutation(ages)]))[0]
    uneven = refined(replace(crowd, covariates=[{"age": float(age)} for age in ages]))[0]

    assert even["balance"]["p_value"] > 0.001
    assert uneven["balance"]["p_value"] < 0.001
    assert uneven["balance"]["worst"] == "age"


@pytest.mark.parametrize("known", [{}, {"age": None}, {"age": [1, 2]}, {"age": 1e300}, {"age": "x" * 500}])
def test_odd_covariates_break_nothing_and_the_body_is_json(known):
    body, _ = refined(persons(np.ones(PEOPLE), known=[known, {"age": 3}, None, {}] * (PEOPLE // 4)), REVENUE)

    assert orjson.loads(orjson.dumps(body)) == body


def test_nobody_is_an_answer_too():
    nobody = Persons(np.array([], int), np.array([], int), None, [], {1: np.array([]), 2: np.array([])})

    assert refine(plan(PURCHASE, REVENUE), nobody, today=TODAY)["people"] == 0
