"""Why nothing is there to see, pure: from what is counted, and from whether the script was ever seen."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

# Left out because the visitor, or the browser for it, said so.
UNWILLING = frozenset({"consent", "gpc", "dnt"})


@dataclass(frozen=True, slots=True)
class Signs:
    """``day``: how many events of the last 24 hours by outcome and reason; ``last``: the hour in which any last came.

    ``script``: whether the script ever told of a page; ``asks``: whether visitors are asked for consent first.
    """

    has_key: bool
    script: bool
    asks: bool
    last: datetime | None
    day: Mapping[tuple[str, str], int] = field(default_factory=dict)


def why_silent(signs: Signs) -> str:
    """A code, the first that explains it: of a visitor of whom nothing is there, asked by whoever waits for it."""
    if not signs.day:
        return _why_nothing_came(signs)
    by_outcome: Counter[str] = Counter()
    for (outcome, _), count in signs.day.items():
        by_outcome[outcome] += count
    stored = {reason for outcome, reason in signs.day if outcome == "stored"}
    if not stored and not by_outcome["duplicate"]:
        unwilling = sum(signs.day.get(("filtered", reason), 0) for reason in UNWILLING)
        if unwilling > by_outcome["rejected"]:
            return "consent"
        return "only_rejected" if by_outcome["rejected"] else "only_filtered"
    if stored and "" not in stored:
        return "only_bots" if stored == {"bot"} else "only_marked"
    return "other_visitors" if signs.script else "script_not_seen"


def _why_nothing_came(signs: Signs) -> str:
    if not signs.has_key:
        return "no_key"
    if signs.last is not None:
        return "nothing_today"
    if not signs.script:
        return "key_never_used"
    return "consent_first" if signs.asks else "script_silent"
