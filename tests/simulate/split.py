"""Whether people are split as planned, asked every day."""

from dataclasses import dataclass

import numpy as np

from experiments.health import CHECKS
from tests.simulate.draws import arrivals
from tests.simulate.scenes import DAYS, Course, Scene


@dataclass(frozen=True)
class Split:
    """shares: each arm's true share of those who come; planned are equal ones."""

    shares: tuple[float, ...]


def watched(setting, draws, random):
    """The day of the first alarm that blocks; 0 for none."""
    scene = Scene(arms=len(setting.shares))
    return {"day": np.array([_first_alarm(scene, setting, random) for _ in range(draws)])}


def _first_alarm(scene, setting, random):
    people = np.cumsum(arrivals(random, scene.arms, setting.shares), axis=0)
    course = Course.of_rates(people, np.zeros((*people.shape, 1), dtype=np.int64))
    days = (day for day in range(1, DAYS + 1) if CHECKS["sample_ratio"](scene.case(course, day)).blocks)
    return next(days, 0)
