"""Families of p-values: by hand, and with members missing."""

import pytest
from statsmodels.stats.multitest import multipletests

from experiments.stats.families import benjamini_hochberg, holm


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
