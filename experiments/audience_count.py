"""How many of the visitors who came lately an audience would have let in, by what their last events told of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from experiments.audiences import groups_named
from experiments.entry import saved_lists
from experiments.targeting import attributes_in, compile_condition
from tracking import queries

LATELY = timedelta(days=7)
# Enough for a share to within two points, few enough to be counted while somebody types.
SAMPLE = 5_000


@dataclass(frozen=True, slots=True)
class Matched:
    """Of ``visitors`` looked at, ``matching`` are let in. ``silent``: attributes asked for that none of them told.

    ``sampled``: there were more visitors than were looked at. ``told``: how many told anything at all.
    """

    visitors: int
    told: int
    matching: int
    silent: tuple[str, ...]
    sampled: bool


def count_matching(project_id: int, condition: Mapping[str, Any], *, now: datetime) -> Matched:
    seen = queries.recent_attributes(project_id, now - LATELY, most=SAMPLE)
    return matched(seen, condition, saved_lists(project_id, groups_named(condition)))


def matched(
    seen: Sequence[Mapping[str, Any]], condition: Mapping[str, Any], lists: Mapping[str, Sequence[Any]]
) -> Matched:
    """``seen``: what each visitor told."""
    holds = compile_condition(condition, lists)
    told = [attributes for attributes in seen if attributes]
    known = set[str]().union(*told) if told else set()
    silent = tuple(sorted(attributes_in(condition) - known))
    return Matched(len(seen), len(told), sum(map(holds, seen)), silent, sampled=len(seen) >= SAMPLE)
