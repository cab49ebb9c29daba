"""Numbers as people read them."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import translation

from experiments.figures import (
    ago,
    between,
    chance,
    day,
    day_number,
    equals,
    lift,
    lifts,
    listed,
    number,
    p_value,
    percent,
    size,
)

NOW = datetime(2026, 11, 14, 12, tzinfo=UTC)


def plain(text: str) -> str:
    """Without the signs that keep a number and its unit together."""
    return text.replace("\u202f", " ").replace("\xa0", " ")


@pytest.mark.parametrize(
    ("value", "shown"), [(38412, "38,412"), (0, "0"), (-1234.5, "−1,234"), (-0.4, "0"), (999999999, "999,999,999")]
)
def test_whole_numbers_have_separators_and_a_true_minus(value, shown):
    assert number(value) == shown


def test_separators_follow_the_language():
    with translation.override("pl"):
        assert plain(number(38412.5, 1)) == "38 412,5"


@pytest.mark.parametrize(
    ("share", "shown"), [(0.0155, "1.55 %"), (0.119, "11.9 %"), (0, "0 %"), (1, "100 %"), (0.5, "50 %")]
)
def test_rates_show_three_digits_at_most(share, shown):
    assert plain(percent(share)) == shown


@pytest.mark.parametrize(
    ("change", "shown"),
    [(0.0564, "+5.6 %"), (0.211, "+21 %"), (-0.004, "−0.4 %"), (11.884, "+1,188 %"), (0.0, "0.0 %"), (None, "–")],
)
def test_lifts_show_no_more_than_decides(change, shown):
    assert plain(lift(change)) == shown


@pytest.mark.parametrize(
    ("value", "shown"), [(0.48, "0.48"), (0.0213, "0.021"), (0.0002, "0.0002"), (5e-324, "< 0.0001"), (None, "–")]
)
def test_p_values_are_never_zero(value, shown):
    assert plain(p_value(value)) == shown


@pytest.mark.parametrize(
    ("ends", "shown"),
    [((-1, 2), "−1 … 2 pp"), ((-1, None), "−1 pp and more"), ((None, 2), "up to 2 pp"), ((None, None), "unbounded")],
)
def test_an_open_end_is_said_in_words(ends, shown):
    assert between(ends, number, tail=" pp") == shown


@pytest.mark.parametrize(
    ("age", "shown"),
    [
        (timedelta(seconds=12), "12 s ago"),
        (timedelta(minutes=3, seconds=5), "3 min ago"),
        (timedelta(hours=2), "2 h ago"),
        (timedelta(days=1), "1 day ago"),
        (timedelta(days=4), "4 days ago"),
        (timedelta(seconds=-3), "0 s ago"),
    ],
)
def test_ages_are_told_in_the_largest_fitting_unit(age, shown):
    assert ago(NOW - age, NOW) == shown


def test_the_first_day_is_day_one():
    assert day_number(NOW, NOW) == 1
    assert day_number(NOW - timedelta(days=11), NOW) == 12


def test_another_year_is_named():
    assert day(NOW, NOW) == "14 Nov"
    assert day(NOW - timedelta(days=365), NOW) == "14 Nov 2025"


@pytest.mark.parametrize(
    ("change", "shown"), [(0.04, "4 %"), (-0.034, "3.4 %"), (0.118, "12 %"), (0.0999, "10 %"), (2, "200 %")]
)
def test_a_size_has_no_direction(change, shown):
    assert plain(size(change)) == shown


@pytest.mark.parametrize(
    ("ends", "shown"),
    [
        ((-0.12, 0.21), "−12 … +21 %"),
        ((-0.012, 0.034), "−1.2 … +3.4 %"),
        ((0.1, None), "+10 % and more"),
        ((None, None), "unbounded"),
        (None, "–"),
    ],
)
def test_both_ends_of_an_interval_have_the_same_digits(ends, shown):
    assert plain(lifts(ends)) == shown


@pytest.mark.parametrize(
    ("probability", "shown"),
    [(0.968, "97 %"), (0.993, "99.3 %"), (0.041, "4.1 %"), (0.9999999, "> 99.9 %"), (1.0, "> 99.9 %"), (0, "< 0.1 %")],
)
def test_nothing_is_called_certain(probability, shown):
    assert plain(chance(probability)) == shown


@pytest.mark.parametrize(
    ("names", "shown"), [([], ""), (["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")]
)
def test_names_are_listed_as_one_says_them(names, shown):
    assert listed(names) == shown


def test_a_p_value_is_told_with_its_sign():
    assert (plain(equals(0.03)), plain(equals(1e-9))) == ("p = 0.030", "p < 0.0001")
