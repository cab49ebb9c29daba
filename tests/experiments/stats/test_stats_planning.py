"""Plans against statsmodels, R, rpact and printed examples, and against each other."""

import math
from dataclasses import replace
from typing import cast

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq
from scipy.stats import norm
from statsmodels.stats.power import NormalIndPower, TTestIndPower
from statsmodels.stats.proportion import power_proportions_2indep, samplesize_proportions_2indep_onetail

from experiments.stats.planning import (
    Baseline,
    Design,
    Kind,
    days_left,
    days_needed,
    detectable_lift,
    non_inferiority_sample,
    power_at,
    rate_baseline,
    required_sample,
    timeline,
)

RUNS = settings(max_examples=100, deadline=None)
HALVES = (0.5, 0.5)
BASELINES = st.builds(rate_baseline, st.floats(1e-6, 0.9)) | st.builds(
    Baseline, st.floats(1, 1e4), st.floats(0.01, 1e4), st.sampled_from(["mean", "ratio"]), st.floats(0, 0.9)
)
SHARES = st.lists(st.floats(0.05, 1), min_size=2, max_size=5).map(lambda parts: tuple(p / sum(parts) for p in parts))
DESIGNS = st.builds(Design, SHARES, st.floats(1e-4, 0.2), st.floats(0.5, 0.99), st.integers(1, 20), st.floats(1, 1.2))


@pytest.mark.parametrize("rate", [1e-6, 0.02, 0.3, 0.7])
@pytest.mark.parametrize("lift", [-0.5, -0.1, 0.05, 0.3])
@pytest.mark.parametrize("treatment", [0.5, 0.1, 0.8])
def test_a_plan_for_rates_is_statsmodels_rounded_up(rate, lift, treatment):
    design = Design((1 - treatment, treatment), alpha=0.01, power=0.9)

    # statsmodels counts treatment as the first sample, and control as ratio times that.
    ratio = (1 - treatment) / treatment
    exact = samplesize_proportions_2indep_onetail(rate * lift, rate, 0.9, ratio=ratio, alpha=0.01)
    plan = required_sample(rate_baseline(rate), lift=lift, design=design)

    rounded = [math.ceil(n * (1 - 1e-9)) for n in (exact * ratio, exact)]
    assert all(0 <= people - n <= 1 + 1e-9 * n for people, n in zip(plan.people_per_arm, rounded, strict=True))
    assert plan.people == sum(plan.people_per_arm)


@pytest.mark.parametrize("rate", [1e-6, 0.02, 0.3])
@pytest.mark.parametrize("lift", [-0.3, 0.0, 0.1])
@pytest.mark.parametrize("treatment", [0.5, 0.1])
def test_power_for_rates_is_statsmodels_upper_tail(rate, lift, treatment):
    people = 40 / rate
    ratio = (1 - treatment) / treatment
    exact = power_proportions_2indep(
        rate * lift,
        rate,
        people * treatment,
        ratio=ratio,
        alpha=0.025,
        alternative="smaller" if lift < 0 else "larger",
        return_results=False,
    )

    power = power_at(rate_baseline(rate), lift=lift, people=people, design=Design((1 - treatment, treatment)))

    assert power == pytest.approx(exact, rel=1e-9)


@pytest.mark.parametrize(("lift", "treatment"), [(0.1, 0.5), (-0.25, 0.2), (0.02, 0.9)])
def test_power_for_means_is_statsmodels_normal_power(lift, treatment):
    baseline, people = Baseline(20.0, 900.0, "mean"), 5000
    ratio = (1 - treatment) / treatment
    exact = NormalIndPower().power(20 * abs(lift) / 30, people * treatment, 0.025, ratio=ratio, alternative="larger")

    power = power_at(baseline, lift=lift, people=people, design=Design((1 - treatment, treatment)))

    assert power == pytest.approx(exact, rel=1e-9)


@pytest.mark.parametrize("effect", [0.5, 0.2, 0.02])
def test_a_plan_for_means_is_at_most_two_persons_an_arm_short_of_the_t_tests(effect):
    exact = TTestIndPower().solve_power(effect, power=0.8, alpha=0.05)

    plan = required_sample(Baseline(1.0, 1.0, "mean"), lift=effect, design=Design(HALVES))

    assert plan.people_per_arm[0] <= math.ceil(exact) <= plan.people_per_arm[0] + 2


def test_rs_documented_examples_of_power_prop_test():
    # help(power.prop.test): n = 50 gives 0.740; power 0.90 needs 76.7 and, for 0.50 against 0.501 at 0.001, 10451937.
    assert power_at(rate_baseline(0.5), lift=0.5, people=100, design=Design(HALVES)) == pytest.approx(0.740, abs=5e-4)
    for lift, alpha, people in ((0.5, 0.05, 77), (0.002, 0.001, 10451937)):
        plan = required_sample(rate_baseline(0.5), lift=lift, design=Design(HALVES, alpha=alpha, power=0.9))
        assert plan.people_per_arm == (people, people)


def test_fleiss_levin_and_paiks_table_after_their_continuity_correction():
    # 0.60 against 0.70, alpha 0.01, power 0.95: 827 in each group by formulas 4.14 and 4.18.
    design = Design(HALVES, alpha=0.01, power=0.95)
    (n, _) = required_sample(rate_baseline(0.6), lift=1 / 6, design=design).people_per_arm

    assert round(n / 4 * (1 + math.sqrt(1 + 4 / (n * 0.1))) ** 2) in {827, 828}


def test_woodwards_cohort_of_smokers():
    # Woodward 2005, Epidemiology, p. 406: 12,130 men for a risk of 413 in 100,000 a year over five years, a ratio of
    # 1.4, power 0.90, one-sided 0.05.
    plan = required_sample(rate_baseline(0.02065), lift=0.4, design=Design(HALVES, alpha=0.1, power=0.9))

    assert plan.people == 12_130


@pytest.mark.parametrize(
    ("shares", "people"), [(HALVES, (85.604059, 85.604059)), ((0.25, 0.75), (55.430927, 166.29278))]
)
def test_non_inferiority_of_rates_is_rpacts_farrington_manning(shares, people):
    # rpact's own tests: 0.4 against 0.2, H0 ratio 0.9, one-sided 0.025, power 0.9, one group sequential design, whose
    # inflation follows from 261.60183 people for 0.5 against 0.3 without a margin.
    fixed = 2 * samplesize_proportions_2indep_onetail(0.2, 0.3, 0.9, alpha=0.05)
    design = Design(shares, alpha=0.025, power=0.9, inflation=261.60183 / fixed)

    plan = non_inferiority_sample(rate_baseline(0.2), margin=0.1, design=design, lift=1.0)

    assert plan.people_per_arm == tuple(map(math.ceil, people))


@pytest.mark.parametrize(("desired", "limit"), [("increase", 0.98), ("decrease", 1.02)])
@pytest.mark.parametrize("treatment", [0.5, 0.1])
def test_non_inferiority_of_means_is_blackwelders_formula(desired, limit, treatment):
    design = Design((1 - treatment, treatment), alpha=0.05, power=0.8)
    unit = 900 * (limit**2 / (1 - treatment) + 1 / treatment)
    exact = (norm.isf(0.05) + norm.isf(0.2)) ** 2 * unit / (0.02 * 20) ** 2

    plan = non_inferiority_sample(Baseline(20.0, 900.0, "mean"), margin=0.02, design=design, desired=desired)

    assert plan.people_per_arm == (math.ceil(exact * (1 - treatment)), math.ceil(exact * treatment))


@pytest.mark.parametrize("rate", [1e-4, 0.05, 0.6])
@pytest.mark.parametrize(("margin", "lift", "desired"), [(0.1, 0.0, "increase"), (0.1, 0.04, "decrease")])
def test_the_null_spread_of_a_margin_is_at_the_most_likely_rates(rate, margin, lift, desired):
    limit, shares = (1 - margin if desired == "increase" else 1 + margin), (0.3, 0.7)
    rates = rate, rate * (1 + lift)

    def score(p):  # of the likelihood with treatment's rate held at limit p, per person
        parts = zip(shares, rates, (p, limit * p), (1, limit), strict=True)
        return sum(share * slope * (seen - q) / (q * (1 - q)) for share, seen, q, slope in parts)

    p = brentq(score, 1e-12, min(1, 1 / limit) - 1e-12, xtol=1e-16, rtol=1e-14)
    null, alternative = (
        math.sqrt(limit**2 * c * (1 - c) / 0.3 + t * (1 - t) / 0.7) for c, t in ((p, limit * p), rates)
    )
    exact = ((norm.isf(0.05) * null + norm.isf(0.2) * alternative) / (rates[1] - limit * rate)) ** 2
    plan = non_inferiority_sample(rate_baseline(rate), margin=margin, design=Design(shares), desired=desired, lift=lift)

    assert plan.people == pytest.approx(exact, abs=2.1, rel=1e-9)


@RUNS
@given(BASELINES, DESIGNS, st.floats(0.01, 0.1))
def test_required_sample_and_detectable_lift_undo_each_other(baseline, design, lift):
    plan = required_sample(baseline, lift=lift, design=design)
    assume(min(plan.people_per_arm) > 100)

    seen = detectable_lift(baseline, people=plan.people, design=design).lift

    # The plan is rounded up by less than a person an arm.
    assert lift * (1 - len(design.shares) / plan.people) <= seen * (1 + 1e-9) <= lift * (1 + 2e-9)
    power = power_at(baseline, lift=seen, people=plan.people, design=design)
    assert power == pytest.approx(design.power, rel=1e-7)


@RUNS
@given(BASELINES, DESIGNS, st.floats(0.001, 0.1))
def test_more_is_needed_for_less_lift_for_more_power_and_for_stricter_levels(baseline, design, lift):
    people = required_sample(baseline, lift=lift, design=design).people
    stricter = (
        replace(design, alpha=design.alpha / 2),
        replace(design, power=(1 + design.power) / 2),
        replace(design, comparisons=design.comparisons + 1),
        replace(design, inflation=design.inflation * 1.1),
    )

    assert all(required_sample(baseline, lift=lift, design=other).people >= people for other in stricter)
    assert required_sample(baseline, lift=lift / 2, design=design).people >= people
    reduced = replace(baseline, reduction=(1 + baseline.reduction) / 2)
    assert required_sample(reduced, lift=lift, design=design).people <= people


@RUNS
@given(BASELINES, st.floats(0.05, 0.95), st.floats(0.005, 0.1))
def test_halves_are_cheapest(baseline, treatment, lift):
    assume(abs(treatment - 0.5) > 0.01)

    plans = [required_sample(baseline, lift=lift, design=Design((1 - t, t))) for t in (0.5, treatment)]

    # Up to rounding. Rates spread more where they are higher, so a little more of that arm is a hair better still.
    assert plans[0].people <= plans[1].people * (1.02 if baseline.kind == "rate" else 1) + 2


def test_of_several_treatments_the_smallest_decides():
    baseline, lift = rate_baseline(0.05), 0.1
    plan = required_sample(baseline, lift=lift, design=Design((0.5, 0.3, 0.2)))
    # The pair alone, which is seven tenths of the people.
    alone = required_sample(baseline, lift=lift, design=Design((5 / 7, 2 / 7)))

    assert plan.people_per_arm[0] == alone.people_per_arm[0]
    assert plan.people_per_arm[2] == alone.people_per_arm[1]


def test_each_of_several_comparisons_is_planned_at_its_part_of_alpha():
    several, single = Design(HALVES, alpha=0.05, comparisons=4), Design(HALVES, alpha=0.0125)

    plans = [required_sample(rate_baseline(0.1), lift=0.1, design=design) for design in (several, single)]
    guards = [non_inferiority_sample(rate_baseline(0.1), margin=0.1, design=design) for design in (several, single)]

    assert plans[0] == plans[1]
    assert guards[0] == guards[1]


def test_correlation_saves_its_square():
    plain, reduced = (Baseline(20.0, 900.0, "mean", reduction) for reduction in (0.0, 0.36))
    people = [required_sample(baseline, lift=0.01, design=Design(HALVES)).people for baseline in (plain, reduced)]

    assert people[1] == pytest.approx(0.64 * people[0], abs=3)


@pytest.mark.parametrize(
    ("baseline", "lift", "code"),
    [
        (rate_baseline(0.0), 0.1, "control_is_zero"),
        (Baseline(0.0, 4.0, "mean"), 0.1, "control_is_zero"),
        (rate_baseline(0.1), -1.0, "impossible_lift"),
        (rate_baseline(0.1), 9.1, "impossible_lift"),
        (rate_baseline(1.0), 0.1, "impossible_lift"),
        (Baseline(3.0, 4.0, "ratio"), -1.5, "impossible_lift"),
        (Baseline(3.0, 0.0, "mean"), 0.1, "no_variation"),
        (rate_baseline(0.1), 0.0, "no_lift"),
        (rate_baseline(0.1), 1e-12, "no_lift"),
        (Baseline(1e-200, 1e200, "mean"), 0.1, "no_lift"),
    ],
)
def test_what_cannot_be_planned_says_why(baseline, lift, code):
    plan = required_sample(baseline, lift=lift, design=Design(HALVES))

    assert (plan.people, plan.people_per_arm, plan.reason.code) == (None, None, code)


@pytest.mark.parametrize(
    ("baseline", "people", "code"),
    [
        (rate_baseline(0.0), 1000, "control_is_zero"),
        (rate_baseline(1.0), 1000, "no_variation"),
        (Baseline(3.0, 0.0, "mean"), 1000, "no_variation"),
        (Baseline(1e-200, 1e200, "mean"), 1000, "mean_near_zero"),
        (rate_baseline(0.1), 1, "too_few_persons"),
        (rate_baseline(0.8), 20, "too_few_persons"),
    ],
)
def test_what_cannot_be_seen_says_why(baseline, people, code):
    answer = detectable_lift(baseline, people=people, design=Design(HALVES))

    assert (answer.lift, answer.reason.code) == (None, code)


@pytest.mark.parametrize(
    ("baseline", "lift", "code"),
    [
        (Baseline(-3.0, 1.0, "mean"), 0.0, "control_is_negative"),
        (rate_baseline(0.0), 0.0, "control_is_zero"),
        (rate_baseline(0.1), -0.02, "impossible_lift"),
        (Baseline(1e-200, 1e200, "mean"), 0.0, "no_lift"),
    ],
)
def test_a_guardrail_that_cannot_be_planned_says_why(baseline, lift, code):
    plan = non_inferiority_sample(baseline, margin=0.02, design=Design(HALVES), lift=lift)

    assert (plan.people, plan.reason.code) == (None, code)


@pytest.mark.parametrize("rate", [5e-324, 1e-299, 1e-12, 1 - 1e-16, math.nextafter(1, 0)])
@pytest.mark.parametrize("people", [2, 10**9, 10**18])
def test_rates_at_the_edge_of_doubles_are_finite_or_refused(rate, people):
    answer = detectable_lift(rate_baseline(rate), people=people, design=Design((0.9, 0.1)))

    assert (answer.lift is None) != (answer.reason is None)
    assert answer.lift is None or 0 < answer.lift < math.inf


def test_without_an_effect_a_finding_has_half_the_level():
    assert power_at(Baseline(3.0, 1.0, "mean"), lift=0.0, people=99, design=Design(HALVES)) == pytest.approx(0.025)


@pytest.mark.parametrize(
    ("people", "per_day", "days", "code"),
    [
        (7000, 1000, 7, None),
        (7001, 1000, 14, None),
        (1, 1000, 7, None),
        (0, 5, 7, None),
        (21, 0.3, 70, None),
        (53 * 7, 1, 371, "longer_than_a_year"),
        (10, 0, None, "nobody_comes"),
        (10**9, 1e-300, None, "nobody_comes"),
        (10**9, 5, None, "nobody_comes"),
    ],
)
def test_a_test_lasts_whole_weeks(people, per_day, days, code):
    answer = days_needed(people, people_per_day=per_day)

    assert answer.days == days
    assert (answer.reason and answer.reason.code) == code


@pytest.mark.parametrize(
    ("so_far", "arrivals", "days", "code"),
    [
        (900, [10, 20, 0], 10, None),
        (901, [10, 20, 0], 10, None),
        (999, [1000], 1, None),
        (1000, [], 0, None),
        (1200, [0, 0], 0, None),
        (0, [1], 1000, "longer_than_a_year"),
        (0, [], None, "nothing_observed"),
        (0, [0, 0], None, "nobody_comes"),
    ],
)
def test_days_left_follow_the_last_arrivals(so_far, arrivals, days, code):
    answer = days_left(so_far=so_far, planned=1000, arrivals=arrivals)

    assert answer.days == days
    assert (answer.reason and answer.reason.code) == code


def test_a_timeline_is_what_can_be_seen_with_those_who_came_by_then():
    baseline, design = rate_baseline(0.03), Design((0.4, 0.3, 0.3), comparisons=2)

    milestones = timeline(baseline, design=design, people_per_day=150.5, weeks=(1, 2, 12))

    assert [(each.weeks, each.people) for each in milestones] == [(1, 1053), (2, 2107), (12, 12642)]
    for each in milestones:
        assert each.detectable == detectable_lift(baseline, people=each.people, design=design)
    lifts = [each.detectable.lift for each in milestones]
    assert lifts == sorted(lifts, reverse=True)


def test_a_timeline_without_people_says_so_for_every_week():
    milestones = timeline(rate_baseline(0.03), design=Design(HALVES), people_per_day=0)

    assert [each.weeks for each in milestones] == list(range(1, 13))
    assert {each.detectable.reason.code for each in milestones} == {"too_few_persons"}


@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        (lambda: Baseline(1.5, 0.0, "rate"), "mean"),
        (lambda: Baseline(math.nan, 1.0, "mean"), "mean"),
        (lambda: Baseline(1.0, -1.0, "mean"), "variance"),
        (lambda: Baseline(1.0, 1.0, cast(Kind, "share")), "kind"),
        (lambda: Baseline(1.0, 1.0, "mean", reduction=1.0), "reduction"),
        (lambda: Design((1.0,)), "shares"),
        (lambda: Design((0.5, 0.6)), "shares"),
        (lambda: Design((1.0, 0.0)), "shares"),
        (lambda: Design(HALVES, alpha=0.0), "alpha"),
        (lambda: Design(HALVES, power=0.4), "power"),
        (lambda: Design(HALVES, power=1.0), "power"),
        (lambda: Design(HALVES, comparisons=0), "comparisons"),
        (lambda: Design(HALVES, inflation=0.9), "inflation"),
        (lambda: required_sample(rate_baseline(0.1), lift=math.inf, design=Design(HALVES)), "lift"),
        (lambda: power_at(rate_baseline(0.0), lift=0.1, people=10, design=Design(HALVES)), "lift"),
        (lambda: power_at(rate_baseline(0.1), lift=0.1, people=-1, design=Design(HALVES)), "people"),
        (lambda: detectable_lift(rate_baseline(0.1), people=-1, design=Design(HALVES)), "people"),
        (lambda: non_inferiority_sample(rate_baseline(0.1), margin=1.0, design=Design(HALVES)), "margin"),
        (lambda: days_needed(-1, people_per_day=1), "people"),
        (lambda: days_needed(1, people_per_day=-1), "people_per_day"),
        (lambda: days_needed(1, people_per_day=math.nan), "people_per_day"),
        (lambda: days_left(so_far=0, planned=9, arrivals=[3, -1]), "arrivals"),
    ],
)
def test_wrong_arguments_are_refused(wrong, word):
    with pytest.raises(ValueError, match=word):
        wrong()
