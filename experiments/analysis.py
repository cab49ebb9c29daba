"""Tallies into the body of a result, pure: comparisons, corrections, health and verdict. Worker side: uses scipy."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from decimal import Decimal
from typing import Any

from scipy.special import ndtri

from experiments.decisions import Evidence, Reason, decide
from experiments.health import checks_of, overall
from experiments.judging import Judged, judged, too_small, tuned_for
from experiments.looking import not_worse_of
from experiments.plan import PlannedGoal, PlannedVariant
from experiments.rows import Case, Place, Row, family_of, rows_of, sample_of
from experiments.stats.answers import Comparison, Interval
from experiments.stats.confidence_sequence import always_valid_p_value, nominal_level, signed_z
from experiments.stats.registry import equivalent, read
from experiments.stats.samples import Sample
from experiments.stats.shrinkage import shrunk
from experiments.tallies import Tallied

NOT_COUNTED = ("mixed", "bot", "test", "mismatch", "shared", "preview", "internal", "too_many")
LARGEST_EXACT = 2**53


def analyse(case: Case) -> dict[str, Any]:
    """The part of the result that numbers decide; times and names are added by ``experiments.computing``."""
    plan, tallied = case.plan, case.tallied
    found = judged(case, rows_of(plan, tallied))
    checks = checks_of(case)
    alarms = [Reason(check.code, check.detail) for check in checks if check.blocks]
    verdict = decide(case.standing, alarms, [_evidence(one, case) for one in found])
    against = {one.row.place: _against_control(one, case) for one in found}
    return {
        "health": {
            "status": overall(checks),
            "checks": [{name: value for name, value in asdict(check).items() if name != "blocks"} for check in checks],
            "enrolled": tallied.people,
            "excluded": {reason: tallied.left_out(reason) for reason in NOT_COUNTED},
        },
        "variants": [_variant(variant, tallied) for variant in plan.variants],
        "goals": [_goal(goal, case, against) for goal in dict.fromkeys(one.row.goal for one in found)],
        "families": _families(found),
        "minimum_effect": plan.minimum_effect,
        "verdict": asdict(verdict),
    }


def _evidence(one: Judged, case: Case) -> Evidence:
    goal = one.row.goal
    return Evidence(
        goal=goal.key,
        name=goal.name,
        level=goal.level,
        role="secondary" if goal.exploratory else goal.role,
        variant=one.row.variant.key,
        decision=one.decision,
        lift=_desired(one.lift, goal),
        shrunk_lift=_desired(shrunk_lift(one, alpha=case.plan.alpha), goal),
        too_small=too_small(goal, one.lift_ci, case.plan),
    )


def _desired(lift: float | None, goal: PlannedGoal) -> float | None:
    return lift if lift is None or goal.desired == "increase" else -lift


def shrunk_lift(one: Judged, *, alpha: float) -> float | None:
    """What a winner's lift is likely to be when nobody picks the best of many any more; None for all others.

    Picked is whoever passed the bar of one look. The bars of early looks are higher, but a lift that has just passed
    one of those is no fluke of the same size: shrunk by its own bar it would be cut to a third (measured, see
    docs/operating-characteristics.md).
    """
    if one.decision.direction not in {"better", "worse"} or one.lift is None or one.z is None:
        return None
    return shrunk(one.lift, z=one.z, critical=min(-float(ndtri(alpha / 2)), abs(one.z)))


def _against_control(one: Judged, case: Case) -> dict[str, Any]:
    row = one.row
    reading = asdict(
        read(row.goal.measure, row.control, row.treatment, alpha=case.plan.alpha, desired=row.goal.desired)
    )
    return {
        **_comparison(row.comparison),
        "chance_to_beat_control": reading["chance_to_beat_control"],
        "correction": one.correction,
        "adjusted_p_value": one.adjusted_p_value,
        "adjusted": _adjusted(one),
        "always_valid": _always_valid(row, case),
        "shrunk_lift": shrunk_lift(one, alpha=case.plan.alpha),
        "non_inferiority": _non_inferiority(one),
        "equivalence": _equivalence(row, case),
        "bayesian": {
            **reading,
            "lift_ci": _ends(reading["lift_ci"]),
            "protected": one.decision.direction in {"better", "worse"},
        },
        "refined": _refined(row, case),
        "decision": asdict(one.decision),
    }


def _comparison(comparison: Comparison) -> dict[str, Any]:
    content = asdict(comparison)
    return content | {name: _ends(content[name]) for name in ("diff_ci", "newcombe_ci", "lift_ci")}


def _adjusted(one: Judged) -> dict[str, Any] | None:
    """The numbers that carry the decision: corrected for every look taken and for the family."""
    if one.p_value is None:
        return None
    return {
        "rule": one.decision.rule,
        "p_value": one.adjusted_p_value,
        "level": one.level,
        "diff": one.diff,
        "diff_ci": _ends(one.diff_ci),
        "lift": one.lift,
        "lift_ci": _ends(one.lift_ci),
        "look": one.look,
    }


def _always_valid(row: Row, case: Case) -> dict[str, Any] | None:
    """The row alone at this moment, by its confidence sequence: may be read on any day, as often as one likes."""
    z = signed_z(row.comparison)
    if z is None or case.standing.imported:
        return None
    tuned = tuned_for(case, row)
    wide = row.at_level(nominal_level(row.people, tuned_for=tuned, alpha=case.plan.alpha))
    return {
        "p_value": always_valid_p_value(z, row.people, tuned_for=tuned),
        "diff_ci": _ends(wide.diff_ci),
        "lift_ci": _ends(wide.lift_ci),
    }


def _non_inferiority(one: Judged) -> dict[str, Any] | None:
    if one.row.goal.role != "guardrail":
        return None
    test = not_worse_of(one.row)
    reason = None if test.reason is None else asdict(test.reason)
    return {"method": test.method, "margin": test.margin, "p_value": one.safe_p_value, "reason": reason}


def _equivalence(row: Row, case: Case) -> dict[str, Any] | None:
    margin = case.plan.minimum_effect
    if margin is None or family_of(row.goal) != "primary" or margin >= 1:
        return None
    test = equivalent(row.goal.measure, row.control, row.treatment, margin=margin)
    reason = None if test.reason is None else asdict(test.reason)
    return {"method": test.method, "margin": test.margin, "p_value": test.p_value, "reason": reason}


def _refined(row: Row, case: Case) -> Mapping[str, Any] | None:
    goals: Mapping[str, Any] = (case.refined or {}).get("goals", {})
    found: Mapping[str, Any] | None = goals.get(row.goal.key, {}).get(row.variant.key)
    return found


def _ends(interval: Interval | None) -> list[float | None] | None:
    return None if interval is None else list(interval)


def _families(found: Sequence[Judged]) -> list[dict[str, Any]]:
    """Who is corrected together, and who has no p-value and so stands outside, by name."""
    families: dict[str, dict[str, Any]] = {}
    for one in found:
        family = family_of(one.row.goal)
        entry = families.setdefault(family, {"family": family, "correction": one.correction, "members": 0, "left": []})
        if one.adjusted_p_value is not None:
            entry["members"] += 1
            continue
        reason = one.row.comparison.reason if one.row.comparison.p_value is None else None
        code = reason.code if reason else one.decision.reason or "no_p_value"
        entry["left"].append({"goal": one.row.goal.key, "variant": one.row.variant.key, "reason": code})
    return list(families.values())


def _variant(variant: PlannedVariant, tallied: Tallied) -> dict[str, Any]:
    return {
        "key": variant.key,
        "name": variant.name,
        "is_control": variant.is_control,
        "weight": variant.weight,
        "enrolled": tallied.enrolled.get(variant.key, 0),
    }


def _goal(goal: PlannedGoal, case: Case, against: Mapping[Place, dict[str, Any]]) -> dict[str, Any]:
    names = ("key", "name", "level", "role", "measure", "desired", "currency", "leads_to", "margin", "exploratory")
    variants = [
        _arm(sample_of(case.tallied, variant.key, goal), variant.key, against.get((goal.id, variant.key)))
        for variant in case.plan.variants
    ]
    progress = case.progress if goal.exploratory else 1.0
    return {**{name: getattr(goal, name) for name in names}, "progress": progress, "variants": variants}


def _arm(sample: Sample, variant: str, against: dict[str, Any] | None) -> dict[str, Any]:
    return {
        "key": variant,
        "n": sample.n,
        "converted": sample.converted,
        "sum": _number(sample.total),
        "sum_squares": _number(sample.squares),
        "mean": sample.mean if sample.n else None,
        "vs_control": against,
    }


def _number(value: Decimal) -> float | int:
    """A decimal as a JSON number: whole ones as integers while a double holds them exactly, which is all of JSON's."""
    exact = abs(value) <= LARGEST_EXACT and value == value.to_integral_value()
    return int(value) if exact else float(value)
