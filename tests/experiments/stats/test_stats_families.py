"""Families of p-values and e-values: by hand, against statsmodels, and with members missing."""

from math import exp, inf, log, nan

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from experiments.stats.families import (
    benjamini_hochberg,
    e_benjamini_hochberg,
    holm,
    selected_level,
    simultaneous_level,
)

RUNS = settings(max_examples=150, deadline=None)
LOGS = st.lists(st.none() | st.floats(-30, 30), max_size=12)


def test_holm_by_hand():
    # 4 x .005, 3 x .01, 2 x .03, then never below the one before: .02, .03, .06, .06.
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


def test_benjamini_and_hochberg_1995_by_hand():
    # Their example, section 3.2: fifteen p-values, of which q = .05 claims the first four.
    published = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240]
    published += [0.4262, 0.5719, 0.6528, 0.7590, 1.0]

    adjusted = benjamini_hochberg(published)

    assert [p <= 0.05 for p in adjusted] == [True] * 4 + [False] * 11
    assert adjusted[:4] == pytest.approx([0.0015, 0.003, 0.0095, 0.035625])


@pytest.mark.parametrize(("adjust", "name"), [(holm, "holm"), (benjamini_hochberg, "fdr_bh")])
@pytest.mark.parametrize("family", [[0.5, 0.02, 0.02, 1.0, 0.011, 0.0, 1e-300], [0.3, 0.3], [0.9, 0.8, 0.04]])
def test_adjusted_values_are_statsmodels(adjust, name, family):
    assert adjust(family) == pytest.approx(multipletests(family, method=name)[1].tolist(), rel=1e-14)


@pytest.mark.parametrize("adjust", [holm, benjamini_hochberg])
def test_a_missing_p_value_leaves_the_family_and_keeps_its_place(adjust):
    known = adjust([0.01, 0.04, 0.03])

    assert adjust([None, 0.01, 0.04, None, 0.03]) == [None, known[0], known[1], None, known[2]]


@pytest.mark.parametrize("adjust", [holm, benjamini_hochberg])
@pytest.mark.parametrize("family", [[], [None], [None, None]])
def test_a_family_without_members_stays_as_it_is(adjust, family):
    assert adjust(family) == family


@pytest.mark.parametrize("adjust", [holm, benjamini_hochberg])
def test_a_family_of_one_is_not_adjusted(adjust):
    assert adjust([0.04]) == [0.04]


@pytest.mark.parametrize("adjust", [holm, benjamini_hochberg])
def test_adjusted_values_end_at_one(adjust):
    assert adjust([0.9, 1.0, 1.0]) == [1.0, 1.0, 1.0]


@pytest.mark.parametrize("adjust", [holm, benjamini_hochberg])
def test_the_smallest_p_value_does_not_become_zero(adjust):
    assert all(p > 0 for p in adjust([5e-324, 5e-324, 0.5]))


@pytest.mark.parametrize("wrong", [float("nan"), -0.1, 1.1])
def test_what_is_no_probability_is_refused(wrong):
    with pytest.raises(ValueError, match="between 0 and 1"):
        holm([0.01, wrong])


def claimed_by_e_bh(log_e_values, alpha):
    """Wang and Ramdas 2022: the k* largest, k* the last k whose k-th largest e is at least m / (k alpha)."""
    known = sorted((value for value in log_e_values if value is not None), reverse=True)
    enough = [k for k, value in enumerate(known, start=1) if k * exp(value) / len(known) >= 1 / alpha]
    threshold = known[max(enough) - 1] if enough else inf
    return [value is not None and value >= threshold for value in log_e_values]


@RUNS
@given(LOGS, st.floats(1e-6, 0.99))
def test_e_values_are_rejected_as_defined(log_e_values, alpha):
    adjusted = e_benjamini_hochberg(log_e_values)

    assume(all(p is None or abs(p / alpha - 1) > 1e-9 for p in adjusted))
    assert [p is not None and p < alpha for p in adjusted] == claimed_by_e_bh(log_e_values, alpha)


@RUNS
@given(LOGS)
def test_adjusting_e_values_is_adjusting_their_inverses(log_e_values):
    inverses = [None if value is None else min(1.0, exp(-value)) for value in log_e_values]

    for adjusted, same in zip(e_benjamini_hochberg(log_e_values), benjamini_hochberg(inverses), strict=True):
        assert adjusted == (None if same is None else pytest.approx(same, rel=1e-12))


def test_e_values_by_hand():
    # m = 4: 4/100, then 4/(2 x 50), then 4/(3 x 2) and 4/(4 x 0.5) are not below 1.
    assert e_benjamini_hochberg([log(2), log(100), log(0.5), log(50)]) == pytest.approx([2 / 3, 0.04, 1.0, 0.04])


def test_e_values_beyond_doubles_stay_numbers():
    assert e_benjamini_hochberg([1e300, 800.0, -inf, -1e300, None]) == [5e-324, 5e-324, 1.0, 1.0, None]
    assert e_benjamini_hochberg([]) == []
    assert e_benjamini_hochberg([None]) == [None]


@pytest.mark.parametrize("wrong", [nan, inf])
def test_what_is_no_log_of_an_e_value_is_refused(wrong):
    with pytest.raises(ValueError, match="log_e_values"):
        e_benjamini_hochberg([0.0, wrong])


def test_few_claims_are_false_when_e_values_depend_on_each_other():
    # Ten copies of one z and ten of its negative, half of the members without effect: nothing is independent.
    alpha, spread = 0.1, 3.0
    z = np.random.default_rng(5).normal(size=2000)
    false_shares = []
    for draw in z:
        heights = [draw] * 5 + [-draw] * 5 + [draw + 3] * 10
        log_es = [height**2 * spread / (1 + spread) / 2 - log(1 + spread) / 2 for height in heights]
        claims = [p < alpha for p in e_benjamini_hochberg(log_es)]
        false_shares.append(sum(claims[:10]) / max(1, sum(claims)))
    assert 0 < np.mean(false_shares) <= alpha


def test_simultaneous_intervals_share_alpha():
    assert simultaneous_level(0.05, 4) == 0.0125
    assert simultaneous_level(0.05, 1) == 0.05
    for comparisons in (0, -1):
        with pytest.raises(ValueError, match="comparisons"):
            simultaneous_level(0.05, comparisons)


@pytest.mark.parametrize(
    ("adjusted", "level"),
    [
        ([0.01, 0.2, None, 0.04, 0.9], 0.05 * 2 / 4),
        ([0.05, 0.2], 0.05 / 2),
        ([0.04], 0.05),
        ([0.9], 0.05),
        ([0.01, 0.02], 0.05),
        ([None], 0.05),
        ([], 0.05),
    ],
)
def test_selected_intervals_have_the_share_that_was_selected(adjusted, level):
    assert selected_level(adjusted, 0.05) == pytest.approx(level, rel=1e-15)


@RUNS
@given(st.lists(st.floats(0, 1), min_size=1, max_size=12), st.floats(0.001, 0.5))
def test_a_member_is_rejected_exactly_when_its_own_p_value_is_below_the_selected_level(p_values, alpha):
    adjusted = benjamini_hochberg(p_values)

    level = selected_level(adjusted, alpha)

    assume(all(abs(p / level - 1) > 1e-9 for p in p_values))
    assert [p < alpha for p in adjusted] == [p < level for p in p_values]


def test_levels_of_intervals_need_a_level():
    for alpha in (0.0, 1.0, nan):
        with pytest.raises(ValueError, match="alpha"):
            simultaneous_level(alpha, 2)
        with pytest.raises(ValueError, match="alpha"):
            selected_level([0.5], alpha)
