"""Two rates against published tables and other implementations."""

import math

import pytest
from scipy.stats import binom, chi2_contingency, norm
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint, proportions_ztest

from experiments.stats.binary import EXACT_METHOD, METHOD, compare_binary, is_far_from_normal, pooled_z
from experiments.stats.exact import mid_p_value
from experiments.stats.newcombe import newcombe_interval, wilson_reach
from experiments.stats.samples import binary

TABLES = [((34, 1), (34, 7)), ((1000, 20), (1100, 40)), ((10**6, 1000), (10**6, 1100)), ((50, 49), (40, 1))]


def compared(control, treatment, alpha=0.05):
    return compare_binary(binary(*control), binary(*treatment), alpha=alpha)


@pytest.mark.parametrize(("control", "treatment"), TABLES[1:])
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
    assert (answer.diff, answer.diff_ci, answer.p_value) == (None, None, None)


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
    assert answer.statistic**2 == pytest.approx(chi2_contingency([[0, 29], [5, 51]], correction=False).statistic)


def test_a_treatment_without_conversions_has_a_lift_of_minus_one():
    answer = compared((1000, 50), (1000, 0))

    assert (answer.lift, answer.lift_ci[0]) == (-1.0, -1.0)
    assert -1 < answer.lift_ci[1] < 0


def test_opposite_corners_stay_inside_the_possible():
    best, worst = compared((10, 0), (20, 20)), compared((10, 10), (20, 0))

    assert best.diff_ci[1] == 1.0
    assert worst.diff_ci == (-1.0, pytest.approx(-best.diff_ci[0], rel=1e-14))
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

    assert answer.p_value == pytest.approx(0.5)  # of the two tables one is this one: 2 x 1/2 x 1/2
    assert answer.diff_ci[0] < 0 < answer.diff_ci[1]


# Smallest expected cell 4.9, 5 and 5; skewness 0, 0 and, by its definition as a third moment below, small or large.
@pytest.mark.parametrize(
    ("control", "treatment", "poor"),
    [
        ((500, 4), (500, 5), True),
        ((500, 5), (500, 5), False),
        ((10**6, 5), (10**6, 5), False),
        ((500, 496), (500, 495), True),
        ((9000, 90), (1000, 10), True),
        ((9000, 4500), (1000, 500), False),
        ((90000, 3000), (60000, 2000), False),
    ],
)
def test_mid_p_speaks_where_cells_are_small_or_arms_lopsided(control, treatment, poor):
    answer = compared(control, treatment)

    assert is_far_from_normal(binary(*control), binary(*treatment)) == poor
    assert answer.method == (EXACT_METHOD if poor else METHOD)


@pytest.mark.parametrize("n_t", [100, 700, 1000, 1300, 9000])
def test_the_skewness_looked_at_is_the_third_moment_of_the_difference(n_t):
    n_c, share = 1000, 0.3
    persons = n_c + n_t
    # Cumulants of a mean of n ones and zeros: p (1 - p) / n and p (1 - p) (1 - 2p) / n^2.
    second = share * (1 - share) * (1 / n_c + 1 / n_t)
    third = share * (1 - share) * (1 - 2 * share) * (1 / n_t**2 - 1 / n_c**2)

    far = is_far_from_normal(binary(n_c, n_c * 3 // 10), binary(n_t, (persons * 3 // 10) - n_c * 3 // 10))

    assert far == (abs(third / second**1.5) > 0.05)


@pytest.mark.parametrize(("control", "treatment"), [((34, 1), (34, 7)), ((9000, 90), (1000, 20)), ((1000, 1), (9, 3))])
def test_the_larger_of_score_and_mid_p_decides(control, treatment):
    answer = compared(control, treatment)

    score_p = chi2_contingency([[x, n - x] for n, x in (control, treatment)], correction=False).pvalue
    mid_p = mid_p_value(binary(*control), binary(*treatment))
    assert answer.method == EXACT_METHOD
    assert answer.p_value == pytest.approx(max(score_p, mid_p), rel=1e-10)


def test_intervals_reach_to_zero_where_only_mid_p_keeps_it():
    # 1 % against 1.8 %, 9000 against 1000: pooled z rejects at 0.05, mid-p does not.
    control, treatment = binary(9000, 90), binary(1000, 17)
    answer = compare_binary(control, treatment, alpha=0.05)

    assert abs(answer.statistic) > norm.isf(0.025)
    assert answer.p_value > 0.05
    assert (answer.diff_ci[0], answer.lift_ci[0]) == (0.0, 0.0)
    assert answer.newcombe_ci[0] > 0


def test_rates_that_shift_by_direction_are_held_back_where_enumeration_says_so():
    # Every table of 900 against 100 at 1 %, nominal 2.5 % each way: the pooled z alone says "better" in 4.0 %.
    chances = {"z": 0.0, "shipped": 0.0}
    for x_c in range(40):
        for x_t in range(1, 15):
            control, treatment = binary(900, x_c), binary(100, x_t)
            weight = binom.pmf(x_c, 900, 0.01) * binom.pmf(x_t, 100, 0.01)
            chances["z"] += weight * (pooled_z(control, treatment) > norm.isf(0.025))
            answer = compare_binary(control, treatment, alpha=0.05)
            chances["shipped"] += weight * (answer.p_value < 0.05 and answer.diff > 0)

    assert chances["z"] > 0.035
    assert chances["shipped"] < 0.025


WIDE = [
    *TABLES,
    ((29, 0), (56, 5)),
    ((9, 9), (30, 0)),
    ((10**9, 1000), (10**9, 1100)),
    ((7, 7), (9, 9)),
    ((1, 0), (1, 1)),
]


@pytest.mark.parametrize("alpha", [0.2, 0.05, 1e-7])
@pytest.mark.parametrize(("control", "treatment"), WIDE)
def test_newcombes_interval_is_statsmodels_one(control, treatment, alpha):
    reference = confint_proportions_2indep(
        treatment[1], treatment[0], control[1], control[0], method="newcomb", alpha=alpha
    )

    interval = newcombe_interval(binary(*control), binary(*treatment), float(norm.isf(alpha / 2)))

    diff = treatment[1] / treatment[0] - control[1] / control[0]
    width = reference[1] - reference[0]
    # At rates of one in a million statsmodels itself has lost the digits beyond 1e-15.
    assert interval == pytest.approx(reference, rel=0, abs=max(1e-9 * width, 1e-15))
    assert interval[0] <= diff <= interval[1]


@pytest.mark.parametrize("arm", [(10, 3), (10, 0), (10, 10), (1000, 999), (10**9, 1000)])
def test_wilsons_interval_is_statsmodels_one(arm):
    low, high = proportion_confint(arm[1], arm[0], alpha=0.05, method="wilson")

    below, above = wilson_reach(binary(*arm), float(norm.isf(0.025)))

    assert (arm[1] / arm[0] - below, arm[1] / arm[0] + above) == pytest.approx((low, high), rel=1e-9, abs=1e-15)
