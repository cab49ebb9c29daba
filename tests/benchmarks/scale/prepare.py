"""Fills an installation with one running experiment and five goals, and prints their ids: python -m …scale.prepare."""

import json
import sys
from datetime import datetime

import django

django.setup()

from experiments.lifecycle import start  # noqa: E402  # after Django's apps are loaded
from tests.benchmarks.scale.scene import EXPERIMENT, GOALS  # noqa: E402
from tests.factories import make_experiment, make_goal, make_project  # noqa: E402


def main(started_at: datetime) -> None:
    project = make_project("history", timezone="UTC")
    goals = {event: make_goal(project, event.replace("_", "-"), **asked) for event, asked in GOALS.items()}
    experiment = make_experiment(project, EXPERIMENT, kind="external", goals=goals.values())
    phase = start(experiment, at=started_at)
    ids = {event: goal.id for event, goal in goals.items()}
    print(json.dumps({"project": project.id, "phase": phase.id, "goals": ids}))


if __name__ == "__main__":
    main(datetime.fromisoformat(sys.argv[1]))
