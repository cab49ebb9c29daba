"""What it costs to reduce a million persons with five values each to sufficient statistics.

Run with ``make bench``. Nothing here asserts a time; the anchor is the least that must be done, reading each value.
"""

import numpy as np
import pytest

from experiments.stats.moments import reduce_by_arm

PEOPLE, METRICS, ARMS = 1_000_000, 5, 3


@pytest.fixture(scope="module")
def people():
    """Two thirds of the values are money: most people have none."""
    draw = np.random.default_rng(1)
    values = draw.normal(size=(PEOPLE, METRICS))
    values[:, 2:] = np.where(draw.random((PEOPLE, 3)) < 0.03, draw.lognormal(3, 1.5, (PEOPLE, 3)), 0.0)
    return values, draw.integers(-1, ARMS, PEOPLE)


@pytest.mark.benchmark(group="a million persons, five values")
def test_read_every_value_once(benchmark, people):
    values, _ = people

    benchmark(lambda: values.sum())


@pytest.mark.benchmark(group="a million persons, five values")
def test_reduce_by_arm(benchmark, people):
    arms = benchmark(lambda: reduce_by_arm(*people, ARMS))

    assert sum(arm.n for arm in arms) == (people[1] >= 0).sum()
