"""What a goal can show with so many people: people and change are each other's answer, by whatever rule."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from experiments.detecting import Prospect, detectable, fewest, live_shares, needed, terms_of
from experiments.stats.confidence_sequence import critical_value
from experiments.stats.planning import Baseline, Design, power_at, rate_baseline, required_sample
from tests.experiments.admin.bodies import PURCHASE

TERMS = terms_of((0.5, 0.5), 0.05, {"primary": 1, "micro": 2, "guardrail": 1}, planned=True, planned_sample=20_000)
ALONE = replace(TERMS, comparisons={"micro": 1})
FIXED = Design(TERMS.shares, TERMS.alpha, 0.8)


def prospect(family="primary", rate=0.05, **fields):
    return Prospect(replace(PURCHASE, **fields), family, rate_baseline(rate), rate)


families = st.sampled_from(["primary", "micro", "secondary", "guardrail"])
planned = st.sampled_from([True, False])
desired = st.sampled_from(["increase", "decrease"])


@settings(max_examples=60, deadline=None)
@given(family=families, is_planned=planned, wanted=desired, rate=st.floats(0.001, 0.9), size=st.floats(0.01, 0.1))
def test_so_many_people_as_are_needed_show_just_this_change(family, is_planned, wanted, rate, size):
    asked = prospect(family, rate, desired=wanted, margin=size)
    terms = replace(TERMS, planned=is_planned)

    people = needed(asked, terms, lift=size).people

    assert people is not None
    if people > fewest(asked, terms):
        assert detectable(asked, terms, people) == pytest.approx(size, rel=0.02)


@pytest.mark.parametrize("family", ["primary", "micro", "guardrail"])
def test_more_people_show_smaller_changes(family):
    found = [detectable(prospect(family), TERMS, people) for people in (2_000, 20_000, 200_000, 2_000_000)]

    assert sorted(found, reverse=True) == found
    assert None not in found


def test_the_rule_for_any_day_asks_for_its_own_critical_value():
    people = needed(prospect("micro"), ALONE, lift=0.1).people

    # The z of the sequence at so many people in place of 1.96: ((z + .8416) / (1.9600 + .8416))² times as many.
    z = critical_value(people, tuned_for=20_000, alpha=0.05)
    fixed = required_sample(rate_baseline(0.05), lift=0.1, design=FIXED).people
    assert people / fixed == pytest.approx(((z + 0.8416) / 2.8016) ** 2, rel=1e-3)


def test_a_member_of_a_family_is_planned_as_if_it_alone_moved():
    alone, together = (needed(prospect("micro"), terms, lift=0.1).people for terms in (ALONE, TERMS))

    assert together > 1.05 * alone


def test_without_a_plan_what_decides_is_judged_like_any_other_day():
    unplanned = replace(TERMS, planned=False)

    assert needed(prospect(), unplanned, lift=0.1).people == needed(prospect("micro"), ALONE, lift=0.1).people


def test_nothing_is_promised_before_the_floors():
    # 25 conversions at 1 % are 2,500 people in each variant.
    rare = prospect(rate=0.01)

    assert fewest(rare, TERMS) == 5_000
    assert detectable(rare, TERMS, 4_999) is None
    assert detectable(rare, TERMS, 5_000) is not None
    assert needed(prospect(rate=0.5), TERMS, lift=0.9).people == 200, "a hundred in each"
    assert fewest(replace(rare, goal=replace(PURCHASE, measure="sum")), TERMS) == 10_000


def test_a_fall_of_a_high_rate_can_be_seen_though_it_cannot_rise():
    falls = detectable(prospect(rate=0.97, desired="decrease"), TERMS, 20_000)

    # By hand, with 20,000 / 1.049 / 2 people in each and the mean of both spreads: 2.8016 √(2 · .0325 / 9532) / .97.
    assert falls == pytest.approx(0.00754, rel=0.005)
    # At the fall that is seen the test's own power is the one that was asked for, but for the looks.
    power = power_at(rate_baseline(0.97), lift=-falls, people=round(20_000 / 1.049), design=FIXED)
    assert power == pytest.approx(0.8, abs=0.002)


def test_a_goal_that_nobody_reaches_has_a_reason_and_no_number():
    nobody = prospect(rate=0.0)

    assert detectable(nobody, TERMS, 10**9) is None
    assert needed(nobody, TERMS, lift=0.1).reason.code == "control_is_zero"


def test_a_guardrail_that_tolerates_nothing_is_never_proven_safe():
    strict = prospect("guardrail", margin=0.0)

    assert needed(strict, TERMS, lift=0.1).reason.code == "no_lift"


def test_money_that_spreads_more_needs_more():
    calm, wild = (
        Prospect(replace(PURCHASE, measure="sum"), "primary", Baseline(2.0, variance, "mean"), 0.05)
        for variance in (100.0, 400.0)
    )

    assert needed(wild, TERMS, lift=0.1).people == pytest.approx(4 * needed(calm, TERMS, lift=0.1).people, rel=1e-3)


@pytest.mark.parametrize(
    ("weights", "shares"),
    [
        ([1, 1], (0.5, 0.5)),
        ([1, 3, 0], (0.25, 0.75)),
        ([0, 1], None),
        ([1, 0], None),
        ([1], None),
        ([], None),
    ],
)
def test_only_variants_that_get_anybody_are_compared(weights, shares):
    assert live_shares(weights) == shares
