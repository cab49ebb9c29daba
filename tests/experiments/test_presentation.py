"""What the result page shows of a result; the numbers come from the real analysis."""

from dataclasses import replace
from datetime import timedelta

import pytest

from experiments.presentation import page_of
from experiments.result_rows import Tag
from experiments.result_times import when
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

DAY = timedelta(days=1)


def page(counts, **fields):
    return page_of(body_of(counts, **fields), now=NOW)


def plain(text: str) -> str:
    return text.replace("\u202f", " ").replace("\xa0", " ")


def rows(shown):
    return [row for block in shown.blocks for row in block.rows]


def test_what_its_rule_has_not_decided_is_not_coloured():
    shown = page({PURCHASE: (300, 330), CLICK: (900, 930)})

    assert [row.tag.text for row in rows(shown)] == ["Undecided · about 9 days", "Undecided"]
    assert not {row.tag.tone for row in rows(shown)} & {"good", "bad"}


def test_an_early_winner_says_since_when_and_of_which_look_its_numbers_are():
    looks = [
        {"number": 1, "taken_at": (NOW - 4 * DAY).isoformat(), "spent": 0.3, "people": 12_000},
        {"number": 2, "taken_at": NOW.isoformat(), "spent": 0.5, "people": 20_000},
    ]
    tag = rows(page({PURCHASE: (300, 420)}, looks=looks))[0].tag

    assert tag == Tag("good", "Better · since day 8", "Change and bar are those of 10 Nov.")


def test_the_first_look_is_still_to_come():
    body = body_of({PURCHASE: (300, 330)})
    against = body["goals"][0]["variants"][1]["vs_control"]
    against |= {"adjusted": None, "decision": against["decision"] | {"significant": None, "reason": "no_look_yet"}}

    row = page_of(body, now=NOW).blocks[0].rows[0]

    assert row.tag == Tag("flat", "Not looked at yet", "The first look is still to come; there is one a day.")
    assert row.chart, "the interval for any day is there from the beginning"


def test_numbers_and_bar_are_those_that_carry_the_decision():
    body = body_of({PURCHASE: (300, 330)})
    body["goals"][0]["variants"][1]["vs_control"]["adjusted"] |= {"lift": 0.07, "lift_ci": [-0.2, 0.4]}

    shown = page_of(body, now=NOW)

    row = rows(shown)[0]
    assert (plain(row.lift), plain(row.interval)) == ("+7.0 %", "likely between −20 % and +40 %")
    drawn = shown.specs[row.chart]["data"]["values"][0]
    assert [drawn[name] for name in ("lift", "low", "high")] == [0.07, -0.2, 0.4]


def test_a_pale_band_shows_what_fits_at_this_moment_until_it_is_decided():
    undecided, decided, over = (
        page(counts, standing=standing)
        for counts, standing in (
            ({PURCHASE: (300, 330)}, replace(RUNNING, planned_end=NOW + DAY)),
            ({PURCHASE: (300, 500)}, replace(RUNNING, planned_end=NOW + DAY)),
            ({PURCHASE: (300, 330)}, FINISHED),
        )
    )

    assert [key.mark for key in undecided.blocks[0].legend] == ["dot", "bar", "band"]
    assert [key.mark for key in decided.blocks[0].legend] == ["dot", "bar"]
    assert [key.mark for key in over.blocks[0].legend] == ["dot", "bar"]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, "every change that fits what was seen at the daily look (95 %)"),
        ({"planned_end": None}, "every change that fits what was seen (95 %); safe to look at on any day"),
        ({"imported": True}, "every change that fits what was seen (95 %)"),
    ],
)
def test_the_legend_says_how_the_bar_may_be_read(fields, said):
    shown = page({PURCHASE: (300, 330)}, standing=replace(FINISHED, **fields))

    assert plain(shown.blocks[0].legend[1].text) == said


def test_small_steps_are_corrected_for_many_goals_and_many_looks_and_say_that_they_are_ahead():
    shown = page({PURCHASE: (300, 330), CLICK: (900, 1300)})

    about, notes = plain(shown.blocks[1].about), shown.blocks[1].notes
    assert "Corrected for several goals and for looking every day" in about
    assert "at most 5 % is chance, on average, whenever you look." in about
    assert list(notes) == ["“Button clicked” is decided while “Purchase” is not."]
    assert shown.blocks[1].rows[0].tag == Tag("good", "Better")


def test_what_ran_elsewhere_is_not_said_to_have_been_looked_at_every_day():
    shown = page({PURCHASE: (300, 330), CLICK: (900, 1300)}, standing=replace(FINISHED, imported=True))

    assert "every day" not in shown.blocks[1].about
    assert len(shown.numbers.heads) == 6


def test_who_has_no_number_is_named_as_left_out_of_the_corrections():
    shown = page({PURCHASE: (300, 330), CLICK: (0, 0)})

    assert list(shown.blocks[1].notes) == [
        "Not compared, and left out of the corrections: “Button clicked” (nobody has done this yet)."
    ]


def test_who_merely_waits_for_people_is_not_named_as_left_out():
    assert not page({PURCHASE: (3, 4)}).blocks[0].notes


def test_days_left_agree_with_the_day_of_the_plan():
    body = body_of({PURCHASE: (300, 310)}, standing=replace(RUNNING, planned_end=NOW + timedelta(days=6, hours=3)))

    shown = page_of(body, now=NOW)

    assert when(body, NOW).endswith("day 12 of 18")
    assert shown.tiles[-1].value == "6"
    assert shown.reasons[-1] == "6 days left."


def test_less_of_a_bad_thing_is_better():
    fewer = replace(REFUND, role="primary")

    shown = page({fewer: (390, 300)}, standing=FINISHED)

    assert shown.blocks[0].rows[0].tag.text == "Better"


@pytest.mark.parametrize(
    ("standing", "tag"),
    [
        (RUNNING, Tag("flat", "Not yet proven safe")),
        (FINISHED, Tag("wait", "Not proven safe", "A loss beyond the tolerated one is still possible.")),
    ],
)
def test_a_guardrail_that_is_still_open_is_no_alarm_before_the_end(standing, tag):
    shown = page({PURCHASE: (300, 310), REFUND: (100, 110)}, standing=standing)

    assert shown.blocks[0].rows[1].tag == tag


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

    assert [(plain(cell.text), plain(cell.below)) for cell in shown.numbers.rows[0]] == [
        ("Purchase", ""),
        ("297 of 10,000", "2.97 %"),
        ("315 of 10,000", "3.15 %"),
        ("+6.1 %", "−16 … +33 %"),
        ("+0.18 pp", "−0.53 … +0.89 pp"),
        ("0.77", ""),
        ("−0.30 … +0.66 pp", "p = 0.46"),
    ]
    revenue = shown.numbers.rows[1][1]
    assert (plain(revenue.text), plain(revenue.below)) == ("13,920.00 EUR", "1.39 EUR a person")


def test_what_one_look_would_have_said_is_said_to_decide_nothing():
    shown = page({PURCHASE: (297, 315)})

    assert shown.numbers.heads[-1] == "As if looked at once"
    assert shown.numbers.notes[-1].endswith("It decides nothing.")
    assert plain(shown.numbers.notes[1]) == (
        "Goals that decide or guard are read at a daily look: 1 so far, on 14 Nov, with 52 % of the plan behind it."
    )


def test_a_number_that_cannot_be_told_has_its_reason():
    shown = page({PURCHASE: (0, 3)})
    row = shown.blocks[0].rows[0]

    assert (plain(row.lift), row.chart) == ("+0.03 pp", ""), "no relative change, so the difference"
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
    assert [row[0].text for row in shown.numbers.rows] == ["Purchase"]


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


def test_the_later_of_planned_end_and_planned_people_counts():
    standing = replace(RUNNING, planned_sample=40_000)
    outlook = {"people_per_day": 400.0, "days_left": 50, "expected_people": 40_000, "goals": {}}

    shown = page({PURCHASE: (300, 310)}, standing=standing, outlook=outlook)

    assert shown.blocks[0].rows[0].tag.text == "Undecided · about 50 days"


def test_a_goal_that_decides_and_does_not_pay_is_not_called_a_macro_conversion():
    step = replace(CLICK, role="primary")

    assert page({step: (900, 930)}).blocks[0].title == "What decides"


def test_a_result_that_was_frozen_before_there_were_looks_is_still_shown():
    body = body_of({PURCHASE: (300, 390), CLICK: (900, 1300)}, standing=replace(FINISHED, imported=True))
    for goal in body["goals"]:
        for name in ("adjusted", "always_valid", "shrunk_lift", "bayesian", "refined"):
            del goal["variants"][1]["vs_control"][name]
    for name in ("looks", "outlook", "refined_at", "families", "minimum_effect"):
        del body[name]

    shown = page_of(body, now=NOW)

    assert plain(rows(shown)[0].interval) == "likely between +12 % and +51 %"
