"""What the benchmarks serve: running experiments with targeting, half of which leave a visitor out."""

import json

from experiments.models import Experiment
from tests.factories import make_experiment
from tracking.models import Project

PAGE = "https://shop.example/pricing"
# With numbers for wrk to fill in: the visitor, and a country that every other visitor has.
ATTRIBUTES = {"url": PAGE, "plan": "pro", "visits": 7, "country": "%s"}
ASSIGN = json.dumps({"visitor_id": "3f1c9a52-0d6b-4c1e-9d0f-%012d", "attributes": ATTRIBUTES})
OFREP = json.dumps({"context": {"targetingKey": "3f1c9a52-0d6b-4c1e-9d0f-%012d", **ATTRIBUTES}})
# Of every visitor, whichever its country, two of these four ask for something else.
CONDITIONS = [
    {"country": {"$in": ["PL", "DE", "UA"]}, "plan": "pro"},
    {"country": "FR"},
    {"country": {"$ne": "FR"}, "visits": {"$gte": 3}},
    {"deviceType": "desktop", "country": {"$nin": ["PL", "ES"]}},
]
BUTTON = {"selector": "#buy", "text": "Free delivery", "background": "#0f7b4f"}
HERE = [{"include": True, "kind": "simple", "pattern": "/pricing"}]


def draft(project: Project, number: int, *, elsewhere: bool = False) -> Experiment:
    """Two variants, a condition, and a page: the one that is asked for, or ``elsewhere``."""
    there = [{"include": True, "kind": "simple", "pattern": f"/page-{number}"}]
    return make_experiment(
        project,
        f"test-{number}",
        variants=["original", {"key": "new", "payload": BUTTON}],
        condition=CONDITIONS[number % len(CONDITIONS)],
        pages=there if elsewhere else HERE,
    )
