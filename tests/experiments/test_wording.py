"""What codes say to a marketer."""

from dataclasses import replace

import pytest

from experiments.presentation import page_of
from experiments.result_rows import Tag
from experiments.wording import aside, check_words, left_out, reason
from tests.experiments.admin.bodies import CLICK, FINISHED, NOW, PURCHASE, body_of


def test_a_goal_that_is_still_being_counted_says_so():
    late = replace(CLICK, exploratory=True)

    shown = page_of(body_of({PURCHASE: (300, 310), late: (40, 50)}, standing=FINISHED, progress=0.4), now=NOW)

    assert shown.blocks[1].rows[0].tag == Tag("flat", "Being counted", "From past events; complete in a moment.")
    assert reason("being_counted").startswith("It was added later")


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


def test_in_what_people_differed_before_is_told():
    detail = "People differed before they met a variant, most in Purchase before."
    check = {"code": "balance", "status": "warning", "detail": detail, "p_value": 1e-5, "always_valid_p_value": None}

    assert check_words(check) == "People of the variants differed before they met one, most in “Purchase before”"
    assert check_words(check | {"detail": ""}) == "People of the variants differed before they met one"


def test_the_split_is_told_with_the_p_value_that_raises_its_alarm():
    check = {"code": "sample_ratio", "status": "failed", "detail": "", "p_value": 0.004, "always_valid_p_value": 0.31}

    assert check_words(check).replace("\xa0", " ") == "Traffic is not split as planned (p = 0.31)"
    assert check_words(check, read_once=True).replace("\xa0", " ") == "Traffic is not split as planned (p = 0.0040)"


def test_a_reason_fits_into_a_sentence():
    assert aside("no_conversions") == "nobody has done this yet"
