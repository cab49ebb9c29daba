"""Decisions, pure: each row by the rule that fits how it may be read, each family corrected as one. Worker side.

A new rule is one function and one line in ``RULES``.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from experiments.decisions import Decision, Direction, Rule
from experiments.looking import not_worse_of, primary_rows, safe_z_of
from experiments.plan import Plan, PlannedGoal
from experiments.rows import Case, Family, Row, family_of, rule_of
from experiments.sights import telling
from experiments.stats.answers import Interval, held_to_test
from experiments.stats.confidence_sequence import always_valid_p_value, log_e_value, nominal_level, signed_z
from experiments.stats.families import (
    benjamini_hochberg,
    e_benjamini_hochberg,
    holm,
    selected_level,
    simultaneous_level,
)

# Where no sample was planned: so many people are when the sequence is tightest.
TUNED_FOR = 10_000


@dataclass(frozen=True, slots=True)
class Claim:
    """What a rule says of one row, before its family is corrected. Numbers are None where there is none yet.

    p_value: two-sided, valid under the rule. safe_p_value: one-sided, of a guardrail against its margin.
    log_e: log of the evidence, for families that are corrected by it.
    """

    p_value: float | None = None
    safe_p_value: float | None = None
    log_e: float | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """A row with its decision, and the numbers that carry it: corrected for its looks and for its family.

    level: nominal level of the intervals; look: number of the planned look they were taken at, None for now's.
    """

    row: Row
    decision: Decision
    correction: str
    p_value: float | None = None
    adjusted_p_value: float | None = None
    safe_p_value: float | None = None
    level: float | None = None
    diff: float | None = None
    diff_ci: Interval | None = None
    lift: float | None = None
    lift_ci: Interval | None = None
    z: float | None = None
    look: int | None = None


def tuned_for(case: Case, row: Row) -> int:
    """The people at which the row's confidence sequence is tightest, fixed by the plan."""
    if not case.standing.planned_sample:
        return TUNED_FOR
    weights = {variant.key: variant.weight for variant in case.plan.variants}
    share = weights[case.plan.control.key] + weights[row.variant.key]
    return max(1, round(case.standing.planned_sample * share))


def _at_fixed_horizon(_: Case, row: Row) -> Claim:
    safe = not_worse_of(row).p_value if row.goal.role == "guardrail" else None
    return Claim(row.comparison.p_value, safe)


def _at_looks(case: Case, row: Row) -> Claim:
    sights = case.sights.get(row.place, ())
    if not sights:
        return Claim()
    safe = [sight.safe_p_value for sight in sights if sight.safe_p_value is not None]
    return Claim(min(sight.p_value for sight in sights), min(safe, default=None))


def _on_any_day(case: Case, row: Row) -> Claim:
    z, tuned = signed_z(row.comparison), tuned_for(case, row)
    if z is None:
        return Claim()
    safe_z = safe_z_of(row) if row.goal.role == "guardrail" else None
    safe = None if safe_z is None else always_valid_p_value(safe_z, row.people, tuned_for=tuned, sides=1)
    log_e = log_e_value(z, row.people, tuned_for=tuned)
    return Claim(always_valid_p_value(z, row.people, tuned_for=tuned), safe, log_e)


def too_small(goal: PlannedGoal, lift_ci: Interval | None, plan: Plan) -> bool:
    """Whether every change that fits what was seen is less than is worth having; False where nobody said how much."""
    if plan.minimum_effect is None or lift_ci is None:
        return False
    low, high = lift_ci
    most = high if goal.desired == "increase" else None if low is None else -low
    return most is not None and most < plan.minimum_effect


RULES: dict[Rule, Callable[[Case, Row], Claim]] = {
    "fixed_horizon": _at_fixed_horizon,
    "group_sequential": _at_looks,
    "confidence_sequence": _on_any_day,
}


def judged(case: Case, rows: Sequence[Row]) -> list[Judged]:
    """In the order of the rows."""
    found: dict[int, Judged] = {}
    for family in dict.fromkeys(family_of(row.goal) for row in rows):
        members = [index for index, row in enumerate(rows) if family_of(row.goal) == family]
        claims = [RULES[rule_of(rows[index].goal, case.standing)](case, rows[index]) for index in members]
        corrected = _corrected(family, claims, case)
        for index, claim, adjusted in zip(members, claims, corrected.adjusted, strict=True):
            found[index] = _one(case, rows[index], claim, replace(corrected, adjusted=[adjusted]))
    return [found[index] for index in range(len(rows))]


@dataclass(frozen=True, slots=True)
class Corrected:
    """``level``: of each member's interval, in terms of the family's rule, so that it agrees with the correction."""

    name: str
    adjusted: Sequence[float | None]
    level: float


def _corrected(family: Family, claims: Sequence[Claim], case: Case) -> Corrected:
    alpha, p_values = case.plan.alpha, [claim.p_value for claim in claims]
    if family == "guardrail":
        return Corrected("none", p_values, alpha)
    if family == "primary":
        return Corrected("holm", _holm(p_values, case), simultaneous_level(alpha, primary_rows(case.plan)))
    if case.standing.imported:
        adjusted = benjamini_hochberg(p_values)
        return Corrected("bh", adjusted, selected_level(adjusted, alpha))
    adjusted = e_benjamini_hochberg(_members([claim.log_e for claim in claims], 0.0, case))
    return Corrected("e_bh", _known(adjusted, p_values), selected_level(adjusted, alpha))


def _holm(p_values: Sequence[float | None], case: Case) -> list[float | None]:
    return _known(holm(_members(p_values, 1.0, case)), p_values)


def _members(values: Sequence[float | None], none_yet: float, case: Case) -> list[float | None]:
    """Whoever has no number yet may have one tomorrow and stays, also after a stop: nobody gains by another's silence.

    Only a test that ended elsewhere has all its numbers.
    """
    return [none_yet if value is None and not case.standing.imported else value for value in values]


def _known(adjusted: Sequence[float | None], p_values: Sequence[float | None]) -> list[float | None]:
    return [None if p is None else value for value, p in zip(adjusted, p_values, strict=True)]


def _one(case: Case, row: Row, claim: Claim, corrected: Corrected) -> Judged:
    rule = rule_of(row.goal, case.standing)
    adjusted = corrected.adjusted[0]
    decision = _decision(case, row, claim, adjusted)
    answer = Judged(
        row,
        decision,
        corrected.name,
        p_value=claim.p_value,
        adjusted_p_value=adjusted,
        safe_p_value=claim.safe_p_value,
    )
    if claim.p_value is None:
        return answer
    shown = _as_looked(case, answer) if rule == "group_sequential" else _as_now(case, answer, corrected.level)
    return (
        shown
        if row.goal.role == "guardrail"
        else _agreeing(shown, significant=adjusted is not None and adjusted < case.plan.alpha)
    )


def _as_looked(case: Case, answer: Judged) -> Judged:
    """The numbers of the look that decided, or of the last one: they do not move between looks."""
    sights = case.sights[answer.row.place]
    adjusted = answer.adjusted_p_value
    sight = telling(sights, decided=adjusted is not None and adjusted < case.plan.alpha)
    return replace(
        answer,
        level=sight.level,
        diff=sight.diff,
        diff_ci=sight.diff_ci,
        lift=sight.lift,
        lift_ci=sight.lift_ci,
        z=sight.z,
        look=sight.number,
    )


def _as_now(case: Case, answer: Judged, alpha: float) -> Judged:
    """The numbers of now, with intervals at the level that the rule and the correction ask for."""
    row, imported, guards = answer.row, case.standing.imported, answer.row.goal.role == "guardrail"
    sides: Literal[1, 2] = 1 if guards else 2
    level = alpha if imported else nominal_level(row.people, tuned_for=tuned_for(case, row), alpha=alpha, sides=sides)
    # A test to one side at a level has its end in the interval at twice that level.
    level = min(2 * level, 0.5) if guards else level
    wide = row.at_level(level)
    return replace(
        answer,
        level=level,
        diff=wide.diff,
        diff_ci=wide.diff_ci,
        lift=wide.lift,
        lift_ci=wide.lift_ci,
        z=signed_z(row.comparison),
    )


def _agreeing(answer: Judged, *, significant: bool) -> Judged:
    """The intervals in agreement with the corrected p-value.

    A later step of Holm may reject what an interval shared by all rows does not: there the simultaneous region ends
    at 0 (Guilbaud 2008, Biometrical Journal 50, 678), and all intervals still hold at once. The other way round only
    an interval at a level too small to be written leaves out 0, and then it is stretched to it.
    """
    if answer.diff_ci is None or answer.diff is None:
        return answer
    if significant:
        upwards = answer.lift is None or answer.lift > 0
        diff_ci, lift_ci = _ending_at_0(answer.diff_ci, upwards=answer.diff > 0), answer.lift_ci
        return replace(answer, diff_ci=diff_ci, lift_ci=lift_ci and _ending_at_0(lift_ci, upwards=upwards))
    diff_ci = held_to_test(answer.diff_ci, answer.diff, significant=False)
    lift_ci = answer.lift_ci and held_to_test(answer.lift_ci, answer.lift or 0.0, significant=False)
    return replace(answer, diff_ci=diff_ci, lift_ci=lift_ci)


def _ending_at_0(interval: Interval, *, upwards: bool) -> Interval:
    low, high = interval
    if upwards:
        return (0.0 if low is None or low < 0 else low), high
    return low, (0.0 if high is None or high > 0 else high)


def _decision(case: Case, row: Row, claim: Claim, adjusted: float | None) -> Decision:
    rule = rule_of(row.goal, case.standing)
    if early := _too_early(case, row, rule):
        return Decision(None, None, early, rule)
    if row.goal.role == "guardrail":
        return _guardrail(case, row, claim, rule)
    if adjusted is None:
        reason = row.comparison.reason
        return Decision(None, None, reason.code if reason else "no_p_value", rule)
    if adjusted < case.plan.alpha:
        return Decision(True, _direction(case, row), None, rule)
    return Decision(False, None, "no_difference_seen" if case.standing.over else "not_decided_yet", rule)


def _too_early(case: Case, row: Row, rule: Rule) -> str | None:
    if row.goal.exploratory and case.progress < 1:
        return "being_counted"
    if rule != "group_sequential":
        return row.too_thin(case.standing)
    if case.sights.get(row.place):
        return None
    return row.too_thin(case.standing) or "no_look_yet"


def _direction(case: Case, row: Row) -> Direction:
    """Of the difference that was decided about, which at a planned look may not be now's."""
    diff = row.comparison.diff
    if rule_of(row.goal, case.standing) == "group_sequential":
        diff = telling(case.sights[row.place], decided=True).diff
    return "better" if ((diff or 0.0) > 0) == (row.goal.desired == "increase") else "worse"


def _guardrail(case: Case, row: Row, claim: Claim, rule: Rule) -> Decision:
    """Non-inferior: a loss beyond the margin declared before the start is ruled out. No harm seen proves nothing."""
    if claim.safe_p_value is not None and claim.safe_p_value < case.plan.alpha:
        return Decision(True, "not_worse", None, rule)
    if claim.p_value is not None and claim.p_value < case.plan.alpha and _direction(case, row) == "worse":
        return Decision(True, "worse", None, rule)
    return Decision(False, None, "not_proven_safe", rule)
