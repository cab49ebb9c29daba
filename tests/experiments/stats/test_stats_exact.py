"""Fisher's mid-p against scipy's hypergeometric distribution, and against whole numbers where that runs out."""

import math
from fractions import Fraction

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.stats import fisher_exact, hypergeom

from experiments.stats.exact import mid_p_value
from experiments.stats.samples import binary

RUNS = settings(max_examples=150, deadline=None)
TABLES = [
    ((34, 1), (34, 7)),
    ((9000, 90), (1000, 20)),
    ((1000, 0), (1000, 50)),
    ((29, 0), (56, 5)),
    ((20, 20), (30, 25)),
    ((900, 600), (90, 30)),
]


def mid_p(control, treatment):
    return mid_p_value(binary(*control), binary(*treatment))


@st.composite
def tables(draw, most):
    arms = [draw(st.integers(1, 40) | st.integers(1, most)) for _ in range(2)]
    converted = [draw(st.sampled_from([0, 1, n - 1, n]) | st.integers(0, n)) for n in arms]
    assume(0 < sum(converted) < sum(arms))
    return tuple(zip(arms, converted, strict=True))


def counted_out(control, treatment):
    """The definition in whole numbers: ways to choose who converted, no rounding before the last division."""
    (n_c, x_c), (n_t, x_t) = control, treatment
    converted = x_c + x_t
    ways = [math.comb(n_t, x) * math.comb(n_c, converted - x) for x in range(converted + 1)]
    half = Fraction(ways[x_t], 2)
    return float(2 * min(sum(ways[:x_t]) + half, sum(ways[x_t + 1 :]) + half) / math.comb(n_c + n_t, converted))


@pytest.mark.parametrize(("control", "treatment"), TABLES)
def test_mid_p_is_built_from_scipys_hypergeometric_distribution(control, treatment):
    (n_c, x_c), (n_t, x_t) = control, treatment
    treated = hypergeom(n_c + n_t, x_c + x_t, n_t)

    reference = 2 * min(treated.cdf(x_t), treated.sf(x_t - 1)) - treated.pmf(x_t)

    assert mid_p(control, treatment) == pytest.approx(reference, rel=1e-9)


@pytest.mark.parametrize(("control", "treatment"), TABLES)
def test_half_the_seen_table_is_what_scipys_fisher_test_counts_more(control, treatment):
    (n_c, x_c), (n_t, x_t) = control, treatment
    table = [[x_t, n_t - x_t], [x_c, n_c - x_c]]
    one_sided = min(fisher_exact(table, alternative=side).pvalue for side in ("less", "greater"))

    seen = hypergeom(n_c + n_t, x_c + x_t, n_t).pmf(x_t)

    assert mid_p(control, treatment) == pytest.approx(2 * one_sided - seen, rel=1e-9)


@RUNS
@given(tables(most=600))
def test_mid_p_is_what_counting_whole_numbers_gives(table):
    assert mid_p(*table) == pytest.approx(counted_out(*table), rel=1e-11)


@pytest.mark.parametrize(
    ("control", "treatment"),
    [
        ((10**9, 100), (10**9, 160)),
        ((10**9, 300), (10**9, 20)),
        ((10**9, 600), (1000, 3)),
        ((7, 2), (10**9, 40)),
        ((10**9, 400), (10**9, 400)),
    ],
)
def test_a_billion_persons_lose_no_digit(control, treatment):
    assert mid_p(control, treatment) == pytest.approx(counted_out(control, treatment), rel=1e-11)


def test_a_wide_table_of_a_billion_is_the_normal_tail():
    # Two arms of 1e9, half converted: given the sum, treatment's count has the variance n/8. Four deviations out.
    excess = round(4 * math.sqrt(10**9 / 8))

    p_value = mid_p((10**9, 5 * 10**8 - excess), (10**9, 5 * 10**8 + excess))

    assert p_value == pytest.approx(math.erfc(4 / math.sqrt(2)), rel=1e-3)


def test_far_tails_are_exact_until_doubles_end():
    tail = mid_p((600, 0), (600, 300))
    assert tail == pytest.approx(counted_out((600, 0), (600, 300)), rel=1e-11)
    assert tail < 1e-90
    assert mid_p((10**6, 0), (10**6, 10**6)) == 5e-324


@RUNS
@given(tables(most=10**9))
def test_neither_the_order_of_arms_nor_the_name_of_success_matters(table):
    (n_c, x_c), (n_t, x_t) = table
    answer = mid_p(*table)

    assert 0 < answer <= 1
    assert mid_p((n_t, x_t), (n_c, x_c)) == answer
    assert mid_p((n_c, n_c - x_c), (n_t, n_t - x_t)) == answer


@RUNS
@given(tables(most=500))
def test_one_conversion_more_on_the_higher_side_gives_a_smaller_p(table):
    (n_c, x_c), (n_t, x_t) = sorted(table, key=lambda arm: arm[1] / arm[0])
    assume(x_t * n_c > x_c * n_t and x_c > 0 and x_t < n_t)
    before = mid_p((n_c, x_c), (n_t, x_t))
    assume(before > 1e-300)

    assert mid_p((n_c, x_c - 1), (n_t, x_t + 1)) < before


@pytest.mark.parametrize(
    ("control", "treatment"), [((9, 0), (9, 0)), ((9, 9), (5, 5)), ((0, 0), (9, 3)), ((9, 3), (0, 0))]
)
def test_nothing_to_test_is_refused(control, treatment):
    with pytest.raises(ValueError, match="nothing to test"):
        mid_p(control, treatment)
