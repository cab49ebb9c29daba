"""The shrunk lift against the likelihood it maximises, and against the truth in a simulation."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.optimize import minimize_scalar
from scipy.stats import norm

from experiments.stats.shrinkage import shrunk

RUNS = settings(max_examples=100, deadline=None)
CRITICALS = st.sampled_from([0.0, 0.5, 1.645, 1.96, 2.8, 4.877, 20.0])


@pytest.mark.parametrize("critical", [0.5, 1.645, 1.96, 2.8, 4.877])
@pytest.mark.parametrize("beyond", [0.0, 0.01, 0.3, 1.0, 2.5, 6.0])
def test_it_is_the_maximum_of_the_conditional_likelihood(critical, beyond):
    z = critical + beyond

    def surprise(mean):
        return -norm.logpdf(z - mean) + math.log(norm.sf(critical - mean) + norm.cdf(-critical - mean))

    likeliest = minimize_scalar(surprise, bounds=(-1, z + 1), method="bounded", options={"xatol": 1e-11}).x

    # A maximum is flat: half of the digits.
    assert shrunk(0.2, z=z, critical=critical) == pytest.approx(0.2 * likeliest / z, abs=1e-7)


@pytest.mark.parametrize(("z", "critical"), [(1.96, 1.96), (2.2, 1.96), (3.0, 2.8), (5.0, 4.877), (2.0, 0.3)])
def test_under_the_likeliest_mean_a_picked_z_is_on_average_what_was_seen(z, critical):
    mean = z * shrunk(1.0, z=z, critical=critical)

    moments = [
        sum(quad(lambda x, k=k: x**k * norm.pdf(x - mean), *part, epsabs=1e-14)[0] for part in parts)
        for k, parts in ((1, ((critical, 40), (-40, -critical))), (0, ((critical, 40), (-40, -critical))))
    ]

    assert moments[0] / moments[1] == pytest.approx(z, rel=1e-9)


@RUNS
@given(st.floats(-5, 5), CRITICALS, st.floats(0, 50))
def test_it_keeps_the_sign_and_is_never_beyond_the_estimate(estimate, critical, beyond):
    z = math.copysign(critical + beyond, estimate)

    answer = shrunk(estimate, z=z, critical=critical)

    assert abs(answer) <= abs(estimate)
    assert answer * estimate >= 0
    assert shrunk(-estimate, z=-z, critical=critical) == -answer


@RUNS
@given(CRITICALS, st.floats(1e-6, 30), st.floats(1e-6, 1))
def test_the_farther_beyond_the_bar_the_less_it_shrinks(critical, beyond, further):
    near, far = (shrunk(1.0, z=critical + more, critical=critical) for more in (beyond, beyond + further))

    assert near <= far + 1e-12
    # Without a jump: the mean's slope by z is one over the variance of what was picked, about critical^-2 at the bar.
    assert far - near <= 2 * (1 + critical) * further


@pytest.mark.parametrize(("z", "critical"), [(12.0, 1.96), (1e6, 1.96), (1e300, 1.0), (3.0, 0.0), (0.0, 0.0)])
def test_far_beyond_or_without_a_bar_it_is_the_estimate(z, critical):
    assert shrunk(0.3, z=z, critical=critical) == pytest.approx(0.3, rel=1e-12)


@pytest.mark.parametrize("critical", [1e-310, 1e-9, 37.7, 1e4, 1e150])
def test_unusual_bars_are_answered_in_finite_numbers(critical):
    assert 0 <= shrunk(1.0, z=critical, critical=critical) <= 1


def biases(mean):
    """Of what winners show and of what is left after shrinking, in standard errors; the bar is 1.96."""
    shown = mean + np.random.default_rng(11).standard_normal(6000)
    winners = shown[np.abs(shown) > 1.96]
    return winners.mean() - mean, np.mean([shrunk(z, z=z, critical=1.96) for z in winners]) - mean


@pytest.mark.parametrize("mean", [1.0, 1.5, 2.0])
def test_near_the_bar_winners_are_far_less_biased_than_what_they_show(mean):
    shown, corrected = biases(mean)

    assert shown > 0.7
    assert abs(corrected) < 0.35 * shown


def test_at_a_power_of_85_percent_it_is_too_modest_by_less_than_a_third_of_a_standard_error():
    shown, corrected = biases(3.0)

    assert shown == pytest.approx(0.27, abs=0.05)
    assert -1 / 3 < corrected < 0


@pytest.mark.parametrize(
    ("estimate", "z", "critical"),
    [(0.1, 1.9, 1.96), (0.1, 2.0, -1.0), (math.nan, 3.0, 1.96), (0.1, math.inf, 1.96), (0.1, 3.0, math.nan)],
)
def test_what_did_not_pass_or_is_no_number_is_refused(estimate, z, critical):
    with pytest.raises(ValueError, match="critical"):
        shrunk(estimate, z=z, critical=critical)
