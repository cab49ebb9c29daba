"""Shops whose experiments run, and what their results must say of the events that were acknowledged."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import orjson
import psycopg

from config.processes import wait_until
from tests.faults.storm import VISITORS, Scene, Sent, Shop
from tests.house import House
from tests.http import Caller, eventually
from tests.pipelined import ask_all

# (shop, variant, goal or "" for the enrolled themselves) -> (persons, total)
Tallies = Mapping[tuple[str, str, str], tuple[int, Decimal]]
GOALS = {"click": ("cta_click", "count"), "bought": ("purchase", "once"), "revenue": ("purchase", "sum")}
TALLIES = """
SELECT project.key, tally.variant, coalesce(goal.key, ''), sum(tally.persons), sum(tally.total)
FROM experiments_tally tally
JOIN experiments_phase phase ON phase.id = tally.phase_id
JOIN experiments_experiment experiment ON experiment.id = phase.experiment_id
JOIN tracking_project project ON project.id = experiment.project_id
LEFT JOIN tracking_goal goal ON goal.id = tally.goal_id
WHERE tally.excluded = '' GROUP BY 1, 2, 3
"""


def opened(house: House, *names: str) -> Scene:
    """All that happens in it lies in the past, and not too far."""
    return Scene([_open(house, name) for name in names], datetime.now(UTC) - timedelta(days=6))


def _open(house: House, name: str) -> Shop:
    made = json.loads(house.manage("create_project", name, "--json"))
    secret = json.loads(house.manage("create_key", made["project"], "--scopes", "read,manage", "--json"))["key"]
    api, page = Caller(house.base_url, secret), Caller(house.base_url, made["client_key"])
    for key, (event, measure) in GOALS.items():
        more = {"property": "value"} if measure == "sum" else {}
        level = "macro" if key == "bought" else "micro"
        content = {"key": key, "name": key, "level": level, "event": event, "measure": measure, "window": 30, **more}
        api.ok("POST", "/api/v1/goals/", content)
    goals = [{"goal": "bought", "role": "primary"}, {"goal": "click", "role": "secondary"}, {"goal": "revenue"}]
    variants = [{"key": key, "payload": {"value": key}} for key in ("old", "new")]
    api.ok("POST", "/api/v1/experiments/", {"key": "hero", "kind": "string", "variants": variants, "goals": goals})
    began = datetime.now(UTC) - timedelta(days=8)
    api.ok("POST", "/api/v1/experiments/hero/start/", {"at": began.isoformat()})
    eventually(lambda: page.ok("POST", "/v1/assign", {"visitor_id": "first"})["assignments"], seconds=10)
    return Shop(made["project"], made["client_key"], secret, assigned(house.base_url, made["client_key"]))


def assigned(base_url: str, client_key: str, visitors: int = VISITORS) -> list[str]:
    """The variant of each visitor."""
    questions = [orjson.dumps({"visitor_id": f"visitor-{number}"}) for number in range(visitors)]
    answers = ask_all(base_url, "/v1/assign", client_key, questions)
    return [orjson.loads(answer)["assignments"]["hero"]["variant"] for answer in answers]


def expected_tallies(shops: Sequence[Shop], acknowledged: Iterable[Sent]) -> Tallies:
    """By the rules, from what was acknowledged: who met the experiment is enrolled, and what they did then counts."""
    met: set[tuple[int, int]] = set()
    did: dict[tuple[int, int, str], list[int]] = defaultdict(list)
    for sent in acknowledged:
        if sent.name == "experiment_viewed":
            met.add((sent.shop, sent.visitor))
        else:
            did[sent.shop, sent.visitor, sent.name].append(sent.value)
    found: dict[tuple[str, str, str], tuple[int, Decimal]] = defaultdict(lambda: (0, Decimal(0)))
    for shop, visitor in met:
        variant = shops[shop].variants[visitor]
        _add(found, (shops[shop].project, variant, ""), 0)
        for goal, (event, measure) in GOALS.items():
            if values := did.get((shop, visitor, event)):
                total = {"count": len(values), "once": 1, "sum": sum(values)}[measure]
                _add(found, (shops[shop].project, variant, goal), total)
    return dict(found)


def _add(found: dict[tuple[str, str, str], tuple[int, Decimal]], key: tuple[str, str, str], total: int) -> None:
    persons, so_far = found[key]
    found[key] = persons + 1, so_far + total


def stored_tallies(house: House) -> Tallies:
    rows = house.query(TALLIES)
    return {
        (str(shop), str(variant), str(goal)): (int(str(persons)), Decimal(str(total)) if goal else Decimal(0))
        for shop, variant, goal, persons, total in rows
    }


def waiting(house: House, since: datetime | None = None) -> int:
    """Marks that no rollup has settled: of all, or only older ones."""
    (row,) = house.query("SELECT count(*) FROM tracking_due WHERE created_at < coalesce(%s, now())", since)
    return int(str(row[0]))


def applied(house: House, *, seconds: float, since: datetime | None = None) -> bool:
    """Whether the results have all that was committed (before ``since``) within so long."""

    def done() -> bool:
        with suppress(psycopg.Error):
            return waiting(house, since) == 0
        return False

    return wait_until(done, seconds=seconds)


def lost_and_doubled(house: House, acknowledged: Mapping[str, Sent]) -> tuple[int, int]:
    """Of the ids that were acknowledged: how many have no row, how many more than one."""
    rows = house.query("SELECT event_id, count(*) FROM tracking_event WHERE event_id LIKE 'storm-%%' GROUP BY 1")
    found = {str(event_id): int(str(count)) for event_id, count in rows}
    assert set(found) <= set(acknowledged), "a row that nobody was told of"
    return len(set(acknowledged) - set(found)), sum(count > 1 for count in found.values())


def counted_as_stored(house: House) -> int:
    """What the outcome counters say, those that are not folded yet included."""
    (row,) = house.query(
        "SELECT coalesce(sum(count), 0) FROM (SELECT count FROM tracking_outcome WHERE outcome = 'stored'"
        " UNION ALL SELECT count FROM tracking_outcome_delta WHERE outcome = 'stored') AS every"
    )
    return int(str(row[0]))


def books_of(house: House, scene: Scene, *, recount: bool = False, besides: int = 0) -> dict[str, int]:
    """What was acknowledged, against rows, counters and results. Fails where they differ.

    ``recount``: also against the product's own independent recount. ``besides``: events stored by no storm.
    """
    lost, doubled = lost_and_doubled(house, scene.acknowledged)
    assert (lost, doubled) == (0, 0)
    assert applied(house, seconds=60), f"{waiting(house)} marks are not worked off"
    assert stored_tallies(house) == expected_tallies(scene.shops, scene.acknowledged.values())
    assert counted_as_stored(house) == len(scene.acknowledged) + besides
    assert not recount or "agrees" in house.manage("verify")
    return {"acknowledged": len(scene.acknowledged), "lost": lost, "doubled": doubled}
