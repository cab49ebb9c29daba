"""A phase in sums, pure: what statistics and health checks are computed from."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal


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
