"""Room in an exclusion group, pure: each test takes one piece, and pieces never overlap."""

from collections.abc import Iterable, Iterator, Sequence

from experiments.bucketing import Range

# GrowthBook's hash for namespaces knows so many places.
STEPS = 1000


def first_gap(taken: Iterable[Range], share: float) -> Range | None:
    """The first free piece of this width, in steps of 0.001; None when no gap is wide enough."""
    width = max(1, round(share * STEPS))
    for start, end in _gaps(taken):
        if end - start >= width:
            return start / STEPS, (start + width) / STEPS
    return None


def largest_gap(taken: Iterable[Range]) -> float:
    return max((end - start for start, end in _gaps(taken)), default=0) / STEPS


def overlap(first: Iterable[Range], second: Sequence[Range]) -> tuple[Range, ...]:
    """What lies in both; empty when nothing does."""
    pairs = ((max(one[0], other[0]), min(one[1], other[1])) for one in first for other in second)
    return tuple((start, end) for start, end in pairs if start < end)


def _gaps(taken: Iterable[Range]) -> Iterator[tuple[int, int]]:
    free_from = 0
    for start, end in sorted((round(start * STEPS), round(end * STEPS)) for start, end in taken):
        if start > free_from:
            yield free_from, start
        free_from = max(free_from, end)
    if free_from < STEPS:
        yield free_from, STEPS
