"""Answers hold finite numbers or nothing, and never a p-value of 0."""

import math

import pytest

from experiments.stats.answers import SMALLEST, Comparison, at_least_smallest, checked_level, held_to_test


@pytest.mark.parametrize("wrong", [{"diff": math.nan}, {"p_value": math.inf}, {"lift_ci": (0.1, -math.inf)}])
def test_an_answer_cannot_hold_nan_or_infinity(wrong):
    with pytest.raises(ValueError, match="write None"):
        Comparison(method="test/1", **wrong)


def test_an_unbounded_end_is_none():
    assert Comparison(method="test/1", lift_ci=(0.1, None)).lift_ci == (0.1, None)


def test_a_p_value_too_small_for_a_double_is_the_smallest_double():
    assert at_least_smallest(0.0) == SMALLEST == 5e-324


@pytest.mark.parametrize("alpha", [0, 1, -0.05, 5, 1e-101, math.nan])
def test_an_error_rate_outside_its_range_is_refused(alpha):
    with pytest.raises(ValueError, match="alpha"):
        checked_level(alpha)


@pytest.mark.parametrize(
    ("interval", "estimate", "significant", "held"),
    [
        ((-1e-18, 0.2), 0.1, True, (SMALLEST, 0.2)),
        ((-0.2, 1e-18), -0.1, True, (-0.2, -SMALLEST)),
        ((1e-18, 0.2), 0.1, False, (0.0, 0.2)),
        ((-0.2, -1e-18), -0.1, False, (-0.2, 0.0)),
        ((0.1 + 1e-16, None), 0.1, True, (0.1, None)),
        ((None, None), 0.1, False, (None, None)),
        ((1e-18, None), math.inf, False, (0.0, None)),
    ],
)
def test_the_test_decides_about_zero(interval, estimate, significant, held):
    assert held_to_test(interval, estimate, significant=significant) == held
