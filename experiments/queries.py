"""The only reader of tallies: what statistics and health checks need of a phase, in one query each."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.db.models import Sum
from django.db.models.functions import Coalesce

from experiments.models import Enrolment, Tally


@dataclass(frozen=True, slots=True)
class Sums:
    persons: int = 0
    total: Decimal = Decimal(0)
    squares: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Tallied:
    """A phase in sums: people counted by variant, people left out by reason and variant, values by variant and goal.

    ``set_aside``: visitors of the project whose events could not be counted at all.
    """

    enrolled: Mapping[str, int] = field(default_factory=dict)
    excluded: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    sums: Mapping[tuple[str, int], Sums] = field(default_factory=dict)
    set_aside: int = 0

    def left_out(self, reason: str) -> int:
        return sum(self.excluded.get(reason, {}).values())

    @property
    def people(self) -> int:
        return sum(self.enrolled.values())

    @property
    def digest(self) -> str:
        """Equal for equal numbers: tells whether anything must be computed anew."""
        rows = sorted((key, value) for key, value in self.sums.items())
        excluded = sorted((reason, sorted(counts.items())) for reason, counts in self.excluded.items())
        return hashlib.sha256(
            repr((sorted(self.enrolled.items()), excluded, rows, self.set_aside)).encode()
        ).hexdigest()


def tallied(phase_id: int) -> Tallied:
    """One statement, so one consistent moment: nobody converts in it who is not enrolled in it."""
    rows = (
        Tally.objects.filter(phase_id=phase_id)
        .values("variant", "goal_id", "excluded")
        .annotate(
            people=Sum("persons"),
            sum=Coalesce(Sum("total"), Decimal(0)),
            sum_squares=Coalesce(Sum("squares"), Decimal(0)),
        )
    )
    enrolled: Counter[str] = Counter()
    excluded: dict[str, dict[str, int]] = defaultdict(dict)
    sums: dict[tuple[str, int], Sums] = {}
    for row in rows:
        if row["goal_id"] is not None:
            sums[row["variant"], row["goal_id"]] = Sums(row["people"], row["sum"], row["sum_squares"])
        elif row["excluded"]:
            excluded[row["excluded"]][row["variant"]] = row["people"]
        else:
            enrolled[row["variant"]] += row["people"]
    return Tallied(dict(enrolled), dict(excluded), sums)


def arrivals(phase_id: int) -> dict[date, int]:
    """People enrolled, by day of their exposure (UTC)."""
    rows = Tally.objects.filter(phase_id=phase_id, goal=None, excluded="")
    return dict(rows.values("day").annotate(people=Sum("persons")).values_list("day", "people"))


def share_rebuilt(phase_id: int, plan_version: int) -> float:
    """How much of the enrolled has been computed under this version of the plan, 0 to 1."""
    everyone = Enrolment.objects.filter(phase_id=phase_id)
    total = everyone.count()
    return everyone.filter(plan_version=plan_version).count() / total if total else 1.0
