"""Of a comparison's numbers, those that may be acted on: corrected for every look taken, or good on any day."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from experiments.figures import Ends

Body = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Safe:
    """``look``: number of the planned look they were taken at, None for now's. An interval may be missing."""

    diff: float | None
    diff_ci: Ends | None
    lift: float | None
    lift_ci: Ends | None
    look: int | None = None


def safe_numbers(against: Body) -> Safe:
    """What carries the decision; before there is any, now's numbers with the interval for any day."""
    if "adjusted" not in against:  # frozen before there were looks
        return _safe(against, against)
    adjusted, any_day = against["adjusted"], against["always_valid"]
    if adjusted and adjusted["diff_ci"]:
        return _safe(adjusted, adjusted, adjusted["look"])
    return _safe(against, any_day or {})


def any_day(against: Body) -> Ends | None:
    """The lift's interval that may be read on any day, of this moment."""
    found = against.get("always_valid")
    return _ends(found["lift_ci"]) if found else None


def _safe(point: Body, interval: Body, look: int | None = None) -> Safe:
    ends = _ends(interval.get("diff_ci")), _ends(interval.get("lift_ci"))
    return Safe(point["diff"], ends[0], point["lift"], ends[1], look)


def _ends(found: list[float | None] | None) -> Ends | None:
    return None if found is None else (found[0], found[1])
