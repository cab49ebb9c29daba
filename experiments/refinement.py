"""What people's own values add to the tallies, pure: caps, adjustment, cohorts, segments, balance. Worker side.

Shown beside the numbers that decide, never in their place: what decides was declared before the start.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from experiments import covariates
from experiments.persons import Persons
from experiments.plan import Plan, PlannedGoal
from experiments.stats.adjustment import compare_adjusted
from experiments.stats.answers import Comparison, Interval, Reason
from experiments.stats.balance import check_balance
from experiments.stats.capping import compare_capped
from experiments.stats.cohorts import Point, cohorts_of, effect_by_cohort
from experiments.stats.segments import compare_segments

Floats = NDArray[np.float64]
NUMBERS = ("method", "diff", "diff_ci", "lift", "lift_ci", "p_value")


@dataclass(frozen=True, slots=True)
class Known:
    """People as the statistics take them. arm: 0 is control, then the treatments in the order of the plan.

    numbers: (n, k) with their names, NaN where missing. groups: by name, each person's value.
    last_day: the day that is over, in the days of ``persons``.
    """

    plan: Plan
    persons: Persons
    arm: NDArray[np.int64]
    names: list[str]
    numbers: Floats
    groups: Mapping[str, list[str]]
    last_day: int

    def pair(self, treatment: int) -> NDArray[np.int64]:
        """0 for control, 1 for this treatment, -1 for everybody else."""
        return np.where(self.arm == treatment, 1, np.where(self.arm == 0, 0, -1))

    def past(self, goal: PlannedGoal) -> Floats:
        return covariates.before(self.persons.covariates, goal.id)


def refine(plan: Plan, persons: Persons, *, today: date) -> dict[str, Any]:
    """``goals``: by goal key and variant, in JSON; ``balance``: over all covariates, None when nothing is known."""
    known = _known(plan, persons, today)
    treatments = [variant.key for variant in plan.variants if not variant.is_control]
    return {
        "people": persons.count,
        "balance": _balance(known),
        "goals": {
            goal.key: {key: _refined(known, goal, place) for place, key in enumerate(treatments, start=1)}
            for goal in plan.goals
        },
    }


def _known(plan: Plan, persons: Persons, today: date) -> Known:
    control = next(place for place, variant in enumerate(plan.variants) if variant.is_control)
    order = [control, *(place for place in range(len(plan.variants)) if place != control)]
    # Whoever is in no variant of the plan stays at -1, the last entry.
    places = np.array([*(order.index(place) for place in range(len(order))), -1], dtype=np.int64)
    found = covariates.numeric(persons.covariates)
    numbers = np.column_stack(list(found.values())) if found else np.empty((persons.count, 0))
    return Known(
        plan=plan,
        persons=persons,
        arm=places[persons.arm],
        names=list(found),
        numbers=numbers,
        groups=covariates.segments(persons.covariates),
        last_day=(today - (persons.first_day or today)).days - 1,
    )


def _refined(known: Known, goal: PlannedGoal, treatment: int) -> dict[str, Any]:
    return {
        "capped": _capped(known, goal, treatment) if goal.measure == "sum" else None,
        "with_covariates": _adjusted(known, goal, treatment),
        "cohorts": _cohorts(known, goal, treatment),
        "segments": _segments(known, goal, treatment),
    }


def _capped(known: Known, goal: PlannedGoal, treatment: int) -> dict[str, Any] | None:
    found = compare_capped(known.persons.values[goal.id], known.arm, treatment, alpha=known.plan.alpha)
    if found.cap is None:
        return None
    return {
        **_numbers(found.comparison),
        "cap": found.cap.value,
        "percentile": found.cap.percentile,
        "people_capped": list(found.people_capped),
        "caution": _reason(found.caution),
    }


def _adjusted(known: Known, goal: PlannedGoal, treatment: int) -> dict[str, Any] | None:
    """Adjusted by what the goal counted before the exposure and by the covariates; None where nothing is known."""
    past, names = known.past(goal), list(known.names)
    columns = known.numbers
    if past.any():
        columns, names = np.column_stack([past, columns]), [f"{goal.name} before", *names]
    if not names:
        return None
    values = known.persons.values[goal.id]
    found = compare_adjusted(values, columns, known.arm, treatment=treatment, alpha=known.plan.alpha)
    return {
        **_numbers(found.comparison),
        "variance_reduction": found.variance_reduction,
        "covariates": [names[place] for place in found.covariates_used],
        "reason": _reason(found.reason),
    }


def _cohorts(known: Known, goal: PlannedGoal, treatment: int) -> dict[str, Any]:
    """The effect by day of the exposure, of the days whose windows have closed: later ones still wait for values."""
    days = known.persons.day
    closed = days + goal.window <= known.last_day
    cohorts = cohorts_of(known.persons.values[goal.id][closed], known.pair(treatment)[closed], days[closed])
    found = effect_by_cohort(cohorts, alpha=known.plan.alpha)
    return {
        "days": [_day(known, point) for point in found.points],
        "slope": found.slope,
        "slope_ci": _ends(found.slope_ci),
        "p_value": found.p_value,
        "reason": _reason(found.reason),
    }


def _day(known: Known, point: Point) -> dict[str, Any]:
    date = known.persons.first_day + timedelta(days=point.day) if known.persons.first_day else None
    return {
        "day": date.isoformat() if date else None,
        "n": int(np.count_nonzero(known.persons.day == point.day)),
        "diff": point.comparison.diff,
        "diff_ci": _ends(point.comparison.diff_ci),
    }


def _segments(known: Known, goal: PlannedGoal, treatment: int) -> list[dict[str, Any]]:
    values, pair = known.persons.values[goal.id], known.pair(treatment)
    rates = goal.measure == "once"
    found = compare_segments(values, pair, known.groups, rates=rates, alpha=known.plan.alpha)
    return [
        {
            "name": segment.name,
            "values": [
                {
                    "value": one.value,
                    "n": list(one.people),
                    **_numbers(one.comparison),
                    "adjusted_p_value": one.adjusted_p_value,
                }
                for one in segment.values
            ],
            "interaction_p_value": segment.interaction.p_value,
            "adjusted_interaction_p_value": segment.adjusted_p_value,
            "reason": _reason(segment.interaction.reason),
        }
        for segment in found
    ]


def _balance(known: Known) -> dict[str, Any] | None:
    pasts = {f"{goal.name} before": known.past(goal) for goal in known.plan.goals}
    pasts = {name: past for name, past in pasts.items() if past.any()}
    names = [*pasts, *known.names]
    if not names:
        return None
    found = check_balance(np.column_stack([*pasts.values(), known.numbers]), known.arm, names=names)
    worst = None if found.worst is None else found.worst[0]
    return {"p_value": found.p_value, "worst": worst, "reason": _reason(found.reason)}


def _numbers(comparison: Comparison) -> dict[str, Any]:
    return {name: _ends(getattr(comparison, name)) for name in NUMBERS}


def _ends(value: Interval | float | str | None) -> list[float | None] | float | str | None:
    return list(value) if isinstance(value, tuple) else value


def _reason(reason: Reason | None) -> dict[str, Any] | None:
    return None if reason is None else asdict(reason)
