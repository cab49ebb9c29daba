"""A forecast in a marketer's words: what takes how long, what is too long, and what cannot be known."""

from copy import deepcopy
from datetime import UTC, datetime

import pytest
from django.utils import translation

from experiments.api.forecast_examples import BODY
from experiments.figures import size
from experiments.forecast_page import at_least, error_in_words, page_of

NOW = datetime(2027, 3, 1, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def in_english():
    with translation.override("en"):
        yield


@pytest.fixture
def body():
    return deepcopy(BODY)


def shown(body, planned=(None, None)):
    return page_of(body, planned=planned, now=NOW)


def sentences(body):
    return [sentence.replace("\u202f", " ") for sentence in shown(body).sentences]


def notes(body):
    return " ".join(shown(body).notes).replace("\u202f", " ")


def late(goal, **needed):
    goal["needed"] |= needed


def test_first_what_decides_and_then_the_step_that_shows_it_sooner(body):
    assert sentences(body) == [
        "With about 420 visitors a day, a change of 25 % in “Purchase” takes 7 weeks.",
        "“Put in the cart” shows it after 2 weeks.",
    ]


def test_a_step_that_is_no_sooner_is_not_praised(body):
    late(body["goals"][1], weeks=7)

    assert len(sentences(body)) == 1


def test_what_takes_too_long_is_said_with_what_could_be_seen_instead(body):
    late(body["goals"][0], weeks=31)
    body["lift"] = 0.1

    assert sentences(body)[-1] == (
        "That is long. In 8 weeks a change of 23 % would be seen. "
        "Try something bolder, or let a small step decide and make the goal that pays its guardrail."
    )


@pytest.mark.parametrize(("weeks", "told"), [(1, "1 week"), (52, "52 weeks"), (53, "more than a year")])
def test_waits_are_told_in_weeks_up_to_a_year(body, weeks, told):
    late(body["goals"][0], weeks=weeks)

    assert sentences(body)[0].endswith(f"takes {told}.")


def test_a_goal_that_cannot_be_planned_says_why(body):
    late(body["goals"][0], people=None, weeks=None, reason={"code": "control_is_zero", "detail": "…"})

    assert sentences(body)[0] == "“Purchase” cannot be planned: nobody has done this in the last 28 days."


def test_a_draft_without_a_deciding_goal_asks_for_one(body):
    body["goals"][0]["role"] = "secondary"

    assert sentences(body) == ["Choose the goal that decides: then this page says how long the experiment takes."]


def test_fewer_than_one_visitor_a_day_are_no_number(body):
    body["people_per_day"] = 0.4

    assert sentences(body)[0].startswith("With less than one visitor a day")


def test_what_is_not_enough_never_looks_as_if_it_were():
    assert at_least(0.1501, 0.15).startswith("16")
    assert at_least(0.1499, 0.15).startswith("15")
    assert at_least(0.0941, 0.09).startswith("9.5")


@pytest.mark.parametrize(("change", "told"), [(0.123, "12"), (0.034, "3.4"), (0.05, "5"), (0.0999, "10"), (1.5, "150")])
def test_a_change_has_no_more_digits_than_anyone_needs(change, told):
    assert size(change) == f"{told}\u202f%"


def test_cells_without_a_number_are_dashes(body):
    body["goals"][0]["detectable"][0] = None

    assert [cell.text for cell in shown(body).rows[0].cells][:2] == ["–", "47\u202f%"]


def test_a_guardrail_that_stands_in_the_way_is_named(body):
    guard = {**deepcopy(body["goals"][0]), "name": "Refund", "role": "guardrail", "margin": 0.02}
    late(guard, people=900_000, weeks=40)
    body["goals"].append(guard)

    assert notes(body) == (
        "“Refund” is proven safe within 2 % only after 40 weeks. "
        "Tolerate a larger loss, or it will keep every winner from being shipped."
    )
    assert "smallest loss that would be ruled out" in shown(body).legend
    assert shown(body).rows[-1].people.replace("\u202f", " ") == "900,000 people, for 2 %"


def test_a_short_history_and_a_telling_past_are_mentioned(body):
    body["days"] = 4.2
    body["goals"][1]["explained_by_past"] = 0.316

    assert "Only 4 days of history so far" in notes(body)
    assert "explains 32 % of the differences between them in “Put in the cart”" in notes(body)


def test_a_capped_sum_has_a_row_of_its_own(body):
    goal = body["goals"][1]
    goal |= {"name": "Revenue", "measure": "sum", "currency": "EUR", "capped": {**goal, "cap": 250.0}}

    rows = shown(body).rows

    assert [row.name for row in rows] == ["Purchase", "Revenue", "Revenue, capped"]
    assert "250.00\u202fEUR at most" in rows[2].about


def test_the_recommended_plan_names_people_weeks_and_the_day(body):
    plan = shown(body).recommended

    assert (plan.people, plan.weeks, plan.until, plan.taken) == ("18,486", "7 weeks", "20 Apr", False)
    assert shown(body, planned=(18_486, datetime(2027, 4, 20, tzinfo=UTC))).recommended.taken


@pytest.mark.parametrize(
    ("code", "words"),
    [("too_slow", "took too long"), ("not_answered", "Ask again"), ("ValueError('x')", "the worker's log says more")],
)
def test_errors_are_told_in_plain_words(code, words):
    assert words in error_in_words(code)


@pytest.mark.parametrize("code", ["no_history", "no_traffic", "no_goals", "too_few_variants"])
def test_what_keeps_a_draft_from_being_planned_is_told_instead_of_a_table(body, code):
    found = shown(body | {"goals": [], "recommended": None, "reason": {"code": code, "detail": "detail"}})

    assert found.problem
    assert found.problem != "detail"
    assert found.rows == []
