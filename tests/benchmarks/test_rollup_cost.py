"""Cost follows new work, not history: the same thousand new events behind a short and a ten times longer past."""

from datetime import UTC, datetime, timedelta

import pytest

from experiments.lifecycle import start
from experiments.rebuild import EXPOSURE
from experiments.rollups import roll_up
from tests.factories import make_experiment, make_goal, make_project
from tracking.capture import capture
from tracking.wire.native import IncomingEvent

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
NEW = 1_000


def exposures(first, count, experiment):
    seen = {"experiment": experiment.key, "variant": "original"}
    people = range(first, first + count)
    return [IncomingEvent(f"m{n}", EXPOSURE, f"v{n}", "", NOON, seen, {}, "") for n in people]


def clicks(round_number, history):
    later = NOON + timedelta(hours=1)
    return [
        IncomingEvent(f"c{round_number}-{n}", "click", f"v{n * history // NEW}", "", later, {}, {}, "")
        for n in range(NEW)
    ]


def send(project, events):
    for first in range(0, len(events), 500):
        capture(project.id, events[first : first + 500], "import")


@pytest.mark.django_db
@pytest.mark.benchmark(group="a thousand new events")
@pytest.mark.parametrize("history", [5_000, 50_000])
def test_new_events_behind_history(benchmark, history):
    project = make_project()
    goal = make_goal(project, "click", level="macro", measure="count")
    experiment = make_experiment(project, kind="external", goals=[goal])
    start(experiment, at=NOON)
    send(project, exposures(0, history, experiment))
    roll_up(seconds=600)
    rounds = iter(range(10**6))

    benchmark.pedantic(
        lambda: roll_up(seconds=60), setup=lambda: send(project, clicks(next(rounds), history)), rounds=5
    )
