"""The slope over days against statsmodels' weighted least squares with known variances."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm
from statsmodels.regression.linear_model import WLS
from statsmodels.tools.tools import add_constant

from experiments.stats.cohorts import Cohort, cohorts_of, effect_by_cohort
from experiments.stats.means import Estimate, compare_estimates

RUNS = settings(max_examples=100, deadline=None)
ARMS = st.builds(
    Estimate, st.integers(0, 30) | st.integers(20, 10**9), st.floats(-9, 9), st.sampled_from([0.0, 1e-6, 1, 50])
)


@st.composite
def weeks(draw):
    days = draw(st.lists(st.integers(-5, 400), max_size=8, unique=True))
    return [Cohort(day, draw(ARMS), draw(ARMS)) for day in days]


def fading(days=14, start=1.0, fade=-0.1, noise=0.0):
    """An effect that starts high and fades by the day."""
    draw = np.random.default_rng(1)
    return [
        Cohort(
            day,
            Estimate(int(draw.integers(50, 500)), 5.0, 4.0),
            Estimate(int(draw.integers(50, 500)), 5.0 + start + fade * day + noise * draw.normal(), 9.0),
        )
        for day in range(days)
    ]


def reference(days):
    effects = [each.treatment.mean - each.control.mean for each in days]
    weights = [1 / sum(arm.variance / arm.n for arm in (each.control, each.treatment)) for each in days]
    return WLS(effects, add_constant([float(each.day) for each in days]), weights=weights).fit(cov_type="fixed scale")


def test_the_slope_and_its_error_are_statsmodels_weighted_least_squares_of_fixed_scale():
    days = fading(noise=0.3)
    fit = reference(days)

    answer = effect_by_cohort(days, alpha=0.05)

    assert answer.slope == pytest.approx(fit.params[1], rel=1e-9)
    assert answer.slope / answer.statistic == pytest.approx(fit.bse[1], rel=1e-9)
    assert answer.p_value == pytest.approx(2 * norm.sf(abs(fit.params[1] / fit.bse[1])), rel=1e-9)
    assert answer.slope_ci == pytest.approx(fit.conf_int(0.05)[1].tolist(), rel=1e-9)


def test_a_straight_fade_is_found_exactly():
    assert effect_by_cohort(fading(fade=-0.07), alpha=0.05).slope == pytest.approx(-0.07, rel=1e-12)


def test_each_day_is_shown_with_its_own_comparison_in_the_order_of_days():
    days = fading(days=5)

    answer = effect_by_cohort(days[::-1], alpha=0.1)

    assert [point.day for point in answer.points] == [0, 1, 2, 3, 4]
    shown = compare_estimates(days[3].control, days[3].treatment, alpha=0.1, method="welch/2")
    assert answer.points[3].comparison == shown


def test_days_with_few_people_or_no_spread_are_shown_and_do_not_count():
    thin = Cohort(20, Estimate(19, 5.0, 4.0), Estimate(500, 9.0, 4.0))
    flat = Cohort(21, Estimate(500, 5.0, 0.0), Estimate(500, 9.0, 0.0))
    empty = Cohort(22, Estimate(0, 0.0, 0.0), Estimate(500, 9.0, 1.0))

    answer = effect_by_cohort([*fading(), thin, flat, empty], alpha=0.05)

    assert answer.slope == effect_by_cohort(fading(), alpha=0.05).slope
    assert [point.counted for point in answer.points] == [True] * 14 + [False] * 3
    assert answer.points[-1].comparison.reason.code == "empty_arm"


def test_the_same_effect_on_all_days_is_called_a_slope_in_five_percent():
    draw, called = np.random.default_rng(2), 0
    for _ in range(1000):
        rates = draw.binomial(400, 0.03, (10, 2)) / 400
        arms = [[Estimate(400, rate, rate * (1 - rate) * 400 / 399) for rate in day] for day in rates.tolist()]
        called += effect_by_cohort([Cohort(day, *pair) for day, pair in enumerate(arms)], alpha=0.05).p_value < 0.05

    assert called == pytest.approx(50, abs=3 * math.sqrt(50 * 0.95))


@pytest.mark.parametrize("count", [0, 1, 2])
def test_fewer_than_three_days_have_points_and_no_slope(count):
    answer = effect_by_cohort(fading()[:count], alpha=0.05)

    assert (answer.slope, answer.slope_ci, answer.p_value, answer.reason.code) == (None, None, None, "too_few_groups")
    assert len(answer.points) == count


def test_a_day_that_holds_all_information_has_no_slope():
    days = [Cohort(day, Estimate(99, 0.0, 1.0), Estimate(99, 1.0, variance)) for day, variance in enumerate([1, 1, 1])]
    sure = Cohort(3, Estimate(99, 0.0, 1e-30), Estimate(99, 1.0, 1e-30))

    assert effect_by_cohort([*days, sure], alpha=0.05).reason.code == "too_few_groups"


def test_a_billion_people_a_day_at_an_offset_of_a_billion_lose_no_digit():
    days = [
        Cohort(day, Estimate(10**9, 1e9, 1.0), Estimate(10**9, 1e9 + effect, 1.0))
        for day, effect in enumerate([0.5, 0.25, 0.125, 0.0])
    ]

    answer = effect_by_cohort(days, alpha=0.05)

    assert answer.slope == pytest.approx(reference(days).params[1], rel=1e-9)
    assert answer.p_value == 5e-324


@RUNS
@given(weeks(), st.sampled_from([0.2, 0.05, 1e-7]))
def test_p_value_and_interval_agree_and_all_numbers_are_there_or_none(days, alpha):
    answer = effect_by_cohort(days, alpha=alpha)

    numbers = (answer.slope, answer.slope_ci, answer.statistic, answer.p_value)
    assert (answer.reason is None) == all(number is not None for number in numbers)
    if answer.reason is not None:
        return
    low, high = answer.slope_ci
    assert all(math.isfinite(number) for number in (answer.slope, answer.statistic, low, high))
    assert 0 < answer.p_value <= 1
    assert low <= answer.slope <= high
    assert (low > 0 or high < 0) == (answer.p_value < alpha)


@RUNS
@given(weeks())
def test_turning_time_or_the_arms_round_turns_the_slope_round(days):
    answer = effect_by_cohort(days, alpha=0.05)
    if answer.reason is not None:
        return

    backwards = effect_by_cohort([Cohort(-each.day, each.control, each.treatment) for each in days], alpha=0.05)
    swapped = effect_by_cohort([Cohort(each.day, each.treatment, each.control) for each in days], alpha=0.05)

    for mirror in (backwards, swapped):
        assert mirror.slope == pytest.approx(-answer.slope, rel=1e-6, abs=1e-9)
        assert mirror.p_value == pytest.approx(answer.p_value, rel=1e-5)


def test_persons_are_sorted_into_days():
    values, day = np.array([1.0, 3.0, 5.0, 9.0, 7.0, 100.0]), np.array([2, 2, 2, 4, 2, 4])

    early, late = cohorts_of(values, np.array([0, 0, 1, 0, 1, -1]), day)

    assert early == Cohort(2, Estimate(2, 2.0, 2.0), Estimate(2, 6.0, 2.0))
    assert late == Cohort(4, Estimate(1, 9.0, 0.0), Estimate(0, 0.0, 0.0))
    assert cohorts_of(np.empty(0), np.empty(0, int), np.empty(0, int)) == []


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="each day once"):
        effect_by_cohort([*fading(), fading()[0]], alpha=0.05)
    with pytest.raises(ValueError, match="need"):
        cohorts_of(np.ones(2), np.zeros(2, int), np.zeros(3, int))
    with pytest.raises(ValueError, match="arms up to 1"):
        cohorts_of(np.ones(2), np.array([0, 2]), np.zeros(2, int))
