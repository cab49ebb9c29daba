"""The confidence sequence against its papers' formulas and integrals, and what its numbers owe each other."""

from math import erfc, exp, expm1, inf, log, pi, sqrt

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import ndtr, stdtr
from scipy.stats import norm

from experiments.stats.answers import Comparison, checked_level
from experiments.stats.binary import compare_binary
from experiments.stats.confidence_sequence import (
    always_valid_p_value,
    critical_value,
    log_e_value,
    nominal_level,
    signed_z,
)
from experiments.stats.families import e_benjamini_hochberg, selected_level
from experiments.stats.samples import binary

RUNS = settings(max_examples=150, deadline=None)
PEOPLE = st.integers(1, 10**9)
SIDES = st.sampled_from([1, 2])


def rho_squared(tuned_for):
    """Eq. 161 of arXiv 2103.06476 at a level of .05."""
    return (-2 * log(0.05) + log(-2 * log(0.05) + 1)) / tuned_for


@pytest.mark.parametrize("people", [1, 100, 5000, 20_000, 10**9])
@pytest.mark.parametrize("tuned_for", [1, 10_000, 10**9])
@pytest.mark.parametrize("alpha", [0.2, 0.05, 1e-6, 1e-100])
def test_the_critical_value_is_the_papers_boundary_over_the_standard_error(people, tuned_for, alpha):
    # Eq. 9: half-width = s * sqrt(2 (t rho^2 + 1) / (t^2 rho^2) * log(sqrt(t rho^2 + 1) / alpha)), se = s / sqrt(t).
    t, rho2 = people, rho_squared(tuned_for)
    half_width = sqrt(2 * (t * rho2 + 1) / (t * t * rho2) * (0.5 * log(t * rho2 + 1) - log(alpha)))

    assert critical_value(people, tuned_for=tuned_for, alpha=alpha) == pytest.approx(half_width * sqrt(t), rel=1e-9)


def mixture(z, people, tuned_for, sides):
    """The likelihood ratio exp(zx - x^2/2) averaged over x: the mean of z, normal with variance t rho^2."""
    spread = sqrt(people * rho_squared(tuned_for))
    lowest = 0.0 if sides == 1 else -10 * spread
    peak = z * spread**2 / (1 + spread**2)
    points = [point for point in (peak, 0.0) if lowest < point < 10 * spread]
    weight = 2 / sides
    integral = quad(
        lambda x: weight * exp(z * x - x * x / 2) * norm.pdf(x, scale=spread),
        *(lowest, 10 * spread),
        points=points or None,
        epsabs=0,
        epsrel=1e-12,
        limit=500,
    )
    return integral[0]


@pytest.mark.parametrize("sides", [1, 2])
@pytest.mark.parametrize("z", [-9.0, -2.0, 0.0, 0.3, 1.96, 6.0])
@pytest.mark.parametrize(("people", "tuned_for"), [(100, 10_000), (10_000, 10_000), (50_000, 10_000)])
def test_the_e_value_is_a_likelihood_ratio_averaged_over_effects(sides, z, people, tuned_for):
    log_e = log_e_value(z, people, tuned_for=tuned_for, sides=sides)

    assert exp(log_e) == pytest.approx(mixture(z, people, tuned_for, sides), rel=1e-9)


@pytest.mark.parametrize("sides", [1, 2])
@pytest.mark.parametrize("people", [1, 300, 10_000, 10**9])
def test_without_effect_the_e_value_has_mean_one(sides, people):
    def weighted(z):
        return exp(log_e_value(z, people, tuned_for=10_000, sides=sides) + norm.logpdf(z))

    far = 40 * sqrt(1 + people * rho_squared(10_000))
    assert quad(weighted, -far, far, points=[-1, 0, 1], limit=5000)[0] == pytest.approx(1, rel=1e-7)


@pytest.mark.parametrize("people", [100, 10**4, 10**8])
def test_one_sided_evidence_mirrored_and_averaged_is_two_sided(people):
    for z in (0.0, 1.0, 5.0, 30.0):
        up, down = (exp(log_e_value(sign * z, people, tuned_for=10**5, sides=1)) for sign in (1, -1))
        assert (up + down) / 2 == pytest.approx(exp(log_e_value(z, people, tuned_for=10**5)), rel=1e-12)


@pytest.mark.parametrize("sides", [1, 2])
@pytest.mark.parametrize("alpha", [0.9, 0.05, 1e-9, 1e-100])
@pytest.mark.parametrize("people", [1, 1000, 10**9])
def test_at_the_critical_value_the_p_value_is_alpha(sides, alpha, people):
    critical = critical_value(people, tuned_for=10**5, alpha=alpha, sides=sides)

    assert critical > 0
    assert always_valid_p_value(critical, people, tuned_for=10**5, sides=sides) == pytest.approx(alpha, rel=1e-9)


@RUNS
@given(st.floats(-60, 60), PEOPLE, PEOPLE, st.floats(1e-12, 0.99), SIDES)
def test_p_is_below_alpha_exactly_beyond_the_critical_value(z, people, tuned_for, alpha, sides):
    p_value = always_valid_p_value(z, people, tuned_for=tuned_for, sides=sides)
    critical = critical_value(people, tuned_for=tuned_for, alpha=alpha, sides=sides)

    height = z if sides == 1 else abs(z)
    assume(abs(height / critical - 1) > 1e-9)
    assert (p_value < alpha) == (height > critical)
    assert 0 < p_value <= 1


@RUNS
@given(st.floats(-1e6, 1e6), PEOPLE, PEOPLE, SIDES)
def test_evidence_grows_with_z_and_p_is_never_below_the_fixed_one(z, people, tuned_for, sides):
    height = z if sides == 1 else abs(z)
    log_e = log_e_value(height, people, tuned_for=tuned_for, sides=sides)
    p_value = always_valid_p_value(z, people, tuned_for=tuned_for, sides=sides)

    assert log_e_value(height + 0.1, people, tuned_for=tuned_for, sides=sides) >= log_e
    assert p_value >= sides * ndtr(-height) * (1 - 1e-9)
    assert -inf < log_e < inf
    assert sides == 1 or always_valid_p_value(-z, people, tuned_for=tuned_for) == p_value


def test_it_is_narrowest_when_the_people_it_is_tuned_for_are_there():
    # As a standard error shrinks with the root of people, so does the width; eq. 155 minimises it at a level of .05.
    def width(tuned_for):
        return critical_value(10_000, tuned_for=tuned_for, alpha=0.05)

    assert width(10_000) < min(width(9_000), width(11_100), width(1_000), width(10**6))


@pytest.mark.parametrize("sides", [1, 2])
def test_evidence_far_against_a_one_sided_claim_and_in_far_tails_stays_a_number(sides):
    for z in (-1e150, -1e5, 1e5, 1e150):
        assert -inf < log_e_value(z, 10**6, tuned_for=10**6, sides=sides) < inf
    assert always_valid_p_value(1e5, 10**6, tuned_for=10**6, sides=sides) == 5e-324
    assert always_valid_p_value(-1e5, 10**6, tuned_for=10**6, sides=1) == 1


@pytest.mark.parametrize("sides", [1, 2])
def test_the_nominal_level_gives_the_critical_value_back_and_is_one_that_comparisons_take(sides):
    level = nominal_level(5000, tuned_for=10_000, alpha=0.05, sides=sides)

    critical = critical_value(5000, tuned_for=10_000, alpha=0.05, sides=sides)
    assert norm.isf(level / sides) == pytest.approx(critical, rel=1e-12)
    # A hundred people of a planned million: the sequence is 87 standard errors wide to each side.
    assert checked_level(nominal_level(100, tuned_for=10**6, alpha=0.05, sides=sides)) == 1e-100


def test_a_walk_without_effect_leaves_the_sequence_in_one_run_of_twenty_at_most():
    runs, days, a_day, tuned_for = 4000, 200, 100, 5000
    steps = np.random.default_rng(20).normal(size=(runs, days))
    people = a_day * np.arange(1, days + 1)
    z = np.cumsum(steps, axis=1) / np.sqrt(np.arange(1, days + 1))

    for sides, height in ((2, np.abs(z)), (1, z)):
        bounds = [critical_value(int(n), tuned_for=tuned_for, alpha=0.05, sides=sides) for n in people]
        left = np.mean((height > bounds).any(axis=1))
        assert 0.015 < left <= 0.05


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.none() | st.floats(-9, 9), min_size=1, max_size=12),
    st.integers(100, 10**6),
    st.sampled_from([0.2, 0.05, 0.01]),
)
def test_a_selected_interval_leaves_out_zero_exactly_when_its_member_is_rejected(zs, people, alpha):
    log_es = [None if z is None else log_e_value(z, people, tuned_for=10**4) for z in zs]

    adjusted = e_benjamini_hochberg(log_es)

    critical = critical_value(people, tuned_for=10**4, alpha=selected_level(adjusted, alpha))
    for z, p in zip(zs, adjusted, strict=True):
        assume(z is None or abs(abs(z) / critical - 1) > 1e-9)
        assert (z is None) == (p is None)
        assert z is None or (p < alpha) == (abs(z) > critical)


@pytest.mark.parametrize(("x_c", "x_t"), [(100, 130), (130, 100), (100, 100), (10**6, 2 * 10**6), (0, 10**8)])
def test_the_z_of_a_score_test_is_its_statistic(x_c, x_t):
    comparison = compare_binary(binary(10**9, x_c), binary(10**9, x_t), alpha=0.05)

    assert signed_z(comparison) == pytest.approx(comparison.statistic, rel=1e-12, abs=1e-15)


@pytest.mark.parametrize("df", [1.0, 4.3, 80.0, 1e5])
@pytest.mark.parametrize("t", [-8.0, -0.01, 0.0, 2.5, 30.0])
def test_the_z_of_a_t_test_has_its_p_value_and_its_sign(df, t):
    comparison = Comparison("t/1", diff=t / 7, statistic=t, df=df, p_value=2 * float(stdtr(df, -abs(t))))

    z = signed_z(comparison)

    assert erfc(abs(z) / sqrt(2)) == pytest.approx(comparison.p_value, rel=1e-12)
    assert z == 0 if t == 0 else z * t > 0


def student_tail(t, df):
    """Log of the two-sided p-value from the closed forms of t at 2 and 4 degrees of freedom, rewritten for far t."""
    x = 1 / sqrt(1 + df / t**2)
    if df == 2:
        return log(-expm1(0.5 * np.log1p(-1 / (1 + t**2 / df))))
    rest = 1 / (1 + t**2 / df)  # 1 - x^2, and the tail is 1 - x (1 + rest / 2)
    return 2 * log(rest) + log((2 + x) / (2 * (1 + x) ** 2))


@pytest.mark.parametrize(("df", "t"), [(2.0, 3e150), (2.0, 1e152), (4.0, 1e76), (4.0, 1e80), (4.0, 1e120)])
def test_where_the_p_value_of_t_is_lost_the_statistic_gives_the_z(df, t):
    z = signed_z(Comparison("t/1", diff=-1.0, statistic=-t, df=df, p_value=5e-324))

    log_tail = student_tail(t, df)
    # Mills' ratio: log 2Φ(-z) = log(2 φ(z) / z) + log(1 - 1/z^2 + 3/z^4 - 15/z^6 + 105/z^8), good to 1e-12 here.
    mills = log(1 - z**-2 + 3 * z**-4 - 15 * z**-6 + 105 * z**-8)
    assert log(2) - z * z / 2 - log(2 * pi) / 2 - log(-z) + mills == pytest.approx(log_tail, rel=1e-11)


def test_far_tails_of_t_with_many_degrees_of_freedom_are_those_of_the_normal():
    comparison = Comparison("t/1", diff=1.0, statistic=60.0, df=1e12, p_value=5e-324)

    assert signed_z(comparison) == pytest.approx(60, rel=1e-8)


def test_the_two_roads_to_z_meet_where_the_p_value_begins_to_lose_digits():
    for df in (50.0, 3000.0, 1e6):
        t = next(t for t in np.geomspace(20, 1e9, 4000) if 2 * stdtr(df, -t) < 1e-290)
        p_value = 2 * float(stdtr(df, -t))
        direct = signed_z(Comparison("t/1", diff=1.0, statistic=t, df=df, p_value=p_value))
        lost = signed_z(Comparison("t/1", diff=1.0, statistic=t, df=df, p_value=5e-324))
        assert lost == pytest.approx(direct, rel=1e-11)


def test_a_z_needs_a_p_value_and_a_sign():
    assert signed_z(Comparison("score/1", diff=0.1)) is None
    assert signed_z(Comparison("exact/1", diff=0.0, p_value=0.8)) == 0
    assert signed_z(Comparison("exact/1", p_value=0.8)) == 0
    assert signed_z(Comparison("exact/1", diff=-0.1, p_value=5e-324)) == pytest.approx(-38.485, abs=1e-3)


@pytest.mark.parametrize(("people", "tuned_for"), [(0, 100), (100, 0), (-5, 100)])
def test_nobody_is_refused(people, tuned_for):
    with pytest.raises(ValueError, match="at least 1"):
        critical_value(people, tuned_for=tuned_for, alpha=0.05)
    with pytest.raises(ValueError, match="at least 1"):
        log_e_value(1.0, people, tuned_for=tuned_for)


def test_what_is_no_z_level_or_side_is_refused():
    for z in (float("nan"), inf, -1e151):
        with pytest.raises(ValueError, match="z="):
            log_e_value(z, 100, tuned_for=100)
    with pytest.raises(ValueError, match="alpha"):
        critical_value(100, tuned_for=100, alpha=1.0)
    with pytest.raises(ValueError, match="sides"):
        always_valid_p_value(1.0, 100, tuned_for=100, sides=0)
