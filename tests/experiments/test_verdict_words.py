"""What the verdict says: what to do, why, how sure, and what comes next; never more than the rule has decided."""

from dataclasses import replace
from datetime import timedelta

import pytest

from experiments.verdict_words import is_time_to_stop, verdict_reasons, verdict_sentence
from tests.experiments.admin.bodies import CLICK, FINISHED, NOW, PURCHASE, REFUND, RUNNING, body_of

DAY = timedelta(days=1)
STOPPED_EARLY = replace(FINISHED, planned_end=NOW + 10 * DAY)
UNPLANNED = replace(RUNNING, planned_end=None)
UNPLANNED_STOPPED = replace(UNPLANNED, status="stopped", ended_at=NOW)
IMPORTED = replace(UNPLANNED_STOPPED, imported=True)
SAMPLE_TO_COME = replace(RUNNING, planned_end=NOW - DAY, planned_sample=50_000)
OVER = replace(RUNNING, planned_end=NOW - timedelta(hours=1))
STEP = replace(CLICK, role="primary")
LEAD = replace(PURCHASE, id=9, key="lead", name="Lead")


def plain(text):
    return text.replace("\u202f", " ").replace("\xa0", " ")


def sentence(counts, standing=RUNNING, **fields):
    return plain(verdict_sentence(body_of(counts, standing=standing, **fields)))


def reasons(counts, standing=RUNNING, **fields):
    return [plain(line) for line in verdict_reasons(body_of(counts, standing=standing, **fields), days_left=None)]


@pytest.mark.parametrize(
    ("standing", "pair", "said"),
    [
        (RUNNING, (300, 320), "Keep running. “Purchase” is not decided yet."),
        (RUNNING, (300, 420), "Ship “Green”. “Purchase”: +40 % against “Original”."),
        (UNPLANNED, (300, 320), "Keep running. “Purchase” is not decided yet."),
        (UNPLANNED, (300, 450), "Ship “Green”. “Purchase”: +50 % against “Original”."),
        (SAMPLE_TO_COME, (300, 320), "Keep running. “Purchase” is not decided yet."),
        (STOPPED_EARLY, (300, 320), "No answer. “Purchase” was not decided yet when the experiment was stopped."),
        (STOPPED_EARLY, (300, 420), "Ship “Green”. “Purchase”: +40 % against “Original”."),
        (UNPLANNED_STOPPED, (300, 320), "No clear winner. “Purchase” does not tell the variants apart."),
        (FINISHED, (10, 12), "No answer. Too little was seen to decide “Purchase”."),
        (FINISHED, (300, 310), "No clear winner. “Purchase” does not tell the variants apart."),
        (FINISHED, (390, 300), "Keep “Original”. With “Green”, “Purchase” gets worse (−23 %)."),
        (IMPORTED, (300, 390), "Ship “Green”. “Purchase”: +30 % against “Original”."),
    ],
)
def test_the_sentence_fits_the_verdict(standing, pair, said):
    assert sentence({PURCHASE: pair}, standing) == said


def test_a_step_that_is_ahead_is_told_with_its_number():
    assert sentence({PURCHASE: (300, 320), CLICK: (900, 1300)}) == (
        "Keep running. “Button clicked” is better with “Green” already (+44 %); “Purchase” is not decided yet."
    )
    assert sentence({PURCHASE: (300, 320), CLICK: (1300, 900)}).startswith("Keep running. “Button clicked” is worse")


def test_a_step_that_was_added_later_is_not_told_as_being_ahead():
    late = replace(CLICK, exploratory=True)

    assert sentence({PURCHASE: (300, 320), late: (900, 1300)}) == "Keep running. “Purchase” is not decided yet."


def test_a_winner_without_a_relative_change_is_named_with_its_difference():
    body = body_of({PURCHASE: (30, 390)}, standing=FINISHED)
    body["goals"][0]["variants"][1]["vs_control"]["adjusted"] |= {"lift": None, "lift_ci": None, "diff": 0.036}

    assert plain(verdict_sentence(body)) == "Ship “Green”. “Purchase”: +3.60 pp against “Original”."


@pytest.mark.parametrize(
    ("counts", "running", "over"),
    [
        (
            {PURCHASE: (300, 420), REFUND: (100, 110)},
            "Keep running. “Purchase” is better, but “Refund” is not proven safe yet.",
            "Do not ship. “Purchase” is better, but “Refund” is not proven safe.",
        ),
        (
            {PURCHASE: (420, 250), LEAD: (250, 420)},
            "Keep running. “Lead” is better, but “Purchase” is worse.",
            "Do not ship. “Lead” is better, but “Purchase” is worse.",
        ),
        ({STEP: (300, 450)}, *2 * ["Do not ship. “Button clicked” is better, but no goal that pays guards it."]),
    ],
)
def test_what_stands_against_a_winner_is_named(counts, running, over):
    assert sentence(counts) == running
    assert sentence(counts, FINISHED) == over


def test_a_guardrail_that_is_worse_is_what_keeps_the_original():
    counts = {PURCHASE: (300, 310), REFUND: (300, 500)}

    assert sentence(counts) == "Keep “Original”. With “Green”, “Refund” gets worse (+67 %)."
    assert reasons(counts)[0] == "“Refund” is worse beyond chance, and it must not get worse."


def test_of_several_variants_that_all_harm_none_is_picked_out():
    body = body_of({PURCHASE: (450, 300)})
    body["variants"] = [*body["variants"], {**body["variants"][1], "key": "blue", "name": "Blue"}]

    assert verdict_sentence(body) == "Keep “Original”. Every other variant makes something worse."


def test_a_change_too_small_to_be_worth_having_is_told_with_its_size():
    small = {PURCHASE: (150_000, 154_000)}

    body = body_of(small, standing=FINISHED, people=(1_000_000, 1_000_000), minimum_worth=0.1)

    assert plain(verdict_sentence(body)) == "Do not ship. “Purchase” is better, but by less than is worth having."
    assert plain(verdict_reasons(body, days_left=None)[0]) == (
        "The change is real, but +3.3 % at most: less than the 10 % that you called worth having."
    )


def test_no_change_worth_having_is_an_answer_too():
    body = body_of({PURCHASE: (150_000, 150_100)}, standing=FINISHED, people=(10**6, 10**6), minimum_worth=0.1)

    assert verdict_sentence(body) == "No change worth having. “Purchase” is as good as the same in all variants."
    assert plain(verdict_reasons(body, days_left=None)[0]).startswith(
        "Whatever the change is, it is smaller than the 10 % that you called worth having."
    )


def test_guardrails_are_told_only_where_some_were_set():
    assert reasons({PURCHASE: (300, 390)}, FINISHED)[0] == "“Purchase” is better beyond chance. No guardrail was set."
    assert reasons({PURCHASE: (300, 390), REFUND: (4000, 3800)}, FINISHED)[0] == (
        "“Purchase” is better beyond chance, and every guardrail is proven safe."
    )


def test_a_guardrail_with_too_few_events_says_so():
    assert reasons({PURCHASE: (300, 390), REFUND: (20, 11)}, FINISHED)[0] == (
        "“Refund” is not proven safe: too few people have done it to tell."
    )


@pytest.mark.parametrize(
    ("standing", "said"),
    [
        (RUNNING, "Decided on 9 Nov, day 7 of 21: the rule allows for every look that was taken."),
        (
            replace(RUNNING, planned_end=None, planned_sample=60_000),
            "Decided on 9 Nov, with 33 % of the planned people: the rule allows for every look that was taken.",
        ),
    ],
)
def test_an_early_decision_says_when_and_why_that_is_fair(standing, said):
    look = {"number": 1, "taken_at": (NOW - 5 * DAY).isoformat(), "spent": 1 / 3, "people": 20_000}

    assert reasons({PURCHASE: (300, 450)}, standing, looks=[look])[1] == said


def test_a_decision_at_the_end_says_so():
    assert reasons({PURCHASE: (300, 390)}, FINISHED)[1] == "Decided on 14 Nov, when the plan was fulfilled."


@pytest.mark.parametrize("pair", [(300, 320), (300, 450)])
def test_without_a_plan_the_rule_is_told_with_its_price(pair):
    told = " ".join(reasons({PURCHASE: pair}, UNPLANNED))

    assert "a rule that holds on any day. Such a rule needs more people than a planned test." in told
    assert "“Purchase” with “Green”: +" in told


def test_what_ran_elsewhere_hears_nothing_of_looks_and_plans():
    told = " ".join(reasons({PURCHASE: (300, 390)}, IMPORTED))

    assert not [word for word in ("planned", "rule", "every look") if word in told]


def test_a_winner_near_the_bar_is_promised_with_less_than_was_seen():
    near, far = reasons({PURCHASE: (300, 375)}, FINISHED), reasons({PURCHASE: (300, 600)}, FINISHED)

    (promise,) = [line for line in near if line.startswith("Expect about +")]
    assert promise.endswith("rather than +25 %: winners look better than they are.")
    assert not [line for line in far if line.startswith("Expect")]


@pytest.mark.parametrize(
    ("standing", "pair", "step"),
    [
        (OVER, (300, 390), "The planned end has come. Stop the experiment and build “Green” into the page."),
        (OVER, (390, 300), "The planned end has come. Stop the experiment and leave the page as it is."),
        (OVER, (300, 310), "The planned end has come. Stop the experiment: looking on would not change the answer."),
        (RUNNING, (300, 450), "You may stop now and build “Green” into the page."),
        (RUNNING, (450, 300), "You may stop now and leave the page as it is."),
        (UNPLANNED, (300, 450), "You may stop now and build “Green” into the page."),
    ],
)
def test_an_answer_that_still_runs_says_what_to_do_next(standing, pair, step):
    body = body_of({PURCHASE: pair}, standing=standing)

    assert verdict_reasons(body, days_left=None)[-1] == step
    assert is_time_to_stop(body)


@pytest.mark.parametrize(("standing", "pair"), [(FINISHED, (300, 390)), (RUNNING, (300, 310))])
def test_nobody_is_told_to_stop_what_is_stopped_or_open(standing, pair):
    body = body_of({PURCHASE: pair}, standing=standing)

    assert not is_time_to_stop(body)
    assert "stop" not in " ".join(verdict_reasons(body, days_left=3)).lower()


def test_what_is_too_thin_is_told_with_its_reason_and_without_a_number():
    told = reasons({PURCHASE: (3, 4)}, RUNNING)

    assert "“Purchase”: too few people have done this in a variant." in told
    assert not [line for line in told if "seen, likely" in line]


def test_a_broken_split_is_told_with_what_was_planned_and_what_came():
    counts, people = {PURCHASE: (300, 450)}, (10_000, 9_000)

    assert sentence(counts, people=people) == "Do not trust these numbers: the traffic split went wrong."
    (told,) = reasons(counts, people=people)
    assert told.startswith("Planned 50 : 50, counted 10,000 : 9,000.")
