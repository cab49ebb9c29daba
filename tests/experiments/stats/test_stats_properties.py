"""What holds for every table and every sample."""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from experiments.stats.binary import compare_binary, pooled_z
from experiments.stats.families import benjamini_hochberg, holm
from experiments.stats.means import compare_means
from experiments.stats.samples import Sample, binary
from experiments.stats.score_limits import difference_limits, lift_limits

RUNS = settings(max_examples=150, deadline=None)
LEVELS = st.sampled_from([0.2, 0.1, 0.05, 0.01, 0.001, 1e-6])
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
    assert 0 <= answer.chance_to_beat_control <= 1


@RUNS
@given(arms(), arms(), LEVELS)
def test_rates_swapped_arms_give_the_mirror_image(control, treatment, alpha):
    answer, mirror = compare_binary(control, treatment, alpha=alpha), compare_binary(treatment, control, alpha=alpha)

    assert mirror.diff == -answer.diff
    assert mirror.diff_ci == (-answer.diff_ci[1], -answer.diff_ci[0])
    assert mirror.p_value == answer.p_value
    assert mirror.chance_to_beat_control == pytest.approx(1 - answer.chance_to_beat_control, abs=1e-9)
    if answer.lift_ci and None not in answer.lift_ci and -1 not in answer.lift_ci:
        # A lift next to -1 has few digits left in its ratio: 1 - 1e-9 keeps seven.
        assert (1 + mirror.lift_ci[1]) * (1 + answer.lift_ci[0]) == pytest.approx(1, rel=1e-6)


@RUNS
@given(arms(), arms())
def test_rates_a_stricter_level_gives_a_wider_interval(control, treatment):
    loose, strict = (compare_binary(control, treatment, alpha=alpha).diff_ci for alpha in (0.1, 0.01))

    assert strict[0] <= loose[0]
    assert loose[1] <= strict[1]


@RUNS
@given(arms(), arms(), LEVELS)
def test_means_of_ones_and_zeros_stay_finite_at_any_size(control, treatment, alpha):
    answer = compare_means(control, treatment, alpha=alpha)

    assert answer.p_value is None or 0 < answer.p_value <= 1
    assert answer.p_value is not None or answer.reason is not None


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
