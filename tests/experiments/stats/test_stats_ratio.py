"""Ratios of sums against cluster-robust regression, a bootstrap and Welch's test."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.regression.linear_model import OLS, WLS

from experiments.stats.means import compare_estimates
from experiments.stats.moments import Moments, reduce_by_arm, zeros
from experiments.stats.ratio import compare_ratio, ratio_estimate, unit_variance

RUNS = settings(max_examples=120, deadline=None)
LEVELS = st.sampled_from([0.2, 0.05, 0.001, 1e-7])


def moments(rows):
    rows = np.array(rows, dtype=float).reshape(-1, 2)
    return reduce_by_arm(rows, np.zeros(len(rows), int), 1)[0]


def visitors(seed, people=400, rate=0.3):
    """Clicks and sessions of each person; people differ in their taste for clicking."""
    draw = np.random.default_rng(seed)
    sessions = draw.geometric(0.4, people)
    return np.column_stack([draw.binomial(sessions, draw.beta(2, 2 / rate - 2, people)), sessions]).astype(float)


@st.composite
def arms(draw, most=8):
    person = st.tuples(st.integers(-5, 40), st.integers(0, 6))
    return moments(draw(st.lists(person, min_size=1, max_size=most)) * draw(st.sampled_from([1, 1, 30])))


def leaves_out_zero(interval):
    low, high = interval
    return (low is not None and low > 0) or (high is not None and high < 0)


def test_the_standard_error_is_statsmodels_robust_regression_of_the_persons_ratios():
    # Weighted by its denominator, the mean of ratios is the ratio of sums; HC1 then has the same residuals.
    rows = visitors(1)
    fit = WLS(rows[:, 0] / rows[:, 1], np.ones(len(rows)), weights=rows[:, 1]).fit(cov_type="HC1")

    estimate = ratio_estimate(moments(rows))

    assert estimate.mean == pytest.approx(fit.params[0], rel=1e-12)
    assert estimate.variance / estimate.n == pytest.approx(fit.bse[0] ** 2, rel=1e-11)
    assert unit_variance(moments(rows)) / len(rows) == pytest.approx(fit.bse[0] ** 2, rel=1e-11)


def test_the_standard_error_is_statsmodels_cluster_robust_one_over_single_sessions():
    rows = visitors(2).astype(int)
    clicked = np.concatenate([np.repeat([1, 0], [clicks, sessions - clicks]) for clicks, sessions in rows])
    person = np.repeat(np.arange(len(rows)), rows[:, 1])
    fit = OLS(clicked, np.ones(len(clicked))).fit(cov_type="cluster", cov_kwds={"groups": person})

    estimate = ratio_estimate(moments(rows))

    assert (estimate.variance / estimate.n) ** 0.5 == pytest.approx(fit.bse[0], rel=1e-11)
    # What a test that takes sessions for independent would say.
    assert fit.bse[0] > 1.1 * OLS(clicked, np.ones(len(clicked))).fit().bse[0]


def test_the_standard_error_is_that_of_a_bootstrap_of_persons():
    rows, draw = visitors(3, people=2000), np.random.default_rng(3)
    drawn = rows[draw.integers(0, len(rows), (1500, len(rows)))].sum(axis=1)

    estimate = ratio_estimate(moments(rows))

    # 1,500 resamples know a standard error to 2 %.
    assert (estimate.variance / estimate.n) ** 0.5 == pytest.approx((drawn[:, 0] / drawn[:, 1]).std(), rel=0.06)


def test_where_each_denominator_is_one_it_is_welchs_test_of_the_numerators():
    draw = np.random.default_rng(4)
    arms = [moments(np.column_stack([draw.normal(mean, 1, n), np.ones(n)])) for mean, n in ((2, 50), (2.5, 80))]

    answer = compare_ratio(*arms, alpha=0.05)

    welch = compare_estimates(arms[0].estimate(), arms[1].estimate(), alpha=0.05, method=answer.method)
    for name in ("diff", "diff_ci", "lift", "lift_ci", "statistic", "df", "p_value"):
        assert getattr(answer, name) == pytest.approx(getattr(welch, name), rel=1e-12)


def test_a_rate_of_a_few_persons_is_judged_as_one_of_a_few():
    # Four persons with an order, of a thousand: three degrees of freedom each at most, not 998.
    few = moments([(10, 1), (20, 1), (15, 1), (12, 1)]).merge(zeros(996, 2))

    answer = compare_ratio(few, few, alpha=0.05)

    assert (answer.diff, answer.df) == (0, pytest.approx(6))


def test_lift_is_relative_to_the_ratio_of_control():
    answer = compare_ratio(moments([(2, 10), (3, 10), (5, 20)]), moments([(5, 10), (3, 10), (9, 20)]), alpha=0.05)

    assert (answer.diff, answer.lift) == pytest.approx((0.175, 0.7))
    assert answer.method == "delta_ratio/1"


ONE, SOME = [(1, 2)], [(1, 2), (2, 3), (0, 4)]


@pytest.mark.parametrize(
    ("control", "treatment", "reason", "diff"),
    [
        ([], SOME, "empty_arm", None),
        (SOME, [], "empty_arm", None),
        (SOME, [(1, 0), (2, 0)], "zero_denominator", None),
        ([(1, 1), (2, -1)], SOME, "zero_denominator", None),
        ([(0, 0)] * 5, SOME, "zero_denominator", None),
        (ONE, [(2, 2), (1, 4)], "too_few_persons", 0.0),
        ([*ONE, (0, 0), (0, 0)], [(2, 2), (1, 4)], "too_few_persons", 0.0),
        ([(1, 2), (3, 6)] * 2, [(2, 2), (3, 3)] * 2, "no_variation", 0.5),
        ([(0, 2), (0, 6)] * 2, [(2, 2), (3, 3)] * 2, "no_variation", 1.0),
    ],
)
def test_what_cannot_be_tested_says_why(control, treatment, reason, diff):
    answer = compare_ratio(moments(control), moments(treatment), alpha=0.05)

    assert (answer.reason.code, answer.diff, answer.p_value) == (reason, diff, None)


def test_a_control_ratio_of_zero_has_a_test_and_no_lift():
    answer = compare_ratio(moments([(0, 2), (0, 6), (0, 3)]), moments([(2, 4), (3, 4), (1, 5)]), alpha=0.05)

    assert (answer.lift, answer.lift_ci, answer.reason.code) == (None, None, "control_is_zero")
    assert 0 < answer.p_value < 1


def test_ratios_that_differ_by_rounding_alone_do_not_vary():
    rows = [(0.1 * sessions, sessions) for sessions in range(1, 200)]

    assert unit_variance(moments(rows)) == 0


@pytest.mark.parametrize("offset", [1e9, -1e9])
def test_an_offset_of_a_billion_in_both_costs_no_digit_of_the_variance(offset):
    rows = np.random.default_rng(5).integers(-8, 9, (500, 2)) / 4
    residuals = rows[:, 0] - rows[:, 1]

    variance = unit_variance(moments(rows + offset))

    assert variance == pytest.approx(residuals.var(ddof=1) / offset**2, rel=1e-7)


def test_a_billion_persons_with_a_rate_of_one_in_a_million_are_answered():
    # Counts of independent clicks on a session each: the variance of a rate, by hand.
    n, rate = 10**9, 1e-6
    one = n * rate * (1 - rate)
    arm = Moments(n, np.array([rate, 1.0]), np.array([[one, 0.0], [0.0, 0.0]]))

    assert ratio_estimate(arm).n == n
    assert unit_variance(arm) == pytest.approx(rate * (1 - rate) * n / (n - 1), rel=1e-12)
    assert compare_ratio(arm, arm, alpha=0.05).p_value == 1


@RUNS
@given(arms(), arms(), LEVELS)
def test_p_value_and_intervals_agree(control, treatment, alpha):
    answer = compare_ratio(control, treatment, alpha=alpha)
    assert answer.p_value is not None or answer.reason is not None
    if answer.p_value is None:
        return

    assert 0 < answer.p_value <= 1
    assert leaves_out_zero(answer.diff_ci) == (answer.p_value < alpha)
    assert answer.lift_ci is None or leaves_out_zero(answer.lift_ci) == (answer.p_value < alpha)
    assert answer.diff_ci[0] <= answer.diff <= answer.diff_ci[1]


@RUNS
@given(arms(), arms(), st.sampled_from([0.01, 3, 1e6]), st.sampled_from([0.5, 7, 1e6]))
def test_other_units_change_only_the_difference(control, treatment, money, time):
    units = np.array([money, time])
    scaled = [Moments(arm.n, arm.means * units, arm.products * np.outer(units, units)) for arm in (control, treatment)]

    answer, other = compare_ratio(control, treatment, alpha=0.05), compare_ratio(*scaled, alpha=0.05)

    assert (other.reason and other.reason.code) == (answer.reason and answer.reason.code)
    for name, factor in (("diff", money / time), ("lift", 1), ("df", 1), ("p_value", 1)):
        same = getattr(answer, name)
        assert getattr(other, name) == (
            None if same is None else pytest.approx(same * factor, rel=1e-6, abs=1e-9 * factor)
        )


@RUNS
@given(arms(), arms())
def test_swapped_arms_give_the_mirror_image(control, treatment):
    answer, mirror = compare_ratio(control, treatment, alpha=0.05), compare_ratio(treatment, control, alpha=0.05)

    assert mirror.diff == (None if answer.diff is None else -answer.diff)
    assert mirror.p_value == (None if answer.p_value is None else pytest.approx(answer.p_value, rel=1e-9))


def test_three_columns_are_no_ratio():
    with pytest.raises(ValueError, match="need two"):
        compare_ratio(zeros(5, 3), zeros(5, 3), alpha=0.05)
    with pytest.raises(ValueError, match="no ratio"):
        unit_variance(zeros(5, 2))
