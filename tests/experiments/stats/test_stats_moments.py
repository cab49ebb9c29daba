"""Moments against numpy on the plain values, and exact sums at an offset."""

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import ttest_ind

from experiments.stats.means import compare_estimates
from experiments.stats.moments import Moments, moments_of_sums, reduce_by_arm, zeros

RUNS = settings(max_examples=100, deadline=None)
ROWS = arrays(np.float64, st.tuples(st.integers(1, 40), st.just(3)), elements=st.floats(-1e6, 1e6))


@pytest.fixture
def people():
    """More than one chunk, three correlated values a person, three arms and some left out."""
    draw = np.random.default_rng(1)
    values = draw.normal(size=(40_000, 3)) @ [[1, 0.5, 0], [0, 2, 0], [0, 0, 0.1]] + [0, 5, -3]
    return values, draw.integers(-1, 3, len(values))


def same(moments, reference, rel=1e-9):
    assert moments.n == reference.n
    assert moments.means == pytest.approx(reference.means, rel=rel, abs=1e-9)
    assert moments.products == pytest.approx(
        reference.products, rel=rel, abs=1e-300 + 1e-9 * np.abs(reference.products).max()
    )


def whole(rows):
    return reduce_by_arm(rows, np.zeros(len(rows), int), 1)[0]


def test_each_arm_has_numpys_means_and_covariance(people):
    values, arm = people

    for index, moments in enumerate(reduce_by_arm(values, arm, 3)):
        rows = values[arm == index]
        assert moments.n == len(rows)
        assert moments.means == pytest.approx(rows.mean(axis=0), rel=1e-10)
        assert moments.covariance == pytest.approx(np.cov(rows, rowvar=False), rel=1e-10, abs=1e-12)


def test_an_offset_of_a_billion_costs_no_digit():
    # Quarters are exact beside 1e9, so both arrays hold the same deviations.
    near = np.random.default_rng(2).integers(-8, 9, (50_000, 2)) / 4
    arm = np.random.default_rng(3).integers(0, 2, len(near))

    for shifted, plain in zip(reduce_by_arm(near + 1e9, arm, 2), reduce_by_arm(near, arm, 2), strict=True):
        assert shifted.products == pytest.approx(plain.products, rel=1e-12)
        assert shifted.means - 1e9 == pytest.approx(plain.means, abs=2e-7)


def test_one_huge_amount_in_the_first_row_spoils_no_other_arm():
    values = np.random.default_rng(4).lognormal(size=(1000, 1))
    arm = np.arange(1000) % 2
    values[0] = 1e14

    other = reduce_by_arm(values, arm, 2)[1]

    assert other.covariance == pytest.approx(np.cov(values[arm == 1], rowvar=False).reshape(1, 1), rel=1e-12)


def test_those_left_out_are_not_read():
    values = np.array([[np.nan], [1.0], [3.0], [np.inf]])

    (moments,) = reduce_by_arm(values, np.array([-1, 0, 0, -1]), 1)

    assert (moments.n, moments.means[0], moments.products[0, 0]) == (2, 2.0, 2.0)


def test_whole_numbers_are_read_as_well():
    same(whole(np.array([[1, 2], [3, 5]])), whole(np.array([[1.0, 2.0], [3.0, 5.0]])))


def test_an_arm_without_persons_is_empty():
    nobody = reduce_by_arm(np.array([[1.0, 2.0]]), np.array([0]), 2)[1]

    assert (nobody.n, nobody.means.tolist(), nobody.products.tolist()) == (0, [0, 0], [[0, 0], [0, 0]])
    assert nobody.estimate().variance == 0


def test_no_rows_at_all_give_empty_arms():
    assert [arm.n for arm in reduce_by_arm(np.empty((0, 2)), np.empty(0, int), 3)] == [0, 0, 0]


def test_persons_without_any_value_need_no_rows(people):
    paid = np.abs(people[0][:50])

    same(whole(paid).merge(zeros(1000, 3)), whole(np.vstack([paid, np.zeros((1000, 3))])))


@RUNS
@given(ROWS, ROWS, ROWS)
def test_merging_is_reducing_together_in_any_order(first, second, third):
    together = whole(np.vstack([first, second, third]))

    same(whole(first).merge(whole(second)).merge(whole(third)), together)
    same(whole(third).merge(whole(second).merge(whole(first))), together)


@RUNS
@given(ROWS)
def test_merging_with_nobody_changes_nothing(rows):
    same(whole(rows).merge(zeros(0, 3)), whole(rows), rel=0)
    same(zeros(0, 3).merge(whole(rows)), whole(rows), rel=0)


@RUNS
@given(ROWS)
def test_products_are_those_of_real_values(rows):
    products = whole(rows).products

    assert (products == products.T).all()
    assert np.linalg.eigvalsh(products).min() >= -1e-9 * max(1.0, products.max())


@pytest.mark.parametrize("offset", ["0", "1e9"])
def test_exact_sums_give_the_moments_of_the_values(offset):
    rows = [[Decimal(a) + Decimal(offset), Decimal(b)] for a, b in (("0.10", "1"), ("0.25", "2"), ("0.40", "2"))]
    totals = [sum(column) for column in zip(*rows, strict=True)]
    squares = [[sum(row[i] * row[j] for row in rows) for j in range(2)] for i in range(2)]

    moments = moments_of_sums(3, totals, squares)

    assert moments.means.tolist() == [float(Fraction(total) / 3) for total in totals]
    assert moments.products == pytest.approx(np.array([[0.045, 0.15], [0.15, 2 / 3]]), rel=1e-15)


def test_what_rounding_leaves_of_a_mean_of_zero_is_zero():
    values = np.array([-0.03, 0.03, 0.1, 0.2, -0.3])[:, None]

    assert whole(values).estimate().mean == 0
    assert whole(values + 1e-9).estimate().mean == pytest.approx(1e-9, rel=1e-6)


def test_a_column_compares_as_scipys_welch_test(people):
    values, arm = people
    control, treatment = (reduce_by_arm(values, arm, 3)[index].estimate(1) for index in (0, 1))

    answer = compare_estimates(control, treatment, alpha=0.05, method="welch/2")

    assert answer.statistic == pytest.approx(
        ttest_ind(values[arm == 1, 1], values[arm == 0, 1], equal_var=False).statistic, rel=1e-10
    )


@pytest.mark.parametrize(
    ("values", "arm", "arms"),
    [
        ([1.0], [0], 1),
        ([[1.0]], [0, 0], 1),
        ([[1.0]], [1], 1),
        ([[1.0]], [-2], 1),
        ([[1.0]], [0.0], 1),
        ([[1.0]], [0], 0),
        ([[np.nan]], [0], 1),
        ([[1e200], [-1e200]], [0, 0], 1),
    ],
)
def test_what_does_not_fit_is_refused(values, arm, arms):
    with np.errstate(over="ignore", invalid="ignore"), pytest.raises(ValueError, match=r"need|must"):
        reduce_by_arm(np.array(values), np.array(arm), arms)


def test_moments_that_do_not_fit_each_other_are_refused():
    with pytest.raises(ValueError, match="merge"):
        zeros(1, 2).merge(zeros(1, 3))
    with pytest.raises(ValueError, match="fit"):
        Moments(1, np.zeros(2), np.zeros((3, 3)))
    with pytest.raises(ValueError, match="need at least 2"):
        _ = zeros(1, 2).covariance
