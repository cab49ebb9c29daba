"""Balance against statsmodels' regression and MANOVA, Pearson's table, and re-assignment of the same persons."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2, chi2_contingency
from statsmodels.multivariate.manova import MANOVA
from statsmodels.regression.linear_model import OLS

from experiments.stats.balance import BALANCE_ALARM, check_balance

RUNS = settings(max_examples=100, deadline=None)


def persons(seed, people=300, arms=2, columns=3):
    draw = np.random.default_rng(seed)
    values = draw.lognormal(1, 0.6, (people, columns)) @ (np.eye(columns) + 0.3)
    return values, draw.integers(0, arms, people)


def names(columns):
    return [f"x{index}" for index in range(columns)]


def checked(values, arm):
    return check_balance(values, arm, names=names(values.shape[1]))


@st.composite
def tables(draw):
    arms = draw(st.integers(2, 4))
    values, _ = persons(draw(st.integers(0, 30)), draw(st.integers(90, 200)), arms, draw(st.integers(2, 5)))
    # One that is never left out for hanging on a few.
    values[:, 0] = np.random.default_rng(2).uniform(0, 9, len(values))
    values[np.random.default_rng(1).random(values.shape) < draw(st.sampled_from([0, 0.2]))] = np.nan
    return values.round(draw(st.sampled_from([0, 9]))), np.arange(len(values)) % arms


def test_for_two_arms_it_is_the_regression_of_the_arm_on_the_covariates():
    values, arm = persons(1)
    fit = OLS(arm, np.column_stack([np.ones(len(arm)), values])).fit()

    answer = checked(values, arm)

    assert answer.statistic == pytest.approx((len(arm) - 1) * fit.rsquared, rel=1e-9)
    assert answer.p_value == pytest.approx(chi2.sf((len(arm) - 1) * fit.rsquared, 3), rel=1e-9)
    assert answer.df == 3


def test_for_more_arms_it_is_pillais_trace_of_statsmodels_manova():
    values, arm = persons(2, people=500, arms=4)
    dummies = np.column_stack([np.ones(len(arm))] + [arm == index for index in (1, 2, 3)]).astype(float)
    table = MANOVA(values, dummies).mv_test([("arm", np.eye(4)[1:])]).results["arm"]["stat"]

    answer = checked(values, arm)

    assert answer.statistic == pytest.approx((len(arm) - 1) * table.loc["Pillai's trace", "Value"], rel=1e-9)
    assert answer.df == 9


def test_for_one_yes_or_no_it_is_pearsons_chi_square_of_the_table():
    yes, arm = (np.random.default_rng(seed).integers(0, top, 400) for seed, top in ((3, 2), (4, 3)))
    table = np.array([[np.sum((arm == a) & (yes == y)) for a in range(3)] for y in range(2)])

    answer = checked(yes[:, None].astype(float), arm)

    # Pearson's n becomes n - 1 when both margins are fixed.
    assert answer.statistic == pytest.approx(chi2_contingency(table, correction=False).statistic * 399 / 400, rel=1e-9)
    assert answer.covariates[0].p_value == pytest.approx(answer.p_value, rel=1e-12)


def test_over_assignments_of_the_same_persons_its_mean_is_df_and_its_level_is_kept():
    values, _ = persons(5, people=400, columns=2)
    draw, arm = np.random.default_rng(5), np.repeat([0, 1], [320, 80])

    found = [checked(values, draw.permutation(arm)) for _ in range(1500)]

    assert np.mean([answer.statistic for answer in found]) == pytest.approx(2, abs=3 * 2 / math.sqrt(1500))
    assert np.mean([answer.p_value < 0.05 for answer in found]) == pytest.approx(0.05, abs=3 * 0.0056)


def test_persons_assigned_by_what_they_are_raise_the_alarm_and_the_worst_is_named():
    values, arm = persons(6, people=2000)
    sorted_out = (values[:, 1] + np.random.default_rng(6).normal(0, 3, 2000) > np.median(values[:, 1])).astype(int)

    assert checked(values, arm).p_value > BALANCE_ALARM
    answer = checked(values, sorted_out)
    assert answer.p_value < BALANCE_ALARM
    difference = values[sorted_out == 1, 1].mean() - values[sorted_out == 0, 1].mean()
    assert answer.worst == ("x1", pytest.approx(difference / values[:, 1].std(), rel=1e-9))


def test_being_missing_more_often_in_one_arm_is_an_imbalance():
    values, arm = persons(7, people=1000, columns=1)
    values[(arm == 1) & (np.random.default_rng(7).random(1000) < 0.3)] = np.nan

    answer = checked(values, arm)

    assert answer.worst[0] == "x0 (missing)"
    assert answer.p_value < BALANCE_ALARM
    assert [each.name for each in answer.covariates] == ["x0", "x0 (missing)"]


def test_the_farthest_of_several_arms_is_told():
    arm = np.repeat([0, 1, 2], 100)
    values = np.tile([-1.0, 1.0], 150) + np.repeat([0.0, 0.5, -2.0], 100)

    assert checked(values[:, None], arm).worst[1] == pytest.approx(-2 / values.std())


def test_those_left_out_and_arms_without_persons_do_not_count():
    values, arm = persons(8, people=600, arms=3)
    answer = checked(values, np.where(arm == 2, -1, arm * 5))

    assert answer == checked(values[arm != 2], arm[arm != 2])
    assert answer.df == 3


def test_what_cannot_be_tested_is_named_and_left_out():
    values, arm = persons(9, columns=2)[0], np.arange(300) % 3 // 2
    whale = np.zeros(300)
    whale[5] = 1e6
    table = np.column_stack([values[:, 0], np.ones(300), 2 * values[:, 0] - 1, whale, values[:, 1]])

    answer = checked(table, arm)

    assert answer.left_out == ("x1", "x2", "x3")
    assert answer.statistic == pytest.approx(checked(values, arm).statistic, rel=1e-9)


@pytest.mark.parametrize(
    ("values", "arm", "reason"),
    [
        (np.ones((100, 1)), np.arange(100) % 2, "no_usable_covariate"),
        (np.full((100, 1), np.nan), np.arange(100) % 2, "no_usable_covariate"),
        (np.empty((100, 0)), np.arange(100) % 2, "no_usable_covariate"),
        (np.arange(100.0)[:, None], np.zeros(100, int), "too_few_live_arms"),
        (np.arange(100.0)[:, None], np.full(100, -1), "too_few_live_arms"),
        (np.empty((0, 1)), np.empty(0, int), "too_few_live_arms"),
        (np.arange(100.0)[:, None], (np.arange(100) < 19).astype(int), "too_few_persons"),
    ],
)
def test_where_there_is_nothing_to_check_it_says_why(values, arm, reason):
    answer = checked(values, arm)

    assert answer.reason.code == reason
    assert (answer.statistic, answer.df, answer.p_value, answer.worst) == (None,) * 4


def test_a_tail_beyond_doubles_is_the_smallest_one():
    arm = np.arange(20_000) % 2

    assert checked(arm[:, None] + np.tile([0, 0, 1e-3, 1e-3], 5_000)[:, None], arm).p_value == 5e-324


@RUNS
@given(tables(), st.sampled_from([(0.01, 0.0), (-1e6, 5.0), (1.0, 1e9)]))
def test_units_and_offsets_of_the_covariates_do_not_matter(table, unit):
    values, arm = table
    moved = np.round(values * 64) / 64

    answer, other = checked(moved, arm), checked(moved * unit[0] + unit[1], arm)

    assert other.left_out == answer.left_out
    assert other.statistic == pytest.approx(answer.statistic, rel=1e-6)
    assert 0 < answer.p_value <= 1


@RUNS
@given(tables(), st.permutations(range(4)))
def test_the_order_of_arms_does_not_matter(table, order):
    values, arm = table

    assert checked(values, np.array(order)[arm]).p_value == pytest.approx(checked(values, arm).p_value, rel=1e-6)


@RUNS
@given(tables())
def test_all_together_is_never_less_than_the_largest_alone(table):
    answer = checked(*table)
    arms = len(np.unique(table[1]))

    alone = [chi2.isf(each.p_value, arms - 1) for each in answer.covariates]
    assert answer.statistic >= max(alone) * (1 - 1e-6)


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="do not fit"):
        check_balance(np.ones((3, 2)), np.zeros(3, int), names=["one"])
    with pytest.raises(ValueError, match="do not fit"):
        check_balance(np.ones((3, 1)), np.zeros(2, int), names=["one"])
