"""The second computation in SQL knows all that the first one in Python knows, and says the same of any value."""

import json
from decimal import Decimal

import pytest
from django.db import connection
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from experiments import recount
from tracking import goals

NUMBERS = st.one_of(
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    st.decimals(-(10**13), 10**13, places=7).map(float),
)
SCALARS = st.one_of(
    st.none(), st.booleans(), NUMBERS, st.text(st.characters(exclude_categories=["Cs"], min_codepoint=1))
)
NUMERALS = st.from_regex(r"[ \t\n\u00a0]?[+-]?[0-9_]{0,32}[.,]?[0-9]{0,32}([eE][+-]?[0-9]{1,4})?[ \r]?", fullmatch=True)
VALUES = st.one_of(SCALARS, NUMERALS, st.lists(SCALARS, max_size=2), st.dictionaries(st.just("a"), SCALARS))
MANY = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def ask(db):
    """Run one of the functions in SQL; the value comes back as Python reads it from an event."""
    recount.Recount(0)

    def run(function, value, *rest):
        marks = ", %s" * len(rest)
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT value::text, pg_temp.{function}(value{marks}) FROM (SELECT %s::jsonb) AS t (value)",
                [*rest, json.dumps(value)],
            )
            raw, answer = cursor.fetchone()
        return json.loads(raw, parse_float=Decimal), answer

    return run


def test_every_measure_is_counted_twice():
    assert recount.MEASURES.keys() == goals.MEASURES.keys()


@MANY
@given(VALUES)
@example(0.0000005)
@example("1000000000000.0000005")
@example("-1000000000000.0000000000000000000000000001")
@example("１２")
@example("1_000")
@example("9" * 400)
def test_what_is_a_number_and_which(ask, value):
    raw, counted = ask("plain_number", value)

    assert goals.number(raw) == counted


@MANY
@given(
    VALUES, st.sampled_from(sorted(goals.OPERATORS)), st.one_of(NUMERALS, st.sampled_from(["true", "None", "a", ""]))
)
@example(1e-7, "equals", "0.0000001")
@example(None, "equals", "None")
@example(["a"], "contains", "a")
def test_when_a_condition_holds(ask, value, operator, wanted):
    raw, holds = ask("holds", value, operator, wanted)

    assert goals.OPERATORS[operator](raw, wanted) is holds
