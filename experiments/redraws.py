"""Recorded people dealt anew to the variants: what the looks would have shown, had chance dealt so. Worker side: numpy.

People who are first counted at the same look and have the same values are alike. How many of them each variant gets
is one draw, whose chances are those of dealing them one by one; so the cost follows the people who did something.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from experiments.health import expected_shares
from experiments.persons import Persons
from experiments.plan import Plan, PlannedGoal
from experiments.tallies import Sums, Tallied

Numbers = NDArray[np.float64]
Counts = NDArray[np.int64]

# Squares are rounded on their way; they must not come out too small for the total they belong to.
ROUNDED_UP = Decimal("1.00000000000000000001")


class ImpossibleEffect(ValueError):
    """No people could show a change this large."""


@dataclass(frozen=True, slots=True, eq=False)
class Deal:
    """What each look would have shown; places are those in the plan.

    people: (looks, variants). persons (who did it), totals, squares: (looks, variants, goals).
    """

    plan: Plan
    people: Numbers
    persons: Numbers
    totals: Numbers
    squares: Numbers

    def sums(self, look: int, variant: int, goal: int) -> Sums:
        where = look, variant, goal
        persons, total = int(self.persons[where]), Decimal(f"{self.totals[where]:.9f}")
        squares = Decimal(f"{self.squares[where]:.18f}")
        least = total * total / persons * ROUNDED_UP if persons else Decimal(0)
        exact = self.plan.goals[goal].measure == "once"
        return Sums(persons, total, squares if exact else max(squares, least))

    def tallied(self, look: int) -> Tallied:
        """As the tallies would have held it."""
        plan = self.plan
        return Tallied(
            enrolled={variant.key: int(self.people[look, place]) for place, variant in enumerate(plan.variants)},
            sums={
                (variant.key, goal.id): self.sums(look, place, which)
                for place, variant in enumerate(plan.variants)
                for which, goal in enumerate(plan.goals)
            },
        )


@dataclass(frozen=True, slots=True, eq=False)
class Deck:
    """The people in piles of those who are alike, in the order of the looks.

    sizes: (piles,). values: (piles, 1 + 3 goals): a one, then for each goal whether the person did it, the value, its
    square. ends: of each look's piles. rates: share of people who did it, by goal.
    """

    plan: Plan
    sizes: Counts
    values: Numbers
    ends: Counts
    rates: Numbers

    @property
    def people(self) -> int:
        return int(self.sizes.sum())

    def deal(self, random: np.random.Generator, *, effect: float = 0.0) -> Deal:
        """One draw of everybody's variant by the shares of the buckets. effect: see ``moved``."""
        dealt = random.multinomial(self.sizes, expected_shares(self.plan)).astype(np.float64)
        parts = [slice(start, end) for start, end in zip([0, *self.ends[:-1]], self.ends, strict=True)]
        found = np.stack([dealt[part].T @ self.values[part] for part in parts])
        persons, totals, squares = (found[:, :, 1 + place :: 3] for place in range(3))
        deal = Deal(self.plan, found[:, :, 0], persons, totals, squares)
        if effect:
            moved(deal, random, self.rates, effect=effect)
        return Deal(self.plan, *(np.cumsum(part, axis=0) for part in (deal.people, persons, totals, squares)))


def deck_of(plan: Plan, persons: Persons, first_look: Sequence[int] | Counts, *, looks: int) -> Deck:
    """first_look: of each person the place of the first look that counts them; ``looks`` for none of them."""
    counted = np.asarray(first_look)
    inside = (counted < looks) & (persons.arm >= 0)
    columns = [counted[inside].astype(np.float64), *(persons.values[goal.id][inside] for goal in plan.goals)]
    table = np.stack(columns, axis=1)[np.lexsort(columns[::-1])]
    new = np.concatenate([[True], (table[1:] != table[:-1]).any(axis=1)])[: len(table)]
    starts = np.flatnonzero(new)
    piles, sizes = table[starts], np.diff(np.append(starts, len(table)))
    values = piles[:, 1:]
    by_goal = np.stack([values != 0, values, values**2], axis=2).reshape(len(piles), -1)
    return Deck(
        plan,
        sizes.astype(np.int64),
        np.concatenate([np.ones((len(piles), 1)), by_goal], axis=1),
        np.searchsorted(piles[:, 0], np.arange(looks), side="right"),
        sizes @ (values != 0) / max(1, len(table)),
    )


def moved(deal: Deal, random: np.random.Generator, rates: Numbers, *, effect: float) -> None:
    """Gives the people of every treatment an effect, in place; ``deal`` is not yet summed over its looks.

    Each goal but the guardrails changes by this share for the better: more where more is desired, fewer where fewer.
    Of a goal counted once, some who did not do it do, or some who did do not; counts and amounts are scaled.
    """
    for which, goal in enumerate(deal.plan.goals):
        change = change_of(goal, float(rates[which]), effect=effect)
        for place, variant in enumerate(deal.plan.variants):
            if not variant.is_control:
                where = slice(None), place, which
                if goal.measure == "once":
                    _converted(deal, random, where, chances=_chances(float(rates[which]), change))
                else:
                    deal.totals[where] *= 1 + change
                    deal.squares[where] *= (1 + change) ** 2


def change_of(goal: PlannedGoal, rate: float, *, effect: float) -> float:
    """The relative change of the goal; ``ImpossibleEffect`` where its people cannot show it."""
    if goal.role == "guardrail":
        return 0.0
    change = effect if goal.desired == "increase" else -effect
    if change < -1 or (goal.measure == "once" and rate * (1 + change) > 1):
        raise ImpossibleEffect(goal.name)
    return change


def _chances(rate: float, change: float) -> tuple[float, float]:
    """Of doing it for who did not, and of not doing it for who did."""
    if change <= 0:
        return 0.0, -change
    return (min(1.0, rate * change / (1 - rate)), 0.0) if rate < 1 else (0.0, 0.0)


def _converted(
    deal: Deal, random: np.random.Generator, where: tuple[slice, int, int], *, chances: tuple[float, float]
) -> None:
    did = deal.persons[where].astype(np.int64)
    did_not = deal.people[where[:2]].astype(np.int64) - did
    now = did + random.binomial(did_not, chances[0]) - random.binomial(did, chances[1])
    for part in (deal.persons, deal.totals, deal.squares):
        part[where] = now
