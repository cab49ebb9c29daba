"""Exact moments, and refusal of what no arm can have."""

from decimal import Decimal

import numpy as np
import pytest

from experiments.stats.samples import Sample, binary


def test_mean_and_variance_are_numpys(sample_of):
    values = ["0", "0", "19.99", "5.5", "120.00"]

    sample = sample_of(values)

    assert sample.mean == pytest.approx(np.mean([float(v) for v in values]), rel=1e-15)
    assert sample.variance == pytest.approx(np.var([float(v) for v in values], ddof=1), rel=1e-14)


def test_an_offset_of_a_billion_loses_no_digit(sample_of):
    near_zero = sample_of(["0.01", "0.02", "0.04"])
    far_away = sample_of(["1000000000.01", "1000000000.02", "1000000000.04"])

    assert far_away.variance == near_zero.variance


def test_a_billion_persons_lose_no_digit():
    # Half have 1e9, half 1e9 + 1: variance 1/4 * n/(n-1) by hand.
    n, half = 10**9, 10**9 // 2
    total = half * 10**9 + half * (10**9 + 1)
    squares = half * 10**18 + half * (10**9 + 1) ** 2

    sample = Sample(n, n, Decimal(total), Decimal(squares))

    assert sample.variance == 0.25 * n / (n - 1)


def test_equal_values_have_a_variance_of_exactly_zero(sample_of):
    assert sample_of(["0.1"] * 3).variance == 0


def test_a_binary_sample_counts_ones():
    sample = binary(40, 10)

    assert (sample.rate, sample.mean) == (0.25, 0.25)
    assert sample.variance == pytest.approx(np.var([1] * 10 + [0] * 30, ddof=1), rel=1e-15)


@pytest.mark.parametrize(
    ("n", "converted", "total", "squares"),
    [
        (-1, 0, "0", "0"),
        (3, 4, "0", "0"),
        (3, -1, "0", "0"),
        (0, 0, "1", "1"),
        (0, 0, "0", "1"),
        (2, 1, "3", "4"),
        (2, 1, "1", "-1"),
        (2, 1, "NaN", "1"),
        (2, 1, "1", "Infinity"),
        (2, 1, "1e61", "1e122"),
        (2, 1, "1e-121", "1"),
    ],
)
def test_impossible_sums_are_refused(n, converted, total, squares):
    with pytest.raises(ValueError, match="="):
        Sample(n, converted, Decimal(total), Decimal(squares))


@pytest.mark.parametrize(("n", "name"), [(0, "rate"), (0, "mean"), (0, "exact_mean"), (0, "variance"), (1, "variance")])
def test_a_moment_of_too_few_persons_is_refused(n, name):
    with pytest.raises(ValueError, match="need at least"):
        getattr(binary(n, 0), name)
