"""Welch's test against scipy and statsmodels, and what it says when it cannot test."""

import math
from decimal import Decimal

import numpy as np
import pytest
from scipy.stats import t as student
from scipy.stats import ttest_ind, ttest_ind_from_stats
from statsmodels.stats.weightstats import CompareMeans

from experiments.stats.means import Estimate, compare_estimates, compare_means, estimate_of
from experiments.stats.samples import Sample, binary

CONTROL = ["0", "0", "0", "12.50", "20.00", "7.99"]
TREATMENT = ["0", "0", "31.00", "15.25", "22.00", "9.99", "40.00", "18.00"]


def floats(values):
    return np.array([float(value) for value in values])


def test_t_is_scipys_welch_test_on_the_values(sample_of):
    answer = compare_means(sample_of(CONTROL), sample_of(TREATMENT), alpha=0.05)

    reference = ttest_ind(floats(TREATMENT), floats(CONTROL), equal_var=False)
    assert answer.statistic == pytest.approx(reference.statistic, rel=1e-12)
    assert answer.df == pytest.approx(reference.df, rel=1e-12)


@pytest.mark.parametrize(
    ("control", "treatment"),
    [
        (CONTROL, TREATMENT),
        (TREATMENT, CONTROL),
        (CONTROL, TREATMENT[:6]),
        (["0", "1", "9"] * 40, ["2", "3"] * 3),
        (["2", "3"] * 40, ["0", "4", "9"] * 3),
    ],
)
def test_p_is_the_larger_of_scipys_welch_and_students_test(sample_of, control, treatment):
    arms = floats(treatment), floats(control)
    welch, student = (ttest_ind(*arms, equal_var=equal).pvalue for equal in (False, True))

    answer = compare_means(sample_of(control), sample_of(treatment), alpha=0.05)

    assert answer.p_value == pytest.approx(max(welch, student), rel=1e-12)


def test_with_equal_arms_welch_decides(sample_of):
    control, treatment = sample_of(CONTROL), sample_of(TREATMENT[:6])

    answer = compare_means(control, treatment, alpha=0.05)

    moments = [(arm.mean, math.sqrt(arm.variance), arm.n) for arm in (treatment, control)]
    reference = ttest_ind_from_stats(*moments[0], *moments[1], equal_var=False)
    assert (answer.statistic, answer.p_value) == pytest.approx(tuple(reference), rel=1e-12)


def test_intervals_reach_to_zero_where_only_the_pooled_test_keeps_it(sample_of):
    # A small arm that happens to have no large value: Welch rejects, the pooled test does not.
    control, treatment = sample_of(["0"] * 95 + ["40"] * 5), sample_of(["0"] * 7 + ["1"])

    answer = compare_means(control, treatment, alpha=0.05)

    welch_p = 2 * student.sf(abs(answer.statistic), answer.df)
    assert welch_p < 0.05 < answer.p_value
    assert (answer.diff_ci[1], answer.lift_ci[1]) == (0.0, 0.0)


def test_estimates_are_compared_as_the_samples_they_come_from(sample_of):
    control, treatment = sample_of(CONTROL), sample_of(TREATMENT)

    answer = compare_estimates(estimate_of(control), estimate_of(treatment), alpha=0.01, method="other/3")
    exact = compare_means(control, treatment, alpha=0.01)

    assert answer.method == "other/3"
    for name in ("diff", "diff_ci", "lift", "statistic", "df", "p_value"):
        assert getattr(answer, name) == pytest.approx(getattr(exact, name), rel=1e-13)


@pytest.mark.parametrize(
    ("control", "treatment", "reason"),
    [
        (Estimate(0, 0.0, 0.0), Estimate(9, 1.0, 1.0), "empty_arm"),
        (Estimate(1, 1.0, 0.0), Estimate(9, 1.0, 1.0), "too_few_persons"),
        (Estimate(9, 1.0, 0.0), Estimate(9, 2.0, 1e-300), "no_variation"),
        (Estimate(9, 1e-101, 1.0), Estimate(9, 2.0, 1.0), "control_is_zero"),
        (Estimate(2, 1e100, 1e200), Estimate(2, -1e100, 1e200), None),
        (Estimate(2, 1e-100, 1e200), Estimate(10**9, 1e100, 0.0), None),
        (Estimate(2, 1e-100, 1e-200), Estimate(10**9, -1e100, 0.0), None),
    ],
)
def test_estimates_at_the_ends_of_doubles_are_answered(control, treatment, reason):
    answer = compare_estimates(control, treatment, alpha=1e-100, method="m/1")

    assert (answer.reason.code if answer.reason else None) == reason


@pytest.mark.parametrize(
    ("n", "mean", "variance"),
    [(-1, 0.0, 0.0), (5, math.nan, 1.0), (5, math.inf, 1.0), (5, 0.0, -1.0), (5, 0.0, math.nan), (5, 1e101, 1.0)],
)
def test_impossible_estimates_are_refused(n, mean, variance):
    with pytest.raises(ValueError, match="need"):
        Estimate(n, mean, variance)


@pytest.mark.parametrize("alpha", [0.2, 0.05, 0.001])
def test_the_interval_is_statsmodels_unequal_variance_interval(sample_of, alpha):
    interval = CompareMeans.from_data(floats(TREATMENT), floats(CONTROL)).tconfint_diff(alpha, usevar="unequal")

    answer = compare_means(sample_of(CONTROL), sample_of(TREATMENT), alpha=alpha)

    assert answer.diff_ci == pytest.approx(interval, rel=1e-10)


def test_lift_is_the_difference_over_the_control_mean(sample_of):
    answer = compare_means(sample_of(["1", "2", "3"]), sample_of(["2", "3", "4"]), alpha=0.05)

    assert (answer.diff, answer.lift) == (1.0, 0.5)


def test_a_far_tail_is_not_rounded_to_zero(sample_of):
    control, treatment = sample_of(["0", "1"] * 50), sample_of(["40", "41"] * 50)

    answer = compare_means(control, treatment, alpha=0.05)

    # The leading term of the tail of t, with the density by scipy: sf(t) = t pdf(t) / df (1 + O(df / t^2)).
    leading = 2 * answer.statistic * student.pdf(answer.statistic, answer.df) / answer.df
    assert answer.p_value == pytest.approx(leading, rel=0.01)
    assert 0 < answer.p_value < 1e-200


def test_a_tail_beyond_doubles_is_the_smallest_one():
    persons = 10**9
    answer = compare_means(binary(persons, 10**8), binary(persons, 9 * 10**8), alpha=0.05)

    assert answer.p_value == 5e-324


def test_an_offset_of_a_billion_changes_neither_difference_nor_test(sample_of):
    near = compare_means(sample_of(CONTROL), sample_of(TREATMENT), alpha=0.05)
    far_arms = [sample_of(Decimal(value) + 10**9 for value in arm) for arm in (CONTROL, TREATMENT)]

    far = compare_means(*far_arms, alpha=0.05)

    assert (far.diff, far.diff_ci, far.statistic, far.p_value) == (
        near.diff,
        near.diff_ci,
        near.statistic,
        near.p_value,
    )


@pytest.mark.parametrize(("control", "treatment"), [([], ["1", "2"]), (["1", "2"], []), ([], [])])
def test_an_empty_arm_gives_no_number(sample_of, control, treatment):
    answer = compare_means(sample_of(control), sample_of(treatment), alpha=0.05)

    assert answer.reason.code == "empty_arm"
    assert (answer.diff, answer.lift, answer.p_value) == (None, None, None)


def test_an_arm_of_one_gives_the_difference_but_no_test(sample_of):
    answer = compare_means(sample_of(["4"]), sample_of(["4", "6"]), alpha=0.05)

    assert answer.reason.code == "too_few_persons"
    assert (answer.diff, answer.lift) == (1.0, 0.25)
    assert (answer.statistic, answer.df, answer.p_value, answer.diff_ci, answer.lift_ci) == (None,) * 5


def test_arms_without_variation_give_the_difference_but_no_test(sample_of):
    answer = compare_means(sample_of(["4", "4"]), sample_of(["5", "5", "5"]), alpha=0.05)

    assert answer.reason.code == "no_variation"
    assert (answer.diff, answer.lift, answer.p_value, answer.diff_ci) == (1.0, 0.25, None, None)


def test_one_arm_without_variation_is_tested_with_the_other_arms_freedom(sample_of):
    answer = compare_means(sample_of(["4", "4", "4"]), sample_of(["5", "7", "8", "9"]), alpha=0.05)

    assert answer.df == 3
    assert answer.reason is None


@pytest.mark.parametrize("control", [["0", "0", "0"], ["-1", "1", "0"]])
def test_a_control_mean_of_zero_has_no_lift_but_a_test(sample_of, control):
    answer = compare_means(sample_of(control), sample_of(["1", "2", "2"]), alpha=0.05)

    assert (answer.lift, answer.lift_ci, answer.reason.code) == (None, None, "control_is_zero")
    assert answer.p_value is not None


def test_a_negative_control_mean_does_not_turn_the_interval_upside_down(sample_of):
    # tea-tasting 1.14 answers (-1.84, -2.19) to control -1, treatment +1.
    control, treatment = sample_of(["-0.9", "-1.0", "-1.1"] * 20), sample_of(["0.9", "1.0", "1.1"] * 20)

    answer = compare_means(control, treatment, alpha=0.05)

    assert answer.lift == -2
    assert answer.lift_ci[0] < -2 < answer.lift_ci[1] < 0


def test_a_level_far_below_use_is_still_answered_in_finite_numbers(sample_of):
    answer = compare_means(sample_of(["1", "2"]), sample_of(["2", "9"]), alpha=1e-100)

    assert answer.diff_ci[0] < -1e90
    assert answer.lift_ci == (None, None)


def test_the_largest_and_finest_sums_stay_finite():
    huge = Sample(3, 3, Decimal("1e60"), Decimal("1e120"))
    tiny = Sample(3, 1, Decimal("1e-60"), Decimal("1e-120"))

    answer = compare_means(tiny, huge, alpha=0.05)

    assert answer.lift == pytest.approx(1e120)
    assert 0 < answer.p_value < 1
