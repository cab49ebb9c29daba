"""Tallies into the body of a result, pure: comparisons, corrections, health and verdict. Worker side: uses scipy."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

from experiments.decisions import Decision, Direction, Evidence, Reason, Standing, decide, floor
from experiments.health import checks_of, overall
from experiments.plan import Plan, PlannedGoal, PlannedVariant
from experiments.queries import Sums, Tallied
from experiments.stats.answers import Comparison, Interval
from experiments.stats.families import benjamini_hochberg, holm
from experiments.stats.registry import compare
from experiments.stats.samples import Sample

NOT_COUNTED = ("mixed", "bot", "test", "mismatch", "shared", "preview", "internal", "too_many")


@dataclass(frozen=True, slots=True)
class Row:
    """One treatment in one goal."""

    goal: PlannedGoal
    variant: PlannedVariant
    control: Sample
    treatment: Sample
    comparison: Comparison


def sample_of(tallied: Tallied, variant: str, goal: PlannedGoal) -> Sample:
    sums = tallied.sums.get((variant, goal.id), Sums())
    return Sample(tallied.enrolled.get(variant, 0), sums.persons, sums.total, sums.squares)


def block_of(goal: PlannedGoal) -> str:
    """Where the goal stands in the answer and on the page."""
    if goal.role in {"primary", "guardrail"}:
        return goal.role
    return "micro" if goal.level == "micro" else "secondary"


def family_of(goal: PlannedGoal) -> str:
    """Primaries decide together; micro goals have an error budget of their own; the rest informs.

    What was added after the start is apart: it must not change what was declared before.
    """
    return "exploratory" if goal.exploratory else block_of(goal)


CORRECTIONS = {
    "primary": ("holm", holm),
    "micro": ("bh", benjamini_hochberg),
    "secondary": ("bh", benjamini_hochberg),
    "exploratory": ("bh", benjamini_hochberg),
}
LARGEST_EXACT = 2**53
ORDER = ("primary", "guardrail", "secondary", "micro")


def analyse(plan: Plan, tallied: Tallied, standing: Standing, *, progress: float) -> dict[str, Any]:
    """The part of the result that numbers decide; times and names are added by ``experiments.computing``."""
    goals = sorted(plan.goals, key=lambda goal: ORDER.index(block_of(goal)))
    rows = [_row(plan, tallied, goal, variant) for goal in goals for variant in plan.variants if not variant.is_control]
    adjusted = _adjusted(rows)
    judge = Judge(standing, plan.alpha, progress)
    decisions = [judge.decision(row, p) for row, p in zip(rows, adjusted, strict=True)]
    checks = checks_of(plan, tallied)
    alarms = [Reason(check.code, check.detail) for check in checks if check.blocks]
    evidence = [_evidence(row, decision) for row, decision in zip(rows, decisions, strict=True)]
    found = {
        (row.goal.id, row.variant.key): _against_control(row, p, decision)
        for row, p, decision in zip(rows, adjusted, decisions, strict=True)
    }
    return {
        "health": {
            "status": overall(checks),
            "checks": [{name: value for name, value in asdict(check).items() if name != "blocks"} for check in checks],
            "enrolled": tallied.people,
            "excluded": {reason: tallied.left_out(reason) for reason in NOT_COUNTED},
        },
        "variants": [_variant(variant, tallied) for variant in plan.variants],
        "goals": [_goal(goal, plan, tallied, found, progress if goal.exploratory else 1.0) for goal in goals],
        "verdict": asdict(decide(standing, alarms, evidence)),
    }


def _row(plan: Plan, tallied: Tallied, goal: PlannedGoal, variant: PlannedVariant) -> Row:
    control, treatment = sample_of(tallied, plan.control.key, goal), sample_of(tallied, variant.key, goal)
    return Row(goal, variant, control, treatment, compare(goal.measure, control, treatment, alpha=plan.alpha))


def _adjusted(rows: Sequence[Row]) -> list[float | None]:
    """Corrected p-values, each family by its own method; a guardrail is judged by its interval and stands alone."""
    adjusted = [row.comparison.p_value for row in rows]
    for family, (_, correct) in CORRECTIONS.items():
        members = [index for index, row in enumerate(rows) if family_of(row.goal) == family]
        for index, p_value in zip(members, correct([adjusted[index] for index in members]), strict=True):
            adjusted[index] = p_value
    return adjusted


@dataclass(frozen=True, slots=True)
class Judge:
    """Calls a row better, worse or neither, or says why it is too early to call it anything."""

    standing: Standing
    alpha: float
    progress: float

    def decision(self, row: Row, p_value: float | None) -> Decision:
        if early := self._too_early(row):
            return Decision(None, None, early)
        if row.goal.role == "guardrail":
            return _guardrail(row)
        if p_value is None:
            reason = row.comparison.reason
            return Decision(None, None, reason.code if reason else "no_p_value")
        if p_value >= self.alpha:
            return Decision(significant=False, direction=None, reason="no_difference_seen")
        return Decision(significant=True, direction=_direction(row), reason=None)

    def _too_early(self, row: Row) -> str | None:
        if row.goal.exploratory and self.progress < 1:
            return "being_counted"
        if not self.standing.final:
            return self.standing.why_not_final.code
        people, values = (row.control.n, row.treatment.n), (row.control.converted, row.treatment.converted)
        return floor(self.standing, measure=row.goal.measure, people=people, values=values)


def _direction(row: Row) -> Direction:
    higher = (row.comparison.diff or 0.0) > 0
    return "better" if higher == (row.goal.desired == "increase") else "worse"


def _guardrail(row: Row) -> Decision:
    """Non-inferior: the whole interval of the lift lies on the safe side of the margin declared before the start."""
    low, high = row.comparison.lift_ci or (None, None)
    increase = row.goal.desired == "increase"
    least_good = low if increase else (None if high is None else -high)
    most_good = high if increase else (None if low is None else -low)
    if least_good is not None and least_good > -row.goal.margin:
        return Decision(significant=True, direction="not_worse", reason=None)
    if most_good is not None and most_good < 0:
        return Decision(significant=True, direction="worse", reason=None)
    return Decision(significant=False, direction=None, reason="not_proven_safe")


def _evidence(row: Row, decision: Decision) -> Evidence:
    signed = (
        row.comparison.lift if row.goal.desired == "increase" or row.comparison.lift is None else -row.comparison.lift
    )
    role = "secondary" if row.goal.exploratory else row.goal.role
    return Evidence(row.goal.key, row.goal.name, role, row.variant.key, decision, signed)


def _against_control(row: Row, adjusted: float | None, decision: Decision) -> dict[str, Any]:
    content = asdict(row.comparison)
    for name in ("diff_ci", "newcombe_ci", "lift_ci"):
        content[name] = _ends(content[name])
    correction = CORRECTIONS.get(family_of(row.goal), ("none", None))[0]
    return {**content, "correction": correction, "adjusted_p_value": adjusted, "decision": asdict(decision)}


def _ends(interval: Interval | None) -> list[float | None] | None:
    return None if interval is None else list(interval)


def _variant(variant: PlannedVariant, tallied: Tallied) -> dict[str, Any]:
    return {
        "key": variant.key,
        "name": variant.name,
        "is_control": variant.is_control,
        "weight": variant.weight,
        "enrolled": tallied.enrolled.get(variant.key, 0),
    }


def _goal(
    goal: PlannedGoal,
    plan: Plan,
    tallied: Tallied,
    found: Mapping[tuple[int, str], dict[str, Any]],
    progress: float,
) -> dict[str, Any]:
    names = ("key", "name", "level", "role", "measure", "desired", "currency", "leads_to", "margin", "exploratory")
    variants = [
        _arm(sample_of(tallied, variant.key, goal), variant.key, found.get((goal.id, variant.key)))
        for variant in plan.variants
    ]
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
