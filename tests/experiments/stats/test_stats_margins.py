"""Margins against scipy's tests on scaled values, a brute-force likelihood, and the intervals that must agree."""

import math
from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar
from scipy.stats import norm, ttest_ind
from statsmodels.stats.proportion import test_proportions_2indep as statsmodels_test

from experiments.stats.binary import pooled_z
from experiments.stats.margins import (
    equivalent_estimates,
    equivalent_means,
    equivalent_rates,
    not_worse_estimates,
    not_worse_means,
    not_worse_rates,
)
from experiments.stats.means import Estimate, compare_means, estimate_of
from experiments.stats.samples import Sample, binary
from experiments.stats.score_limits import lift_limits

RUNS = settings(max_examples=150, deadline=None)
TABLES = [(34, 5, 34, 7), (1000, 60, 1100, 62), (80, 16, 40, 36), (900, 300, 90, 27), (10**6, 1000, 10**6, 1010)]
CONTROL = ["9", "11", "10.5", "12", "8", "10", "9.75", "11.25"]
TREATMENT = ["9.5", "10", "10.5", "9", "12", "11", "8.5", "10", "9", "10.25"]
MARGINS = st.sampled_from([0.0, 1e-9, 0.01, 0.02, 0.1, 0.5, 0.99])
DESIRED = st.sampled_from(["increase", "decrease"])


@st.composite
def arms(draw):
    n = draw(st.integers(1, 40) | st.integers(1, 10**9))
    rare = draw(st.floats(-6, 0).map(lambda power: int(n * 10**power)))
    return binary(n, draw(st.sampled_from([0, 1, rare, n - 1, n]) | st.integers(0, n)))


def arms_of(table):
    return binary(*table[:2]), binary(*table[2:])


def farrington_manning(table, ratio):
    """z as printed: p_c the smaller root of A p^2 + B p + C, p_t = ratio p_c."""
    n_c, x_c, n_t, x_t = table
    a, b, c = (n_c + n_t) * ratio, -(n_t * ratio + x_t + n_c + x_c * ratio), x_t + x_c
    p_c = (-b - math.sqrt(b * b - 4 * a * c)) / (2 * a)
    p_t = ratio * p_c
    return (x_t / n_t - ratio * x_c / n_c) / math.sqrt(p_t * (1 - p_t) / n_t + ratio**2 * p_c * (1 - p_c) / n_c)


def by_brute_force(table, ratio):
    """The same with the likelihood maximised by search."""
    n_c, x_c, n_t, x_t = table

    def loss(p):
        return -sum(x * math.log(q) + (n - x) * math.log1p(-q) for n, x, q in ((n_c, x_c, p), (n_t, x_t, ratio * p)))

    p_c = minimize_scalar(loss, bounds=(1e-12, min(1, 1 / ratio) - 1e-12), options={"xatol": 1e-13}).x
    noise = ratio * p_c * (1 - ratio * p_c) / n_t + ratio**2 * p_c * (1 - p_c) / n_c
    return (x_t / n_t - ratio * x_c / n_c) / math.sqrt(noise)


@pytest.mark.parametrize("margin", [0.02, 0.1, 0.5])
@pytest.mark.parametrize("table", TABLES)
def test_rates_not_lower_is_farrington_and_mannings_test_of_a_ratio(table, margin):
    answer = not_worse_rates(*arms_of(table), margin=margin, desired="increase")

    z = farrington_manning(table, 1 - margin)
    assert answer.statistic == pytest.approx(z, rel=1e-9)
    assert answer.statistic == pytest.approx(by_brute_force(table, 1 - margin), rel=1e-5)
    assert answer.p_value == pytest.approx(norm.sf(z), rel=1e-9)


@pytest.mark.parametrize("margin", [0.02, 0.1, 0.5])
@pytest.mark.parametrize("table", TABLES)
def test_rates_not_higher_is_the_same_test_from_the_other_side(table, margin):
    answer = not_worse_rates(*arms_of(table), margin=margin, desired="decrease")

    z = farrington_manning(table, 1 + margin)
    assert answer.statistic == pytest.approx(-z, rel=1e-9)
    assert answer.p_value == pytest.approx(norm.cdf(z), rel=1e-9)


@pytest.mark.parametrize("table", TABLES)
def test_rates_not_lower_is_statsmodels_score_test_of_a_ratio(table):
    # Its ratio is sound inside the table; the one that is wrong in 0.15.0 is the difference.
    n_c, x_c, n_t, x_t = table
    reference = statsmodels_test(
        x_t, n_t, x_c, n_c, value=0.9, compare="ratio", method="score", alternative="larger", correction=False
    )

    answer = not_worse_rates(*arms_of(table), margin=0.1, desired="increase")

    assert (answer.statistic, answer.p_value) == pytest.approx((reference.statistic, reference.pvalue), rel=1e-9)


@RUNS
@given(arms(), arms(), MARGINS, DESIRED, st.sampled_from([0.2, 0.05, 0.01, 1e-7]))
def test_rates_not_worse_exactly_when_koopmans_interval_clears_the_margin(control, treatment, margin, desired, alpha):
    answer = not_worse_rates(control, treatment, margin=margin, desired=desired)
    assume(answer.p_value is not None and abs(answer.p_value / alpha - 1) > 1e-6)

    low, high = lift_limits(control, treatment, float(norm.isf(alpha)))

    clears = low > -margin if desired == "increase" else high is not None and high < margin
    assert (answer.p_value < alpha) == clears


@RUNS
@given(arms(), arms(), MARGINS, st.sampled_from([0.2, 0.05, 0.01]))
def test_rates_are_equivalent_exactly_when_koopmans_interval_lies_inside(control, treatment, margin, alpha):
    answer = equivalent_rates(control, treatment, margin=margin)
    assume(answer.p_value is not None and abs(answer.p_value / alpha - 1) > 1e-6)

    low, high = lift_limits(control, treatment, float(norm.isf(alpha)))

    assert (answer.p_value < alpha) == (low > -margin and high is not None and high < margin)


@RUNS
@given(arms(), arms())
def test_rates_without_a_margin_are_the_pooled_z(control, treatment):
    answer = not_worse_rates(control, treatment, margin=0, desired="increase")
    assume(answer.statistic is not None)

    assert answer.statistic == pytest.approx(pooled_z(control, treatment), rel=1e-9)


@RUNS
@given(arms(), arms(), MARGINS, DESIRED)
def test_rates_are_safer_with_a_wider_margin(control, treatment, margin, desired):
    narrow = not_worse_rates(control, treatment, margin=margin, desired=desired)
    wide = not_worse_rates(control, treatment, margin=margin + 0.005, desired=desired)
    assume(narrow.p_value is not None)

    assert 0 < wide.p_value <= narrow.p_value * (1 + 1e-9) <= 1 + 1e-9
    assert math.isfinite(wide.statistic)
    assert math.isfinite(narrow.signed_z)


def values(texts):
    return np.array([float(text) for text in texts])


def by_scipy(ratio, alternative):
    """The larger p of Welch's and of Student's test of treatment against ratio x control, and Welch's t."""
    arrays = values(TREATMENT), ratio * values(CONTROL)
    welch, student = (ttest_ind(*arrays, equal_var=equal, alternative=alternative) for equal in (False, True))
    return welch.statistic, max(welch.pvalue, student.pvalue)


@pytest.mark.parametrize("margin", [0, 0.02, 0.2])
def test_means_not_worse_are_scipys_tests_against_scaled_values(sample_of, margin):
    control, treatment = sample_of(CONTROL), sample_of(TREATMENT)

    above = not_worse_means(control, treatment, margin=margin, desired="increase")
    below = not_worse_means(control, treatment, margin=margin, desired="decrease")

    t, p_value = by_scipy(1 - margin, "greater")
    assert (above.statistic, above.p_value) == pytest.approx((t, p_value), rel=1e-9)
    t, p_value = by_scipy(1 + margin, "less")
    assert (below.statistic, below.p_value) == pytest.approx((-t, p_value), rel=1e-9)


def test_means_are_equivalent_by_the_weaker_of_two_tests(sample_of):
    answer = equivalent_means(sample_of(CONTROL), sample_of(TREATMENT), margin=0.2)

    sides = [by_scipy(0.8, "greater"), by_scipy(1.2, "less")]
    assert answer.p_value == pytest.approx(max(p for _, p in sides), rel=1e-9)
    assert answer.statistic == pytest.approx(min(abs(t) for t, _ in sides), rel=1e-9)


def test_estimates_are_tested_as_the_samples_they_come_from(sample_of):
    arms = sample_of(CONTROL), sample_of(TREATMENT)
    estimates = [estimate_of(arm) for arm in arms]

    one = not_worse_means(*arms, margin=0.1, desired="decrease")
    both = equivalent_means(*arms, margin=0.1)

    assert not_worse_estimates(*estimates, margin=0.1, desired="decrease").p_value == pytest.approx(one.p_value)
    assert equivalent_estimates(*estimates, margin=0.1).p_value == pytest.approx(both.p_value)


@pytest.mark.parametrize("margin", [0.004, 0.005, 0.006, 0.0065, 0.007, 0.008])
def test_means_of_large_arms_are_not_worse_exactly_when_fiellers_interval_clears_the_margin(margin):
    # 1e6 each: degrees of freedom no longer matter, and equal arms leave the decision to Welch's t.
    control, treatment = binary(10**6, 500_000), binary(10**6, 499_000)
    low, _ = compare_means(control, treatment, alpha=0.1).lift_ci

    answer = not_worse_means(control, treatment, margin=margin, desired="increase")

    assert (answer.p_value < 0.05) == (low > -margin)


def test_a_small_control_does_not_pass_by_lacking_large_values(sample_of):
    # Nine small orders against a treatment whose few large ones carry its mean: Welch alone is sure.
    control, treatment = sample_of(["0"] * 16 + ["1"] * 4), sample_of(["0"] * 380 + ["60"] * 20)

    answer = not_worse_means(control, treatment, margin=0.02, desired="increase")

    assert norm.sf(answer.statistic) < 0.001
    assert answer.p_value > 0.05


@pytest.mark.parametrize(
    ("control", "treatment", "margin", "reason"),
    [
        ((0, 0), (10, 3), 0.02, "empty_arm"),
        ((10, 3), (0, 0), 0.02, "empty_arm"),
        ((10, 0), (20, 0), 0.02, "no_conversions"),
        ((10, 10), (20, 20), 0.0, "all_converted"),
        ((10, 10), (20, 20), 0.02, None),
        ((10, 0), (20, 20), 0.02, None),
        ((10, 10), (20, 0), 0.02, None),
        ((1, 0), (1, 1), 0.02, None),
        ((10**9, 10**9), (10**9, 1000), 0.02, None),
    ],
)
def test_rates_at_the_edges_have_a_number_or_a_reason(control, treatment, margin, reason):
    answers = [
        not_worse_rates(binary(*control), binary(*treatment), margin=margin, desired="increase"),
        not_worse_rates(binary(*control), binary(*treatment), margin=margin, desired="decrease"),
        equivalent_rates(binary(*control), binary(*treatment), margin=margin),
    ]

    for answer in answers:
        assert (answer.reason.code if answer.reason else None) == reason
        assert (answer.p_value is None) == (answer.statistic is None) == (reason is not None)
        assert answer.p_value is None or (0 < answer.p_value <= 1 and math.isfinite(answer.signed_z))


@pytest.mark.parametrize(
    ("control", "treatment", "reason"),
    [
        ([], ["1", "2"], "empty_arm"),
        (["1"], ["1", "2"], "too_few_persons"),
        (["1", "1"], ["2", "2"], "no_variation"),
        (["-1", "1"], ["1", "2"], "control_is_zero"),
        (["-1", "-2"], ["1", "2"], "control_is_negative"),
        (["1", "1"], ["-1", "-2"], None),
    ],
)
def test_means_without_a_meaningful_margin_give_the_reason(sample_of, control, treatment, reason):
    for answer in (
        not_worse_means(sample_of(control), sample_of(treatment), margin=0.02, desired="increase"),
        equivalent_means(sample_of(control), sample_of(treatment), margin=0.02),
    ):
        assert (answer.reason.code if answer.reason else None) == reason
        assert (answer.p_value is None) == (answer.signed_z is None) == (reason is not None)


@pytest.mark.parametrize("rate", ["0.01", "3", "1e9"])
def test_means_in_another_currency_are_as_safe(sample_of, rate):
    factor = Decimal(rate)
    arms = sample_of(CONTROL), sample_of(TREATMENT)
    in_currency = [replace(a, total=a.total * factor, squares=a.squares * factor**2) for a in arms]

    other = equivalent_means(*in_currency, margin=0.1)

    assert other.p_value == pytest.approx(equivalent_means(*arms, margin=0.1).p_value, rel=1e-12)


def test_far_tails_do_not_round_to_zero():
    rates = not_worse_rates(binary(10**6, 1000), binary(10**6, 3000), margin=0.02, desired="increase")
    means = not_worse_estimates(Estimate(10**6, 1.0, 1.0), Estimate(10**6, 9.0, 1.0), margin=0.0, desired="increase")

    assert rates.p_value == pytest.approx(norm.sf(rates.statistic), rel=1e-9)
    assert rates.p_value < 1e-200
    assert means.p_value == 5e-324
    assert means.signed_z > 38


@pytest.mark.parametrize(
    ("margin", "desired"), [(-0.1, "increase"), (1.0, "increase"), (math.nan, "decrease"), (0.1, "up")]
)
def test_margins_and_directions_that_mean_nothing_are_refused(margin, desired):
    arm = Sample(9, 3, Decimal(3), Decimal(3))
    for test in (not_worse_rates, not_worse_means):
        with pytest.raises(ValueError, match=r"margin=|desired="):
            test(arm, arm, margin=margin, desired=desired)
