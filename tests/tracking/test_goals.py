"""What counts for a goal, and how much."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import permutations

import pytest

from tracking.goals import Condition, Fact, GoalRule, measure, measure_around, number

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def bought(after=MINUTE, *, name="purchase", excluded="", **properties):
    return Fact(f"{after}", name, "ann", NOON + after, properties, excluded=excluded)


def clicked(after, *, visitor="ann", session="", like=1, event_id=""):
    """``like``: the same for two clicks that say the same."""
    event_id = event_id or f"{visitor}{after}"
    return Fact(event_id, "purchase", visitor, NOON + after, {}, session=session, likeness=like)


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


HALF = timedelta(seconds=0.5)
FLASH = timedelta(microseconds=1)


def test_a_double_click_is_one_click():
    assert value_of([clicked(MINUTE), clicked(MINUTE + HALF)], "count") == 1
    assert value_of([clicked(MINUTE), clicked(MINUTE)], "count") == 1


def test_a_second_later_it_is_another_click():
    assert value_of([clicked(MINUTE), clicked(MINUTE + 2 * HALF - FLASH)], "count") == 1
    assert value_of([clicked(MINUTE), clicked(MINUTE + 2 * HALF)], "count") == 2


def test_drumming_on_a_button_is_one_click_for_as_long_as_it_lasts():
    assert value_of([clicked(MINUTE + HALF * place) for place in range(20)], "count") == 1


@pytest.mark.parametrize("other", [{"like": 2}, {"visitor": "bob"}, {"like": None}])
def test_what_says_something_else_or_is_somebody_elses_is_no_double(other):
    assert value_of([clicked(MINUTE), clicked(MINUTE + HALF, **other)], "count") == 2


def test_doubles_are_the_same_ones_in_any_order_of_arrival():
    facts = [clicked(MINUTE + HALF * 0.8 * place, like=place % 2, event_id=f"{place % 5}") for place in range(7)]
    counts = {value_of(order, "count") for order in permutations(facts)}

    assert counts == {Decimal(2)}


def test_a_double_of_a_click_before_the_exposure_is_no_click_after_it():
    assert value_of([clicked(-HALF / 2), clicked(HALF / 2)], "count") is None


def order(after, number="o-1", value=10, **more):
    return bought(after, transaction_id=number, value=value, **more)


def test_a_page_of_thanks_that_is_loaded_again_sells_nothing():
    assert value_of([order(MINUTE), order(3 * DAY)], "sum", property="value") == 10
    assert value_of([order(MINUTE), order(MINUTE + HALF, "o-2")], "sum", property="value") == 20


def test_an_order_before_the_exposure_is_none_after_it_however_often_it_is_told():
    assert value_of([order(-DAY), order(MINUTE)]) is None


def test_the_same_order_from_two_devices_and_written_otherwise_is_one():
    facts = [order(MINUTE, 42), replace(order(2 * MINUTE, " 42 "), visitor_id="laptop")]

    assert value_of(facts, "count") == 1


@pytest.mark.parametrize("number", ["", "null", "undefined", "0", None, ["o-1"]])
def test_an_id_that_broken_code_sends_for_every_order_makes_them_not_one(number):
    assert value_of([order(MINUTE, number), order(DAY, number)], "count") == 2


def test_one_order_may_be_refunded_twice():
    facts = [order(MINUTE, name="refund"), order(DAY, name="refund")]

    assert measure(GoalRule("refund", "count", 7), facts, NOON).value == 2


def test_once_per_session_is_once_in_each_that_the_page_names():
    facts = [
        clicked(MINUTE * place, session=session, like=place) for place, session in enumerate(["a", "b", "a", "b", "c"])
    ]

    assert value_of(facts, "once_per_session") == 3


def test_where_no_page_names_them_a_session_ends_after_half_an_hour_without_anything():
    def sessions(*minutes):
        return value_of([clicked(MINUTE * one, like=one) for one in minutes], "once_per_session")

    assert sessions(1, 20, 49, 78) == 1
    assert sessions(1, 31) == 2
    assert sessions(1, 30) == 1


def test_two_devices_have_sessions_of_their_own_even_under_one_name():
    named = [clicked(MINUTE, session="1"), clicked(MINUTE, session="1", visitor="laptop")]
    nameless = [clicked(2 * MINUTE), clicked(2 * MINUTE, visitor="laptop")]

    assert value_of([*named, *nameless], "once_per_session") == 4


def test_what_another_goal_counts_keeps_no_session_alive():
    facts = [clicked(MINUTE), bought(20 * MINUTE, name="scroll"), clicked(40 * MINUTE)]

    assert value_of(facts, "once_per_session") == 2


def test_before_and_after_the_exposure_are_measured_apart():
    facts = [clicked(-DAY), clicked(-DAY + MINUTE), clicked(DAY)]

    after, before = measure_around(GoalRule("purchase", "count", 7), facts, NOON, days=28)

    assert (after.value, before.value) == (1, 2)
