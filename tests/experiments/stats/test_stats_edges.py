"""The edge table: what is answered, and what is not and why, where other libraries give NaN, infinity or p = 1."""

from decimal import Decimal

import pytest

from experiments.stats.binary import compare_binary
from experiments.stats.means import compare_means
from experiments.stats.samples import Sample, binary


def paid(*values):
    """One person per value."""
    exact = [Decimal(value) for value in values]
    return Sample(len(exact), sum(map(bool, exact)), sum(exact, Decimal()), sum((v * v for v in exact), Decimal()))


ALL = {"diff", "diff_ci", "lift", "lift_ci", "p_value"}
ESTIMATES = {"diff", "lift"}
NO_LIFT = ALL - {"lift"}

EDGES = {
    "0 of n, both": (compare_binary, binary(50, 0), binary(70, 0), {"diff", "diff_ci"}, "no_conversions"),
    "0 of n, control": (compare_binary, binary(50, 0), binary(70, 9), NO_LIFT, "control_is_zero"),
    "0 of n, treatment": (compare_binary, binary(50, 9), binary(70, 0), ALL, None),
    "n of n, both": (compare_binary, binary(1000, 1000), binary(1000, 1000), ALL - {"p_value"}, "all_converted"),
    "n of n, control": (compare_binary, binary(50, 50), binary(70, 30), ALL, None),
    "n of n, treatment": (compare_binary, binary(50, 20), binary(70, 70), ALL, None),
    "n of n against 0 of n": (compare_binary, binary(10**9, 10**9), binary(10**9, 0), ALL, None),
    "0 / 1000 against 50 / 1000": (compare_binary, binary(1000, 0), binary(1000, 50), NO_LIFT, "control_is_zero"),
    "n = 1, both": (compare_binary, binary(1, 1), binary(1, 0), ALL, None),
    "n = 1 against many": (compare_binary, binary(1, 0), binary(10**9, 10**6), NO_LIFT, "control_is_zero"),
    "rates, empty control": (compare_binary, binary(0, 0), binary(9, 3), set(), "empty_arm"),
    "rates, empty treatment": (compare_binary, binary(9, 3), binary(0, 0), set(), "empty_arm"),
    "rates, n = 0 twice": (compare_binary, binary(0, 0), binary(0, 0), set(), "empty_arm"),
    "means, empty control": (compare_means, paid(), paid(1, 2), set(), "empty_arm"),
    "means, empty treatment": (compare_means, paid(1, 2), paid(), set(), "empty_arm"),
    "means, n = 1": (compare_means, paid(2), paid(1, 2), ESTIMATES, "too_few_persons"),
    "zero variance, both": (compare_means, paid(3, 3), paid(4, 4, 4), ESTIMATES, "no_variation"),
    "zero variance, both, nothing": (compare_means, paid(0, 0), paid(0, 0), {"diff"}, "no_variation"),
    "zero variance, control": (compare_means, paid(3, 3, 3), paid(4, 5, 6), ALL, None),
    "zero variance, treatment": (compare_means, paid(3, 4, 5), paid(4, 4, 4), ALL, None),
    "zero control mean": (compare_means, paid(0, 0, 0), paid(4, 5, 0), NO_LIFT - {"lift_ci"}, "control_is_zero"),
    "zero control mean, refunds": (compare_means, paid(-1, 1), paid(4, 5), NO_LIFT - {"lift_ci"}, "control_is_zero"),
    "negative means": (compare_means, paid(-3, -4, -5), paid(-9, -8, -8), ALL, None),
    "negative control": (compare_means, paid(-3, -4, -5), paid(9, 8, 8), ALL, None),
}


@pytest.mark.parametrize("alpha", [0.05, 1e-7, 1e-100])
@pytest.mark.parametrize("edge", EDGES)
def test_the_edge_table(edge, alpha):
    compare, control, treatment, present, reason = EDGES[edge]

    answer = compare(control, treatment, alpha=alpha)

    assert {name for name in ALL if getattr(answer, name) is not None} == present
    assert (answer.reason.code if answer.reason else None) == reason
    if answer.p_value is not None:
        significant, (low, high) = answer.p_value < alpha, answer.diff_ci
        assert (low > 0 or high < 0) == significant
        assert low <= answer.diff <= high


def test_none_of_a_thousand_against_fifty_is_a_real_answer():
    answer = compare_binary(binary(1000, 0), binary(1000, 50), alpha=0.05)

    # Fisher's one-sided p is C(1000, 50) / C(2000, 50) by hand: (1000)_50 / (2000)_50; the table seen is the last one.
    seen = 1.0
    for step in range(50):
        seen *= (1000 - step) / (2000 - step)
    assert seen < answer.p_value < 1e-12  # equal arms, 25 expected: the score test speaks alone
    assert answer.diff_ci[0] > 0
    assert answer.lift_ci[0] > 0
