"""What was known of people before they met a variant, pure: as numbers to adjust by, and as segments to compare in."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from experiments.rebuild import BEFORE

# More of them cost more than they explain.
MOST_COVARIATES = 10
# So many names are looked at, each known of at least this share of people.
MOST_NAMES = 40
FEWEST_SHARE = 0.01
# What takes more values than this is a measurement, and not a group of people.
MOST_VALUES = 20
MISSING = "unknown"

Known = Sequence[Mapping[str, Any] | None]


def before(known: Known, goal_id: int) -> NDArray[np.float64]:
    """What the goal counted for each person just before the exposure; 0 for who did nothing."""
    key = str(goal_id)
    return np.array([float(((one or {}).get(BEFORE) or {}).get(key, 0.0)) for one in known])


def numeric(known: Known) -> dict[str, NDArray[np.float64]]:
    """The covariates that are numbers, by name; NaN where a person has none."""
    names = [name for name in _names(known) if all(_is_number(one) for one in _given(known, name))]
    return {name: np.array([_as_number((one or {}).get(name)) for one in known]) for name in names[:MOST_COVARIATES]}


def segments(known: Known) -> dict[str, list[str]]:
    """The covariates that sort people into a few groups, by name; ``unknown`` where a person has none."""
    found: dict[str, list[str]] = {}
    for name in _names(known):
        values = [_as_text((one or {}).get(name)) for one in known]
        if 2 <= len(set(values)) <= MOST_VALUES:
            found[name] = values
        if len(found) == MOST_COVARIATES:
            break
    return found


def _names(known: Known) -> list[str]:
    """The names worth reading, the most frequent ones: pages may send any, and a new one with every person."""
    people = Counter(name for one in known if one for name in one if name != BEFORE)
    frequent = [name for name, count in people.most_common(MOST_NAMES) if count >= FEWEST_SHARE * len(known)]
    return sorted(frequent)


def _given(known: Known, name: str) -> list[Any]:
    return [one[name] for one in known if one and one.get(name) is not None]


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= 1e15


def _as_number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else float("nan")


def _as_text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str | int):
        return str(value)[:60]
    return f"{value:g}" if isinstance(value, float) else MISSING
