"""Results to show: computed by the real analysis from a handful of counts."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from experiments.analysis import analyse
from experiments.decisions import Standing
from experiments.plan import Plan, PlannedGoal, PlannedVariant
from experiments.rows import Case
from experiments.tallies import Sums, Tallied
from tests.cases import looked

NOW = datetime(2026, 11, 14, 12, tzinfo=UTC)
STARTED = NOW - timedelta(days=11)
PEOPLE = 10_000
ARMS = ("original", "green")
PAYERS = 500

PURCHASE = PlannedGoal(
    id=1,
    key="purchase",
    name="Purchase",
    level="macro",
    role="primary",
    event="purchase",
    measure="once",
    window=30,
    desired="increase",
)
CLICK = replace(PURCHASE, id=2, key="click", name="Button clicked", level="micro", role="secondary")
REFUND = replace(PURCHASE, id=3, key="refund", name="Refund", role="guardrail", desired="decrease")
REVENUE = replace(PURCHASE, id=4, key="revenue", name="Revenue", role="secondary", measure="sum", currency="EUR")

RUNNING = Standing(
    status="running",
    imported=False,
    started_at=STARTED,
    ended_at=None,
    planned_end=NOW + timedelta(days=10),
    planned_sample=None,
    people=2 * PEOPLE,
    now=NOW,
)
FINISHED = replace(RUNNING, status="stopped", planned_end=NOW - timedelta(days=1), ended_at=NOW)


def plan_of(*goals: PlannedGoal) -> Plan:
    variants = (
        PlannedVariant("original", "Original", is_control=True, weight=0.5, bounds=(0.0, 0.5), payload={}),
        PlannedVariant("green", "Green", is_control=False, weight=0.5, bounds=(0.5, 1.0), payload={}),
    )
    return Plan("cta", "cta", "visitor", "seed", 1.0, 0.05, variants, goals)


def body_of(
    counts: Mapping[PlannedGoal, tuple[int, int]],
    *,
    standing: Standing = RUNNING,
    people: tuple[int, int] = (PEOPLE, PEOPLE),
    excluded: Mapping[str, Mapping[str, int]] | None = None,
    **fields: Any,
) -> dict[str, Any]:
    """``counts``: by goal, how many of each arm did it, or what 500 of them spent together."""
    sums = {
        (arm, goal.id): _sums(goal, count)
        for goal, pair in counts.items()
        for arm, count in zip(ARMS, pair, strict=True)
    }
    tallied = Tallied(dict(zip(ARMS, people, strict=True)), excluded or {}, sums)
    plan = replace(plan_of(*counts), minimum_effect=fields.pop("minimum_worth", None))
    case = Case(plan, tallied, standing, progress=fields.pop("progress", 1.0))
    return {
        "experiment": "cta",
        "phase": 1,
        "status": standing.status,
        "started_at": standing.started_at,
        "ended_at": standing.ended_at,
        "planned_end": standing.planned_end,
        "planned_sample": standing.planned_sample,
        "days_left": standing.days_left,
        "computed_at": NOW - timedelta(seconds=12),
        "data_through": NOW - timedelta(seconds=2),
        "stale": False,
        "error": None,
        "alpha": 0.05,
        "currency": "EUR",
        **analyse(looked(case)),
        # The one look that was taken just now, if it was; within the body times are text.
        "looks": [{"number": 1, "taken_at": NOW.isoformat(), "spent": standing.spent, "people": sum(people)}],
        "refined_at": None,
        "outlook": None,
        **fields,
    }


def _sums(goal: PlannedGoal, count: int) -> Sums:
    if goal.measure == "once":
        return Sums(count, Decimal(count), Decimal(count))
    # Twice the least that is possible: some spent more than others.
    return Sums(PAYERS, Decimal(count), 2 * Decimal(count) ** 2 / PAYERS)
