"""Planned looks, pure: when one is due, and what each deciding comparison shows at it. Worker side: uses scipy.

Group-sequential: the error that may be spent by a look follows the share of the plan behind us (Lan and DeMets 1983),
while the correlation between looks follows the information of each comparison (Lan and DeMets 1989, two time scales).
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from experiments.decisions import Standing
from experiments.plan import Plan
from experiments.rows import Case, Row, family_of, is_looked_at, pairs_of, row_of
from experiments.sights import Sight
from experiments.stats.confidence_sequence import signed_z
from experiments.stats.families import simultaneous_level
from experiments.stats.group_sequential import Looks, critical_values, nominal_level, sequential_p_value
from experiments.stats.margins import MarginTest
from experiments.stats.registry import not_worse

ONCE_A = timedelta(days=1)
FURTHEST = 37.0


def due(case: Case) -> list[Row]:
    """The rows to be looked at now; empty when it is not time, or nobody may yet be called anything."""
    standing = case.standing
    if standing.imported or not standing.planned:
        return []
    # Asked every few seconds, and mostly answered by the sights alone: only what is due is compared.
    waiting = [
        (goal, variant)
        for goal, variant in pairs_of(case.plan)
        if is_looked_at(goal) and _is_due(case.sights.get((goal.id, variant.key), ()), standing)
    ]
    rows = [row_of(case.plan, case.tallied, goal, variant) for goal, variant in waiting]
    return [row for row in rows if not row.too_thin(standing)]


def _is_due(sights: Sequence[Sight], standing: Standing) -> bool:
    """Once a day, once when the plan is fulfilled, once when it is stopped before; nothing after the plan is spent."""
    if not sights:
        return True
    last = sights[-1]
    if last.spent >= 1:
        return False
    if standing.over:
        return standing.spent == 1 or last.taken_at < standing.reached_at
    return _day(standing, standing.now) > _day(standing, last.taken_at)


def _day(standing: Standing, moment: datetime) -> int:
    return (moment - standing.started_at) // ONCE_A


def look(case: Case, rows: Sequence[Row], *, number: int) -> list[Sight]:
    """What these rows show now, given what they showed at the looks before."""
    return [_sight(case, row, number) for row in rows if row.comparison.p_value is not None]


def _sight(case: Case, row: Row, number: int) -> Sight:
    before, standing = case.sights.get(row.place, ()), case.standing
    # A merge may take people away; what was spent does not come back.
    spent = max([standing.spent, *(sight.spent for sight in before)])
    looks = Looks(
        (*(sight.spent for sight in before), spent),
        (*(sight.information for sight in before), row.information),
    )
    z = within_doubles(signed_z(row.comparison) or 0.0)
    p_value, _ = sequential_p_value([*(sight.z for sight in before), z], looks)
    sight = Sight(
        goal=row.goal.id,
        variant=row.variant.key,
        number=number,
        taken_at=standing.now,
        people=row.people,
        spent=spent,
        information=row.information,
        z=z,
        p_value=p_value,
        diff=row.comparison.diff,
        lift=row.comparison.lift,
    )
    guards = row.goal.role == "guardrail"
    return _guarding(sight, row, case, looks) if guards else _deciding(sight, row, case, looks)


def within_doubles(z: float) -> float:
    """The z, held to where the tail beyond it is still a number: further out it could not say more."""
    return max(-FURTHEST, min(FURTHEST, z))


def _deciding(sight: Sight, row: Row, case: Case, looks: Looks) -> Sight:
    """With intervals that hold over all looks and all primary rows together."""
    alpha = simultaneous_level(case.plan.alpha, primary_rows(case.plan))
    critical = critical_values(looks, alpha=alpha)[-1]
    if critical is None:
        return sight
    level = nominal_level(critical)
    wide = row.at_level(level)
    return replace(sight, critical=critical, level=level, diff_ci=wide.diff_ci, lift_ci=wide.lift_ci)


def _guarding(sight: Sight, row: Row, case: Case, looks: Looks) -> Sight:
    """With the one-sided test against the margin, and an interval whose harmful end agrees with it.

    All guardrails must hold at once, which needs no correction (Berger 1982, intersection-union tests).
    """
    safe = safe_z_of(row)
    if safe is None:
        return sight
    safe = within_doubles(safe)
    earlier = [one.safe_z for one in case.sights.get(row.place, ())]
    p_value, _ = sequential_p_value([*(0.0 if z is None else z for z in earlier), safe], looks, sides=1)
    sight = replace(sight, safe_z=safe, safe_p_value=p_value)
    critical = critical_values(looks, alpha=case.plan.alpha, sides=1)[-1]
    if critical is None:
        return sight
    level = min(2 * nominal_level(critical, sides=1), 0.5)
    wide = row.at_level(level)
    return replace(sight, critical=critical, level=level, diff_ci=wide.diff_ci, lift_ci=wide.lift_ci)


def safe_z_of(row: Row) -> float | None:
    """The z with the p-value of the test against the margin; positive speaks for safety."""
    return not_worse_of(row).signed_z


def not_worse_of(row: Row) -> MarginTest:
    goal = row.goal
    return not_worse(goal.measure, row.control, row.treatment, margin=goal.margin, desired=goal.desired)


def primary_rows(plan: Plan) -> int:
    """How many comparisons decide together."""
    primaries = sum(family_of(goal) == "primary" for goal in plan.goals)
    return max(1, primaries * (len(plan.variants) - 1))
