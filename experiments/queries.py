"""The only reader of tallies: what statistics and health checks need of a phase, in one query each."""

from collections import Counter, defaultdict
from datetime import date
from decimal import Decimal

from django.db.models import Sum
from django.db.models.functions import Coalesce

from experiments.models import Enrolment, Tally
from experiments.tallies import Sums, Tallied


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
    """People enrolled, by day of their exposure, in the zone of the phase's plan."""
    rows = Tally.objects.filter(phase_id=phase_id, goal=None, excluded="")
    return dict(rows.values("day").annotate(people=Sum("persons")).values_list("day", "people"))


def share_rebuilt(phase_id: int, plan_version: int) -> float:
    """How much of the enrolled has been computed under this version of the plan, 0 to 1."""
    everyone = Enrolment.objects.filter(phase_id=phase_id)
    total = everyone.count()
    return everyone.filter(plan_version=plan_version).count() / total if total else 1.0
