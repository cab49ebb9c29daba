"""A closer look: what refinements say to a marketer, also when they say nothing."""

from datetime import timedelta

import pytest

from experiments.closer_look import closer_look
from tests.experiments.admin.bodies import CLICK, FINISHED, NOW, PURCHASE, REVENUE, RUNNING, body_of

NUMBERS = {"method": "x/1", "diff": 0.003, "diff_ci": [-0.001, 0.007], "lift": 0.1, "lift_ci": [-0.03, 0.23]}
NUMBERS |= {"p_value": 0.1}
ADJUSTED = NUMBERS | {"variance_reduction": 0.18, "covariates": ["Purchase before", "age"], "reason": None}
CAPPED = NUMBERS | {"cap": 250.0, "percentile": 0.99, "people_capped": [12, 15], "caution": None}
FLAT = {"slope": 0.0001, "slope_ci": [-0.001, 0.001], "p_value": 0.8, "reason": None}
COHORTS = FLAT | {"days": [{"day": "2026-11-03", "n": 900, "diff": 0.01, "diff_ci": [-0.02, None]}]}
TOO_FEW = {"code": "too_few_groups", "detail": "Fewer than 3 days."}


def segment(p_value, *values, name="device"):
    rows = [NUMBERS | {"value": value, "n": [1000, 1010], "adjusted_p_value": 0.3} for value in values]
    return {"name": name, "values": rows, "interaction_p_value": p_value} | {
        "adjusted_interaction_p_value": p_value,
        "reason": None if p_value else TOO_FEW,
    }


def plain(text):
    return text.replace("\u202f", " ").replace("\xa0", " ")


def look(refined, goal=PURCHASE, *, standing=RUNNING, counts=(300, 330), specs=None):
    body = body_of({goal: counts}, standing=standing, refined_at=(NOW - timedelta(minutes=3)).isoformat())
    if refined is not None:
        empty = {"capped": None, "with_covariates": None, "cohorts": COHORTS | {"days": []}, "segments": []}
        body["goals"][0]["variants"][1]["vs_control"]["refined"] = empty | refined
    found = closer_look(body, {} if specs is None else specs, now=NOW)
    return {part.title: part for part in found.parts}


def last_cell(part):
    return plain(part.tables[0].rows[0][-1])


def test_capped_sums_stand_beside_the_uncapped_ones():
    part = look({"capped": CAPPED}, REVENUE, counts=(13_920, 14_890))["With the largest amounts capped"]

    assert [plain(cell) for cell in part.tables[0].rows[0]] == [
        "Revenue", "+7.0 %", "−10 … +27 %", "+10 %", "−3 … +23 %",
        "at most 250.00 EUR, more than which 99 % do not pay; 12 and 15 people were above",
    ]  # fmt: skip


def test_a_cap_on_few_payers_is_told_with_care():
    few = CAPPED | {"caution": {"code": "few_payers", "detail": "200"}}

    assert last_cell(look({"capped": few}, REVENUE)["With the largest amounts capped"]).endswith(
        "(few payers: read with care)"
    )


def test_only_sums_have_a_cap():
    assert "With the largest amounts capped" not in look({})


@pytest.mark.parametrize(
    ("fields", "gain"),
    [
        ({}, "18 % less noise, as if 22 % more people had come"),
        ({"variance_reduction": 0.004}, "no gain: the past says next to nothing about this"),
        ({"variance_reduction": -0.02}, "a loss: the past says nothing about this and costs 2 %"),
        (
            {"variance_reduction": 0.0, "reason": {"code": "no_usable_covariate", "detail": ""}},
            "no gain: most people are new",
        ),
    ],
)
def test_the_gain_of_an_adjustment_is_told_also_when_it_is_nil(fields, gain):
    part = look({"with_covariates": ADJUSTED | fields})["Adjusted for what people did before"]

    assert last_cell(part) == gain
    assert part.says[1] == "Adjusted by: Purchase before and age."


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, "no sign of wearing off, nor of growing"),
        ({"slope": -0.0002, "p_value": 0.01}, "the effect shrinks (−0.14 pp a week): it may be wearing off"),
        ({"slope": 0.0002, "p_value": 0.01}, "the effect grows (+0.14 pp a week): it may take time to be understood"),
    ],
)
def test_the_effect_by_day_says_whether_it_wears_off(fields, said):
    specs = {}

    part = look({"cohorts": COHORTS | fields}, specs=specs)["By day of the first visit"]

    assert last_cell(part) == said
    (chart,) = part.charts
    assert specs[chart.name]["data"]["values"] == [{"day": "2026-11-03", "diff": 1.0, "low": -2.0, "high": 1.0}]


def test_too_few_days_are_told_once():
    early = FLAT | {"slope": None, "slope_ci": None, "p_value": None, "reason": TOO_FEW, "days": []}

    part = look({"cohorts": early})["By day of the first visit"]

    assert part.says[0].startswith("Too early to say.")
    assert not part.tables


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (segment(0.4, "phone", "desktop"), "“Purchase”: phone and desktop do not differ beyond chance."),
        (
            segment(0.01, "phone", "unknown", "other"),
            "“Purchase”: phone, not known and all others differ beyond chance. "
            "That is an idea for the next experiment, no decision.",
        ),
        (segment(0.4, *"abcde"), "“Purchase”: the 5 groups of “device” do not differ beyond chance."),
        (segment(None, "phone", "desktop"), "“Purchase”, phone and desktop: too few people to compare."),
    ],
)
def test_groups_are_told_by_their_interaction(found, said):
    part = look({"segments": [found]})["Groups of people"]

    assert part.tables[0].title == said
    assert len(part.tables[0].rows) == len(found["values"])


@pytest.mark.parametrize(
    ("p_value", "said"),
    [
        (0.4, "In the other goals no groups differ beyond chance."),
        (0.01, "“Button clicked”: phone and desktop differ beyond chance. "
         "That is an idea for the next experiment, no decision."),
    ],
)  # fmt: skip
def test_of_goals_that_do_not_decide_only_what_differs_is_told(p_value, said):
    part = look({"segments": [segment(p_value, "phone", "desktop")]}, CLICK)["Groups of people"]

    assert part.says[1] == said
    assert not part.tables


def test_chances_are_labelled_as_not_protected_unless_the_rule_agrees():
    open_still, decided = (look({}, counts=counts)["As chances: the Bayesian reading"]
                           for counts in ((300, 330), (300, 450)))  # fmt: skip

    assert [plain(cell) for cell in open_still.tables[0].rows[0]] == [
        "Purchase", "89 %", "+10 % (−6 … +28 %)", "0.01 pp", "no",
    ]  # fmt: skip
    assert "Not protected against looking early" in open_still.says[1]
    assert last_cell(decided) == "yes, by its rule"


def test_of_nothing_there_are_no_chances():
    part = look({}, counts=(0, 0))["As chances: the Bayesian reading"]

    assert part.says == ["Too little was seen to speak of chances."]


def test_before_the_refinement_is_there_it_says_so_and_the_rest_is_shown():
    body = body_of({PURCHASE: (300, 330)}, standing=FINISHED)

    found = closer_look(body, {}, now=NOW)

    assert found.parts[0].says[0].endswith("It is not there yet.")
    assert [part.title for part in found.parts[1:]] == ["As chances: the Bayesian reading"]
    assert found.computed == ""


def test_nothing_known_is_told_in_each_part():
    parts = look({})

    assert parts["Adjusted for what people did before"].says == [
        "Nothing is known of these people from before, so there is nothing to adjust for."
    ]
    assert parts["Groups of people"].says[0].startswith("Nothing is known of these people that would sort them")
