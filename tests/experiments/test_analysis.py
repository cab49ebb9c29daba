"""A result's body from tallies: corrections by family, floors, guardrails, and never a comforting number."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import orjson
import pytest
from statsmodels.stats.multitest import multipletests

from experiments.analysis import analyse
from experiments.bucketing import bucket_ranges
from experiments.decisions import Standing
from experiments.plan import Plan, PlannedGoal, PlannedVariant
from experiments.rows import Case
from experiments.tallies import Sums, Tallied
from tests.cases import looked

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
OVER = Standing("running", False, NOON, None, NOON + 14 * DAY, None, 30_000, NOON + 15 * DAY)


def goal(number, role="secondary", level="micro", **fields):
    key = f"goal-{number}"
    return PlannedGoal(
        number, key, key, level, role, key, **{"measure": "once", "window": 7, "desired": "increase"} | fields
    )


PURCHASE = goal(1, "primary", "macro")


def plan(*goals, arms=("old", "green", "blue"), kind="cta"):
    share = 1 / len(arms)
    bounds = bucket_ranges(len(arms), 1.0, [share] * len(arms))
    variants = [
        PlannedVariant(key, key, key == "old", share, limits, {}) for key, limits in zip(arms, bounds, strict=True)
    ]
    return Plan("cta", kind, "visitor", "seed", 1.0, 0.05, tuple(variants), goals or (PURCHASE,))


def tallied(converted, people=10_000):
    """``converted``: per goal number, the converted in old, green and blue."""
    sums = {
        (arm, number): Sums(count, Decimal(count), Decimal(count))
        for number, counts in converted.items()
        for arm, count in zip(("old", "green", "blue"), counts, strict=True)
    }
    return Tallied(dict.fromkeys(("old", "green", "blue"), people), {}, sums)


def body(the_plan, the_tallied, standing=OVER, **fields):
    return analyse(looked(Case(the_plan, the_tallied, standing, **fields)))


def against(found, goal_place=0, arm=1):
    return found["goals"][goal_place]["variants"][arm]["vs_control"]


def test_primaries_share_holm_over_all_variants():
    found = body(plan(), tallied({1: (500, 560, 580)}))

    raw = [against(found, arm=arm)["p_value"] for arm in (1, 2)]
    assert [against(found, arm=arm)["adjusted_p_value"] for arm in (1, 2)] == pytest.approx(
        multipletests(raw, method="holm")[1].tolist(), rel=1e-12
    )
    assert against(found)["correction"] == "holm"


def test_micro_goals_are_a_family_of_their_own_that_survives_daily_looks():
    goals = (PURCHASE, goal(2), goal(3))
    found = body(plan(*goals), tallied({1: (500, 500, 500), 2: (500, 620, 700), 3: (500, 505, 640)}))

    places = [(place, arm) for place in (1, 2) for arm in (1, 2)]
    always_valid = [against(found, *place)["always_valid"]["p_value"] for place in places]
    adjusted = [against(found, *place)["adjusted_p_value"] for place in places]
    assert adjusted == pytest.approx(multipletests(always_valid, method="fdr_bh")[1].tolist(), rel=1e-9)
    assert {against(found, *place)["correction"] for place in places} == {"e_bh"}


def test_micro_goals_of_a_test_that_finished_elsewhere_are_read_once():
    imported = replace(OVER, imported=True, status="stopped", ended_at=NOON + 14 * DAY)
    goals = (PURCHASE, goal(2), goal(3))
    found = body(plan(*goals), tallied({1: (500, 500, 500), 2: (500, 560, 580), 3: (500, 505, 600)}), imported)

    raw = [against(found, place, arm)["p_value"] for place in (1, 2) for arm in (1, 2)]
    adjusted = [against(found, place, arm)["adjusted_p_value"] for place in (1, 2) for arm in (1, 2)]
    assert adjusted == pytest.approx(multipletests(raw, method="fdr_bh")[1].tolist(), rel=1e-12)
    assert against(found)["decision"]["rule"] == "fixed_horizon"


def test_a_micro_goal_is_found_while_the_macro_goal_is_still_open():
    early = replace(OVER, now=NOON + 8 * DAY)
    found = body(plan(PURCHASE, goal(2)), tallied({1: (500, 520, 490), 2: (2000, 2400, 2010)}), early)

    assert found["verdict"]["code"] == "keep_running"
    assert against(found, 1)["decision"]["direction"] == "better"
    assert against(found, 1, 2)["decision"]["significant"] is False


def test_the_clear_winner_ships():
    found = body(plan(), tallied({1: (500, 700, 500)}))

    assert (found["verdict"]["code"], found["verdict"]["variant"]) == ("ship", "green")
    assert against(found)["decision"] == {
        "significant": True, "direction": "better", "reason": None, "rule": "group_sequential",
    }  # fmt: skip


def test_less_is_better_where_the_goal_says_so():
    refunds = replace(PURCHASE, desired="decrease")

    assert body(plan(refunds), tallied({1: (500, 400, 500)}))["verdict"]["variant"] == "green"


def test_before_the_planned_end_only_what_survives_its_looks_is_called_significant():
    early = replace(OVER, now=NOON + 7 * DAY)
    found = body(plan(), tallied({1: (500, 575, 900)}), early)

    assert [against(found, 0, arm)["decision"]["significant"] for arm in (1, 2)] == [False, True]
    assert against(found)["p_value"] < 0.05 < against(found)["adjusted_p_value"]
    assert (found["verdict"]["code"], found["verdict"]["variant"]) == ("ship", "blue")


def test_without_a_plan_it_is_judged_by_the_rule_for_any_day():
    unplanned = replace(OVER, planned_end=None)
    found = body(plan(), tallied({1: (500, 575, 900)}), unplanned)

    assert [against(found, 0, arm)["decision"]["rule"] for arm in (1, 2)] == ["confidence_sequence"] * 2
    assert [against(found, 0, arm)["decision"]["significant"] for arm in (1, 2)] == [False, True]


def test_a_winners_lift_is_also_given_shrunk():
    found = body(plan(), tallied({1: (500, 590, 500)}))

    seen, shrunk = against(found)["adjusted"]["lift"], against(found)["shrunk_lift"]
    assert 0 < shrunk < seen
    assert found["verdict"]["shrunk_lift"] == shrunk


def test_a_change_below_the_smallest_worth_having_does_not_ship():
    small = replace(plan(), minimum_effect=0.1)
    found = body(small, tallied({1: (50_000, 51_500, 50_000)}, people=100_000))

    assert against(found)["decision"]["direction"] == "better"
    assert [reason["code"] for reason in found["verdict"]["because"]] == ["smaller_than_worth"]
    assert against(found)["equivalence"]["p_value"] < 0.05


def test_who_has_no_p_value_leaves_the_family_by_name():
    found = body(plan(PURCHASE, goal(2)), tallied({1: (500, 700, 500), 2: (0, 0, 0)}))

    (micro,) = [family for family in found["families"] if family["family"] == "micro"]
    assert micro["members"] == 0
    assert {(left["goal"], left["variant"], left["reason"]) for left in micro["left"]} == {
        ("goal-2", "green", "no_conversions"),
        ("goal-2", "blue", "no_conversions"),
    }


def test_a_sample_ratio_mismatch_blocks():
    skewed = replace(tallied({1: (500, 900, 500)}), enrolled={"old": 10_000, "green": 9_000, "blue": 10_000})
    found = body(plan(), skewed)

    assert (found["verdict"]["code"], found["health"]["status"]) == ("blocked", "failed")


def test_a_guardrail_inside_its_margin_is_not_worse_and_a_wide_one_is_not_proven():
    refund = goal(2, "guardrail", "macro", margin=0.1)
    safe = body(plan(PURCHASE, refund), tallied({1: (500, 700, 500), 2: (5000, 5000, 5000)}))
    wide = body(plan(PURCHASE, refund), tallied({1: (500, 700, 500), 2: (50, 50, 50)}))

    assert (against(safe, 1)["decision"]["direction"], safe["verdict"]["code"]) == ("not_worse", "ship")
    assert (against(wide, 1)["decision"]["reason"], wide["verdict"]["code"]) == ("not_proven_safe", "inconclusive")


def test_goals_come_primary_guardrail_macro_micro():
    goals = (goal(4), goal(3, level="macro"), goal(2, "guardrail", "macro"), PURCHASE)
    counts = dict.fromkeys((1, 2, 3, 4), (500, 500, 500))

    assert [entry["key"] for entry in body(plan(*goals), tallied(counts))["goals"]] == [
        f"goal-{n}" for n in (1, 2, 3, 4)
    ]


def test_a_goal_that_is_still_being_counted_is_called_nothing():
    late = plan(PURCHASE, goal(2, exploratory=True))
    found = body(late, tallied({1: (500, 500, 500), 2: (500, 900, 900)}), progress=0.4)

    assert [entry["progress"] for entry in found["goals"]] == [1.0, 0.4]
    assert against(found, 1)["decision"]["reason"] == "being_counted"


def test_a_goal_added_later_changes_nothing_that_was_declared():
    counts = {1: (500, 500, 500), 2: (500, 560, 580)}
    declared = body(plan(PURCHASE, goal(2)), tallied(counts))
    with_late = body(plan(PURCHASE, goal(2), goal(3, exploratory=True)), tallied(counts | {3: (500, 505, 600)}))

    assert against(with_late, 1)["adjusted_p_value"] == against(declared, 1)["adjusted_p_value"]


def test_an_amount_of_any_size_is_a_json_number():
    revenue = replace(PURCHASE, measure="sum")
    huge = tallied({1: (500, 500, 500)})
    sums = {key: Sums(500, Decimal(5 * 10**14), Decimal(5 * 10**26)) for key in huge.sums}

    assert b"5e+26" in orjson.dumps(body(plan(revenue), replace(huge, sums=sums)))


def test_variants_that_lose_different_shares_to_mixing_are_a_warning():
    uneven = replace(tallied({1: (500, 500, 500)}), excluded={"mixed": {"old": 2, "green": 40, "blue": 2}})

    assert body(plan(), uneven)["health"]["status"] == "warning"


def test_visitors_that_could_not_be_counted_are_a_warning():
    found = body(plan(), replace(tallied({1: (500, 500, 500)}), set_aside=3))

    assert [check["status"] for check in found["health"]["checks"] if check["code"] == "events_set_aside"] == [
        "warning"
    ]


@pytest.mark.parametrize("measure", ["once", "count", "sum"])
@pytest.mark.parametrize("people", [0, 1, 50])
def test_an_empty_phase_gives_null_and_a_reason_and_valid_json(measure, people):
    found = body(plan(replace(PURCHASE, measure=measure)), tallied({}, people))

    comparison = against(found)
    assert (comparison["p_value"], bool(comparison["reason"]["code"])) == (None, True)
    assert b"NaN" not in orjson.dumps(found)
    assert found["verdict"]["code"] == "inconclusive"


def test_ten_goals_on_three_variants_of_thin_data_are_not_called_anything():
    goals = [PURCHASE, *(goal(number) for number in range(2, 11))]
    found = body(plan(*goals), tallied(dict.fromkeys(range(1, 11), (20, 24, 9))))

    reasons = {against(found, place, arm)["decision"]["reason"] for place in range(10) for arm in (1, 2)}
    assert reasons == {"too_few_conversions"}
