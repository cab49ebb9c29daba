"""One row of one deal through all its looks, and where the planned ones call it. Worker side: numpy, scipy.

Each answer is that of ``experiments.looking`` without its sequential p-values: a row is called exactly when some |z| so
far is beyond its bound. Bounds are asked for only where a |z| is beyond what any bound there must be.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property
from itertools import accumulate
from math import isinf, log

import numpy as np
from scipy.special import ndtri_exp

from experiments.decisions import Direction, Standing, floor
from experiments.looking import due, primary_rows, safe_z_of, within_doubles
from experiments.plan import Plan
from experiments.redraws import Deal, Numbers
from experiments.rows import Case, Place, Row
from experiments.sights import Sight
from experiments.stats.answers import Comparison, Interval
from experiments.stats.confidence_sequence import signed_z
from experiments.stats.families import simultaneous_level
from experiments.stats.group_sequential import Looks, Sides, critical_values, nominal_level
from experiments.stats.samples import Sample
from experiments.stats.spending import log_spent
from experiments.tallies import Sums, Tallied

# |z| found for all looks in one go may differ from the comparison's in its last digits.
ROUNDING = 1 + 1e-9
NOT_COMPARED = Comparison("none")
# So many that no floor refuses them.
MANY = 10_000
# Of a look in the first moment of a test, so that its log is a number.
LEAST_SPENT = 1e-12


class Stage:
    """What all deals have in common: the plan, and where the phase stood at each look."""

    def __init__(self, plan: Plan, standings: Sequence[Standing]) -> None:
        self.plan, self.standings = plan, standings
        self.control = plan.variants.index(plan.control)
        # What is spent does not come back, though people may: some are left out later.
        self.spent = tuple(accumulate((standing.spent for standing in standings), max))
        self._due: dict[tuple[int, int | None], bool] = {}
        self._least: dict[tuple[float, Sides], Numbers] = {}

    def is_due(self, look: int, before: int | None) -> bool:
        """Whether a row above the floors is looked at here; ``before`` is the last look it had."""
        if (look, before) not in self._due:
            self._due[look, before] = bool(due(self._rich_case(look, before)))
        return self._due[look, before]

    def _rich_case(self, look: int, before: int | None) -> Case:
        goal, plan = replace(self.plan.goals[0], role="primary", exploratory=False), self.plan
        tallied = Tallied(
            {variant.key: 2 * MANY for variant in plan.variants},
            sums={(variant.key, goal.id): Sums(MANY, Decimal(MANY), Decimal(MANY)) for variant in plan.variants},
        )
        case = Case(replace(plan, goals=(goal,)), tallied, self.standings[look])
        if before is None:
            return case
        then = self.standings[before]
        sights = {
            (goal.id, variant.key): [
                Sight(goal.id, variant.key, 1, then.now, then.people, then.spent, information=1.0, z=0.0, p_value=1.0)
            ]
            for variant in plan.variants
        }
        return replace(case, sights=sights)

    def least_bounds(self, level: float, sides: Sides) -> Numbers:
        """No bound at a look is lower: being beyond it then is no likelier than having crossed by then."""
        if (level, sides) not in self._least:
            spent = log_spent(
                [max(LEAST_SPENT, share) for share in self.spent], log(level / sides), spending="obrien_fleming"
            )
            self._least[level, sides] = np.asarray(-ndtri_exp(spent))
        return self._least[level, sides]


@dataclass(frozen=True, slots=True)
class Crossing:
    """z was beyond ``bound`` at this look; the further beyond, the smaller the sequential p-value."""

    look: int
    z: float
    bound: float


class Course:
    """One treatment in one goal. ``goal`` and ``variant`` are places in the plan; reach: |z| at each look, or more."""

    def __init__(self, stage: Stage, deal: Deal, place: tuple[int, int], reach: Numbers) -> None:
        self.stage, self.deal, self.reach = stage, deal, reach
        self._goal, self._variant = place
        self.goal, self.variant = stage.plan.goals[self._goal], stage.plan.variants[self._variant]
        self.place: Place = (self.goal.id, self.variant.key)
        self._rows: dict[int, Row] = {}
        self._bounds: dict[tuple[float, Sides], dict[int, float | None]] = {}
        self._crossings: dict[tuple[float, Sides], list[Crossing]] = {}

    def row(self, look: int) -> Row:
        """Without its comparison, which costs most."""
        if look not in self._rows:
            control, treatment = (self._sample(look, place) for place in (self.stage.control, self._variant))
            self._rows[look] = Row(self.goal, self.variant, control, treatment, NOT_COMPARED)
        return self._rows[look]

    def _sample(self, look: int, variant: int) -> Sample:
        sums = self.deal.sums(look, variant, self._goal)
        return Sample(int(self.deal.people[look, variant]), sums.persons, sums.total, sums.squares)

    def z(self, look: int) -> float | None:
        found = signed_z(self.row(look).at_level(self.stage.plan.alpha))
        return None if found is None else within_doubles(found)

    @cached_property
    def thin(self) -> list[bool]:
        """By look: whether a floor keeps the row from being called anything."""
        arms = [self.stage.control, self._variant]
        people = self.deal.people[:, arms].astype(int).tolist()
        persons = self.deal.persons[:, arms, self._goal].astype(int).tolist()
        return [
            floor(standing, measure=self.goal.measure, people=here, values=did) is not None
            for standing, here, did in zip(self.stage.standings, people, persons, strict=True)
        ]

    @cached_property
    def seen(self) -> list[int]:
        """The planned looks at which the row was looked at."""
        found: list[int] = []
        for look, thin in enumerate(self.thin):
            if not thin and self.stage.is_due(look, found[-1] if found else None) and self._has_p_value(look):
                found.append(look)
        return found

    def _has_p_value(self, look: int) -> bool:
        return not isinf(self.reach[look]) or self.z(look) is not None

    def bounds(self, level: float, sides: Sides) -> dict[int, float | None]:
        """What |z| must exceed at each look (``sides`` 1: z against the margin)."""
        if (level, sides) not in self._bounds:
            looks = Looks(
                tuple(self.stage.spent[look] for look in self.seen),
                tuple(self.row(look).information for look in self.seen),
            )
            found = critical_values(looks, alpha=level, sides=sides)
            self._bounds[level, sides] = dict(zip(self.seen, found, strict=True))
        return self._bounds[level, sides]

    def crossings(self, level: float, sides: Sides = 2) -> list[Crossing]:
        if (level, sides) not in self._crossings:
            self._crossings[level, sides] = self._crossed(level, sides)
        return self._crossings[level, sides]

    def _crossed(self, level: float, sides: Sides) -> list[Crossing]:
        least = self.stage.least_bounds(level, sides)
        heights = {look: self._height(look, sides) for look in self.seen}
        if not any(height > least[look] for look, height in heights.items()):
            return []
        found = []
        for look, bound in self.bounds(level, sides).items():
            if bound is not None and heights[look] > bound:
                z = heights[look] if sides == 1 else self.z(look) or 0.0
                found += [Crossing(look, z, bound)] if abs(z) > bound else []
        return found

    def _height(self, look: int, sides: Sides) -> float:
        return float(self.reach[look]) * ROUNDING if sides == 2 else safe_z_of(self.row(look)) or 0.0

    def telling(self, level: float, look: int) -> Crossing | None:
        """The crossing so far that says most; None when there is none."""
        crossed = [one for one in self.crossings(level) if one.look <= look]
        return max(crossed, key=lambda one: abs(one.z) / one.bound, default=None)

    def direction(self, crossing: Crossing) -> Direction:
        return "better" if (crossing.z > 0) == (self.goal.desired == "increase") else "worse"

    def lift_ci(self, crossing: Crossing) -> Interval | None:
        """At that look, holding over all looks and all rows that decide."""
        plan = self.stage.plan
        bound = self.bounds(simultaneous_level(plan.alpha, primary_rows(plan)), 2)[crossing.look]
        return None if bound is None else self.row(crossing.look).at_level(nominal_level(bound)).lift_ci


def courses_of(stage: Stage, deal: Deal) -> list[Course]:
    reach, plan = _reach(deal, stage.control), stage.plan
    return [
        Course(stage, deal, (goal, variant), reach[:, variant, goal])
        for goal in range(len(plan.goals))
        for variant in range(len(plan.variants))
        if variant != stage.control
    ]


def _reach(deal: Deal, control: int) -> Numbers:
    """(looks, variants, goals): what no comparison's |z| exceeds; infinite where it cannot be told.

    The pooled z of two rates, and Student's t of two means, against which the comparisons hold all else back.
    """
    people, here = deal.people[:, :, np.newaxis], [control]
    both = people + people[:, here]
    rates = np.array([goal.measure == "once" for goal in deal.plan.goals])
    with np.errstate(divide="ignore", invalid="ignore"):
        means = deal.totals / people
        spread = deal.squares - deal.totals * means
        within = np.maximum(spread + spread[:, here], 0)
        explained = (means - means[:, here]) ** 2 * people * people[:, here] / both / within
        squared = np.where(rates, both * explained / (1 + explained), (both - 2) * explained)
    return np.asarray(np.sqrt(np.where(np.isfinite(squared), squared, np.inf)))
