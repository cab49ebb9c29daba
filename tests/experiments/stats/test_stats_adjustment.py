"""Adjusted means against statsmodels' interacted regression with HC2, CUPED's own formula, and Fieller's definition."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import t as student
from statsmodels.regression.linear_model import OLS

from experiments.stats.adjustment import compare_adjusted
from experiments.stats.covariates import completed

RUNS = settings(max_examples=100, deadline=None)
LEVELS = st.sampled_from([0.2, 0.05, 0.001, 1e-7])


def shop(seed, people=400, columns=2, effect=1.0):
    """Outcomes that follow what was known before, steeper in treatment; everything is skew."""
    draw = np.random.default_rng(seed)
    before = draw.lognormal(1, 0.7, (people, columns))
    arm = draw.integers(0, 2, people)
    slopes = np.linspace(1, 0.3, columns)
    return before @ slopes * (1 + 0.2 * arm) + effect * arm + draw.lognormal(1, 0.8, people), before, arm


def interacted(outcome, columns, arm):
    """statsmodels: outcome on 1, treatment, centred columns, and treatment times these."""
    centred = columns - columns.mean(axis=0)
    return OLS(outcome, np.column_stack([np.ones(len(arm)), arm, centred, centred * arm[:, None]])).fit(cov_type="HC2")


def with_gaps(columns, seed, share=0.3):
    gaps = np.random.default_rng(seed).random(columns.shape) < share
    return np.where(gaps, np.nan, columns)


def filled(columns, value):
    """What is missing by hand: some value, and an indicator per column."""
    return np.column_stack([np.where(np.isnan(columns), value, columns), np.isnan(columns)]).astype(float)


def error_of(comparison):
    return comparison.diff / comparison.statistic


@st.composite
def tables(draw):
    people = draw(st.integers(2, 6) | st.integers(30, 60))
    outcome, before, arm = shop(
        draw(st.integers(0, 50)), people, draw(st.integers(1, 3)), draw(st.sampled_from([0, 3]))
    )
    before = with_gaps(before, 1, draw(st.sampled_from([0, 0.3, 0.95])))
    return outcome.round(draw(st.sampled_from([0, 9]))) - draw(st.sampled_from([0, 8])), before, arm


def leaves_out_zero(interval):
    low, high = interval
    return (low is not None and low > 0) or (high is not None and high < 0)


@pytest.mark.parametrize("columns", [1, 2, 4])
def test_difference_and_error_are_statsmodels_interacted_regression_with_hc2(columns):
    outcome, before, arm = shop(1, columns=columns)
    fit = interacted(outcome, before, arm)

    answer = compare_adjusted(outcome, before, arm, treatment=1, alpha=0.05)

    assert answer.comparison.diff == pytest.approx(fit.params[1], rel=1e-9)
    assert error_of(answer.comparison) == pytest.approx(fit.bse[1], rel=1e-9)
    assert answer.covariates_used == tuple(range(columns))


@pytest.mark.parametrize("fill", [0.0, 1e3])
def test_gaps_are_a_mean_and_an_indicator_and_what_is_filled_in_makes_no_difference(fill):
    outcome, before, arm = shop(2)
    before = with_gaps(before, 2)
    fit = interacted(outcome, filled(before, fill), arm)

    answer = compare_adjusted(outcome, before, arm, treatment=1, alpha=0.05)

    assert answer.comparison.diff == pytest.approx(fit.params[1], rel=1e-9)
    assert error_of(answer.comparison) == pytest.approx(fit.bse[1], rel=1e-9)


def test_with_one_covariate_and_equal_slopes_it_is_cuped():
    # Deng et al. 2013: diff of means less theta times diff of the covariate's, theta = Cov(y, x) / Var(x).
    draw = np.random.default_rng(3)
    before, arm = draw.normal(size=200), np.arange(200) % 2
    noise = np.concatenate([[0.0], draw.normal(size=199)])
    for side in (0, 1):
        rows = np.column_stack([np.ones(100), before[arm == side]])
        noise[arm == side] -= rows @ np.linalg.lstsq(rows, noise[arm == side], rcond=None)[0]
    outcome = 2 * before + 0.4 * arm + noise

    answer = compare_adjusted(outcome, before[:, None], arm, treatment=1, alpha=0.05)

    def apart(values):
        return values[arm == 1].mean() - values[arm == 0].mean()

    assert answer.comparison.diff == pytest.approx(apart(outcome) - 2 * apart(before), rel=1e-9)
    assert apart(outcome) != pytest.approx(answer.comparison.diff, abs=0.01)


def test_gain_is_one_minus_the_ratio_of_the_two_variances():
    outcome, before, arm = shop(4)

    answer = compare_adjusted(outcome, before, arm, treatment=1, alpha=0.05)

    ratio = error_of(answer.comparison) ** 2 / error_of(answer.unadjusted) ** 2
    assert answer.variance_reduction == pytest.approx(1 - ratio, rel=1e-12)
    assert answer.variance_reduction > 0.2
    assert answer.unadjusted.diff == pytest.approx(outcome[arm == 1].mean() - outcome[arm == 0].mean(), rel=1e-12)


def test_a_covariate_that_explains_nothing_costs_a_little_and_says_so():
    draw = np.random.default_rng(5)
    outcome, noise, arm = draw.normal(size=60), draw.normal(size=(60, 8)), np.arange(60) % 2

    assert compare_adjusted(outcome, noise, arm, treatment=1, alpha=0.05).variance_reduction < 0


def test_lift_is_relative_to_the_plain_control_mean_and_its_interval_is_fiellers():
    outcome, before, arm = shop(6)
    answer = compare_adjusted(outcome, before, arm, treatment=1, alpha=0.05).comparison
    rows = np.column_stack([np.ones(len(arm)), before - before.mean(axis=0)])[arm == 0]
    y, n = outcome[arm == 0], (arm == 0).sum()
    hat = rows @ np.linalg.inv(rows.T @ rows) @ rows.T
    weight = np.linalg.inv(rows.T @ rows)[0] @ rows.T
    errors = weight * (y - hat @ y) / np.sqrt(1 - np.diag(hat))
    cov = -(errors * (y - y.mean())).sum() / math.sqrt(n * (n - 1))

    def edge(r):
        noise = error_of(answer) ** 2 - 2 * r * cov + r * r * y.var(ddof=1) / n
        return abs(answer.diff - r * y.mean()) / math.sqrt(noise)

    assert answer.lift == pytest.approx(answer.diff / y.mean(), rel=1e-12)
    quantile = student.isf(0.025, answer.df)
    assert [edge(end) for end in answer.lift_ci] == pytest.approx([quantile, quantile], rel=1e-9)


def test_intervals_cover_the_truth_as_often_as_they_say():
    draw, covered = np.random.default_rng(7), np.zeros(2)
    for _ in range(800):
        before = draw.normal(size=(120, 1))
        arm = draw.permutation(120) % 2
        outcome = 5 + 2 * before[:, 0] + arm + draw.normal(size=120)
        answer = compare_adjusted(outcome, before, arm, treatment=1, alpha=0.1).comparison
        ends = zip((answer.diff_ci, answer.lift_ci), (1.0, 0.2), strict=True)
        covered += [low <= truth <= high for (low, high), truth in ends]

    # 90 % of 800, and three standard errors.
    assert np.abs(covered - 720).max() <= 3 * math.sqrt(800 * 0.9 * 0.1)


@pytest.mark.parametrize("copy", [lambda x: x, lambda x: 3 - 2 * x, lambda x: x * (1 + 1e-9)])
def test_a_covariate_in_other_words_is_dropped(copy):
    outcome, before, arm = shop(8, columns=1)
    doubled = np.column_stack([before[:, 0], copy(before[:, 0]), np.full(len(arm), 7.0)])

    answer = compare_adjusted(outcome, doubled, arm, treatment=1, alpha=0.05)

    alone = compare_adjusted(outcome, before, arm, treatment=1, alpha=0.05)
    assert answer.comparison == alone.comparison
    assert answer.covariates_used == (0,)


def test_gaps_that_come_together_are_told_once():
    # New visitors lack all of the past: both indicators are the same column.
    outcome, before, arm = shop(9)
    before[:120] = np.nan
    fit = interacted(outcome, filled(before, 0.0)[:, :3], arm)

    answer = compare_adjusted(outcome, before, arm, treatment=1, alpha=0.05)

    assert error_of(answer.comparison) == pytest.approx(fit.bse[1], rel=1e-9)


def test_a_covariate_known_of_nobody_differs_from_one_where_only_the_gaps_tell_something():
    outcome, _, arm = shop(10)
    nothing = np.full((len(arm), 1), np.nan)
    only_gaps = np.where(np.arange(len(arm)) < 200, 5.0, np.nan)[:, None]

    assert compare_adjusted(outcome, nothing, arm, treatment=1, alpha=0.05).covariates_used == ()
    assert compare_adjusted(outcome, only_gaps, arm, treatment=1, alpha=0.05).covariates_used == (0,)


@pytest.mark.parametrize("missing", [1, 2])
def test_a_covariate_that_hangs_on_one_person_is_dropped(missing):
    outcome, _, arm = shop(11, people=60)
    rare = np.zeros((60, 1))
    for side in (0, 1):
        rare[np.flatnonzero(arm == side)[:missing]] = 1.0

    assert bool(compare_adjusted(outcome, rare, arm, treatment=1, alpha=0.05).covariates_used) == (missing == 2)


@pytest.mark.parametrize("columns", [np.empty((400, 0)), np.full((400, 1), 3.0), np.full((400, 2), np.nan)])
def test_without_a_usable_covariate_the_numbers_are_the_unadjusted_ones(columns):
    outcome, _, arm = shop(12)

    answer = compare_adjusted(outcome, columns, arm, treatment=1, alpha=0.05)

    assert answer.comparison == answer.unadjusted
    assert (answer.variance_reduction, answer.covariates_used) == (0, ())
    assert (answer.reason.code, answer.comparison.method) == ("no_usable_covariate", answer.unadjusted.method)


def test_an_outcome_known_beforehand_leaves_nothing_to_test():
    before, arm = np.random.default_rng(13).normal(size=(80, 1)), np.arange(80) % 2

    answer = compare_adjusted(3 * before[:, 0] + arm, before, arm, treatment=1, alpha=0.05)

    assert (answer.comparison.reason.code, answer.comparison.p_value) == ("no_variation", None)
    assert (answer.comparison.diff, answer.variance_reduction) == pytest.approx((1, 1))


@pytest.mark.parametrize(
    ("outcome", "arm", "reason"),
    [
        ([1.0, 2.0, 3.0], [0, 0, 0], "empty_arm"),
        ([1.0, 2.0, 3.0], [0, 0, 1], "too_few_persons"),
        ([1.0, 1.0, 2.0, 2.0], [0, 0, 1, 1], "no_variation"),
        ([0.0, 0.0, 2.0, 3.0], [0, 0, 1, 1], "no_variation"),
        ([1.0, 2.0, 2.0, 4.0], [0, 0, 1, 1], "no_usable_covariate"),
    ],
)
def test_what_cannot_be_adjusted_says_why(outcome, arm, reason):
    before = np.arange(len(arm), dtype=float)[:, None]

    answer = compare_adjusted(np.array(outcome), before, np.array(arm), treatment=1, alpha=0.05)

    assert (answer.reason.code, answer.comparison) == (reason, answer.unadjusted)


def test_a_control_mean_of_zero_has_a_test_and_no_lift():
    outcome, before, arm = shop(14)
    outcome -= outcome[arm == 0].mean()
    outcome[arm == 0] = np.concatenate([[1.0, -1.0], np.zeros((arm == 0).sum() - 2)])

    answer = compare_adjusted(outcome, before, arm, treatment=1, alpha=0.05).comparison

    assert (answer.lift, answer.lift_ci, answer.reason.code) == (None, None, "control_is_zero")
    assert answer.p_value is not None


def test_an_offset_of_a_billion_changes_no_test():
    outcome, before, arm = shop(15)
    outcome, before = np.round(outcome * 8) / 8, np.round(before * 8) / 8  # exact beside 1e9

    near = compare_adjusted(outcome, before, arm, treatment=1, alpha=0.05).comparison
    far = compare_adjusted(outcome + 1e9, before - 1e9, arm, treatment=1, alpha=0.05).comparison

    assert (far.diff, far.statistic, far.p_value) == pytest.approx((near.diff, near.statistic, near.p_value), rel=1e-6)


def test_other_arms_are_left_out():
    outcome, before, arm = shop(16, people=900)
    third = np.where(np.arange(900) % 3 == 2, 2 - 3 * (np.arange(900) % 2), arm)
    inside = third >= 0
    inside &= third != 2

    answer = compare_adjusted(outcome, before, third, treatment=1, alpha=0.05)

    assert answer == compare_adjusted(outcome[inside], before[inside], third[inside], treatment=1, alpha=0.05)


@RUNS
@given(tables(), LEVELS)
def test_p_value_and_intervals_agree(table, alpha):
    answer = compare_adjusted(*table, treatment=1, alpha=alpha)
    assert answer.comparison.p_value is not None or answer.comparison.reason is not None
    assert math.isfinite(answer.variance_reduction)
    if answer.comparison.p_value is None:
        return

    comparison = answer.comparison
    assert 0 < comparison.p_value <= 1
    assert leaves_out_zero(comparison.diff_ci) == (comparison.p_value < alpha)
    assert comparison.lift_ci is None or leaves_out_zero(comparison.lift_ci) == (comparison.p_value < alpha)
    low, high = comparison.lift_ci or (None, None)
    assert comparison.lift is None or (low is None or low <= comparison.lift)
    assert comparison.lift is None or (high is None or comparison.lift <= high)


@RUNS
@given(tables(), st.sampled_from([0.01, -3.0, 1e6]), st.sampled_from([0.01, -7.0, 1e6]))
def test_units_of_covariates_change_nothing_and_those_of_the_outcome_only_the_difference(table, money, unit):
    outcome, before, arm = table

    answer = compare_adjusted(outcome, before, arm, treatment=1, alpha=0.05)
    other = compare_adjusted(outcome * money, before * unit + 5, arm, treatment=1, alpha=0.05)

    assert other.covariates_used == answer.covariates_used
    assert other.variance_reduction == pytest.approx(answer.variance_reduction, rel=1e-6, abs=1e-9)
    for name, factor in (("diff", money), ("lift", 1), ("p_value", 1)):
        same = getattr(answer.comparison, name)
        found = getattr(other.comparison, name)
        assert found == (None if same is None else pytest.approx(same * factor, rel=1e-5, abs=1e-9 * abs(factor)))


@RUNS
@given(tables())
def test_swapped_arms_give_the_mirror_image(table):
    outcome, before, arm = table

    answer = compare_adjusted(outcome, before, arm, treatment=1, alpha=0.05).comparison
    mirror = compare_adjusted(outcome, before, 1 - arm, treatment=1, alpha=0.05).comparison

    assert mirror.p_value == (answer.p_value and pytest.approx(answer.p_value, rel=1e-6))
    assert mirror.diff == (None if answer.diff is None else pytest.approx(-answer.diff, rel=1e-6, abs=1e-9))


@pytest.mark.parametrize("wrong", [np.ones((3, 1)), np.ones(4), np.full((4, 1), np.inf), np.full((4, 1), 1e200)])
def test_covariates_that_do_not_fit_are_refused(wrong):
    with pytest.raises(ValueError, match="covariate"):
        compare_adjusted(np.arange(4.0), wrong, np.array([0, 0, 1, 1]), treatment=1, alpha=0.05)


def test_an_outcome_or_a_treatment_that_does_not_fit_is_refused():
    arm = np.array([0, 0, 1, 1])
    with pytest.raises(ValueError, match="treatment"):
        compare_adjusted(np.arange(4.0), np.ones((4, 1)), arm, treatment=0, alpha=0.05)
    with pytest.raises(ValueError, match="finite"):
        compare_adjusted(np.array([np.nan, 1, 2, 3]), np.ones((4, 1)), arm, treatment=1, alpha=0.05)


def test_completed_columns_have_mean_zero_and_mean_square_one():
    known = completed(with_gaps(shop(17)[1] * 1e40 + 1e9, 17))

    assert (known.source, known.missing) == ((0, 0, 1, 1), (False, True, False, True))
    assert known.columns.mean(axis=1) == pytest.approx(np.zeros(4), abs=1e-12)
    assert (known.columns**2).mean(axis=1) == pytest.approx(np.ones(4))
