"""Interactions against statsmodels' meta-analysis and regression, and segments read one by one."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2, norm
from statsmodels.stats.meta_analysis import combine_effects

from experiments.stats.binary import compare_binary
from experiments.stats.families import benjamini_hochberg
from experiments.stats.means import Estimate, compare_estimates
from experiments.stats.samples import binary
from experiments.stats.segments import MOST_VALUES, OTHER, Effect, compare_segments, interaction

RUNS = settings(max_examples=120, deadline=None)
EFFECTS = st.lists(st.builds(Effect, st.floats(-1e6, 1e6), st.floats(1e-6, 1e6)), max_size=12)


def visitors(seed, people=6000, rate=0.1, more=0.0):
    """Conversions by arm, device and country; treatment moves phones by ``more``."""
    draw = np.random.default_rng(seed)
    arm = draw.integers(0, 2, people)
    device = draw.choice(["phone", "desktop"], people)
    country = draw.choice(["pl", "ua", "de"], people, p=[0.5, 0.3, 0.2])
    converted = draw.random(people) < rate + more * arm * (device == "phone")
    return converted.astype(float), arm, {"device": device.tolist(), "country": country.tolist()}


def test_q_and_i_squared_are_those_of_statsmodels_meta_analysis():
    draw = np.random.default_rng(1)
    diffs, variances = draw.normal(0, 2, 9), draw.uniform(0.5, 3, 9)
    reference = combine_effects(diffs, variances, method_re="dl").test_homogeneity()

    answer = interaction([Effect(*pair) for pair in zip(diffs, variances, strict=True)])

    assert (answer.q, answer.df) == (pytest.approx(reference.statistic, rel=1e-9), 8)
    assert answer.p_value == pytest.approx(reference.pvalue, rel=1e-9)
    assert answer.i_squared == pytest.approx(max(0, (reference.statistic - 8) / reference.statistic), rel=1e-9)


@RUNS
@given(st.builds(Effect, st.floats(-9, 9), st.floats(0.1, 9)), st.builds(Effect, st.floats(-9, 9), st.floats(0.1, 9)))
def test_of_two_effects_it_is_the_z_of_their_difference(one, other):
    z = (one.diff - other.diff) / math.sqrt(one.variance + other.variance)

    answer = interaction([one, other])

    assert answer.q == pytest.approx(z * z, rel=1e-9, abs=1e-12)
    assert answer.p_value == pytest.approx(2 * norm.sf(abs(z)), rel=1e-6)


@RUNS
@given(EFFECTS, st.randoms(), st.sampled_from([0.01, -1.0, 1e9]), st.sampled_from([0, 1e3]))
def test_order_units_and_a_common_effect_do_not_matter(effects, random, unit, common):
    others = [Effect(each.diff * unit + common * unit, each.variance * unit**2) for each in effects]
    random.shuffle(others)

    answer, other = interaction(effects), interaction(others)

    assert other.df == answer.df
    if answer.q is not None:
        assert other.q == pytest.approx(answer.q, rel=1e-5, abs=1e-4)
        assert 0 < answer.p_value <= 1
        assert 0 <= answer.i_squared <= 1
        assert math.isfinite(answer.q)


def test_equal_effects_do_not_interact():
    answer = interaction([Effect(0.5, 1.0), Effect(0.5, 2.0), Effect(0.5, 3.0)])

    assert (answer.q, answer.p_value, answer.i_squared) == (0, 1, 0)


@pytest.mark.parametrize("effects", [[], [Effect(1.0, 1.0)]])
def test_fewer_than_two_effects_have_no_interaction(effects):
    answer = interaction(effects)

    assert (answer.q, answer.df, answer.p_value, answer.i_squared) == (None,) * 4
    assert answer.reason.code == "too_few_groups"


def test_effects_beyond_doubles_stay_finite():
    answer = interaction([Effect(1e100, 1e-200), Effect(-1e100, 1e-200)])

    assert (answer.p_value, answer.i_squared) == (5e-324, 1.0)
    assert math.isfinite(answer.q)


@pytest.mark.parametrize(("diff", "variance"), [(1, 0), (1, -1), (math.nan, 1), (1, math.inf), (math.inf, 1)])
def test_an_effect_without_a_variance_is_refused(diff, variance):
    with pytest.raises(ValueError, match="finite"):
        Effect(diff, variance)


def test_each_value_is_compared_alone_and_adjusted_with_all_others():
    values, arm, labels = visitors(2)

    device, country = compare_segments(values, arm, labels, rates=True, alpha=0.05)

    alone = []
    for each in (*device.values, *country.values):
        inside = np.array(labels["device" if each in device.values else "country"]) == each.value
        arms = [binary(int((inside & (arm == a)).sum()), int(values[inside & (arm == a)].sum())) for a in (0, 1)]
        assert each.comparison == compare_binary(*arms, alpha=0.05)
        assert each.people == (arms[0].n, arms[1].n)
        alone.append(each.comparison.p_value)
    assert [each.adjusted_p_value for each in (*device.values, *country.values)] == benjamini_hochberg(alone)
    assert [each.value for each in country.values] == ["pl", "ua", "de"]


def test_the_interaction_is_that_of_the_groups_own_differences():
    values, arm, labels = visitors(3, more=0.05)
    means = {
        (d, a): values[(np.array(labels["device"]) == d) & (arm == a)] for d in ("phone", "desktop") for a in (0, 1)
    }
    gaps = {d: means[d, 1].mean() - means[d, 0].mean() for d in ("phone", "desktop")}
    noise = sum(each.var(ddof=1) / len(each) for each in means.values())

    device, country = compare_segments(values, arm, labels, rates=True, alpha=0.05)

    q = (gaps["phone"] - gaps["desktop"]) ** 2 / noise
    assert device.interaction.q == pytest.approx(q, rel=1e-9)
    assert device.interaction.p_value == pytest.approx(chi2.sf(q, 1), rel=1e-9)
    assert (country.interaction.df, country.values[0].in_interaction) == (2, True)
    both = [device.interaction.p_value, country.interaction.p_value]
    assert [device.adjusted_p_value, country.adjusted_p_value] == benjamini_hochberg(both)


def test_significant_here_and_not_there_is_no_interaction():
    # The same lift of 2 points; only the larger group is significant.
    people = np.array([4000, 4000, 400, 400])
    arm, labels = np.repeat([0, 1, 0, 1], people), np.repeat(["many", "few"], [8000, 800]).tolist()
    values = np.concatenate([np.arange(n) < n * rate for n, rate in zip(people, [0.1, 0.12] * 2, strict=True)])

    (size,) = compare_segments(values.astype(float), arm, {"size": labels}, rates=True, alpha=0.05)

    assert [each.comparison.p_value < 0.05 for each in size.values] == [True, False]
    assert size.interaction.p_value > 0.99


def test_amounts_are_compared_as_means():
    values, arm, labels = visitors(4)
    values *= np.random.default_rng(4).lognormal(3, 1, len(values))

    device, _ = compare_segments(values, arm, labels, rates=False, alpha=0.05)

    inside = np.array(labels["device"]) == device.values[0].value
    rows = [values[inside & (arm == a)] for a in (0, 1)]
    arms = [Estimate(len(row), row.mean(), row.var(ddof=1)) for row in rows]
    reference = compare_estimates(*arms, alpha=0.05, method="welch/2")
    assert device.values[0].comparison.p_value == pytest.approx(reference.p_value, rel=1e-9)


def test_the_twenty_largest_values_are_kept_and_the_rest_are_one():
    sizes = np.arange(25, 0, -1)
    labels = np.repeat([f"v{index:02}" for index in range(25)], sizes).tolist() + [OTHER] * 30
    arm = np.arange(len(labels)) % 2

    (segment,) = compare_segments(np.ones(len(labels)), arm, {"s": labels}, rates=False, alpha=0.05)

    assert [each.value for each in segment.values] == [*(f"v{index:02}" for index in range(MOST_VALUES)), OTHER]
    assert sum(segment.values[-1].people) == sum(sizes[20:]) + 30


def test_values_with_few_conversions_are_compared_and_stay_out_of_the_interaction():
    values, arm, labels = visitors(5, people=2000)
    labels["device"] = ["watch" if index < 60 else label for index, label in enumerate(labels["device"])]

    device, _ = compare_segments(values, arm, labels, rates=True, alpha=0.05)

    assert {each.value: each.in_interaction for each in device.values} == {
        "phone": True,
        "desktop": True,
        "watch": False,
    }
    assert device.interaction.df == 1
    assert device.values[-1].comparison.diff is not None


def test_nobody_against_fifty_in_one_group_is_an_interaction():
    people, converted = [1000] * 4, [0, 50, 50, 50]
    values = np.concatenate([np.arange(n) < x for n, x in zip(people, converted, strict=True)]).astype(float)

    (segment,) = compare_segments(
        values, np.repeat([0, 1, 0, 1], people), {"s": np.repeat(["a", "b"], 2000).tolist()}, rates=True, alpha=0.05
    )

    # By hand: the difference of the differences is .05, and three rates of .05 have a variance.
    assert segment.interaction.q == pytest.approx(0.05**2 / (3 * 0.05 * 0.95 / 999), rel=1e-9)


def test_those_left_out_belong_to_no_group():
    values, arm, labels = visitors(6)
    out = np.random.default_rng(6).random(len(arm)) < 0.2
    kept = {name: np.array(label)[~out].tolist() for name, label in labels.items()}

    answer = compare_segments(np.where(out, np.nan, values), np.where(out, -1, arm), labels, rates=True, alpha=0.05)

    assert answer == compare_segments(values[~out], arm[~out], kept, rates=True, alpha=0.05)


def test_no_persons_and_no_segments_are_answered():
    nobody = compare_segments(np.empty(0), np.empty(0, int), {"device": []}, rates=True, alpha=0.05)

    assert (nobody[0].values, nobody[0].interaction.reason.code, nobody[0].adjusted_p_value) == (
        (),
        "too_few_groups",
        None,
    )
    assert compare_segments(np.ones(2), np.zeros(2, int), {}, rates=True, alpha=0.05) == []


def test_what_does_not_fit_is_refused():
    zeros = np.zeros(3, int)
    with pytest.raises(ValueError, match="0 and 1"):
        compare_segments(np.full(3, 2.0), zeros, {}, rates=True, alpha=0.05)
    with pytest.raises(ValueError, match="labels"):
        compare_segments(np.ones(3), zeros, {"s": ["a"]}, rates=True, alpha=0.05)
    with pytest.raises(ValueError, match="arms up to 1"):
        compare_segments(np.ones(3), zeros + 2, {}, rates=False, alpha=0.05)
