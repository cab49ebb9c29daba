"""Sample-ratio check against scipy, and what it says when it cannot check."""

import pytest
from scipy.stats import chi2, chisquare

from experiments.stats.ratio_check import RatioCheck, sample_ratio


def test_it_is_scipys_chi_square():
    check = sample_ratio([5000, 5200, 2400], [0.4, 0.4, 0.2])

    reference = chisquare([5000, 5200, 2400], [5040, 5040, 2520])
    assert (check.statistic, check.p_value) == pytest.approx(tuple(reference), rel=1e-12)
    assert (check.df, check.reason) == (2, None)


def test_a_closed_arm_adds_no_degree_of_freedom():
    # GrowthBook answers .141 here: it counts the arm of weight 0.
    check = sample_ratio([5000, 5200, 0], [0.5, 0.5, 0])

    assert (check.df, round(check.p_value, 3)) == (1, 0.048)
    assert check.reason is None


def test_people_in_a_closed_arm_are_reported_beside_the_numbers_of_the_live_arms():
    check = sample_ratio([5000, 5200, 7], [0.5, 0.5, 0])

    assert check.p_value == sample_ratio([5000, 5200], [0.5, 0.5]).p_value
    assert check.reason.code == "people_in_closed_arm"


@pytest.mark.parametrize("shares", [[1, 1, 2], [0.25, 0.25, 0.5], [25, 25, 50]])
def test_shares_may_have_any_sum(shares):
    assert sample_ratio([100, 100, 200], shares) == RatioCheck(statistic=0.0, df=2, p_value=1.0)


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
    assert (check.statistic, check.df, check.p_value) == (None, None, None)


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
