"""One cap for all arms: sorted by hand, and scipy's Welch test on what is left."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import ttest_ind

from experiments.stats.capping import Cap, cap_of, compare_capped

RUNS = settings(max_examples=100, deadline=None)
MONEY = st.just(0.0) | st.floats(-50, 1e4).map(lambda amount: round(amount, 2))
PEOPLE = st.lists(st.tuples(MONEY, st.integers(-1, 3)), min_size=1, max_size=60)


@pytest.fixture
def shop():
    """Three arms of unlike size and some left out; 5 % pay, a few of them very much."""
    draw = np.random.default_rng(1)
    values = np.where(draw.random(20_000) < 0.05, draw.lognormal(3, 1.5, 20_000), 0.0)
    return values, draw.choice([-1, 0, 1, 2], 20_000, p=[0.1, 0.3, 0.2, 0.4])


def split(people):
    return np.array([value for value, _ in people]), np.array([arm for _, arm in people])


def test_the_cap_is_the_percentile_of_the_payers_amounts_sorted_by_hand():
    amounts = [float(amount) for amount in range(1, 102)]
    values, arm = np.array([0.0] * 900 + amounts + [1e9]), np.array([0] * 1001 + [-1])

    # 101 payers: the 99th percentile is amount number 0.99 x 100, counted from 0.
    assert cap_of(values, arm) == Cap(value=100.0, percentile=0.99, payers=101)
    assert cap_of(values, arm, percentile=0.995).value == pytest.approx(100.5)
    assert cap_of(values, arm, percentile=1).value == 101


def test_the_comparison_is_scipys_welch_test_of_the_clipped_amounts(shop):
    values, arm = shop
    payers = np.sort(values[(arm >= 0) & (values > 0)])
    place = 0.95 * (len(payers) - 1)
    limit = payers[int(place)] + (place % 1) * (payers[int(place) + 1] - payers[int(place)])
    clipped = np.clip(values, None, limit)

    answer = compare_capped(values, arm, 2, percentile=0.95, alpha=0.05)

    reference = ttest_ind(clipped[arm == 2], clipped[arm == 0], equal_var=False)
    assert answer.cap.value == pytest.approx(limit, rel=1e-12)
    assert answer.comparison.statistic == pytest.approx(reference.statistic, rel=1e-9)
    assert answer.comparison.df == pytest.approx(reference.df, rel=1e-9)
    assert answer.comparison.method == "welch_capped/1"


def test_what_was_capped_is_told(shop):
    values, arm = shop

    answer = compare_capped(values, arm, 1, alpha=0.05)

    control, treatment = values[arm == 0], values[arm == 1]
    assert answer.people_capped == ((control > answer.cap.value).sum(), (treatment > answer.cap.value).sum())
    assert answer.payers == ((control > 0).sum(), (treatment > 0).sum())
    removed = [np.maximum(each - answer.cap.value, 0).mean() for each in (control, treatment)]
    assert answer.mean_removed == pytest.approx(removed, rel=1e-9)
    assert sum(answer.people_capped) > 0


def test_a_cap_of_everything_leaves_the_uncapped_comparison(shop):
    values, arm = shop

    answer = compare_capped(values, arm, 1, percentile=1, alpha=0.05)

    reference = ttest_ind(values[arm == 1], values[arm == 0], equal_var=False)
    assert answer.comparison.statistic == pytest.approx(reference.statistic, rel=1e-9)
    assert answer.people_capped == (0, 0)


@RUNS
@given(PEOPLE, st.randoms())
def test_the_cap_does_not_depend_on_who_is_in_which_arm(people, random):
    values, arm = split(people)
    other = np.array([-1 if index < 0 else random.randrange(4) for index in arm])

    assert cap_of(values, other) == cap_of(values, arm)


@RUNS
@given(PEOPLE, st.integers(1, 3), st.sampled_from([0.5, 0.9, 0.99]))
def test_every_table_is_answered_in_finite_numbers_that_agree(people, treatment, percentile):
    answer = compare_capped(*split(people), treatment, percentile=percentile, alpha=0.05)

    comparison = answer.comparison
    assert min(answer.mean_removed) >= 0
    assert (answer.cap is None) == (not (split(people)[0][split(people)[1] >= 0] > 0).any())
    assert (comparison.p_value is None) <= (comparison.reason is not None)
    if comparison.p_value is not None:
        assert (not comparison.diff_ci[0] <= 0 <= comparison.diff_ci[1]) == (comparison.p_value < 0.05)


@RUNS
@given(PEOPLE, st.sampled_from([0.01, 100.0, 3.0]))
def test_another_currency_scales_the_cap_and_changes_no_p_value(people, rate):
    values, arm = split(people)

    answer, other = compare_capped(values, arm, 1, alpha=0.05), compare_capped(values * rate, arm, 1, alpha=0.05)

    assert other.people_capped == answer.people_capped or answer.cap is None
    assert other.cap is None or other.cap.value == pytest.approx(answer.cap.value * rate)
    p_value = answer.comparison.p_value
    assert other.comparison.p_value == (None if p_value is None else pytest.approx(p_value, rel=1e-6))


def test_nobody_paid_means_no_cap_and_a_typed_reason():
    answer = compare_capped(np.zeros(10), np.arange(10) % 2, 1, alpha=0.05)

    assert (answer.cap, answer.people_capped, answer.comparison.reason.code) == (None, (0, 0), "no_variation")


def test_refunds_set_no_cap_and_are_kept():
    values, arm = np.array([-500.0, -20.0, 0.0, 10.0, 12.0, 4.0]), np.array([0, 1, 0, 1, 0, 1])

    answer = compare_capped(values, arm, 1, percentile=0.5, alpha=0.05)

    assert (answer.cap.value, answer.people_capped) == (10.0, (1, 0))
    assert answer.comparison.diff == pytest.approx((-20 + 10 + 4) / 3 - (-500 + 0 + 10) / 3)


def test_an_arm_without_persons_is_named():
    assert compare_capped(np.ones(4), np.zeros(4, int), 2, alpha=0.05).comparison.reason.code == "empty_arm"


@pytest.mark.parametrize(
    ("small", "large", "payers", "cautious"), [(100, 900, 50, True), (900, 900, 50, False), (500, 5000, 450, False)]
)
def test_few_payers_in_a_smaller_arm_are_told(small, large, payers, cautious):
    values = np.concatenate([np.arange(small) < payers, np.arange(large) % 2]).astype(float)
    arm = np.repeat([1, 0], [small, large])

    caution = compare_capped(values, arm, 1, alpha=0.05).caution

    assert (caution is not None and caution.code == "few_payers") == cautious


@pytest.mark.parametrize("percentile", [0, 1.01, -1, np.nan])
def test_a_percentile_outside_its_range_is_refused(percentile):
    with pytest.raises(ValueError, match="percentile"):
        cap_of(np.ones(3), np.zeros(3, int), percentile=percentile)


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="treatment_index"):
        compare_capped(np.ones(3), np.zeros(3, int), 0, alpha=0.05)
    with pytest.raises(ValueError, match="need"):
        cap_of(np.ones(3), np.zeros(2, int))
    with pytest.raises(ValueError, match="finite"):
        cap_of(np.array([np.nan, 1.0]), np.zeros(2, int))
