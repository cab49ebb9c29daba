"""Where a running experiment is going: its pace, its end, and what will be seen by then."""

from dataclasses import replace

import pytest

from experiments.outlook import outlook
from tests.experiments.admin.bodies import CLICK, PURCHASE, REFUND, RUNNING, body_of

UNPLANNED = replace(RUNNING, planned_end=None)


def said(*, days_left=9, standing=RUNNING, counts=None, rate=421.6, **detectable):
    goals = {key: {"baseline": 0.03, "detectable_lift": lift} for key, lift in detectable.items()}
    found = {"people_per_day": rate, "days_left": days_left, "expected_people": 30_000, "goals": goals}
    counts = counts or {PURCHASE: (300, 310), CLICK: (900, 910), REFUND: (100, 110)}
    lines = outlook(body_of(counts, standing=standing, outlook=found), days_left=days_left)
    return [line.replace("\u202f", " ") for line in lines]


def test_pace_end_and_what_will_be_seen_are_one_sentence():
    assert said(purchase=0.041, click=0.01) == [
        "At about 420 people a day: 9 days left. By then a change of 4.1 % in “Purchase” can be seen; "
        "“Button clicked” shows one of 1 %."
    ]


@pytest.mark.parametrize("click", [0.05, 0.0399])
def test_a_step_that_shows_no_less_is_not_held_up(click):
    assert said(purchase=0.04, click=click) == [
        "At about 420 people a day: 9 days left. By then a change of 4 % in “Purchase” can be seen."
    ]


def test_a_goal_that_too_few_will_do_is_told_as_such():
    assert said(purchase=None)[0].endswith("By then too few will have come to say anything about “Purchase”.")


def test_a_guardrail_that_will_hardly_be_proven_safe_is_told_now():
    assert said(purchase=0.04, refund=0.062)[1] == (
        "“Refund” may not be proven safe by then: a worsening by 6.2 % can be ruled out, "
        "and only one by 2 % is tolerated."
    )
    assert len(said(purchase=0.04, refund=0.015)) == 1


def test_of_a_goal_that_is_better_already_nothing_more_is_to_be_seen():
    lines = said(purchase=0.04, refund=0.06, counts={PURCHASE: (300, 450), REFUND: (100, 110)})

    assert lines[0] == "At about 420 people a day: 9 days left."
    assert lines[1].startswith("“Refund” may not be proven safe by then")


@pytest.mark.parametrize(
    ("rate", "days_left", "begins"),
    [
        (1.2, 1, "At about 1 person a day: 1 day left."),
        (0.4, 30, "At less than one person a day: 30 days left."),
        (0, None, "Nobody has come in the last days."),
        (3, None, "At about 3 people a day the planned number will not come within a year."),
        (420, 0, "At about 420 people a day: this is the last day."),
    ],
)
def test_the_pace_is_told_in_words(rate, days_left, begins):
    assert said(rate=rate, days_left=days_left)[0].startswith(begins)


def test_before_the_first_full_day_only_the_end_is_known():
    assert said(rate=None, days_left=20) == ["20 days left."]


def test_without_an_end_there_is_nothing_to_look_forward_to():
    assert said(standing=UNPLANNED, days_left=None, purchase=None) == []
