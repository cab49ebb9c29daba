"""Fieller's set against its definition: a change is kept exactly when a t-test of it is not significant."""

import math

import pytest

from experiments.stats.fieller import lift_interval

QUANTILE = 2.0


def kept(change, control_mean, diff, noises):
    """(m_t - r m_c)^2 <= q^2 (v_t + r^2 v_c) for r = 1 + change, word for word."""
    distance = control_mean + diff - (1 + change) * control_mean
    return abs(distance) <= QUANTILE * math.sqrt(noises[1] + (1 + change) ** 2 * noises[0])


def interval(control_mean, diff, noises):
    significant = abs(diff) > QUANTILE * math.sqrt(sum(noises))
    return lift_interval(control_mean, diff, noises, QUANTILE, significant=significant)


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize(("diff", "noises"), [(3, (1, 1)), (30, (1, 1)), (-9, (4, 1)), (0, (1, 0)), (5, (0, 2))])
def test_a_bounded_set_is_the_interval_of_what_is_kept(diff, noises, sign):
    control_mean = sign * 10.0

    low, high = interval(control_mean, diff, noises)

    step = 1e-9
    assert [kept(x, control_mean, diff, noises) for x in (low - step, low + step)] == [False, True]
    assert [kept(x, control_mean, diff, noises) for x in (high - step, high + step)] == [True, False]


@pytest.mark.parametrize("sign", [1, -1])
def test_an_uncertain_control_against_a_clear_gain_has_only_a_lower_end(sign):
    # Control 1 +- 1 is not clearly different from 0; treatment 20 +- 1 is clearly more.
    low, high = interval(sign * 1.0, sign * 19.0, (1.0, 1.0))

    assert high is None
    assert 0 < low < 19
    assert not kept(low - 1e-9, sign * 1.0, sign * 19.0, (1.0, 1.0))
    assert all(kept(x, sign * 1.0, sign * 19.0, (1.0, 1.0)) for x in (low + 1e-9, 19, 1e3, 1e9))


@pytest.mark.parametrize("sign", [1, -1])
def test_an_uncertain_control_against_a_clear_loss_has_only_an_upper_end(sign):
    low, high = interval(sign * 1.0, sign * -21.0, (1.0, 1.0))

    assert low is None
    assert -21 < high < 0
    assert not kept(high + 1e-9, sign * 1.0, sign * -21.0, (1.0, 1.0))


def test_two_uncertain_means_keep_everything():
    assert interval(1.0, 0.5, (1.0, 1.0)) == (None, None)


def test_a_kept_zero_on_the_other_ray_means_that_nothing_is_left_out_for_sure():
    # Control 1.9, treatment -2.9: the estimate -2.53 and 0 lie on different sides of a gap; "no change" is kept.
    control_mean, diff, noises = 1.9, -4.8, (4.0, 2.0)
    assert kept(0, control_mean, diff, noises)
    assert not kept(-1, control_mean, diff, noises)

    assert interval(control_mean, diff, noises) == (None, None)


def test_a_control_exactly_at_the_edge_gives_a_ray():
    low, high = interval(2.0, 8.0, (1.0, 1.0))

    assert high is None
    assert not kept(low - 1e-9, 2.0, 8.0, (1.0, 1.0))
    assert kept(low + 1e-9, 2.0, 8.0, (1.0, 1.0))


def test_a_treatment_exactly_at_the_edge_beside_it_keeps_everything():
    assert interval(2.0, -2.0, (1.0, 1.0)) == (None, None)


@pytest.mark.parametrize("unit", [1e-55, 0.01, 1e55])
def test_the_unit_does_not_matter(unit):
    one = interval(10.0, 3.0, (1.0, 2.0))

    assert interval(10 * unit, 3 * unit, (1 * unit**2, 2 * unit**2)) == pytest.approx(one, rel=1e-12)


def test_a_quantile_of_nothing_keeps_the_estimate_alone():
    assert lift_interval(2.0, 0.0, (1.0, 1.0), 0.0, significant=False) == (0.0, 0.0)
    assert lift_interval(2.0, 1.0, (1.0, 1.0), 0.0, significant=True) == (0.5, 0.5)
