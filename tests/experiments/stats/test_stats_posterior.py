"""The chance to beat control against quadrature, finite sums and limits of large n."""

import math

import pytest
from scipy.integrate import quad
from scipy.special import betaincc, betaln
from scipy.stats import beta, norm

from experiments.stats.posterior import chance_to_beat
from experiments.stats.samples import binary


@pytest.mark.parametrize(("control", "treatment"), [((34, 1), (34, 7)), ((200, 30), (90, 12)), ((12, 9), (15, 13))])
def test_it_is_scipys_quadrature(control, treatment):
    posterior_c = beta(control[1] + 0.5, control[0] - control[1] + 0.5)
    posterior_t = beta(treatment[1] + 0.5, treatment[0] - treatment[1] + 0.5)
    exact, _ = quad(lambda p: posterior_t.pdf(p) * posterior_c.cdf(p), 0, 1, epsabs=1e-12, limit=200)

    assert chance_to_beat(binary(*control), binary(*treatment)) == pytest.approx(exact, abs=1e-10)


@pytest.mark.parametrize(("converted", "missed", "more"), [(0, 10, 3), (3, 30, 6), (200, 5000, 40), (0, 0, 5)])
def test_it_is_millers_finite_sum(converted, missed, more):
    # Miller 2015, "Formulas for Bayesian A/B testing": a step of 1 in a adds one beta term; equal posteriors give 1/2.
    a, b = converted + 0.5, missed + 0.5
    terms = (betaln(2 * a + i, 2 * b) - math.log(a + i) - betaln(a + i, b) - betaln(a, b) for i in range(more))
    exact = 0.5 + math.fsum(map(math.exp, terms))

    control, treatment = binary(converted + missed, converted), binary(converted + more + missed, converted + more)

    assert chance_to_beat(control, treatment) == pytest.approx(exact, abs=1e-10)


def test_rare_conversions_among_a_billion_are_two_gammas():
    # Beta(a, n) is Gamma(a)/n up to 1e-6; the share of one gamma in two is a beta, cut at 1/2.
    chance = chance_to_beat(binary(10**9, 1000), binary(10**9, 1050))

    assert chance == pytest.approx(betaincc(1050.5, 1000.5, 0.5), abs=1e-6)


@pytest.mark.parametrize("more", [-50_000, -3_000, 0, 10_000, 40_000])
@pytest.mark.parametrize("converted", [10**8, 5 * 10**8, 9 * 10**8])
def test_common_conversions_among_a_billion_are_two_normals(converted, more):
    # Of the arcsines of the roots, whose spread is 1 / (2 sqrt(n)) at every rate (Anscombe 1948).
    n = 10**9
    angles = [math.asin(math.sqrt((x + 0.5) / (n + 1))) for x in (converted, converted + more)]

    chance = chance_to_beat(binary(n, converted), binary(n, converted + more))

    assert chance == pytest.approx(norm.cdf((angles[1] - angles[0]) * math.sqrt(2 * n)), abs=1e-6)


@pytest.mark.parametrize("arm", [(1, 0), (1000, 0), (1000, 1000), (7, 3), (10**9, 0), (10**9, 10**9 - 1)])
def test_equal_arms_beat_each_other_half_of_the_time(arm):
    assert chance_to_beat(binary(*arm), binary(*arm)) == pytest.approx(0.5, abs=1e-12)


@pytest.mark.parametrize(("small", "large"), [((10, 0), (10**9, 1000)), ((5, 5), (10**9, 10**9)), ((3, 1), (10**6, 3))])
def test_arms_of_very_different_size_are_the_small_ones_posterior(small, large):
    # The large arm is as good as a known rate.
    rate, posterior = (large[1] + 0.5) / (large[0] + 1), beta(small[1] + 0.5, small[0] - small[1] + 0.5)

    chance = chance_to_beat(binary(*large), binary(*small))

    assert chance == pytest.approx(posterior.sf(rate), abs=2e-3)
    assert chance_to_beat(binary(*small), binary(*large)) == pytest.approx(1 - chance, abs=1e-12)
