"""Quantiles against theory, cluster-robust regression, a bootstrap of persons, and their own level."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm
from statsmodels.regression.linear_model import OLS

from experiments.stats.quantiles import Values, compare_quantiles

RUNS = settings(max_examples=100, deadline=None)
LEVELS = st.sampled_from([0.2, 0.05, 0.001, 1e-7])
QUANTILES = st.sampled_from([0.1, 0.5, 0.75, 0.9])


def alone(values):
    """Each value is another person's."""
    return Values(np.array(values, dtype=float), np.arange(len(values)))


def waits(seed, people=300, alike=0.7):
    """Waiting times: a person has about four, alike among themselves."""
    draw = np.random.default_rng(seed)
    person = np.repeat(np.arange(people), draw.geometric(0.25, people))
    return Values(np.exp(5 + 0.7 * draw.normal(size=len(person)) + alike * draw.normal(size=people)[person]), person)


def standard_error(arm, quantile):
    """Seen through the comparison with an equal arm, whose variances add up."""
    answer = compare_quantiles(arm, Values(arm.values + 1, arm.person), quantile=quantile, alpha=0.05)
    return answer.diff / answer.statistic / math.sqrt(2)


@st.composite
def arms(draw):
    """Few values or many, fine or rounded, of one person each or of several."""
    count = draw(st.integers(1, 10) | st.integers(40, 90))
    values = np.random.default_rng(draw(st.integers(0, 99))).normal(draw(st.sampled_from([0, 1, -9])), 1, count)
    return Values(values.round(draw(st.sampled_from([0, 3, 12, 12]))), np.arange(count) // draw(st.integers(1, 3)))


def leaves_out_zero(interval):
    low, high = interval
    return (low is not None and low > 0) or (high is not None and high < 0)


def test_the_standard_error_is_the_formula_with_statsmodels_cluster_robust_variance():
    arm, v = waits(1), 0.9
    h = norm.isf(0.025) * math.sqrt(v * (1 - v) / len(arm.values))
    low, middle, high = (np.percentile(arm.values, 100 * at) for at in (v - h, v, v + h))
    up_to = (arm.values <= middle).astype(float)
    fit = OLS(up_to, np.ones(len(up_to))).fit(cov_type="cluster", cov_kwds={"groups": arm.person})
    inflation = fit.bse[0] / math.sqrt(up_to.mean() * (1 - up_to.mean()) / len(up_to))

    assert standard_error(arm, v) == pytest.approx((high - low) / (2 * norm.isf(0.025)) * inflation, rel=1e-9)
    assert inflation > 1.1


@pytest.mark.parametrize("quantile", [0.1, 0.5, 0.9])
def test_of_normal_values_it_is_the_textbook_standard_error(quantile):
    draws = np.random.default_rng(2).normal(size=(30, 10_000))

    # sqrt(v (1 - v) / n) / density, Mosteller 1946. One error is known to 9 %, at worst, thirty to 2 %.
    textbook = math.sqrt(quantile * (1 - quantile) / 10_000) / norm.pdf(norm.ppf(quantile))
    assert np.mean([standard_error(alone(row), quantile) for row in draws]) == pytest.approx(textbook, rel=0.06)


def test_the_standard_error_is_that_of_a_bootstrap_of_persons():
    arm, draw = waits(3, people=400, alike=1.2), np.random.default_rng(3)
    rows = np.split(arm.values, np.flatnonzero(np.diff(arm.person)) + 1)

    drawn = [np.median(np.concatenate([rows[i] for i in draw.integers(0, len(rows), len(rows))])) for _ in range(400)]

    assert standard_error(arm, 0.5) == pytest.approx(np.std(drawn), rel=0.15)


def test_without_an_effect_each_direction_is_called_in_two_and_a_half_percent():
    signs = []
    for seed in range(600):
        answer = compare_quantiles(waits(2 * seed), waits(2 * seed + 1), quantile=0.75, alpha=0.05)
        signs.append(math.copysign(answer.p_value < 0.05, answer.diff))

    # 2.5 % of 600, and three standard errors.
    assert max(signs.count(1), signs.count(-1)) <= 15 + 3 * math.sqrt(15)
    assert signs.count(1) + signs.count(-1) >= 30 - 3 * math.sqrt(30)


def test_values_given_twice_say_no_more_than_once():
    once = np.random.default_rng(4).normal(size=(60, 200))
    errors = {times: [] for times in (1, 5)}
    for times, row in itertools.product(errors, once):
        noise = 1e-6 * np.random.default_rng(5).normal(size=200 * times)
        arm = Values(np.repeat(row, times) + noise, np.repeat(np.arange(200), times))
        errors[times].append(standard_error(arm, 0.5))

    assert np.mean(errors[5]) == pytest.approx(np.mean(errors[1]), rel=0.1)


def test_estimates_are_treatment_against_control():
    control, treatment = alone(np.arange(1.0, 102)), alone(np.arange(1.0, 102) * 1.5)

    answer = compare_quantiles(control, treatment, quantile=0.5, alpha=0.05)

    assert (answer.diff, answer.lift, answer.method) == (25.5, 0.5, "quantile_clustered/1")
    assert answer.statistic > 0


MANY = np.random.default_rng(5).normal(10, 1, 300)


@pytest.mark.parametrize(
    ("control", "treatment", "quantile", "reason"),
    [
        (alone([]), alone(MANY), 0.5, "empty_arm"),
        (alone(MANY), alone([]), 0.5, "empty_arm"),
        (alone(MANY), alone(MANY[:4]), 0.5, "too_few_values"),
        (alone(MANY), alone(MANY), 0.99, "too_few_values"),
        (alone(MANY), alone(MANY), 0.01, "too_few_values"),
        (alone(MANY.round()), alone(MANY), 0.5, "tied_values"),
        (alone(np.full(300, 7.0)), alone(np.full(300, 8.0)), 0.5, "tied_values"),
        (alone(np.random.default_rng(6).poisson(3, 500)), alone(MANY), 0.5, "tied_values"),
        (Values(MANY, np.zeros(300, int)), alone(MANY), 0.5, "too_few_persons"),
        (Values(np.arange(40.0), np.arange(40) % 20), alone(MANY), 0.5, "no_variation"),
        (alone(MANY - np.median(MANY)), alone(MANY), 0.5, "control_is_zero"),
    ],
)
def test_what_cannot_be_said_says_why(control, treatment, quantile, reason):
    answer = compare_quantiles(control, treatment, quantile=quantile, alpha=0.05)

    assert answer.reason.code == reason
    assert (answer.p_value is None) == (reason != "control_is_zero")
    assert (answer.diff is None) == (reason == "empty_arm")


def test_an_offset_of_a_billion_changes_no_test():
    # Quarters are exact beside 1e9.
    one, other = (np.random.default_rng(seed).integers(0, 10**6, 400) / 4 for seed in (7, 8))

    near = compare_quantiles(alone(one), alone(other), quantile=0.7, alpha=0.05)
    far = compare_quantiles(alone(one + 1e9), alone(other + 1e9), quantile=0.7, alpha=0.05)

    assert (far.diff, far.p_value) == pytest.approx((near.diff, near.p_value), rel=1e-9)


@RUNS
@given(arms(), arms(), QUANTILES, LEVELS)
def test_p_value_and_intervals_agree(control, treatment, quantile, alpha):
    answer = compare_quantiles(control, treatment, quantile=quantile, alpha=alpha)
    assert answer.p_value is not None or answer.reason is not None
    if answer.p_value is None:
        return

    assert 0 < answer.p_value <= 1
    assert leaves_out_zero(answer.diff_ci) == (answer.p_value < alpha)
    assert answer.lift_ci is None or leaves_out_zero(answer.lift_ci) == (answer.p_value < alpha)
    assert answer.diff_ci[0] < answer.diff_ci[1]


@RUNS
@given(arms(), arms(), QUANTILES)
def test_swapped_arms_give_the_mirror_image(control, treatment, quantile):
    answer = compare_quantiles(control, treatment, quantile=quantile, alpha=0.05)
    mirror = compare_quantiles(treatment, control, quantile=quantile, alpha=0.05)

    assert (mirror.diff, mirror.p_value) == (-answer.diff, answer.p_value and pytest.approx(answer.p_value))


@RUNS
@given(arms(), arms(), QUANTILES, st.sampled_from([0.5, 1024.0]))
def test_another_unit_changes_only_the_difference(control, treatment, quantile, unit):
    scaled = [Values(arm.values * unit, arm.person) for arm in (control, treatment)]

    answer = compare_quantiles(control, treatment, quantile=quantile, alpha=0.05)
    other = compare_quantiles(*scaled, quantile=quantile, alpha=0.05)

    assert other.diff == pytest.approx(answer.diff * unit, rel=1e-12)
    assert other.p_value == (answer.p_value and pytest.approx(answer.p_value, rel=1e-9))


@pytest.mark.parametrize("wrong", [0, 1, -0.5, 50, math.nan])
def test_a_quantile_outside_its_range_is_refused(wrong):
    with pytest.raises(ValueError, match="quantile"):
        compare_quantiles(alone(MANY), alone(MANY), quantile=wrong, alpha=0.05)


@pytest.mark.parametrize(
    ("values", "person"), [([1.0, math.inf], [0, 1]), ([1.0], [0, 1]), ([1.0], [0.0]), ([[1.0]], [[0]])]
)
def test_values_that_are_none_are_refused(values, person):
    with pytest.raises(ValueError, match=r"need|must"):
        Values(np.array(values), np.array(person))
