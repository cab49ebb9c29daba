"""What the result page says of a result; the numbers come from the real analysis."""

from dataclasses import replace
from datetime import timedelta

import pytest

from experiments.presentation import Tag, page_of, when
from tests.experiments.admin.bodies import (
    CLICK,
    FINISHED,
    NOW,
    PURCHASE,
    REFUND,
    REVENUE,
    RUNNING,
    body_of,
)


def page(counts, **fields):
    return page_of(body_of(counts, **fields), now=NOW)


def plain(text: str) -> str:
    return text.replace("\u202f", " ").replace("\xa0", " ")


def test_before_the_planned_end_nothing_is_called():
    shown = page({PURCHASE: (300, 600), CLICK: (900, 1500)})

    assert shown.verdict == "Keep running. “Purchase” is not decided yet."
    assert [row.tag.text for block in shown.blocks for row in block.rows] == ["Undecided · about 9 days", "Undecided"]
    assert not {row.tag.tone for block in shown.blocks for row in block.rows} & {"good", "bad"}


def test_a_winner_is_named_with_its_number():
    shown = page({PURCHASE: (300, 390)}, standing=FINISHED)

    assert plain(shown.verdict) == "Ship “Green”. “Purchase”: +30 % against “Original”."
    assert shown.tone == "good"
    assert shown.blocks[0].rows[0].tag.text == "Better"


def test_a_winner_has_its_range_and_guardrails_only_where_some_were_set():
    alone = page({PURCHASE: (300, 390)}, standing=FINISHED)
    guarded = page({PURCHASE: (300, 390), REFUND: (4000, 3800)}, standing=FINISHED)

    assert alone.reasons[0] == "“Purchase” is better beyond chance. No guardrail was set."
    assert "+30 % seen, likely between +" in plain(alone.reasons[1])
    assert guarded.reasons[0] == "“Purchase” is better beyond chance, and no guardrail stands against it."


@pytest.mark.parametrize(
    ("pair", "step"),
    [
        ((300, 390), "The planned end has come. Stop the experiment and build “Green” into the page."),
        ((390, 300), "The planned end has come. Stop the experiment and leave the page as it is."),
    ],
)
def test_an_answer_that_still_runs_says_what_to_do_next(pair, step):
    shown = page({PURCHASE: pair}, standing=replace(RUNNING, planned_end=NOW - timedelta(hours=1)))

    assert shown.reasons[-1] == step
    assert shown.stop_now


def test_after_the_stop_nobody_is_told_to_stop():
    shown = page({PURCHASE: (300, 390)}, standing=FINISHED)

    assert not shown.stop_now
    assert "Stop the experiment" not in " ".join(shown.reasons)


def test_days_left_agree_with_the_day_of_the_plan():
    body = body_of({PURCHASE: (300, 310)}, standing=replace(RUNNING, planned_end=NOW + timedelta(days=6, hours=3)))

    shown = page_of(body, now=NOW)

    assert when(body, NOW).endswith("day 12 of 18")
    assert shown.tiles[-1].value == "6"
    assert shown.reasons[-1] == "About 6 days to the planned end."


def test_a_winner_over_nothing_is_named_with_its_difference():
    shown = page({PURCHASE: (30, 390)}, standing=FINISHED)
    body = body_of({PURCHASE: (30, 390)}, standing=FINISHED)
    body["goals"][0]["variants"][1]["vs_control"] |= {"lift": None, "lift_ci": None, "diff": 0.036}

    assert "+1,200 %" in plain(shown.verdict)
    assert plain(page_of(body, now=NOW).verdict) == "Ship “Green”. “Purchase”: +3.60 pp against “Original”."


def test_a_loser_keeps_the_original():
    shown = page({PURCHASE: (390, 300)}, standing=FINISHED)

    assert plain(shown.verdict) == "Keep “Original”. With “Green”, “Purchase” gets worse (−23 %)."
    assert shown.tone == "bad"


def test_less_of_a_bad_thing_is_better():
    fewer = replace(REFUND, role="primary")

    shown = page({fewer: (390, 300)}, standing=FINISHED)

    assert shown.blocks[0].rows[0].tag.text == "Better"


def test_an_undecided_end_says_what_is_possible():
    shown = page({PURCHASE: (300, 310)}, standing=FINISHED)

    assert shown.verdict == "No clear winner. “Purchase” does not tell the variants apart."
    assert "+3.3 % seen, likely between −12 % and +21 %." in plain(" ".join(shown.reasons))
    assert shown.blocks[0].rows[0].tag == Tag("flat", "No difference seen")


def test_a_guardrail_not_proven_safe_stops_the_shipping():
    shown = page({PURCHASE: (300, 390), REFUND: (100, 110)}, standing=FINISHED)

    assert shown.verdict == "Do not ship yet. “Purchase” is better, but something else may suffer."
    assert shown.reasons[0].startswith("“Refund” is not proven safe: too large a loss")


def test_a_guardrail_with_too_few_events_says_so():
    shown = page({PURCHASE: (300, 390), REFUND: (20, 11)}, standing=FINISHED)

    assert shown.reasons[0] == "“Refund” is not proven safe: too few people have done it to tell."


def test_a_broken_split_blocks_everything():
    shown = page({PURCHASE: (300, 390)}, people=(10_000, 9_000))

    assert shown.verdict == "Do not trust these numbers: the traffic split went wrong."
    assert shown.reasons[0].startswith("Planned 50 : 50, counted 10,000 : 9,000.")
    assert shown.tone == "bad"
    assert shown.checks[0].status == "failed"
    assert plain(shown.checks[0].text) == "Traffic is not split as planned (p < 0.0001)"


def test_under_a_broken_split_no_row_says_anything():
    shown = page({PURCHASE: (300, 390), REFUND: (100, 180)}, people=(10_000, 9_000), standing=FINISHED)

    assert {row.tag for block in shown.blocks for row in block.rows} == {Tag("flat", "Not valid")}
    assert shown.invalid


def test_the_planned_split_of_three_variants_is_told_in_per_cent():
    body = body_of({PURCHASE: (300, 390)}, people=(10_000, 9_000))
    third = {**body["variants"][1], "key": "blue", "name": "Blue", "is_control": False, "enrolled": 9_500}
    body["variants"] = [{**variant, "weight": 1 / 3} for variant in (*body["variants"], third)]

    assert page_of(body, now=NOW).reasons[0].startswith("Planned 33.3 : 33.3 : 33.3, counted 10,000 : 9,000 : 9,500.")


def test_macro_and_micro_goals_have_their_own_blocks():
    shown = page({CLICK: (900, 950), PURCHASE: (300, 310), REVENUE: (9000, 9100), REFUND: (90, 91)})

    assert [[row.name for row in block.rows] for block in shown.blocks] == [
        ["Purchase", "Refund", "Revenue"],
        ["Button clicked"],
    ]


def test_a_guardrail_says_what_is_tolerated():
    shown = page({PURCHASE: (300, 310), REFUND: (90, 91)})

    assert plain(shown.blocks[0].rows[1].about) == "guardrail · may rise by 2 % at most · 0.90 % → 0.91 %"


def test_the_table_tells_everything_in_people_s_units():
    shown = page({PURCHASE: (297, 315), REVENUE: (13920, 14890)})

    assert [plain(cell) for cell in shown.numbers.rows[0]] == [
        "Purchase",
        "297 of 10,000 · 2.97 %",
        "315 of 10,000 · 3.15 %",
        "+0.18 pp",
        "−0.30 … +0.66 pp",
        "+6.1 %",
        "0.46",
    ]
    assert plain(shown.numbers.rows[1][1]) == "13,920.00 EUR · 1.39 EUR a person"


def test_a_number_that_cannot_be_told_has_its_reason():
    shown = page({PURCHASE: (0, 3)})
    row = shown.blocks[0].rows[0]

    assert (row.lift, row.chart) == ("–", "")
    assert row.tag.text == "Not enough data yet"
    assert row.tag.why == "Nobody did this with the original, so there is no relative change."


def test_every_lift_has_a_chart_on_the_scale_of_its_block():
    shown = page({PURCHASE: (300, 310), REFUND: (90, 120), CLICK: (900, 950)})
    charts = [row.chart for block in shown.blocks for row in block.rows]

    domains = [shown.specs[chart]["encoding"]["x"]["scale"]["domain"] for chart in charts]

    assert domains[0] == domains[1] != domains[2]


def test_people_left_out_are_counted():
    shown = page({PURCHASE: (300, 310)}, excluded={"bot": {"original": 214}, "test": {"green": 9}})

    assert shown.left_out == "214 robots and 9 test visits left out"


def test_a_goal_added_late_shows_how_far_it_is():
    late = replace(CLICK, exploratory=True)

    shown = page({PURCHASE: (300, 310), late: (40, 50)}, progress=0.43)

    assert [(goal.name, goal.percent) for goal in shown.catching_up] == [("Button clicked", 43)]
    assert shown.blocks[1].rows[0].tag.text == "Being counted"
    assert (shown.blocks[1].rows[0].lift, shown.blocks[1].rows[0].chart) == ("–", "")
    assert [row[0] for row in shown.numbers.rows] == ["Purchase"]


def test_stale_numbers_say_until_when_they_hold():
    shown = page({PURCHASE: (300, 310)}, stale=True, data_through=NOW - timedelta(hours=3))

    assert shown.stale == "These numbers hold what happened until 3 h ago; what came after is not in them yet."


def test_fresh_numbers_say_when_they_were_computed():
    shown = page({PURCHASE: (300, 310)})

    assert (shown.stale, shown.computed) == ("", "computed 12 s ago")


def test_nobody_in_the_test_is_a_state_of_its_own():
    assert page({PURCHASE: (0, 0)}, people=(0, 0)).empty


@pytest.mark.parametrize(
    ("standing", "said"),
    [
        (RUNNING, "since 3 Nov, day 12 of 21"),
        (replace(RUNNING, planned_end=None), "since 3 Nov, day 12"),
        (FINISHED, "3 Nov – 14 Nov"),
    ],
)
def test_when_it_ran(standing, said):
    assert when(body_of({PURCHASE: (1, 1)}, standing=standing), NOW) == said


def test_the_planned_sample_is_told_as_a_share():
    shown = page({PURCHASE: (300, 310)}, standing=replace(RUNNING, planned_sample=40_000))

    assert (plain(shown.tiles[-1].value), shown.tiles[-1].label) == ("50 %", "of the planned sample")
