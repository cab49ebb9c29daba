"""The verdict: declared before the start, given with its reasons."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from experiments.decisions import Decision, Evidence, Reason, Standing, decide, floor

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
PLANNED = Standing("running", False, NOON, None, NOON + 14 * DAY, None, 5000, NOON + 15 * DAY)
EARLY = replace(PLANNED, now=NOON + 9 * DAY)


def said(significant, direction, reason=None):
    return Decision(significant, direction, reason, "group_sequential")


BETTER = said(True, "better")
WORSE = said(True, "worse")
SAFE = said(True, "not_worse")
SAME = said(False, None, "no_difference_seen")
THIN = said(None, None, "too_few_people")


def primary(decision, variant="green", lift=0.1, **fields):
    return Evidence("purchase", "Purchase", fields.pop("level", "macro"), "primary", variant, decision, lift, **fields)


def guardrail(decision, variant="green", level="macro"):
    return Evidence("refund", "Refund", level, "guardrail", variant, decision, 0.0)


@pytest.mark.parametrize("standing", [EARLY, PLANNED])
def test_a_better_primary_ships_whenever_its_rule_says_so(standing):
    verdict = decide(standing, [], [primary(BETTER, shrunk_lift=0.07)])

    assert (verdict.code, verdict.variant, verdict.shrunk_lift) == ("ship", "green", 0.07)


def test_of_two_better_variants_the_larger_lift_ships():
    assert decide(PLANNED, [], [primary(BETTER), primary(BETTER, "blue", 0.3)]).variant == "blue"


def test_undecided_it_runs_on_until_its_plan_is_fulfilled():
    before, after = decide(EARLY, [], [primary(SAME)]), decide(PLANNED, [], [primary(SAME)])

    assert (before.code, before.because[0].code) == ("keep_running", "before_planned_end")
    assert (after.code, after.because[0].code) == ("inconclusive", "no_difference_seen")


def test_no_answer_is_given_before_the_look_that_decides():
    verdict = decide(PLANNED, [], [primary(said(None, None, "no_look_yet"))])

    assert (verdict.code, verdict.because[0].code) == ("keep_running", "no_look_yet")


def test_without_a_plan_it_runs_on_and_says_by_which_rule():
    verdict = decide(replace(PLANNED, planned_end=None), [], [primary(SAME)])

    assert (verdict.code, verdict.because[0].code) == ("keep_running", "no_plan")


def test_a_planned_sample_must_be_reached_as_well():
    thin = decide(replace(PLANNED, planned_sample=6000), [], [primary(SAME)])

    assert (thin.code, thin.because[0].code) == ("keep_running", "before_planned_sample")
    assert decide(replace(PLANNED, planned_sample=5000), [], [primary(SAME)]).code == "inconclusive"


def test_stopped_before_its_plan_without_an_answer_it_says_so():
    early = replace(PLANNED, status="stopped", ended_at=NOON + 3 * DAY)

    assert decide(early, [], [primary(SAME)]).because[0].code == "stopped_early"
    assert decide(early, [], [primary(BETTER)]).code == "ship", "its rule allowed the look"


def test_a_sample_ratio_mismatch_blocks_whatever_else_is_seen():
    assert decide(PLANNED, [Reason("sample_ratio", "")], [primary(BETTER)]).code == "blocked"


@pytest.mark.parametrize("decision", [WORSE, said(False, None, "not_proven_safe"), THIN])
def test_a_guardrail_not_proven_safe_keeps_a_winner_from_shipping(decision):
    verdicts = [decide(standing, [], [primary(BETTER), guardrail(decision)]) for standing in (EARLY, PLANNED)]

    assert [verdict.code for verdict in verdicts] == ["keep_running", "inconclusive"]
    assert {verdict.because[0].code for verdict in verdicts} == {"guardrail_not_proven_safe"}


def test_a_guardrail_proven_safe_lets_it_ship():
    assert decide(PLANNED, [], [primary(BETTER), guardrail(SAFE)]).code == "ship"


def test_a_variant_torn_between_two_primaries_does_not_ship():
    torn = [primary(BETTER), Evidence("lead", "Lead", "macro", "primary", "green", WORSE, -0.1)]

    assert decide(PLANNED, [], torn).because[0].code == "another_primary_worse"


@pytest.mark.parametrize("guards", [[], [guardrail(SAFE, level="micro")], [guardrail(SAFE, "blue")]])
def test_a_micro_goal_ships_only_under_a_macro_guardrail_of_its_variant(guards):
    verdict = decide(PLANNED, [], [primary(BETTER, level="micro"), *guards])

    assert (verdict.code, verdict.because[0].code) == ("inconclusive", "micro_without_macro_guardrail")
    assert decide(PLANNED, [], [primary(BETTER, level="micro"), guardrail(SAFE)]).code == "ship"


def test_a_change_too_small_to_be_worth_having_does_not_ship():
    verdict = decide(PLANNED, [], [primary(BETTER, too_small=True)])

    assert (verdict.code, verdict.because[0].code) == ("inconclusive", "smaller_than_worth")
    assert decide(PLANNED, [], [primary(SAME, too_small=True)]).because[0].code == "no_change_worth_having"


def test_all_worse_rolls_back_and_some_worse_does_not():
    assert decide(EARLY, [], [primary(WORSE)]).code == "roll_back"
    assert decide(PLANNED, [], [primary(WORSE), primary(SAME, "blue")]).code == "inconclusive"


def test_a_guardrail_that_is_worse_rolls_back_too():
    verdict = decide(EARLY, [], [primary(SAME), guardrail(WORSE)])

    assert (verdict.code, verdict.because[0].code) == ("roll_back", "guardrail_worse")


def test_a_secondary_goal_never_ships():
    micro = Evidence("click", "Click", "micro", "secondary", "green", BETTER, 0.9)

    assert decide(PLANNED, [], [primary(SAME), micro]).code == "inconclusive"


DECISIONS = st.sampled_from([BETTER, WORSE, SAFE, SAME, THIN, said(None, None, None)])
ENTRIES = st.builds(
    Evidence,
    goal=st.sampled_from(["purchase", "click", "refund"]),
    name=st.just("Goal"),
    level=st.sampled_from(["micro", "macro"]),
    role=st.sampled_from(["primary", "secondary", "guardrail"]),
    variant=st.sampled_from(["green", "blue"]),
    decision=DECISIONS,
    lift=st.none() | st.floats(-1, 10),
    too_small=st.booleans(),
)
STANDINGS = st.builds(
    replace,
    st.just(PLANNED),
    status=st.sampled_from(["running", "stopped"]),
    imported=st.booleans(),
    planned_end=st.sampled_from([None, NOON + 14 * DAY, NOON + 30 * DAY]),
    planned_sample=st.sampled_from([None, 1, 10**6]),
    ended_at=st.sampled_from([None, NOON + 3 * DAY]),
)


@settings(max_examples=500, deadline=None)
@given(STANDINGS, st.booleans(), st.lists(ENTRIES, max_size=8))
def test_nothing_ships_against_an_alarm_a_guardrail_or_a_floor_and_every_verdict_has_a_reason(standing, alarm, entries):
    alarms = [Reason("sample_ratio", "")] if alarm else []

    verdict = decide(standing, alarms, entries)

    assert verdict.because
    if verdict.code != "ship":
        return
    own = [entry for entry in entries if entry.variant == verdict.variant]
    winners = [entry for entry in own if entry.role == "primary" and entry.decision.direction == "better"]
    guards = [entry for entry in own if entry.role == "guardrail"]
    assert not alarms
    assert winners
    assert all(entry.decision.significant for entry in winners)
    assert all(entry.decision.direction == "not_worse" for entry in guards)
    assert any(entry.level == "macro" for entry in winners) or any(entry.level == "macro" for entry in guards)


@pytest.mark.parametrize(
    ("planned_end", "planned_sample", "spent"),
    [(None, None, 0.0), (NOON + 30 * DAY, None, 0.5), (None, 4000, 1.0), (NOON + 30 * DAY, 50_000, 0.1)],
)
def test_the_share_of_the_plan_behind_us_is_the_smaller_of_time_and_people(planned_end, planned_sample, spent):
    assert replace(PLANNED, planned_end=planned_end, planned_sample=planned_sample).spent == spent


def test_thin_data_is_called_thin():
    assert floor(PLANNED, measure="once", people=[99, 500], values=[50, 50]) == "too_few_people"
    assert floor(PLANNED, measure="once", people=[500, 500], values=[24, 50]) == "too_few_conversions"
    assert floor(PLANNED, measure="sum", people=[500, 500], values=[49, 50]) == "too_few_conversions"
    assert floor(replace(PLANNED, now=NOON + 6 * DAY), measure="once", people=[500], values=[50]) == "too_few_days"
    assert floor(PLANNED, measure="once", people=[500, 500], values=[25, 25]) is None


def test_days_of_a_pause_are_no_days_of_the_test():
    ten_days = replace(PLANNED, now=NOON + 10 * DAY)

    assert floor(replace(ten_days, paused=3 * DAY), measure="once", people=[500], values=[50]) is None
    assert floor(replace(ten_days, paused=4 * DAY), measure="once", people=[500], values=[50]) == "too_few_days"


def test_rules_about_days_do_not_apply_to_an_imported_test():
    imported = Standing("stopped", True, NOON, NOON + DAY, None, None, 5000, NOON + 2 * DAY)

    assert floor(imported, measure="once", people=[500], values=[50]) is None
    assert decide(imported, [], [primary(BETTER)]).code == "ship"
