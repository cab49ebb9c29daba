"""Bounds for repeated looks: published tables, multivariate normal probabilities, and what holds for any schedule."""

from itertools import pairwise
from math import e, exp, log, log1p, sqrt

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.integrate import quad, simpson
from scipy.special import log_ndtr
from scipy.stats import multivariate_normal, norm

from experiments.stats.answers import checked_level
from experiments.stats.group_sequential import (
    Looks,
    critical_values,
    inflation,
    nominal_level,
    sequential_p_value,
)

RUNS = settings(max_examples=100, deadline=None)
RULES = ["obrien_fleming", "pocock"]
UNEQUAL = Looks((0.1, 0.25, 0.7, 1.0), (3.0, 11.0, 19.0, 40.0))


def equal(count):
    shares = tuple((k + 1) / count for k in range(count))
    return Looks(shares, shares)


def spent_by(share, level, rule):
    """Lan and DeMets 1983 for one side, written anew."""
    if rule == "pocock":
        return level * log(1 + (e - 1) * share)
    return 2 * norm.sf(norm.isf(level / 2) / sqrt(share))


def chance_inside(bounds, information, *, sides, drift=0.0):
    """That no bound is crossed: one multivariate normal probability (Genz's algorithm in scipy)."""
    times = np.array(information[: len(bounds)])
    covariance = np.sqrt(np.minimum.outer(times, times) / np.maximum.outer(times, times))
    lower = -np.array(bounds) if sides == 2 else np.full(len(bounds), -np.inf)
    law = multivariate_normal(
        drift * np.sqrt(times), covariance, allow_singular=True, maxpts=400_000, abseps=1e-7, releps=1e-7, seed=1
    )
    return law.cdf(np.array(bounds), lower_limit=lower)


@st.composite
def schedules(draw, most=5):
    count = draw(st.integers(1, most))
    shares = sorted(draw(st.lists(st.floats(0.001, 1.3), min_size=count, max_size=count)))
    growths = draw(st.lists(st.sampled_from([-0.1, 0.0, 0.01, 0.2, 1.0, 7.0]), min_size=count, max_size=count))
    return Looks(tuple(shares), tuple((100 * np.cumprod(1 + np.array(growths))).tolist()))


@st.composite
def walks(draw):
    looks = draw(schedules())
    return looks, draw(st.lists(st.floats(-6, 6), min_size=len(looks.spent), max_size=len(looks.spent)))


@pytest.mark.parametrize(
    ("rule", "published"),
    [
        ("obrien_fleming", [4.877, 3.357, 2.680, 2.290, 2.031]),
        ("pocock", [2.438, 2.427, 2.410, 2.397, 2.386]),
    ],
)
def test_five_equal_looks_have_the_bounds_of_reboussin_and_others_2000(rule, published):
    # Controlled Clinical Trials 21, 190, and the ldbounds package made of it; two-sided .05.
    assert [round(bound, 3) for bound in critical_values(equal(5), alpha=0.05, spending=rule)] == published


@pytest.mark.parametrize("published", [[2.963, 1.969], [3.710, 2.511, 1.993], [4.333, 2.963, 2.359, 2.014]])
def test_one_sided_looks_have_the_bounds_of_rpact(published):
    # typeOfDesign = "asOF", alpha = .025.
    bounds = critical_values(equal(len(published)), alpha=0.025, sides=1)

    assert [round(bound, 3) for bound in bounds] == published


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize(("sides", "alpha"), [(1, 0.05), (1, 0.4), (2, 0.05), (2, 0.5)])
def test_what_is_spent_by_each_look_is_a_multivariate_normal_probability(rule, sides, alpha):
    bounds = critical_values(UNEQUAL, alpha=alpha, sides=sides, spending=rule)

    for k in (2, 4):
        allowed = sides * spent_by(UNEQUAL.spent[k - 1], alpha / sides, rule)
        assert 1 - chance_inside(bounds[:k], UNEQUAL.information, sides=sides) == pytest.approx(allowed, abs=1e-6)


def chance_inside_by_simpson(bounds, information):
    """Armitage, McPherson and Rowe's recursion in densities of the score, on even grids."""
    scores = np.linspace(-bounds[0], bounds[0], 401) * sqrt(information[0])
    density = norm.pdf(scores, scale=sqrt(information[0]))
    for bound, (before, now) in zip(bounds[1:], pairwise(information), strict=True):
        later = np.linspace(-bound, bound, 401) * sqrt(now)
        density = simpson(density * norm.pdf(later[:, np.newaxis], scores, sqrt(now - before)), x=scores)
        scores = later
    return simpson(density, x=scores)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("alpha", [0.05, 0.005])
def test_twenty_eight_looks_spend_alpha_and_no_more(rule, alpha):
    looks = equal(28)

    bounds = critical_values(looks, alpha=alpha, spending=rule)

    # At the first looks O'Brien and Fleming's bounds are beyond 9, where nothing is.
    clipped = [min(bound, 9.0) for bound in bounds]
    assert 1 - chance_inside_by_simpson(clipped, looks.information) == pytest.approx(alpha, abs=1e-8)


@pytest.mark.parametrize("alpha", [1e-12, 1e-60, 1e-100])
def test_the_second_of_two_bounds_is_exact_in_the_far_tail(alpha):
    first, second = critical_values(Looks((0.5, 1.0), (2.0, 3.0)), alpha=alpha, sides=1)

    first_spent = log(2) + log_ndtr(norm.ppf(alpha / 2) / sqrt(0.5))
    kept, noise = sqrt(2 / 3), sqrt(1 / 3)
    left = log(alpha) + log1p(-exp(first_spent - log(alpha)))
    crossing = quad(
        lambda z: exp(norm.logpdf(z) + log_ndtr((kept * z - second) / noise) - left),
        *(kept * second - 9, first),
        epsabs=0,
        epsrel=1e-12,
        limit=500,
    )
    assert first == pytest.approx(-norm.ppf(exp(first_spent)) if first_spent > -700 else 29.9, abs=0.1)
    assert crossing[0] == pytest.approx(1, rel=1e-9)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize(("sides", "z"), [(1, 1.7), (1, -1.0), (2, 1.7), (2, -1.7), (2, 0.0), (1, 30.0), (2, -30.0)])
def test_one_look_with_everything_spent_is_the_fixed_test(rule, sides, z):
    looks = Looks((1.0,), (17.0,))

    fixed = norm.sf(z) if sides == 1 else 2 * norm.sf(abs(z))
    assert sequential_p_value([z], looks, sides=sides, spending=rule) == (pytest.approx(fixed, rel=1e-14), 0)
    bound = critical_values(looks, alpha=0.05, sides=sides, spending=rule)
    assert bound == [pytest.approx(norm.isf(0.05 / sides), rel=1e-14)]


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("sides", [1, 2])
@pytest.mark.parametrize("alpha", [1e-100, 1e-12, 0.001, 0.05, 0.29])
def test_a_z_on_its_bound_has_the_p_value_alpha(rule, sides, alpha):
    bounds = critical_values(UNEQUAL, alpha=alpha, sides=sides, spending=rule)

    for k, bound in enumerate(bounds):
        if bound is None:
            continue
        z = [0.0] * k + [bound] + [0.0] * (3 - k)
        p_value, index = sequential_p_value(z, UNEQUAL, sides=sides, spending=rule)
        assert (p_value, index) == (pytest.approx(alpha, rel=1e-9), k)


@RUNS
@given(walks(), st.floats(1e-6, 0.3), st.sampled_from([1, 2]), st.sampled_from(RULES))
def test_p_is_below_alpha_exactly_when_a_bound_is_crossed(walk, alpha, sides, rule):
    looks, z = walk
    heights = np.abs(z) if sides == 2 else z

    p_value, index = sequential_p_value(z, looks, sides=sides, spending=rule)

    assume(abs(p_value / alpha - 1) > 1e-8)
    bounds = critical_values(looks, alpha=alpha, sides=sides, spending=rule)
    crossed = [bound is not None and height > bound for height, bound in zip(heights, bounds, strict=True)]
    assert (p_value < alpha) == any(crossed)
    assert not any(crossed) or crossed[index]
    assert 0 < p_value <= 1


@RUNS
@given(walks(), st.sampled_from([1, 2]), st.sampled_from(RULES))
def test_p_never_rises_with_a_further_look_and_keeps_every_digit_when_that_adds_nothing(walk, sides, rule):
    looks, z = walk
    p_values = []
    for count in range(1, len(z) + 1):
        so_far = Looks(looks.spent[:count], looks.information[:count])
        p_values.append(sequential_p_value(z[:count], so_far, sides=sides, spending=rule))

    for (before, at_before), (after, at_after) in pairwise(p_values):
        assert after <= before
        assert at_after == at_before or after < before or before == 1


@RUNS
@given(walks(), st.sampled_from(RULES))
def test_neither_the_sign_nor_the_unit_of_information_matters(walk, rule):
    looks, z = walk
    in_thousands = Looks(looks.spent, tuple(known / 1000 for known in looks.information))

    p_value, index = sequential_p_value(z, looks, spending=rule)

    mirrored = sequential_p_value([-value for value in z], in_thousands, spending=rule)
    assert mirrored == (pytest.approx(p_value, rel=1e-9), index)


@RUNS
@given(schedules(), st.sampled_from([1, 2]), st.sampled_from(RULES), st.floats(1e-90, 0.25))
def test_bounds_are_finite_know_no_future_and_fall_with_alpha(looks, sides, rule, alpha):
    bounds = critical_values(looks, alpha=alpha, sides=sides, spending=rule)
    looser = critical_values(looks, alpha=alpha * 1.2, sides=sides, spending=rule)
    count = (len(bounds) + 1) // 2
    prefix = critical_values(
        Looks(looks.spent[:count], looks.information[:count]), alpha=alpha, sides=sides, spending=rule
    )

    for bound, lower in zip(bounds, looser, strict=True):
        assert bound is None or norm.isf(min(alpha, 0.5)) - 1e-6 < bound < 45
        assert bound is None or (lower is not None and lower < bound)
    for bound, same in zip(bounds[:count], prefix, strict=True):
        assert bound == (None if same is None else pytest.approx(same, abs=1e-9))


def test_after_everything_is_spent_nothing_counts_any_more():
    looks = Looks((0.5, 1.0, 1.0, 1.4), (1.0, 2.0, 3.0, 4.0))
    planned = Looks(looks.spent[:2], looks.information[:2])

    assert critical_values(looks, alpha=0.05)[2:] == [None, None]
    assert sequential_p_value([1.0, 1.5, 9.0, 9.0], looks) == sequential_p_value([1.0, 1.5], planned)


def test_beyond_the_plan_is_the_end_of_the_plan():
    assert critical_values(Looks((0.4, 1.7), (1.0, 2.0)), alpha=0.05) == critical_values(
        Looks((0.4, 1.0), (1.0, 2.0)), alpha=0.05
    )


@pytest.mark.parametrize("share", [5e-324, 1e-30, 1e-4])
def test_a_first_look_too_early_to_spend_anything_has_no_bound_and_costs_nothing(share):
    bounds = critical_values(Looks((share, 1.0), (share or 1.0, 1.0) if share > 1e-100 else (1e-9, 1.0)), alpha=0.05)

    assert bounds == [None, pytest.approx(norm.isf(0.025), rel=1e-14)]
    assert critical_values(Looks((5e-324,), (1.0,)), alpha=0.05) == [None]
    assert sequential_p_value([9.0], Looks((1e-30,), (1.0,))) == (1.0, 0)


def test_a_look_without_new_information_spends_on_the_safe_side():
    looks = Looks((0.3, 0.6, 0.9, 1.0), (50.0, 50.0, 40.0, 50.0))

    bounds = critical_values(looks, alpha=0.05)

    # The same people four times: the lowest of the bounds is all that counts.
    assert 0.03 < 2 * norm.sf(min(bounds)) <= 0.05
    assert critical_values(Looks((0.3, 0.3), (50.0, 50.0)), alpha=0.05)[1] is None


@pytest.mark.parametrize("growth", [1.0, 1.00001, 1.0005, 1.002])
def test_looks_at_hardly_more_people_keep_their_error(growth):
    looks = Looks((0.5, 0.505), (1.0, growth))

    bounds = critical_values(looks, alpha=0.05)

    crossed = 1 - chance_inside(bounds, (1.0, max(growth, 1 + 1e-12)), sides=2)
    allowed = 2 * spent_by(0.505, 0.025, "obrien_fleming")
    assert 0.9 * allowed < crossed < allowed + 1e-9
    assert growth < 1.001 or crossed == pytest.approx(allowed, rel=1e-6)


@pytest.mark.parametrize("sides", [1, 2])
@pytest.mark.parametrize("rule", RULES)
def test_next_to_alpha_one_everything_crosses_and_bounds_stay_finite(sides, rule):
    looks = Looks((0.2, 0.5, 0.5001, 1.0), (1.0, 1.0, 40.0, 40.1))

    for alpha in (0.9, 1 - 1e-6, 1 - 1e-12, 1 - 1e-16):
        bounds = critical_values(looks, alpha=alpha, sides=sides, spending=rule)
        assert all(bound is None or (sides == 1) * -10 <= bound < 10 for bound in bounds)
    assert sequential_p_value([-9.0] * 4, looks, sides=1, spending=rule) == (1.0, 3)


def test_two_hundred_looks_are_no_trouble():
    bounds = critical_values(equal(200), alpha=0.05)

    assert all(later < earlier for earlier, later in pairwise(bounds))
    # A Brownian motion watched without pause: 2.2414 is the bound of .05 (reflection principle); 200 looks need less.
    assert 2.19 < bounds[-1] < norm.isf(0.0125)


@pytest.mark.parametrize(("z", "smallest"), [(38.0, 1e-300), (50.0, 5e-324), (1e6, 5e-324)])
def test_a_p_value_beyond_doubles_is_the_smallest_double(z, smallest):
    p_value, index = sequential_p_value([1.0, z, z], equal(3))

    assert (0 < p_value <= smallest, index) == (True, 2)


def test_a_z_that_crosses_as_soon_as_there_is_a_bound_has_the_level_of_that():
    looks = Looks((0.1, 0.35, 0.8), (7.0, 7.7, 9.0))

    p_value, index = sequential_p_value([-4900.0, 6700.0, 10_000.0], looks, sides=1)

    # O'Brien and Fleming's third bound is the first to exist.
    assert index == 2
    assert 1e-300 < p_value < 1e-200


@pytest.mark.parametrize("sides", [1, 2])
def test_the_nominal_level_is_that_of_the_fixed_test_and_one_that_comparisons_take(sides):
    assert nominal_level(2.5, sides=sides) == pytest.approx(sides * norm.sf(2.5), rel=1e-14)
    assert checked_level(nominal_level(38.0, sides=sides)) == 1e-100


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("power", [0.5, 0.8, 0.95])
def test_inflation_gives_back_the_power(rule, power):
    shares = (0.2, 0.6, 1.0)
    drift = (norm.isf(0.025) + norm.ppf(power)) * sqrt(inflation(shares, alpha=0.05, power=power, spending=rule))

    bounds = np.array(critical_values(Looks(shares, shares), alpha=0.05, spending=rule))

    # Crossing to the right side after crossing to the wrong one counts here and not there.
    missed = chance_inside(bounds, shares, sides=1, drift=drift)
    assert 1 - missed == pytest.approx(power, abs=1e-5)


def test_inflation_grows_with_looks_and_is_nothing_for_one():
    looked = [inflation(equal(count).spent, alpha=0.05, power=0.8) for count in (1, 2, 5, 28)]

    assert looked[0] == 1.0
    assert all(later > earlier for earlier, later in pairwise(looked))
    # Power .777 of 28 looks where the fixed test has .798: 5 % more people.
    assert looked[-1] == pytest.approx(1.05, abs=0.005)
    assert inflation((1e-9, 1.0), alpha=0.05, power=0.8) >= 1


@pytest.mark.parametrize(
    ("spent", "information"),
    [
        ((), ()),
        ((0.5,), (1.0, 2.0)),
        ((0.0,), (1.0,)),
        ((0.5, 0.4), (1.0, 2.0)),
        ((float("nan"),), (1.0,)),
        ((float("inf"),), (1.0,)),
        ((0.5,), (0.0,)),
        ((0.5,), (float("inf"),)),
    ],
)
def test_impossible_looks_are_refused(spent, information):
    with pytest.raises(ValueError, match=r"spent|look|information"):
        Looks(spent, information)


def test_impossible_questions_are_refused():
    looks = equal(2)
    for z in ([1.0], [1.0, float("nan")], [1.0, float("inf")]):
        with pytest.raises(ValueError, match="z="):
            sequential_p_value(z, looks)
    with pytest.raises(ValueError, match="alpha"):
        critical_values(looks, alpha=0)
    with pytest.raises(ValueError, match="sides"):
        critical_values(looks, alpha=0.05, sides=3)
    with pytest.raises(ValueError, match="obrien_fleming"):
        critical_values(looks, alpha=0.05, spending="wang_tsiatis")
    for spent, power in (((0.5, 0.9), 0.8), ((), 0.8), ((1.0,), 1.0), ((1.0,), 0.05)):
        with pytest.raises(ValueError, match="power"):
            inflation(spent, alpha=0.05, power=power)
