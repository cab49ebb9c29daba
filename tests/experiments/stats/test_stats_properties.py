"""What holds for every table and every sample."""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from math import erfc, nextafter, sqrt

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from experiments.stats.binary import compare_binary, pooled_z
from experiments.stats.families import benjamini_hochberg, holm
from experiments.stats.means import Estimate, compare_estimates, compare_means
from experiments.stats.samples import Sample, binary
from experiments.stats.score_limits import difference_limits, lift_limits

RUNS = settings(max_examples=150, deadline=None)
LEVELS = st.sampled_from([0.5, 0.2, 0.1, 0.05, 0.01, 0.001, 1e-7, 1e-20, 1e-100])
MONEY = st.decimals(-100, 100, places=2) | st.just(Decimal(0))


@st.composite
def arms(draw):
    """From one person to a billion, rates from nothing over one in a million to all."""
    n = draw(st.integers(1, 40) | st.integers(1, 10**9))
    rare = draw(st.floats(-6, 0).map(lambda power: int(n * 10**power)))
    return binary(n, draw(st.sampled_from([0, 1, rare, n - rare, n - 1, n]) | st.integers(0, n)))


@st.composite
def paid_arms(draw, values=MONEY):
    drawn = [Fraction(value) for value in draw(st.lists(values, min_size=2, max_size=8))]
    times = draw(st.sampled_from([1, 1, 50, 10**6]))
    total, squares = times * sum(drawn), times * sum(value**2 for value in drawn)
    people, payers = times * len(drawn), times * sum(1 for value in drawn if value)
    return Sample(people, payers, Decimal(int(total * 100)) / 100, Decimal(int(squares * 10**4)) / 10**4)


@st.composite
def estimates(draw):
    """Means and variances over hundreds of orders of magnitude, nothing among them."""
    n = draw(st.integers(2, 40) | st.integers(2, 10**9))
    size = draw(st.sampled_from([-100, -30, 0, 0, 0, 9, 100]))
    mean = draw(st.floats(-1, 1)) * 10.0**size
    return Estimate(n, mean, draw(st.just(0.0) | st.floats(0, 1)) * 10.0 ** (2 * draw(st.sampled_from([size, 0]))))


def leaves_out_zero(interval):
    low, high = interval
    return (low is not None and low > 0) or (high is not None and high < 0)


def holds(interval, number):
    low, high = interval
    return (low is None or low <= number) and (high is None or number <= high)


@RUNS
@given(arms(), arms(), LEVELS)
def test_rates_p_value_and_intervals_agree(control, treatment, alpha):
    answer = compare_binary(control, treatment, alpha=alpha)

    significant = answer.p_value is not None and answer.p_value < alpha
    assert leaves_out_zero(answer.diff_ci) == significant
    assert answer.lift_ci is None or leaves_out_zero(answer.lift_ci) == significant


@RUNS
@given(arms(), arms())
def test_rates_intervals_at_the_observed_z_end_at_zero_before_any_adjustment(control, treatment):
    z = pooled_z(control, treatment)
    assume(z is not None and 0.1 < abs(z) < 30)

    low, high = difference_limits(control, treatment, abs(z))
    low_lift, high_lift = lift_limits(control, treatment, abs(z))

    assert (low if z > 0 else high) == pytest.approx(0, abs=1e-9 * (high - low) + 1e-15)
    assert (low_lift if z > 0 else high_lift) == pytest.approx(0, abs=1e-10)


@RUNS
@given(arms(), arms(), LEVELS)
def test_rates_intervals_hold_their_estimates_inside_the_possible(control, treatment, alpha):
    answer = compare_binary(control, treatment, alpha=alpha)

    assert holds(answer.diff_ci, answer.diff)
    assert answer.newcombe_ci[0] - 1e-12 <= answer.diff <= answer.newcombe_ci[1] + 1e-12
    assert -1 <= answer.diff_ci[0] <= answer.diff_ci[1] <= 1
    assert answer.lift is None or (holds(answer.lift_ci, answer.lift) and answer.lift_ci[0] >= -1)
    assert answer.p_value is None or 0 < answer.p_value <= 1


@RUNS
@given(arms(), arms(), LEVELS)
def test_rates_swapped_arms_give_the_mirror_image(control, treatment, alpha):
    answer, mirror = compare_binary(control, treatment, alpha=alpha), compare_binary(treatment, control, alpha=alpha)

    assert mirror.diff == -answer.diff
    assert mirror.diff_ci == (-answer.diff_ci[1], -answer.diff_ci[0])
    assert mirror.p_value == answer.p_value
    if answer.lift_ci and None not in answer.lift_ci and -1 not in answer.lift_ci:
        # A lift next to -1 has few digits left in its ratio: 1 - 1e-9 keeps seven.
        assert (1 + mirror.lift_ci[1]) * (1 + answer.lift_ci[0]) == pytest.approx(1, rel=1e-6)


@RUNS
@given(arms(), arms())
def test_rates_agree_at_a_level_next_to_their_own_p_value(control, treatment):
    p_value = compare_binary(control, treatment, alpha=0.05).p_value
    assume(p_value is not None and 1e-99 < p_value < 0.9)

    for alpha in (nextafter(p_value, 0), p_value, nextafter(p_value, 1)):
        answer = compare_binary(control, treatment, alpha=alpha)
        assert leaves_out_zero(answer.diff_ci) == (p_value < alpha)
        assert leaves_out_zero(answer.lift_ci) == (p_value < alpha)


@RUNS
@given(arms(), arms())
def test_rates_named_the_other_way_round_give_the_same_test(control, treatment):
    names = [binary(arm.n, arm.n - arm.converted) for arm in (control, treatment)]

    answer, other = compare_binary(control, treatment, alpha=0.05), compare_binary(*names, alpha=0.05)

    assert other.p_value == answer.p_value
    assert other.diff == -answer.diff
    mirrored = -answer.diff_ci[1], -answer.diff_ci[0]
    assert other.diff_ci == pytest.approx(mirrored, rel=1e-9, abs=1e-15)


@RUNS
@given(arms(), arms())
def test_rates_are_never_surer_than_the_score_test(control, treatment):
    answer = compare_binary(control, treatment, alpha=0.05)
    assume(answer.p_value is not None)

    assert answer.p_value >= erfc(abs(answer.statistic) / sqrt(2))


@RUNS
@given(arms(), arms())
def test_rates_a_stricter_level_gives_a_wider_interval(control, treatment):
    loose, strict = (compare_binary(control, treatment, alpha=alpha).diff_ci for alpha in (0.1, 0.01))

    assert strict[0] <= loose[0]
    assert loose[1] <= strict[1]


@RUNS
@given(arms(), arms(), LEVELS)
def test_means_of_ones_and_zeros_agree_at_any_size(control, treatment, alpha):
    answer = compare_means(control, treatment, alpha=alpha)

    assert answer.p_value is not None or answer.reason is not None
    if answer.p_value is not None:
        assert 0 < answer.p_value <= 1
        assert leaves_out_zero(answer.diff_ci) == (answer.p_value < alpha)
        assert answer.lift_ci is None or leaves_out_zero(answer.lift_ci) == (answer.p_value < alpha)


@RUNS
@given(estimates(), estimates(), LEVELS)
def test_estimates_of_any_size_are_answered_in_numbers_that_agree(control, treatment, alpha):
    answer = compare_estimates(control, treatment, alpha=alpha, method="any/1")
    assume(answer.p_value is not None)

    assert 0 < answer.p_value <= 1
    assert leaves_out_zero(answer.diff_ci) == (answer.p_value < alpha)
    assert holds(answer.diff_ci, answer.diff)
    if answer.lift_ci is not None:
        assert leaves_out_zero(answer.lift_ci) == (answer.p_value < alpha)
        assert holds(answer.lift_ci, answer.lift)


@RUNS
@given(paid_arms(), paid_arms())
def test_means_agree_at_a_level_next_to_their_own_p_value(control, treatment):
    p_value = compare_means(control, treatment, alpha=0.05).p_value
    assume(p_value is not None and 1e-99 < p_value < 0.9)

    for alpha in (nextafter(p_value, 0), p_value, nextafter(p_value, 1)):
        answer = compare_means(control, treatment, alpha=alpha)
        assert leaves_out_zero(answer.diff_ci) == (p_value < alpha)
        assert answer.lift_ci is None or leaves_out_zero(answer.lift_ci) == (p_value < alpha)


@RUNS
@given(paid_arms(), paid_arms(), LEVELS)
def test_means_p_value_and_intervals_agree(control, treatment, alpha):
    answer = compare_means(control, treatment, alpha=alpha)
    assume(answer.p_value is not None)

    assert leaves_out_zero(answer.diff_ci) == (answer.p_value < alpha)
    assert answer.lift_ci is None or leaves_out_zero(answer.lift_ci) == (answer.p_value < alpha)


@RUNS
@given(paid_arms(), paid_arms(), LEVELS)
def test_means_intervals_hold_their_estimates(control, treatment, alpha):
    answer = compare_means(control, treatment, alpha=alpha)
    assume(answer.p_value is not None)

    assert holds(answer.diff_ci, answer.diff)
    assert answer.lift is None or holds(answer.lift_ci, answer.lift)


@RUNS
@given(paid_arms(), paid_arms(), st.sampled_from(["0.01", "100", "3", "-1", "1e9"]))
def test_means_another_currency_changes_only_the_difference(control, treatment, rate):
    factor = Decimal(rate)
    in_currency = [replace(a, total=a.total * factor, squares=a.squares * factor**2) for a in (control, treatment)]

    answer, other = compare_means(control, treatment, alpha=0.05), compare_means(*in_currency, alpha=0.05)

    assert other.reason == answer.reason
    assert other.diff == pytest.approx(answer.diff * float(factor), rel=1e-12)
    for name in ("lift", "df", "p_value"):
        same = getattr(answer, name)
        assert getattr(other, name) == (None if same is None else pytest.approx(same, rel=1e-9))
    for end, same in zip(other.lift_ci or (), answer.lift_ci or (), strict=True):
        assert end == (None if same is None else pytest.approx(same, rel=1e-6, abs=1e-9))


@RUNS
@given(paid_arms(), paid_arms())
def test_means_swapped_arms_give_the_mirror_image(control, treatment):
    answer, mirror = compare_means(control, treatment, alpha=0.05), compare_means(treatment, control, alpha=0.05)

    assert mirror.diff == -answer.diff
    assert mirror.p_value == answer.p_value or mirror.p_value == pytest.approx(answer.p_value, rel=1e-12)


@RUNS
@given(st.lists(st.floats(0, 1), min_size=1, max_size=12), st.randoms())
def test_families_do_not_depend_on_the_order(p_values, random):
    shuffled = random.sample(range(len(p_values)), len(p_values))

    for adjust in (holm, benjamini_hochberg):
        adjusted = adjust(p_values)
        assert adjust([p_values[i] for i in shuffled]) == pytest.approx([adjusted[i] for i in shuffled])
        assert all(new >= old for new, old in zip(adjusted, p_values, strict=True))
