"""A case as it stands after one planned look, for tests that have no database to keep looks in."""

from dataclasses import replace

from experiments import looking
from experiments.rows import Case


def looked(case: Case) -> Case:
    """With what a look shows now, if one is due."""
    rows = looking.due(case)
    seen = looking.look(
        case, rows, number=1 + max((sight.number for one in case.sights.values() for sight in one), default=0)
    )
    sights = {place: list(one) for place, one in case.sights.items()}
    for sight in seen:
        sights.setdefault((sight.goal, sight.variant), []).append(sight)
    return replace(case, sights=sights)
