"""Score intervals against brute force: maximise the likelihood, test, and search for where the test turns."""

import math

import pytest
from scipy.optimize import brentq, minimize_scalar
from scipy.stats import norm

from experiments.stats.samples import binary
from experiments.stats.score_limits import difference_limits, lift_limits

Z = float(norm.isf(0.025))
TABLES = [(34, 1, 34, 7), (40, 36, 80, 16), (15, 4, 10, 9), (500, 12, 900, 40), (29, 0, 56, 5), (20, 20, 30, 25)]


def loglik(x, n, p):
    return (x * math.log(p) if x else 0.0) + ((n - x) * math.log1p(-p) if n > x else 0.0)


def pearson(n, x, p):
    return (x - n * p) ** 2 / (n * p * (1 - p))


def brute_force_statistic(table, rate_t_of, bounds):
    """Pearson's statistic at the control rate that maximises the likelihood under the constraint."""
    n_c, x_c, n_t, x_t = table
    best = minimize_scalar(
        lambda p: -loglik(x_c, n_c, p) - loglik(x_t, n_t, rate_t_of(p)), bounds=bounds, options={"xatol": 1e-13}
    ).x
    return pearson(n_c, x_c, best) + pearson(n_t, x_t, rate_t_of(best))


def statistic_of_difference(table, delta):
    bounds = max(0, -delta) + 1e-12, min(1, 1 - delta) - 1e-12
    return brute_force_statistic(table, lambda p: p + delta, bounds)


def statistic_of_ratio(table, ratio):
    return brute_force_statistic(table, lambda p: p * ratio, (1e-12, min(1, 1 / ratio) * (1 - 1e-12)))


def farrington_manning(table, delta):
    """The constrained rates as printed in Farrington and Manning 1990, appendix; (treatment, control)."""
    n_c, x_c, n_t, x_t = table
    p_t, p_c, theta = x_t / n_t, x_c / n_c, n_c / n_t
    a, d = 1 + theta, -p_t * delta * (1 + delta)
    b = -(1 + theta + p_t + theta * p_c + delta * (theta + 2))
    c = delta**2 + delta * (2 * p_t + theta + 1) + p_t + theta * p_c
    v = b**3 / (3 * a) ** 3 - b * c / (6 * a**2) + d / (2 * a)
    u = math.copysign(math.sqrt(max(b**2 / (3 * a) ** 2 - c / (3 * a), 0)), v)
    w = (math.pi + math.acos(max(-1, min(1, v / u**3)))) / 3
    rate_t = 2 * u * math.cos(w) - b / (3 * a)
    return rate_t, rate_t - delta


@pytest.mark.parametrize("table", TABLES)
def test_the_difference_ends_where_a_brute_force_score_test_turns(table):
    n_c, x_c, n_t, x_t = table
    diff = x_t / n_t - x_c / n_c

    def excess(delta):
        return statistic_of_difference(table, delta) - Z**2

    limits = difference_limits(binary(n_c, x_c), binary(n_t, x_t), Z)

    low = brentq(excess, -1 + 1e-9, diff - 1e-6, xtol=1e-13)
    high = brentq(excess, diff + 1e-6, 1 - 1e-9, xtol=1e-13)
    assert limits == pytest.approx((low, high), abs=2e-7)


@pytest.mark.parametrize("table", TABLES[:4])
def test_at_its_ends_the_closed_form_of_farrington_and_manning_gives_z(table):
    n_c, x_c, n_t, x_t = table

    for end in difference_limits(binary(n_c, x_c), binary(n_t, x_t), Z):
        rate_t, rate_c = farrington_manning(table, end)
        error = math.sqrt(rate_t * (1 - rate_t) / n_t + rate_c * (1 - rate_c) / n_c)
        assert abs(x_t / n_t - x_c / n_c - end) / error == pytest.approx(Z, rel=1e-9)


@pytest.mark.parametrize("table", TABLES)
def test_the_lift_ends_where_a_brute_force_score_test_turns(table):
    n_c, x_c, n_t, x_t = table

    low, high = lift_limits(binary(n_c, x_c), binary(n_t, x_t), Z)

    assert statistic_of_ratio(table, 1 + low) == pytest.approx(Z**2, rel=1e-6)
    if x_c:
        assert statistic_of_ratio(table, 1 + high) == pytest.approx(Z**2, rel=1e-6)


@pytest.mark.parametrize("z", [0.01, Z, 10])
@pytest.mark.parametrize("n", [10, 10**5, 10**9])
def test_arms_without_conversions_have_wilsons_ends_to_the_last_digits(n, z):
    # Nothing of n: Wilson's upper end is z^2 / (n + z^2). Here it is a billionth of a billionth from its corner.
    ends = -z * z / (n + z * z), z * z / (3 * n + z * z)

    assert difference_limits(binary(n, 0), binary(3 * n, 0), z) == pytest.approx(ends, rel=1e-12)
    assert difference_limits(binary(3 * n, 3 * n), binary(n, n), z) == pytest.approx(ends, rel=1e-12)


@pytest.mark.parametrize("n", [10, 10**5, 10**9])
def test_all_of_one_arm_against_nobody_of_the_other_is_solved_by_hand(n):
    # The smaller arm is likelier to have been elsewhere: only its rate moves, as far as Wilson's. Of two equal arms
    # each moves half the way.
    smaller = difference_limits(binary(2 * n, 2 * n), binary(n, 0), Z)
    equal = difference_limits(binary(n, n), binary(n, 0), Z)

    assert smaller == (-1, pytest.approx(-n / (n + Z * Z), rel=1e-14))
    assert equal == (-1, pytest.approx(Z * Z / (n + Z * Z / 2) - 1, rel=1e-14))


def test_the_limits_of_a_large_table_are_walds():
    n, p_c, p_t = 10**9, 0.1, 0.1001
    error = math.sqrt(p_c * (1 - p_c) / n + p_t * (1 - p_t) / n)

    limits = difference_limits(binary(n, 10**8), binary(n, 100_100_000), Z)

    assert limits == pytest.approx((1e-4 - Z * error, 1e-4 + Z * error), rel=1e-5)


def test_the_limits_of_rare_conversions_are_those_of_two_poisson_counts():
    # Given the sum, treatment's count is binomial; Wilson's interval of that share, as odds, is the score ratio.
    x_c, x_t, n = 100, 130, 10**9
    share, m = x_t / (x_c + x_t), x_c + x_t
    centre, half = share + Z**2 / (2 * m), Z * math.sqrt(share * (1 - share) / m + Z**2 / (4 * m * m))
    wilson = [(centre + side * half) / (1 + Z**2 / m) for side in (-1, 1)]

    limits = lift_limits(binary(n, x_c), binary(n, x_t), Z)

    assert limits == pytest.approx([w / (1 - w) - 1 for w in wilson], abs=1e-6)


@pytest.mark.parametrize("x_c", [20, 19, 5])
def test_a_treatment_where_all_converted_agrees_with_the_test(x_c):
    # The corner where treatment's rate sticks to 1 until the multiplier reaches n.
    low, high = lift_limits(binary(20, x_c), binary(3, 3), Z)

    assert low < 20 / x_c - 1 <= high
    assert statistic_of_ratio((20, x_c, 3, 3), 1 + low) == pytest.approx(Z**2, rel=1e-6)


def test_a_ratio_of_nothing_to_nothing_is_refused():
    with pytest.raises(ValueError, match="nobody converted"):
        lift_limits(binary(10, 0), binary(10, 0), Z)
