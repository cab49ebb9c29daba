"""The configuration of a project as its versions tell it: whether their chain is whole, and what was served when."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import orjson

from experiments.models import ConfigVersion
from experiments.phases import plan_of
from experiments.plan import Plan
from experiments.snapshot import chained

# Each holds all plans with their lists, a megabyte in a large project.
AT_ONCE = 5
# An experiment's key and the number of its phase.
Place = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Break:
    """What is wrong with one version."""

    version: int
    what: str

    def __str__(self) -> str:
        return f"configuration {self.version}: {self.what}"


@dataclass(slots=True)
class Spell:
    """How long people were let into a phase under one plan; ``until`` None: still. Half-open."""

    plan: Plan
    since: datetime
    until: datetime | None = None


@dataclass(slots=True)
class History:
    """``spells``: oldest first. ``breaks``: empty for a chain that is whole."""

    versions: int = 0
    breaks: list[Break] = field(default_factory=list)
    spells: dict[Place, list[Spell]] = field(default_factory=dict)


def history_of(project_id: int) -> History:
    """Reads a few versions at a time; of all their plans only those that differ are kept."""
    history, plans = History(), dict[bytes, Plan]()
    previous, since = ConfigVersion(number=0, digest=""), None
    for row in _rows(project_id):
        history.versions += 1
        history.breaks += [Break(row.number, what) for what in _wrong(row, previous)]
        # Time never goes back, though a transaction that waited is younger than its time of birth.
        since = row.created_at if since is None else max(since, row.created_at)
        try:
            served = _open(row.body, plans)
        except (KeyError, TypeError, ValueError) as error:
            # Such a version serves nothing.
            served = {}
            history.breaks.append(Break(row.number, f"cannot be read: {error}"))
        _go_on(history.spells, served, since)
        previous = row
    return history


def _rows(project_id: int) -> Iterator[ConfigVersion]:
    return ConfigVersion.objects.filter(project_id=project_id).order_by("number").iterator(chunk_size=AT_ONCE)


def _wrong(row: ConfigVersion, previous: ConfigVersion) -> Iterator[str]:
    missing = range(previous.number + 1, row.number)
    if missing:
        yield f"versions {missing[0]} to {missing[-1]} before it are missing"
    elif row.previous != previous.digest:
        yield "does not follow the version before it"
    if row.digest != _digest(row):
        yield "was changed after it had been published"


def _digest(row: ConfigVersion) -> str | None:
    """None where the content is not even JSON that we write."""
    try:
        return chained(row.previous, row.body)
    except TypeError:
        return None


def _open(body: Mapping[str, Any], plans: dict[bytes, Plan]) -> dict[Place, Plan]:
    """The phases that let people in. The same plan is the same object in every version."""
    found: dict[Place, Plan] = {}
    for entry in body["experiments"]:
        if entry.get("state", "running") == "running":
            content = hashlib.sha256(orjson.dumps(entry["plan"], option=orjson.OPT_SORT_KEYS)).digest()
            if content not in plans:
                plans[content] = _bare(plan_of(entry["plan"]))
            plan = plans[content]
            found[plan.experiment, entry["phase"]] = plan
    return found


def _bare(plan: Plan) -> Plan:
    """What decides without attributes; goals and long lists would only fill the memory."""
    return replace(plan, goals=(), condition={}, groups={}, pages=())


def _go_on(spells: dict[Place, list[Spell]], served: Mapping[Place, Plan], since: datetime) -> None:
    for place, past in spells.items():
        if past[-1].until is None and served.get(place) != past[-1].plan:
            past[-1].until = since
    for place, plan in served.items():
        past = spells.setdefault(place, [])
        if not past or past[-1].until is not None:
            past.append(Spell(plan, since))
