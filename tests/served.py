"""Configurations to ask, without a database: what a format makes of a plan can be seen in memory."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from experiments.assignment import Compiled, Question, State, compiled
from experiments.bucketing import bucket_ranges
from experiments.plan import Plan, PlannedVariant
from experiments.snapshot import Configuration

SINCE = datetime(2026, 3, 1, 12, 30, 15, 123456, tzinfo=UTC)


def make_plan(
    key: str = "hero",
    variants: Mapping[str, Mapping[str, Any]] | Sequence[str] = ("original", "green"),
    *,
    kind: str = "json",
    coverage: float = 1.0,
    **fields: Any,
) -> Plan:
    """Equal shares; ``variants``: payloads by key, the first is the control."""
    payloads = variants if isinstance(variants, Mapping) else {name: {"is": name} for name in variants}
    weights = [1 / len(payloads)] * len(payloads)
    ranges = bucket_ranges(len(payloads), coverage, weights)
    planned = [
        PlannedVariant(name, name.capitalize(), place == 0, weight, limits, payload)
        for place, ((name, payload), weight, limits) in enumerate(zip(payloads.items(), weights, ranges, strict=True))
    ]
    defaults = {"unit": "visitor", "seed": f"seed-of-{key}", "alpha": 0.05, "goals": ()}
    return Plan(key, kind, coverage=coverage, variants=tuple(planned), **{**defaults, **fields})


def serving(
    *plans: Plan, state: State = "running", shipped: str | None = None, number: int = 7, since: datetime = SINCE
) -> Configuration:
    """All in their third phase."""
    ones = [compiled(plan, phase=3, state=state, shipped=shipped) for plan in plans]
    return Configuration(number, {one.key: one for one in ones}, since=since)


def question(visitor_id: str = "ann", user_id: str = "", **attributes: Any) -> Question:
    """As ``asking`` makes it of a request without anything else to tell."""
    known = {**attributes, "id": visitor_id, **({"user_id": user_id} if user_id else {})}
    return Question(visitor_id, user_id, known, known.get("url"))


def only(served: Configuration) -> Compiled:
    (one,) = served.running.values()
    return one
