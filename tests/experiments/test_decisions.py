"""The verdict: declared before the start, given with its reasons."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from experiments.decisions import Decision, Evidence, Reason, Standing, decide, floor

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
PLANNED = Standing("running", False, NOON, None, NOON + 14 * DAY, None, 5000, NOON + 15 * DAY)
BETTER = Decision(True, "better", None)
WORSE = Decision(True, "worse", None)
SAME = Decision(False, None, "no_difference_seen")


def primary(decision, variant="green", lift=0.1):
    return Evidence("purchase", "Purchase", "primary", variant, decision, lift)


def guardrail(decision):
    return Evidence("refund", "Refund", "guardrail", "green", decision, 0.0)


def test_a_better_primary_at_the_planned_end_ships():
    assert decide(PLANNED, [], [primary(BETTER)]).code == "ship"


def test_of_two_better_variants_the_larger_lift_ships():
    assert decide(PLANNED, [], [primary(BETTER), primary(BETTER, "blue", 0.3)]).variant == "blue"


@pytest.mark.parametrize("decision", [BETTER, WORSE, SAME])
def test_before_the_planned_end_it_keeps_running_or_is_blocked(decision):
    early = replace(PLANNED, now=NOON + 13 * DAY)

    assert decide(early, [], [primary(decision)]).code == "keep_running"
    assert decide(early, [Reason("sample_ratio", "")], [primary(decision)]).code == "blocked"


def test_without_a_plan_it_keeps_running():
    assert decide(replace(PLANNED, planned_end=None), [], [primary(BETTER)]).code == "keep_running"


def test_stopped_without_a_plan_it_is_inconclusive_whatever_was_seen():
    unplanned = replace(PLANNED, planned_end=None, status="stopped", ended_at=NOON + 15 * DAY)

    verdict = decide(unplanned, [], [primary(BETTER)])

    assert (verdict.code, verdict.because[0].code) == ("inconclusive", "no_plan")


def test_a_planned_sample_must_be_reached_as_well():
    thin = decide(replace(PLANNED, planned_sample=6000), [], [primary(BETTER)])
    assert (thin.code, thin.because[0].code) == ("keep_running", "before_planned_sample")
    assert decide(replace(PLANNED, planned_sample=5000), [], [primary(BETTER)]).code == "ship"


def test_stopped_before_its_plan_it_is_inconclusive():
    early = replace(PLANNED, status="stopped", ended_at=NOON + 3 * DAY)

    assert decide(early, [], [primary(BETTER)]).because[0].code == "stopped_early"


def test_a_sample_ratio_mismatch_blocks_whatever_else_is_seen():
    assert decide(PLANNED, [Reason("sample_ratio", "")], [primary(BETTER)]).code == "blocked"


@pytest.mark.parametrize(
    "decision", [WORSE, Decision(None, None, "not_proven_safe"), Decision(None, None, "too_few_people")]
)
def test_a_guardrail_not_proven_safe_keeps_a_winner_from_shipping(decision):
    verdict = decide(PLANNED, [], [primary(BETTER), guardrail(decision)])

    assert (verdict.code, verdict.because[0].code) == ("inconclusive", "guardrail_not_proven_safe")


def test_a_guardrail_proven_safe_lets_it_ship():
    assert decide(PLANNED, [], [primary(BETTER), guardrail(Decision(True, "not_worse", None))]).code == "ship"


def test_a_variant_torn_between_two_primaries_does_not_ship():
    torn = [primary(BETTER), Evidence("lead", "Lead", "primary", "green", WORSE, -0.1)]

    assert decide(PLANNED, [], torn).because[0].code == "another_primary_worse"


def test_all_worse_rolls_back_and_some_worse_does_not():
    assert decide(PLANNED, [], [primary(WORSE)]).code == "roll_back"
    assert decide(PLANNED, [], [primary(WORSE), primary(SAME, "blue")]).code == "inconclusive"


def test_a_secondary_goal_never_ships():
    micro = Evidence("click", "Click", "secondary", "green", BETTER, 0.9)

    assert decide(PLANNED, [], [primary(SAME), micro]).code == "inconclusive"


def test_every_verdict_has_a_reason():
    for decision in (BETTER, WORSE, SAME, Decision(None, None, "too_few_people")):
        assert decide(PLANNED, [], [primary(decision)]).because


def test_thin_data_is_called_thin():
    assert floor(PLANNED, measure="once", people=[99, 500], values=[50, 50]) == "too_few_people"
    assert floor(PLANNED, measure="once", people=[500, 500], values=[24, 50]) == "too_few_conversions"
    assert floor(PLANNED, measure="sum", people=[500, 500], values=[49, 50]) == "too_few_conversions"
    assert floor(replace(PLANNED, now=NOON + 6 * DAY), measure="once", people=[500], values=[50]) == "too_few_days"
    assert floor(PLANNED, measure="once", people=[500, 500], values=[25, 25]) is None


def test_rules_about_days_do_not_apply_to_an_imported_test():
    imported = Standing("stopped", True, NOON, NOON + DAY, None, None, 5000, NOON + 2 * DAY)

    assert floor(imported, measure="once", people=[500], values=[50]) is None
    assert decide(imported, [], [primary(BETTER)]).code == "ship"
