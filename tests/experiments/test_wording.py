"""The verdict's sentence says why there is no answer: not every experiment without one showed no difference."""

from dataclasses import replace
from datetime import timedelta

import pytest

from experiments.presentation import Tag, page_of
from experiments.wording import check_words, left_out, reason, verdict_sentence
from tests.experiments.admin.bodies import CLICK, FINISHED, NOW, PURCHASE, REFUND, RUNNING, body_of

EARLY = replace(FINISHED, planned_end=NOW + timedelta(days=10))
UNPLANNED = replace(RUNNING, planned_end=None)
UNPLANNED_STOPPED = replace(UNPLANNED, status="stopped", ended_at=NOW)
SAMPLE_TO_COME = replace(RUNNING, planned_end=NOW - timedelta(days=1), planned_sample=50_000)


def page(standing, pair=(300, 390)):
    return page_of(body_of({PURCHASE: pair}, standing=standing), now=NOW)


@pytest.mark.parametrize(
    ("standing", "pair", "said"),
    [
        (EARLY, (300, 390), "No answer. “Purchase” was not decided yet when the experiment was stopped."),
        (UNPLANNED_STOPPED, (300, 390), "No answer. “Purchase” is not decided, because no end was planned."),
        (UNPLANNED, (300, 390), "No end was planned, so “Purchase” will not be decided."),
        (SAMPLE_TO_COME, (300, 390), "Keep running. “Purchase” is not decided yet."),
        (FINISHED, (10, 12), "No answer. Too little was seen to decide “Purchase”."),
        (FINISHED, (300, 310), "No clear winner. “Purchase” does not tell the variants apart."),
    ],
)
def test_the_sentence_fits_the_reason(standing, pair, said):
    assert page(standing, pair).verdict == said


@pytest.mark.parametrize(
    ("standing", "said"),
    [
        (EARLY, "The experiment was stopped before its plan was fulfilled."),
        (SAMPLE_TO_COME, "No winner is named before the planned number of people has come."),
        (
            UNPLANNED_STOPPED,
            "No end was planned, so stopping because of what was seen would not be an honest answer. "
            "Plan an end next time.",
        ),
    ],
)
def test_the_reason_is_told_below(standing, said):
    assert page(standing).reasons[0] == said


def test_without_a_plan_stopping_is_not_said_to_bring_an_answer():
    assert "none is named here, and none when you stop it" in page(UNPLANNED).reasons[0]


@pytest.mark.parametrize(
    ("standing", "note"),
    [
        (RUNNING, "Intervals and p are those of the planned end, as if it were today: they decide nothing before."),
        (EARLY, "Intervals and p would hold at the planned end. It was not reached, so they decide nothing."),
        (UNPLANNED, "Intervals and p would hold on a day chosen beforehand. None was, so they decide nothing."),
        (FINISHED, ""),
    ],
)
def test_the_note_says_what_intervals_are_worth(standing, note):
    assert page(standing).numbers.note == note


def test_nothing_is_coloured_without_a_fulfilled_plan():
    for standing in (EARLY, UNPLANNED, UNPLANNED_STOPPED, SAMPLE_TO_COME):
        assert {row.tag.text for block in page(standing).blocks for row in block.rows} == {"Undecided"}


def test_a_goal_that_is_still_being_counted_says_so():
    late = replace(CLICK, exploratory=True)

    shown = page_of(body_of({PURCHASE: (300, 310), late: (40, 50)}, standing=FINISHED, progress=0.4), now=NOW)

    assert shown.blocks[1].rows[0].tag == Tag("flat", "Being counted", "From past events; complete in a moment.")
    assert reason("being_counted").startswith("It was added later")


def test_the_goal_that_is_worse_is_the_one_that_is_named():
    lead = replace(PURCHASE, id=9, key="lead", name="Lead")

    sentence = verdict_sentence(body_of({PURCHASE: (300, 310), lead: (390, 250)}, standing=FINISHED))

    assert "“Purchase” is worse" not in sentence
    assert "“Purchase” gets worse" not in sentence


def test_the_goal_that_is_better_is_named_beside_one_that_is_worse():
    lead = replace(PURCHASE, id=9, key="lead", name="Lead")

    body = body_of({PURCHASE: (390, 250), lead: (250, 390), REFUND: (100, 100)}, standing=FINISHED)

    assert verdict_sentence(body) == "Do not ship yet. “Lead” is better, but something else may suffer."


@pytest.mark.parametrize(
    ("status", "detail", "said"),
    [
        ("warning", "3 visitors could not be counted.", "3 visitors could not be counted"),
        ("warning", "1 visitors could not be counted.", "1 visitor could not be counted"),
        ("warning", "", "Some visitors could not be counted"),
        ("ok", "0 visitors could not be counted.", "Every visitor could be counted"),
    ],
)
def test_visitors_who_could_not_be_counted_are_a_warning(status, detail, said):
    assert check_words({"code": "events_set_aside", "status": status, "detail": detail, "p_value": None}) == said


def test_people_with_an_unexpected_variant_are_counted_as_people():
    assert left_out({"mismatch": 3}) == "3 people with an unexpected variant left out"
    assert left_out({"mismatch": 1}) == "1 person with an unexpected variant left out"
