"""Fills an installation for the benchmarks and prints the client key of each scene: python -m …serving.prepare."""

import json

import django
from django.utils import timezone

django.setup()

from experiments.lifecycle import start  # noqa: E402  # after Django's apps are loaded
from tests.benchmarks.serving.scene import draft  # noqa: E402
from tests.factories import make_key, make_project  # noqa: E402

# By scene: how many experiments run on the page asked for, and how many elsewhere.
SCENES = {"twenty": (20, 0), "many": (500, 0), "elsewhere": (20, 480)}


def main() -> None:
    keys = {}
    for name, (here, elsewhere) in SCENES.items():
        project = make_project(name)
        for number in range(here + elsewhere):
            start(draft(project, number, elsewhere=number >= here), at=timezone.now())
        keys[name] = make_key(project, "client")[1]
    print(json.dumps(keys))


if __name__ == "__main__":
    main()
