"""Sample-ratio check against scipy and exact arithmetic, and what it says when it cannot check."""

from decimal import Decimal, localcontext
from fractions import Fraction
from math import log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2, chisquare

from experiments.stats.ratio_check import CONCENTRATION, RatioCheck, sample_ratio, sample_ratio_over_phases


def test_it_is_scipys_chi_square():
    check = sample_ratio([5000, 5200, 2400], [0.4, 0.4, 0.2])

    reference = chisquare([5000, 5200, 2400], [5040, 5040, 2520])
    assert (check.statistic, check.p_value) == pytest.approx(tuple(reference), rel=1e-12)
    assert (check.df, check.reason) == (2, None)


def test_a_closed_arm_adds_no_degree_of_freedom():
    # GrowthBook answers .141 here: it counts the arm of weight 0.
    check = sample_ratio([5000, 5200, 0], [0.5, 0.5, 0])

    assert (check.df, round(check.p_value, 3)) == (1, 0.048)
    assert check.always_valid_p_value == sample_ratio([5000, 5200], [0.5, 0.5]).always_valid_p_value
    assert check.reason is None


def test_people_in_a_closed_arm_are_reported_beside_the_numbers_of_the_live_arms():
    check = sample_ratio([5000, 5200, 7], [0.5, 0.5, 0])

    live = sample_ratio([5000, 5200], [0.5, 0.5])
    assert (check.p_value, check.always_valid_p_value) == (live.p_value, live.always_valid_p_value)
    assert check.reason.code == "people_in_closed_arm"


@pytest.mark.parametrize("shares", [[1, 1, 2], [0.25, 0.25, 0.5], [25, 25, 50]])
def test_shares_may_have_any_sum(shares):
    check = sample_ratio([100, 100, 200], shares)

    assert check == RatioCheck(statistic=0.0, df=2, p_value=1.0, always_valid_p_value=1.0)


@pytest.mark.parametrize(
    ("observed", "shares", "code"),
    [
        ([0, 0], [1, 1], "nothing_observed"),
        ([0, 0, 3], [1, 1, 0], "nothing_observed"),
        ([5, 4], [1, 1], "too_few_persons"),
        ([90, 4], [0.96, 0.04], "too_few_persons"),
        ([90], [1], "too_few_live_arms"),
        ([90, 0], [1, 0], "too_few_live_arms"),
        ([0, 0], [0, 0], "too_few_live_arms"),
        ([], [], "too_few_live_arms"),
    ],
)
def test_what_cannot_be_checked_gives_a_reason_and_no_number(observed, shares, code):
    check = sample_ratio(observed, shares)

    assert check.reason.code == code
    assert (check.statistic, check.df, check.p_value, check.always_valid_p_value) == (None, None, None, None)


def test_expecting_exactly_five_is_enough():
    assert sample_ratio([5, 5], [1, 1]).p_value == 1.0


def test_a_lost_arm_among_a_billion_is_not_rounded_to_zero():
    assert sample_ratio([10**9, 0], [0.5, 0.5]).p_value == 5e-324
    assert sample_ratio([5600, 4400], [1, 1]).p_value == pytest.approx(chi2.sf(144, 1), rel=1e-12)


@pytest.mark.parametrize(
    ("observed", "shares"),
    [([1, 2], [1]), ([-1, 2], [1, 1]), ([1, 2], [1, -1]), ([1, 2], [1, float("nan")]), ([1, 2], [1, float("inf")])],
)
def test_impossible_counts_and_shares_are_refused(observed, shares):
    with pytest.raises(ValueError, match=r"count|share"):
        sample_ratio(observed, shares)


def exact_bayes_factor(counts, parts):
    """Pólya's urn in fractions: the chance of the arms as they came, with the prior and with the planned shares."""
    factor = Fraction(1)
    for count, part in zip(counts, parts, strict=True):
        for seen in range(count):
            factor *= (CONCENTRATION * part + seen) / part
    for seen in range(sum(counts)):
        factor /= CONCENTRATION + seen
    return factor


@pytest.mark.parametrize(
    ("counts", "parts"),
    [
        ([600, 400], [Fraction(1, 2)] * 2),
        ([30, 0], [Fraction(1, 2)] * 2),
        ([5, 995], [Fraction(1, 20), Fraction(19, 20)]),
        ([90, 200, 300], [Fraction(1, 10), Fraction(3, 10), Fraction(6, 10)]),
        ([0, 0, 70, 40], [Fraction(1, 4)] * 4),
    ],
)
def test_the_always_valid_p_value_is_one_over_the_exact_bayes_factor(counts, parts):
    check = sample_ratio(counts, [float(part) for part in parts])

    assert check.always_valid_p_value == pytest.approx(float(1 / exact_bayes_factor(counts, parts)), rel=1e-11)


def log_factorial(n):
    """Of a whole number from 30 on, to 40 digits: Stirling's series in decimals."""
    pi = Decimal("3.14159265358979323846264338327950288419716939937510582097494")
    x = Decimal(n)
    rest = [Decimal(c) / d / x ** (2 * k + 1) for k, (c, d) in enumerate([(1, 12), (-1, 360), (1, 1260), (-1, 1680)])]
    return (x + Decimal("0.5")) * x.ln() - x + (2 * pi).ln() / 2 + sum(rest)


@pytest.mark.parametrize("surplus", [0, 1, 1000, 75_000, 90_000, 200_000])
def test_a_billion_people_lose_no_digit(surplus):
    half = CONCENTRATION // 2
    counts = [500_000_000 + surplus, 500_000_000 - surplus]
    with localcontext() as context:
        context.prec = 50
        log_factor = sum(log_factorial(half + count - 1) for count in counts) - 2 * log_factorial(half - 1)
        log_factor += log_factorial(CONCENTRATION - 1) - log_factorial(CONCENTRATION + 10**9 - 1)
        log_factor += 10**9 * Decimal(2).ln()

    p_value = sample_ratio(counts, [1, 1]).always_valid_p_value

    assert log(p_value) == pytest.approx(min(0.0, -float(log_factor)), rel=1e-11, abs=1e-11)


def test_a_lost_arm_is_found_early_and_its_p_value_is_never_zero():
    assert sample_ratio([40, 0], [1, 1]).always_valid_p_value < 0.01
    assert sample_ratio([10**9, 0], [1, 1]).always_valid_p_value == 5e-324


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 10**9), st.integers(1, 100)), min_size=2, max_size=5), st.randoms())
def test_any_counts_give_probabilities_whatever_the_order_of_the_arms(arms, random):
    check = sample_ratio(*zip(*arms, strict=True))
    shuffled = sample_ratio(*zip(*random.sample(arms, len(arms)), strict=True))

    assert (check.p_value is None) == (check.always_valid_p_value is None) == (check.reason is not None)
    if check.p_value is not None:
        assert 0 < check.p_value <= 1
        assert 0 < check.always_valid_p_value <= 1
        assert shuffled.p_value == pytest.approx(check.p_value, rel=1e-6)
        assert shuffled.always_valid_p_value == pytest.approx(check.always_valid_p_value, rel=1e-6)


def test_daily_looks_at_a_sound_split_hardly_ever_raise_the_alarm():
    runs, shares = 700, [0.5, 0.3, 0.2]
    people = np.random.default_rng(7).multinomial(150, shares, size=(runs, 28)).cumsum(axis=1)

    alarms = sum(any(sample_ratio(day.tolist(), shares).always_valid_p_value < 0.01 for day in run) for run in people)
    daily_chi_square = sum(any(sample_ratio(day.tolist(), shares).p_value < 0.01 for day in run) for run in people)

    assert alarms <= 0.01 * runs
    assert daily_chi_square > 0.03 * runs


def test_phases_add_up_chi_squares_degrees_of_freedom_and_evidence():
    first, second = sample_ratio([5000, 5200], [1, 1]), sample_ratio([100, 150, 300], [1, 1, 2])

    check = sample_ratio_over_phases([[5000, 5200], [100, 150, 300]], [[1, 1], [1, 1, 2]])

    assert check.statistic == pytest.approx(first.statistic + second.statistic, rel=1e-14)
    assert (check.df, check.reason) == (3, None)
    assert check.p_value == pytest.approx(chi2.sf(check.statistic, 3), rel=1e-12)
    twice = sample_ratio_over_phases([[600, 400]] * 2, [[1, 1]] * 2).always_valid_p_value
    assert twice == pytest.approx(sample_ratio([600, 400], [1, 1]).always_valid_p_value ** 2, rel=1e-12)


def test_a_changed_split_is_no_mismatch_when_each_phase_has_its_own_shares():
    together = sample_ratio([5900, 4100], [0.5, 0.5])
    apart = sample_ratio_over_phases([[5000, 5000], [900, 100]], [[0.5, 0.5], [0.9, 0.1]])

    assert together.always_valid_p_value < 1e-10
    assert (apart.statistic, apart.p_value) == (pytest.approx(0, abs=1e-9), pytest.approx(1))


def test_a_phase_that_cannot_be_checked_adds_nothing_but_its_strays():
    check = sample_ratio_over_phases([[5000, 5200], [3, 1], [20, 30, 7]], [[1, 1], [1, 1], [1, 1, 0]])

    both = sample_ratio_over_phases([[5000, 5200], [20, 30]], [[1, 1], [1, 1]])
    assert (check.statistic, check.df, check.p_value) == (both.statistic, both.df, both.p_value)
    assert check.reason.code == "people_in_closed_arm"
    assert check.reason.detail.startswith("7 ")


def test_phases_none_of_which_can_be_checked_give_the_last_reason():
    assert sample_ratio_over_phases([[3, 1], [0, 0]], [[1, 1], [1, 1]]).reason.code == "nothing_observed"
    assert sample_ratio_over_phases([[0, 0], [3, 1]], [[1, 1], [1, 1]]).reason.code == "too_few_persons"
    assert sample_ratio_over_phases([], []).reason.code == "nothing_observed"


def test_phases_need_their_shares():
    with pytest.raises(ValueError, match="phases"):
        sample_ratio_over_phases([[1, 2]], [])
    with pytest.raises(ValueError, match="count"):
        sample_ratio_over_phases([[1, 2]], [[1]])
