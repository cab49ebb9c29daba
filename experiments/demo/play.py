"""Plays the demo shop's story to a server through the public API, as browsers and servers of a real shop would."""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from itertools import islice
from typing import Any

from experiments.demo import scenario
from experiments.http_client import HttpClient, NotReachable
from experiments.sending import IN_FLIGHT, send

GOALS, TRIGGERS, EXPERIMENTS = "/api/v1/goals/", "/api/v1/triggers/", "/api/v1/experiments/"
# Visitors asked about at a time: enough to keep the connections busy, few enough to show progress.
ROUND = 100


def set_up(client: HttpClient, now: datetime) -> None:
    """Goals, triggers and running experiments; what is there already stays as it is."""
    missing = [one for one in scenario.TRIGGERS if client.find(f"{TRIGGERS}{one['key']}/") is None]
    for trigger in missing:
        client.post(TRIGGERS, trigger)
    # Else somebody who tries the demo may have drafts that are not ready.
    if missing:
        client.post(f"{TRIGGERS}publish/", {"note": "What the shop's pages tell"})
    for goal in scenario.GOALS:
        if client.find(f"{GOALS}{goal['key']}/") is None:
            client.post(GOALS, goal)
    for test in scenario.TESTS:
        experiment = client.find(f"{EXPERIMENTS}{test.key}/") or client.post(EXPERIMENTS, test.body(now))
        if experiment["status"] == "draft":
            client.post(f"{EXPERIMENTS}{test.key}/start/", {"at": test.started_at(now)})


def wait_for_tests(client: HttpClient, *, seconds: float = 15.0) -> None:
    """Until the server gives variants of all tests: it serves a new configuration within seconds, not at once."""
    deadline = time.monotonic() + seconds
    wanted = [test.key for test in scenario.TESTS]
    while not all(_variants(client, "nobody", wanted).values()):
        if time.monotonic() > deadline:
            raise NotReachable("the server does not serve the tests that were started")
        time.sleep(0.3)


def play(client: HttpClient, now: datetime, *, progress: Callable[[int], object]) -> int:
    """Every visitor is assigned by the server and then does what the story says; how many events were new."""
    stored = 0
    for receipts in send(client, _events(client, now, progress)):
        stored += sum(receipt["status"] == "stored" for receipt in receipts)
    return stored


def _events(client: HttpClient, now: datetime, progress: Callable[[int], object]) -> Iterator[dict[str, Any]]:
    visits = scenario.visits(now)
    with ThreadPoolExecutor(IN_FLIGHT, thread_name_prefix="assign") as pool:
        while together := list(islice(visits, ROUND)):
            for visit, variants in pool.map(
                lambda visit: (visit, _variants(client, visit.visitor_id, visit.meets)), together
            ):
                yield from scenario.journey(visit, variants)
            progress(len(together))


def _variants(client: HttpClient, visitor_id: str, tests: Sequence[str]) -> dict[str, str]:
    answer = client.post("/v1/assign", {"visitor_id": visitor_id, "experiments": tests})
    return {key: assignment["variant"] for key, assignment in answer["assignments"].items()}
