"""What one result costs here and in gbstats: the same 10 goals in 3 arms, one after the other in one run."""

from dataclasses import dataclass
from time import perf_counter

import numpy as np

from experiments.analysis import analyse
from experiments.rows import rows_of
from tests.simulate import peer
from tests.simulate.draws import linked_course
from tests.simulate.scenes import DAYS, Scene, finished_elsewhere, goal

SECONDS = 3.0
GOALS, ARMS = 10, 3


@dataclass(frozen=True)
class Speed:
    """Seconds, medians. peer: None without gbstats."""

    comparisons: float
    result: float
    peer_comparisons: float | None
    peer_result: float | None


def measured(random, seconds=SECONDS):
    """Half the goals are rates, half counts, so that both tests have their turn."""
    measures = ["once", "count"] * (GOALS // 2)
    scene = Scene(tuple(_goal(number, measure) for number, measure in enumerate(measures, start=1)), arms=ARMS)
    course = linked_course(random, np.full((ARMS, GOALS), 0.05), 0.3)
    case = finished_elsewhere(scene.case(course, DAYS))
    theirs = (None, None)
    if peer.is_here():
        people, reached = course.people[-1].tolist(), course.converted[-1].T.tolist()
        arms = [[(n, x, float(x)) for n, x in zip(people, counts, strict=True)] for counts in reached]
        theirs = peer.ask("timed", measures, arms)
    tallied = case.tallied
    return Speed(_median(lambda: rows_of(case.plan, tallied), seconds), _median(lambda: analyse(case), seconds),
                 theirs[1], theirs[0])  # fmt: skip


def _goal(number, measure):
    role, level = ("primary", "macro") if number == 1 else ("secondary", "micro")
    return goal(number, role, level, measure=measure)


def _median(work, seconds):
    times, began = [], perf_counter()
    work()
    while not times or perf_counter() - began < seconds:
        start = perf_counter()
        work()
        times.append(perf_counter() - start)
    return float(np.median(times))
