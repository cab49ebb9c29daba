"""The shipped rule from end to end, a day at a time: look, judge, decide, as the worker does."""

from dataclasses import dataclass, replace

from experiments.analysis import analyse
from experiments.rows import Place
from tests.cases import looked
from tests.simulate.fast import Call
from tests.simulate.scenes import DAYS


@dataclass(frozen=True)
class Story:
    """calls: the first of each row. verdict: the first ship or roll_back with its day; None when neither came."""

    calls: dict[Place, Call]
    verdict: tuple[str, int] | None


def told(scene, course):
    """A result on every day, each with the looks of the days before."""
    calls, verdict, sights = {}, None, {}
    for day in range(1, DAYS + 1):
        case = looked(replace(scene.case(course, day), sights=sights))
        sights, body = case.sights, analyse(case)
        for place, direction in _directions(scene, body):
            calls.setdefault(place, Call(day, direction))
        if verdict is None and body["verdict"]["code"] in {"ship", "roll_back"}:
            verdict = body["verdict"]["code"], day
    return Story(calls, verdict)


def _directions(scene, body):
    numbers = {asked.key: asked.id for asked in scene.goals}
    for entry in body["goals"]:
        for arm in entry["variants"]:
            against = arm["vs_control"]
            if against and against["decision"]["direction"]:
                yield (numbers[entry["key"]], arm["key"]), against["decision"]["direction"]
