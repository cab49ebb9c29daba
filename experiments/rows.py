"""Rows of a result, pure: one treatment in one goal against control, and the family it is judged in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from experiments.decisions import Rule, Standing, floor
from experiments.plan import Plan, PlannedGoal, PlannedVariant
from experiments.sights import Sight
from experiments.stats.answers import Comparison
from experiments.stats.registry import compare
from experiments.stats.samples import Sample
from experiments.tallies import Sums, Tallied

Family = Literal["primary", "guardrail", "micro", "secondary", "exploratory"]
ORDER = ("primary", "guardrail", "secondary", "micro")
# A row's goal and variant.
Place = tuple[int, str]


@dataclass(frozen=True, slots=True)
class Case:
    """All that a result is computed from.

    sights: what each primary and guardrail row showed at the planned looks, oldest first.
    refined: the last body of ``experiments.refining``, None when there is none.
    progress: how much of the past of goals added later has been counted, 0 to 1.
    """

    plan: Plan
    tallied: Tallied
    standing: Standing
    sights: Mapping[Place, Sequence[Sight]] = field(default_factory=dict)
    refined: Mapping[str, Any] | None = None
    progress: float = 1.0


@dataclass(frozen=True, slots=True)
class Row:
    """One treatment in one goal; ``comparison`` is the fixed-horizon one at the plan's alpha."""

    goal: PlannedGoal
    variant: PlannedVariant
    control: Sample
    treatment: Sample
    comparison: Comparison

    @property
    def place(self) -> Place:
        return self.goal.id, self.variant.key

    @property
    def people(self) -> int:
        return self.control.n + self.treatment.n

    @property
    def information(self) -> float:
        """Statistical information about the difference under no effect, up to a unit: pooled variance times weight.

        The sum of squares of the score process, as the number of events is for a log-rank test; so conversions that
        come days after the exposure count when they come. Needs two persons an arm.
        """
        control, treatment = self.control, self.treatment
        weight = control.n * treatment.n / self.people
        within = (control.n - 1) * control.variance + (treatment.n - 1) * treatment.variance
        return weight * (within + weight * (treatment.mean - control.mean) ** 2) / (self.people - 1)

    def at_level(self, alpha: float) -> Comparison:
        """The same comparison with intervals at another level."""
        return compare(self.goal.measure, self.control, self.treatment, alpha=alpha)

    def too_thin(self, standing: Standing) -> str | None:
        """Which floor keeps the row from being called anything."""
        return floor(
            standing,
            measure=self.goal.measure,
            people=(self.control.n, self.treatment.n),
            values=(self.control.converted, self.treatment.converted),
        )


def rows_of(plan: Plan, tallied: Tallied) -> list[Row]:
    """In the order of the answer."""
    return [row_of(plan, tallied, goal, variant) for goal, variant in pairs_of(plan)]


def pairs_of(plan: Plan) -> list[tuple[PlannedGoal, PlannedVariant]]:
    """Each goal with each treatment: by block, then by variant."""
    goals = sorted(plan.goals, key=lambda goal: ORDER.index(block_of(goal)))
    return [(goal, variant) for goal in goals for variant in plan.variants if not variant.is_control]


def row_of(plan: Plan, tallied: Tallied, goal: PlannedGoal, variant: PlannedVariant) -> Row:
    control, treatment = sample_of(tallied, plan.control.key, goal), sample_of(tallied, variant.key, goal)
    return Row(goal, variant, control, treatment, compare(goal.measure, control, treatment, alpha=plan.alpha))


def sample_of(tallied: Tallied, variant: str, goal: PlannedGoal) -> Sample:
    sums = tallied.sums.get((variant, goal.id), Sums())
    return Sample(tallied.enrolled.get(variant, 0), sums.persons, sums.total, sums.squares)


def block_of(goal: PlannedGoal) -> Literal["primary", "guardrail", "micro", "secondary"]:
    """Where the goal stands in the answer and on the page."""
    if goal.role == "primary":
        return "primary"
    if goal.role == "guardrail":
        return "guardrail"
    return "micro" if goal.level == "micro" else "secondary"


def family_of(goal: PlannedGoal) -> Family:
    """Primaries decide together; micro goals have an error budget of their own; the rest informs.

    What was added after the start is apart: it must not change what was declared before.
    """
    return "exploratory" if goal.exploratory else block_of(goal)


def is_looked_at(goal: PlannedGoal) -> bool:
    """Whether the goal is judged at the planned looks: it decides or guards."""
    return family_of(goal) in {"primary", "guardrail"}


def rule_of(goal: PlannedGoal, standing: Standing) -> Rule:
    """By which rule the goal may be read: what finished elsewhere once, what has a plan at its looks, else any day."""
    if standing.imported:
        return "fixed_horizon"
    return "group_sequential" if standing.planned and is_looked_at(goal) else "confidence_sequence"
