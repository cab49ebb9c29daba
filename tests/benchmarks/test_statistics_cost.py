"""What a result costs: 10 goals x 3 variants from tallies, against the same 20 answers from statsmodels and scipy.

Run with ``make bench``. Nothing here asserts a time; the ratio is taken in one run and stands in the report's
``extra_info`` (``--benchmark-json``), and the table shows both.
"""

import math
from decimal import Decimal
from time import perf_counter
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.stats import ttest_ind_from_stats
from statsmodels.stats.proportion import confint_proportions_2indep, proportions_ztest
from statsmodels.stats.weightstats import CompareMeans

from experiments.stats.binary import compare_binary
from experiments.stats.means import compare_means
from experiments.stats.samples import Sample

GOALS = 10
ROUNDS = 20


def tallies():
    """Per goal (n, converted, total, squares) of three arms; rare and common, about equal and 9 to 1."""
    random = np.random.default_rng(3)
    for goal in range(GOALS):
        rate, split = [0.002, 0.01, 0.03, 0.1, 0.4][goal % 5], [1.0, 1.0, 0.11][goal % 3]
        arms = []
        for share in (1.0, split, split):
            n = int(random.integers(5_000, 200_000) * share)
            paid = np.round(random.lognormal(3, 1.2, random.binomial(n, rate)), 2)
            total, squares = sum(map(Decimal, map(str, paid))), sum(Decimal(str(value)) ** 2 for value in paid)
            arms.append((n, len(paid), Decimal(total), Decimal(squares)))
        yield arms


def ours(goals):
    """Half the goals are rates, half means; samples are built from the tallies each time, as in a result."""
    answers = []
    for place, goal in enumerate(goals):
        control, *treatments = [Sample(*arm) for arm in goal]
        compare = compare_means if place % 2 else compare_binary
        answers += [compare(control, treatment, alpha=0.05) for treatment in treatments]
    return answers


def rates_of_statsmodels(control, treatment):
    (n_c, x_c, *_), (n_t, x_t, *_) = control, treatment
    z, p_value = proportions_ztest([x_t, x_c], [n_t, n_c])
    return z, p_value, confint_proportions_2indep(x_t, n_t, x_c, n_c, method="newcomb")


def moments(arm):
    n, _, total, squares = arm
    mean = float(total / n)
    return mean, math.sqrt(float(squares - total * total / n) / (n - 1)), n


def means_of_statsmodels(control, treatment):
    arms = moments(treatment), moments(control)
    test = ttest_ind_from_stats(*arms[0], *arms[1], equal_var=False)
    # What CompareMeans reads of its two sides, which it would compute from rows.
    sides = [
        SimpleNamespace(mean=mean, nobs=n, std_mean=spread / math.sqrt(n), _var=spread**2) for mean, spread, n in arms
    ]
    return test, CompareMeans(*sides).tconfint_diff(usevar="unequal")


def theirs(goals):
    answers = []
    for place, (control, *treatments) in enumerate(goals):
        compare = means_of_statsmodels if place % 2 else rates_of_statsmodels
        answers += [compare(control, treatment) for treatment in treatments]
    return answers


def fastest(work, goals):
    times = []
    for _ in range(ROUNDS):
        began = perf_counter()
        work(goals)
        times.append(perf_counter() - began)
    return min(times)


@pytest.fixture(scope="module")
def goals():
    return list(tallies())


@pytest.mark.benchmark(group="10 goals x 3 variants")
@pytest.mark.parametrize("work", [ours, theirs], ids=["microlift", "statsmodels and scipy"])
def test_ten_goals_of_three_variants(benchmark, goals, work):
    benchmark.extra_info["times faster than statsmodels and scipy"] = fastest(theirs, goals) / fastest(work, goals)

    assert len(benchmark(work, goals)) == 2 * GOALS


@pytest.mark.benchmark(group="one comparison")
@pytest.mark.parametrize(("compare", "place"), [(compare_binary, 0), (compare_binary, 2), (compare_means, 1)])
def test_one_comparison(benchmark, goals, compare, place):
    control, treatment = (Sample(*arm) for arm in goals[place][:2])

    assert benchmark(compare, control, treatment, alpha=0.05).p_value > 0
