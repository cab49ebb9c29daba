"""How long and how often: the full run of ``make faults``, or the short one of ``make test``; and what they print."""

import os
from collections.abc import Iterable

# Kills of each kind of process.
KILLS = int(os.environ.get("FAULT_KILLS", "2"))
FULL = KILLS >= 25
# The promise: back without hands, and all work that had piled up done.
RECOVERY = 30.0


def seconds(full: float, short: float) -> float:
    return full if FULL else short


def percentile(values: Iterable[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


def tell(scenario: str, **figures: object) -> None:
    """One line for people and for docs/reliability.md."""
    said = ", ".join(
        f"{name.replace('_', ' ')} {value:,.2f}" if isinstance(value, float) else f"{name.replace('_', ' ')} {value}"
        for name, value in figures.items()
    )
    print(f"\n[faults] {scenario}: {said}", flush=True)
