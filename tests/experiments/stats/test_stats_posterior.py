"""The Bayesian reading against quadrature, finite sums, closed forms and limits of large n."""

import math
from dataclasses import astuple, dataclass
from decimal import Decimal
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.integrate import quad, trapezoid
from scipy.special import betainc, betaincc, betaincinv, betaln
from scipy.stats import beta, f, norm

from experiments.stats.posterior import chance_to_beat, read_means, read_rates
from experiments.stats.samples import Sample, binary

RUNS = settings(max_examples=100, deadline=None)
TABLES = [
    ((34, 1), (34, 7)),
    ((200, 30), (90, 12)),
    ((12, 9), (15, 13)),
    ((10, 0), (10, 0)),
    ((40, 40), (40, 38)),
    ((1, 0), (1, 1)),
    ((10, 5), (10, 5)),
]


@dataclass(frozen=True)
class Arm:
    """A mean with its variance, as an estimate has them."""

    n: int
    mean: float
    variance: float


@st.composite
def arms(draw):
    """From one person to a billion, rates from nothing over one in a million to all."""
    n = draw(st.integers(1, 40) | st.integers(1, 10**9))
    rare = draw(st.floats(-6, 0).map(lambda power: int(n * 10**power)))
    return binary(n, draw(st.sampled_from([0, 1, rare, n - rare, n - 1, n]) | st.integers(0, n)))


def shape(arm):
    n, converted = arm
    return converted + 0.5, n - converted + 0.5


def miller_sum(a, b, more):
    """P(Beta(a + more, b) > Beta(a, b)): 1/2, and one beta term for each step in a (Miller 2015)."""
    terms = (betaln(2 * a + i, 2 * b) - math.log(a + i) - betaln(a + i, b) - betaln(a, b) for i in range(more))
    return 0.5 + math.fsum(map(math.exp, terms))


def ratio_below(ratio, control, treatment):
    """P(p_t <= ratio p_c), averaged over the quantiles of control, with a knot where the ratio takes it to 1."""
    knot = betainc(*shape(control), min(1.0, 1 / ratio))

    def kept(u):
        return betainc(*shape(treatment), min(1.0, ratio * betaincinv(*shape(control), u)))

    return sum(quad(kept, *part, epsabs=1e-10, limit=300)[0] for part in ((0.0, knot), (knot, 1.0)))


@pytest.mark.parametrize(("control", "treatment"), [((34, 1), (34, 7)), ((200, 30), (90, 12)), ((12, 9), (15, 13))])
def test_it_is_scipys_quadrature(control, treatment):
    posterior_c = beta(control[1] + 0.5, control[0] - control[1] + 0.5)
    posterior_t = beta(treatment[1] + 0.5, treatment[0] - treatment[1] + 0.5)
    exact, _ = quad(lambda p: posterior_t.pdf(p) * posterior_c.cdf(p), 0, 1, epsabs=1e-12, limit=200)

    assert chance_to_beat(binary(*control), binary(*treatment)) == pytest.approx(exact, abs=1e-10)


@pytest.mark.parametrize(("converted", "missed", "more"), [(0, 10, 3), (3, 30, 6), (200, 5000, 40), (0, 0, 5)])
def test_it_is_millers_finite_sum(converted, missed, more):
    control, treatment = binary(converted + missed, converted), binary(converted + more + missed, converted + more)

    exact = miller_sum(converted + 0.5, missed + 0.5, more)

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


@pytest.mark.parametrize(("control", "treatment"), TABLES)
def test_the_expected_loss_is_scipys_quadrature(control, treatment):
    # E[max(p_c - p_t, 0)] is the integral of P(p_t < p < p_c).
    def between(p):
        return betainc(*shape(treatment), p) * betaincc(*shape(control), p)

    knots = sorted(betaincinv(*shape(arm), u) for arm in (control, treatment) for u in (0.001, 0.5, 0.999))
    exact = sum(quad(between, *part, epsabs=0, epsrel=1e-11)[0] for part in pairwise([0.0, *knots, 1.0]))

    loss = read_rates(binary(*control), binary(*treatment), alpha=0.05).expected_loss

    assert loss == pytest.approx(exact, rel=1e-9, abs=1e-14)


@pytest.mark.parametrize(("converted", "missed", "more"), [(0, 10, 3), (3, 30, 6), (200, 5000, 40), (1, 1, 5)])
def test_the_expected_loss_is_stucchios_formula_on_millers_finite_sums(converted, missed, more):
    # Stucchio 2015: E[p_c 1(p_c > p_t)] is mean_c times the chance of a control with one conversion more; p_t likewise.
    a, b = converted + 0.5, missed + 0.5
    mean_c, mean_t = a / (a + b), (a + more) / (a + more + b)
    exact = mean_c * (1 - miller_sum(a + 1, b, more - 1)) - mean_t * (1 - miller_sum(a, b, more + 1))

    control, treatment = binary(converted + missed, converted), binary(converted + more + missed, converted + more)
    reading = read_rates(control, treatment, alpha=0.05)

    assert reading.expected_loss == pytest.approx(exact, rel=1e-9, abs=1e-13)


@pytest.mark.parametrize(("control", "treatment"), [*TABLES, ((10**6, 500_000), (5, 5)), ((9, 9), (10**5, 70_000))])
def test_the_interval_and_the_median_of_the_lift_cut_off_what_they_should(control, treatment):
    reading = read_rates(binary(*control), binary(*treatment), alpha=0.1)

    ends = (reading.lift_ci[0], reading.lift, reading.lift_ci[1])
    below = [ratio_below(1 + end, control, treatment) for end in ends]
    assert below == pytest.approx([0.05, 0.5, 0.95], abs=1e-7)


@pytest.mark.parametrize("alpha", [0.5, 0.05, 1e-4, 1e-9])
@pytest.mark.parametrize("counts", [(1000, 1050), (0, 3), (40, 0)])
def test_the_lift_of_rare_conversions_among_a_billion_is_an_f_distribution(counts, alpha):
    # The ratio of two gammas, each over its shape, is F.
    shapes = [x + 0.5 for x in counts]
    ratio = f(2 * shapes[1], 2 * shapes[0]).ppf([alpha / 2, 0.5]) * shapes[1] / shapes[0]
    last = f(2 * shapes[1], 2 * shapes[0]).isf(alpha / 2) * shapes[1] / shapes[0]

    reading = read_rates(*(binary(10**9, x) for x in counts), alpha=alpha)

    assert 1 + np.array([reading.lift_ci[0], reading.lift, reading.lift_ci[1]]) == pytest.approx(
        [*ratio, last], rel=1e-6, abs=1e-15
    )


@pytest.mark.parametrize("converted", [10**8, 5 * 10**8, 9 * 10**8])
def test_loss_and_lift_of_common_conversions_among_a_billion_are_those_of_normals(converted):
    n, more = 10**9, 20_000
    control, treatment = (beta(x + 0.5, n - x + 0.5) for x in (converted, converted + more))
    gap, error = more / (n + 1), math.sqrt(control.var() + treatment.var())
    log_error = math.hypot(control.std() / control.mean(), treatment.std() / treatment.mean())

    reading = read_rates(binary(n, converted), binary(n, converted + more), alpha=0.05)

    u = gap / error
    assert reading.expected_loss == pytest.approx(error * (norm.pdf(u) - u * norm.sf(u)), rel=2e-3)
    middle = math.log1p(gap / control.mean())
    assert np.log1p(reading.lift_ci) == pytest.approx(middle + log_error * np.array([-1.96, 1.96]), rel=1e-4)


def test_nearly_all_of_a_billion_converting_is_read_by_those_who_did_not():
    # 1 - p is a gamma over n, and the lift is the difference of two of these.
    misses = np.random.default_rng(5).gamma([[4.5], [1.5]], size=(2, 400_000)) / 1e9
    lifts = misses[0] - misses[1]

    reading = read_rates(binary(10**9, 10**9 - 4), binary(10**9, 10**9 - 1), alpha=0.1)

    assert reading.chance_to_beat_control == pytest.approx((lifts > 0).mean(), abs=0.003)
    assert reading.expected_loss == pytest.approx(np.maximum(-lifts, 0).mean(), rel=0.02)
    ends = [reading.lift_ci[0], reading.lift, reading.lift_ci[1]]
    assert ends == pytest.approx(np.quantile(lifts, [0.05, 0.5, 0.95]), rel=0.02, abs=2e-11)


@RUNS
@given(arms(), arms(), st.sampled_from([0.5, 0.05, 1e-3, 1e-9]))
def test_every_table_of_rates_is_read_in_finite_numbers_that_fit(control, treatment, alpha):
    reading = read_rates(control, treatment, alpha=alpha)

    assert reading.reason is None
    assert 0 <= reading.chance_to_beat_control <= 1
    assert reading.expected_loss >= 0
    assert -1 <= reading.lift_ci[0] <= reading.lift <= reading.lift_ci[1]
    # The chance that the lift is above 0 and the chance to beat are one and the same.
    assert (reading.chance_to_beat_control > 0.5 + 1e-7) <= (reading.lift > 0)
    assert (reading.lift_ci[0] > 1e-12) <= (reading.chance_to_beat_control >= 1 - alpha / 2 - 1e-7)


@RUNS
@given(arms(), arms())
def test_swapped_rates_are_the_mirror_image(control, treatment):
    reading, mirror = (read_rates(*pair, alpha=0.05) for pair in ((control, treatment), (treatment, control)))

    assert mirror.chance_to_beat_control == pytest.approx(1 - reading.chance_to_beat_control, abs=1e-9)
    mean_c, mean_t = ((arm.converted + 0.5) / (arm.n + 1) for arm in (control, treatment))
    assert reading.expected_loss - mirror.expected_loss == pytest.approx(mean_c - mean_t, rel=1e-9, abs=1e-15)
    assert (1 + mirror.lift) * (1 + reading.lift) == pytest.approx(1, rel=1e-6)


@RUNS
@given(arms(), arms())
def test_where_a_decrease_is_desired_chance_and_loss_turn_round_and_the_lift_does_not(control, treatment):
    up, down = (read_rates(control, treatment, alpha=0.05, desired=way) for way in ("increase", "decrease"))

    assert down.chance_to_beat_control == 1 - up.chance_to_beat_control
    swapped = read_rates(treatment, control, alpha=0.05)
    assert down.expected_loss == pytest.approx(swapped.expected_loss, rel=1e-9, abs=1e-15)
    assert (down.lift, down.lift_ci) == (up.lift, up.lift_ci)


@pytest.mark.parametrize("read", [read_rates, read_means])
@pytest.mark.parametrize(("control", "treatment"), [((0, 0), (5, 1)), ((5, 1), (0, 0)), ((0, 0), (0, 0))])
def test_an_empty_arm_has_no_reading(read, control, treatment):
    reading = read(binary(*control), binary(*treatment), alpha=0.05)

    assert reading.reason.code == "empty_arm"
    assert astuple(reading)[1:5] == (None,) * 4


@pytest.mark.parametrize("read", [read_rates, read_means])
@pytest.mark.parametrize("wrong", [{"alpha": 0.0}, {"alpha": 1.0}, {"alpha": math.nan}, {"desired": "more"}])
def test_wrong_arguments_are_refused(read, wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        read(binary(9, 3), binary(9, 3), **{"alpha": 0.05, **wrong})


def weighed(control, treatment):
    """The posterior of the log-lift, by adding precisions."""
    noise = sum(arm.variance / arm.n / arm.mean**2 for arm in (control, treatment))
    precision = 1 / noise + 1 / 0.1**2
    return norm(math.log(treatment.mean / control.mean) / noise / precision, precision**-0.5)


MEANS = [
    (Arm(1000, 20.0, 900.0), Arm(1100, 21.0, 1000.0)),
    (Arm(400, 5.0, 25.0), Arm(900, 4.0, 36.0)),
    (Arm(10**9, 3.0, 1.0), Arm(10**9, 3.00005, 1.0)),
    (Arm(10**6, 3.0, 0.0), Arm(100, 2.9, 4.0)),
]


@pytest.mark.parametrize(("control", "treatment"), MEANS)
@pytest.mark.parametrize("desired", ["increase", "decrease"])
def test_means_are_read_from_the_precision_weighted_normal(control, treatment, desired):
    log_lift, better = weighed(control, treatment), 1 if desired == "increase" else -1

    reading = read_means(control, treatment, alpha=0.1, desired=desired)

    assert reading.chance_to_beat_control == pytest.approx(norm.cdf(better * log_lift.mean() / log_lift.std()))
    assert reading.lift == pytest.approx(math.expm1(log_lift.mean()), rel=1e-9)
    assert reading.lift_ci == pytest.approx(np.expm1(log_lift.ppf([0.05, 0.95])), rel=1e-9)
    # Within 40 deviations, so that no quadrature overlooks the bell; both sides of the knot apart.
    far = 40 * log_lift.std()
    ends = (log_lift.mean() - far, 0.0) if better == 1 else (0.0, log_lift.mean() + far)
    points = [x for x in log_lift.mean() + log_lift.std() * np.arange(-6, 7) if ends[0] < x < ends[1]]
    cost, _ = quad(lambda x: -better * np.expm1(x) * log_lift.pdf(x), *ends, points=points, epsabs=0, epsrel=1e-11)
    assert reading.expected_loss == pytest.approx(control.mean * cost, rel=1e-8)


def test_to_first_order_the_loss_is_that_of_a_normal_lift():
    # spread phi(u) - centre Phi(-u), the risk that GrowthBook states, when the spread is small.
    control, treatment = MEANS[2]
    log_lift = weighed(control, treatment)
    u = log_lift.mean() / log_lift.std()

    loss = read_means(control, treatment, alpha=0.05).expected_loss

    assert loss == pytest.approx(3.0 * log_lift.std() * (norm.pdf(u) - u * norm.sf(u)), rel=1e-4)


@pytest.mark.parametrize("errors", [3.01, 4, 6, 12])
@pytest.mark.parametrize("z", [0, 1, 2, 3])
def test_the_delta_method_stays_close_to_the_posterior_of_two_normal_means(errors, z):
    # Variance in proportion to the mean, as sums of conversions have it; the ratio with its prior, and a flat prior on
    # the geometric mean of the two means, which favours neither arm.
    means = 1.0, 1 + z * math.sqrt(2) / errors
    control, treatment = (Arm(100, mean, 100 * mean / errors**2) for mean in means)
    grid = np.linspace(-1, 1, 20_001)
    spread = np.sqrt(means[1] + np.exp(2 * grid)) / errors
    density = norm.pdf(grid, scale=0.1) * np.exp(grid / 2) * norm.pdf(means[1] - np.exp(grid), scale=spread)

    reading = read_means(control, treatment, alpha=0.05)

    exact = trapezoid(density[grid > 0], grid[grid > 0]) / trapezoid(density, grid)
    assert reading.chance_to_beat_control == pytest.approx(exact, abs=0.005)


@RUNS
@given(st.integers(2, 10**9), st.integers(2, 10**9), st.floats(1e-3, 1e3), st.floats(1e-3, 1e3), st.floats(1e-9, 1e12))
def test_means_are_read_in_finite_numbers_or_not_at_all_and_swap(n_c, n_t, mean_c, mean_t, variance):
    pair = Arm(n_c, mean_c, variance), Arm(n_t, mean_t, variance)

    reading, mirror = read_means(*pair, alpha=0.05), read_means(*pair[::-1], alpha=0.05)

    if reading.reason is not None:
        assert reading.reason.code == mirror.reason.code == "mean_near_zero"
        return
    assert mirror.chance_to_beat_control == pytest.approx(1 - reading.chance_to_beat_control, abs=1e-12)
    assert (1 + mirror.lift) * (1 + reading.lift) == pytest.approx(1, rel=1e-6)
    assert reading.expected_loss >= 0
    assert reading.lift_ci[0] <= reading.lift <= reading.lift_ci[1]


@RUNS
@given(st.floats(-0.5, 2), st.integers(10, 10**7), st.sampled_from([1e-3, 0.5, 100.0]))
def test_the_reading_lies_between_no_change_and_what_was_seen_in_any_currency(seen, n, rate):
    reading = read_means(Arm(n, 10.0, 30.0), Arm(n, 10.0 * (1 + seen), 30.0), alpha=0.05)
    other = read_means(
        Arm(n, 10.0 * rate, 30.0 * rate**2), Arm(n, 10.0 * (1 + seen) * rate, 30.0 * rate**2), alpha=0.05
    )
    assume(reading.reason is None)

    assert min(seen, 0) - 1e-12 <= reading.lift <= max(seen, 0) + 1e-12
    assert other.lift == pytest.approx(reading.lift, rel=1e-9, abs=1e-15)
    assert other.expected_loss == pytest.approx(reading.expected_loss * rate, rel=1e-6, abs=1e-300)


@pytest.mark.parametrize(
    ("control", "treatment", "code"),
    [
        (Arm(1, 3.0, 0.0), Arm(9, 3.0, 1.0), "too_few_persons"),
        (Arm(9, 3.0, 0.0), Arm(9, 4.0, 0.0), "no_variation"),
        (Arm(9, 0.0, 0.0), Arm(9, 4.0, 1.0), "mean_near_zero"),
        (Arm(9, 4.0, 1.0), Arm(9, 0.0, 0.0), "mean_near_zero"),
        (Arm(100, -5.0, 1.0), Arm(100, 5.0, 1.0), "mean_near_zero"),
        (Arm(100, 0.29, 1.0), Arm(100, 5.0, 1.0), "mean_near_zero"),
    ],
)
def test_means_without_a_relative_change_say_why(control, treatment, code):
    reading = read_means(control, treatment, alpha=0.05)

    assert reading.reason.code == code
    assert astuple(reading)[1:5] == (None,) * 4


def test_a_sample_and_an_estimate_read_the_same():
    samples = [Sample(4, 4, Decimal(total), Decimal(squares)) for total, squares in (("8", "18"), ("9", "21"))]
    estimates = [Arm(arm.n, arm.mean, arm.variance) for arm in samples]

    assert read_means(*samples, alpha=0.05) == read_means(*estimates, alpha=0.05)
