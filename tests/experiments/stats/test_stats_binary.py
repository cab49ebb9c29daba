"""Two rates against published tables and other implementations."""

import math

import pytest
from scipy.stats import chi2_contingency, norm
from statsmodels.stats.proportion import confint_proportions_2indep, proportions_ztest

from experiments.stats.binary import compare_binary, pooled_z
from experiments.stats.samples import binary

TABLES = [((34, 1), (34, 7)), ((1000, 20), (1100, 40)), ((10**6, 1000), (10**6, 1100)), ((50, 49), (40, 1))]


def compared(control, treatment, alpha=0.05):
    return compare_binary(binary(*control), binary(*treatment), alpha=alpha)


@pytest.mark.parametrize(("control", "treatment"), TABLES)
def test_z_and_p_are_statsmodels_pooled_z_test(control, treatment):
    z, p_value = proportions_ztest([treatment[1], control[1]], [treatment[0], control[0]])

    answer = compared(control, treatment)

    assert answer.statistic == pytest.approx(z, rel=1e-12)
    assert answer.p_value == pytest.approx(p_value, rel=1e-10)


@pytest.mark.parametrize(("control", "treatment"), TABLES)
def test_z_squared_is_scipys_chi_square_without_continuity_correction(control, treatment):
    table = [[x, n - x] for n, x in (control, treatment)]

    assert pooled_z(binary(*control), binary(*treatment)) ** 2 == pytest.approx(
        chi2_contingency(table, correction=False).statistic, rel=1e-12
    )


# Newcombe 1998, Statistics in Medicine 17, 873, table II: methods 10 (score) and 5 (Mee), to the digits printed.
@pytest.mark.parametrize(
    ("treatment", "control", "newcombe", "mee"),
    [
        ((70, 56), (80, 48), (0.0524, 0.3339), (0.0533, 0.3377)),
        ((10, 9), (10, 3), (0.1705, 0.8090), (0.1821, 0.8370)),
        ((56, 5), (29, 0), (-0.0381, 0.1926), (-0.0313, 0.1926)),
    ],
)
def test_differences_are_those_of_newcombe_1998(treatment, control, newcombe, mee):
    answer = compared(control, treatment)

    assert answer.newcombe_ci == pytest.approx(newcombe, abs=5e-5)
    assert answer.diff_ci == pytest.approx(mee, abs=5e-5)


def test_the_difference_is_that_of_gart_and_nam_1990():
    # Gart and Nam 1990, Biometrics 46, 637: 7/25 against 2/25 without skewness correction.
    assert compared((25, 2), (25, 7)).diff_ci == pytest.approx((-0.014, 0.412), abs=5e-4)


def test_the_difference_is_not_that_of_statsmodels_score_method():
    # Perondi et al. 2004 (7/34, 1/34): Mee by hand. statsmodels 0.15.0 says (.02868, .34209), its issue 10269.
    assert compared((34, 1), (34, 7)).diff_ci == pytest.approx((0.02837, 0.34394), abs=5e-6)


@pytest.mark.parametrize(
    ("treatment", "control", "ratio", "digits"),
    [
        ((40, 36), (80, 16), (2.9396, 7.1522), 5e-5),  # Koopman 1984, Biometrics 40, 513
        ((15, 8), (15, 4), (0.815, 5.336), 5e-4),  # Gart and Nam 1988, Biometrics 44, 323
        ((10, 6), (20, 6), (0.844, 4.594), 5e-4),  # Gart and Nam 1988
    ],
)
def test_lifts_are_published_ratios_minus_one(treatment, control, ratio, digits):
    low, high = compared(control, treatment).lift_ci

    assert (low + 1, high + 1) == pytest.approx(ratio, abs=digits)


@pytest.mark.parametrize(("control", "treatment"), TABLES)
def test_lifts_are_statsmodels_score_ratio_inside_the_table(control, treatment):
    low, high = confint_proportions_2indep(
        treatment[1], treatment[0], control[1], control[0], compare="ratio", method="score", correction=False
    )

    assert compared(control, treatment).lift_ci == pytest.approx((low - 1, high - 1), rel=1e-5)


def test_estimates_are_treatment_against_control():
    answer = compared((200, 20), (100, 15))

    assert (answer.diff, answer.lift) == (pytest.approx(0.05, rel=1e-15), 0.5)
    assert answer.statistic > 0


@pytest.mark.parametrize(("control", "treatment"), [((0, 0), (10, 3)), ((10, 3), (0, 0)), ((0, 0), (0, 0))])
def test_an_empty_arm_gives_no_number(control, treatment):
    answer = compared(control, treatment)

    assert answer.reason.code == "empty_arm"
    assert (answer.diff, answer.diff_ci, answer.p_value, answer.chance_to_beat_control) == (None, None, None, None)


def test_no_conversion_at_all_leaves_the_difference_but_no_test():
    # Newcombe 1998, table II (e): 0/10 - 0/20 gives (-.1611, .2775); Mee's ends are the same two Wilson ends.
    answer = compared((20, 0), (10, 0))

    assert answer.reason.code == "no_conversions"
    assert (answer.diff, answer.p_value, answer.statistic, answer.lift, answer.lift_ci) == (0.0, None, None, None, None)
    assert answer.newcombe_ci == pytest.approx((-0.1611, 0.2775), abs=5e-5)
    assert answer.diff_ci == pytest.approx((-0.1611, 0.2775), abs=5e-5)


def test_everybody_converted_leaves_difference_and_lift_but_no_test():
    # statsmodels says (1.00000026, 1.0038) for this ratio, which leaves out its own estimate of 1.
    answer = compared((1000, 1000), (1000, 1000))
    wilson_low = 1000 / (1000 + norm.isf(0.025) ** 2)

    assert answer.reason.code == "all_converted"
    assert (answer.diff, answer.lift, answer.p_value) == (0.0, 0.0, None)
    assert answer.lift_ci == pytest.approx((wilson_low - 1, 1 / wilson_low - 1), rel=1e-12)


def test_a_control_without_conversions_has_no_lift_but_a_lower_end():
    answer = compared((29, 0), (56, 5))

    assert (answer.lift, answer.lift_ci[1], answer.reason.code) == (None, None, "control_is_zero")
    assert answer.lift_ci[0] > -1
    assert answer.p_value == pytest.approx(0.0971866, rel=1e-5)  # scipy: chi2_contingency, no correction


def test_a_treatment_without_conversions_has_a_lift_of_minus_one():
    answer = compared((1000, 50), (1000, 0))

    assert (answer.lift, answer.lift_ci[0]) == (-1.0, -1.0)
    assert -1 < answer.lift_ci[1] < 0


def test_opposite_corners_stay_inside_the_possible():
    best, worst = compared((10, 0), (20, 20)), compared((10, 10), (20, 0))

    assert best.diff_ci[1] == 1.0
    assert worst.diff_ci == (-1.0, -best.diff_ci[0])
    assert best.newcombe_ci[1] == 1.0


def test_a_far_tail_is_not_rounded_to_zero():
    answer = compared((2000, 1000), (2000, 1))

    assert answer.p_value == pytest.approx(2 * norm.sf(abs(answer.statistic)), rel=1e-9)
    assert 0 < answer.p_value < 1e-250


def test_a_tail_beyond_doubles_is_the_smallest_one():
    assert compared((10**6, 0), (10**6, 10**6)).p_value == 5e-324


def test_a_billion_persons_and_one_conversion_in_a_million_lose_no_digit():
    answer = compared((10**9, 1000), (10**9, 1100))
    # The Poisson limit by hand: z^2 = (1100 - 1000)^2 / 2100, times 1 / (1 - 1.05e-6).
    z = math.sqrt(100**2 / 2100 / (1 - 1.05e-6))

    assert answer.statistic == pytest.approx(z, rel=1e-14)
    assert answer.lift == 0.1


def test_one_person_per_arm_is_answered():
    answer = compared((1, 0), (1, 1))

    assert answer.p_value == pytest.approx(math.erfc(1), rel=1e-14)
    assert answer.diff_ci[0] < 0 < answer.diff_ci[1]
