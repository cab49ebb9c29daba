"""What one comparison showed at one planned look, pure: stored once, so that no later look can change it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

Ends = tuple[float | None, float | None]


@dataclass(frozen=True, slots=True)
class Sight:
    """One treatment in one goal at one look.

    spent: share of the plan behind us, 0 to 1. information: see ``experiments.rows.Row.information``.
    z: of the difference, positive when treatment is higher; safe_z: against a guardrail's margin, positive when safe.
    p_value, safe_p_value: sequential, of all looks so far: two-sided for a difference, one-sided for safety.
    critical: |z| needed at this look. level: of the intervals, so that they hold over all looks and the family; None
        where nothing was left to spend, and then the intervals are None too.
    """

    goal: int
    variant: str
    number: int
    taken_at: datetime
    people: int
    spent: float
    information: float
    z: float
    p_value: float
    safe_z: float | None = None
    safe_p_value: float | None = None
    critical: float | None = None
    level: float | None = None
    diff: float | None = None
    diff_ci: Ends | None = None
    lift: float | None = None
    lift_ci: Ends | None = None


def telling(sights: Sequence[Sight], *, decided: bool) -> Sight:
    """The look to show: the last one, or, when decided, the first that reached the p-value it was decided with."""
    if not decided:
        return sights[-1]
    smallest = min(sight.p_value for sight in sights)
    return next(sight for sight in sights if sight.p_value == smallest)
