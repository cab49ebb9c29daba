"""What counts for a goal, and how much."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from tracking.goals import Condition, Fact, GoalRule, measure, number

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def bought(after=MINUTE, *, name="purchase", excluded="", **properties):
    return Fact(f"{after}", name, "ann", NOON + after, properties, excluded=excluded)


def value_of(facts, measure_name="once", **rule):
    score = measure(GoalRule("purchase", measure_name, 7, **rule), facts, NOON)
    return None if score is None else score.value


def test_a_conversion_before_exposure_does_not_count():
    assert value_of([bought(-MINUTE)]) is None


def test_a_conversion_at_the_very_moment_of_exposure_counts():
    assert value_of([bought(timedelta(0))]) == 1


def test_the_window_ends_just_before_its_last_moment():
    assert value_of([bought(7 * DAY - timedelta(microseconds=1))]) == 1
    assert value_of([bought(7 * DAY)]) is None


def test_once_counts_a_person_once_and_count_counts_every_time():
    twice = [bought(MINUTE), bought(2 * MINUTE)]

    assert value_of(twice, "once") == 1
    assert value_of(twice, "count") == 2


def test_sums_are_exact_to_the_cent():
    dimes = [bought(MINUTE * n, value=Decimal("0.1")) for n in range(1, 4)]

    assert value_of(dimes, "sum", property="value") == Decimal("0.3")


def test_a_sum_leaves_out_what_is_no_number():
    facts = [bought(MINUTE, value="oops"), bought(2 * MINUTE, value=True), bought(3 * MINUTE, value="12.5")]

    assert value_of(facts, "sum", property="value") == Decimal("12.5")
    assert value_of(facts[:2], "sum", property="value") is None


def test_money_in_another_currency_is_left_out():
    facts = [bought(MINUTE, value=5, currency="EUR"), bought(2 * MINUTE, value=7, currency="USD")]

    assert value_of(facts, "sum", property="value", currency="EUR") == 5


def test_an_excluded_event_counts_for_nothing():
    assert value_of([bought(excluded="test")]) is None


@pytest.mark.parametrize(
    ("operator", "value", "holds"),
    [
        ("equals", "/pricing", True),
        ("not_equals", "/pricing", False),
        ("contains", "pric", True),
        ("starts_with", "/p", True),
        ("at_least", "3", False),
        ("at_most", "3", False),
    ],
)
def test_conditions_narrow_a_goal(operator, value, holds):
    rule = {"conditions": (Condition("page", operator, value),)}

    assert (value_of([bought(page="/pricing")], **rule) == 1) is holds


def test_numbers_compare_as_numbers_and_not_as_text():
    rule = {"conditions": (Condition("price", "at_least", "9"),)}

    assert value_of([bought(price=10)], **rule) == 1


@pytest.mark.parametrize("raw", ["NaN", "1e999", float("inf"), 10**13, None, [1], "12,5"])
def test_what_would_drown_a_sum_is_no_number(raw):
    assert number(raw) is None
