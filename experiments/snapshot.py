"""What is served: immutable, hash-chained versions in the database, and their copy in each web process."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from experiments.models import ConfigVersion, Phase
from experiments.phases import plan_of
from experiments.plan import Plan
from tracking.mirrors import Mirror
from tracking.queries import ClickGoal, click_goals


@dataclass(frozen=True, slots=True)
class Running:
    phase: int
    plan: Plan


@dataclass(frozen=True, slots=True)
class Configuration:
    """One project as it is served now. ``digest`` names the version; ``clicks``: goals that a page listens for."""

    number: int
    digest: str
    running: Mapping[str, Running]
    clicks: tuple[ClickGoal, ...] = ()


EMPTY = Configuration(0, "", {})


def publish(project_id: int, *, reason: str) -> None:
    """Write the next version. Call it inside the transaction of the change, with ``hold_project`` taken."""
    phases = Phase.objects.filter(experiment__project_id=project_id, ended_at=None).order_by("experiment__key")
    body = {"experiments": [{"phase": phase.number, "plan": phase.plan} for phase in phases]}
    last = ConfigVersion.objects.filter(project_id=project_id).order_by("-number").first()
    previous = last.digest if last else ""
    ConfigVersion.objects.create(
        project_id=project_id,
        number=last.number + 1 if last else 1,
        body=body,
        previous=previous,
        digest=chained(previous, body),
        reason=reason[:200],
    )


def chained(previous: str, body: Mapping[str, Any]) -> str:
    """SHA-256 over the digest before and the canonical JSON of this version."""
    return hashlib.sha256(previous.encode() + orjson.dumps(body, option=orjson.OPT_SORT_KEYS)).hexdigest()


def load() -> dict[int, Configuration]:
    """The newest version of every project: two queries, however many experiments run."""
    newest = {
        row.project_id: row for row in ConfigVersion.objects.order_by("project_id", "-number").distinct("project_id")
    }
    clicks = click_goals()
    return {
        project_id: _configuration(newest.get(project_id), clicks.get(project_id, ()))
        for project_id in newest.keys() | clicks.keys()
    }


def _configuration(row: ConfigVersion | None, clicks: Iterable[ClickGoal]) -> Configuration:
    entries = row.body["experiments"] if row else []
    plans = [(entry["phase"], plan_of(entry["plan"])) for entry in entries]
    running = {plan.experiment: Running(number, plan) for number, plan in plans}
    return Configuration(row.number if row else 0, row.digest if row else "", running, tuple(clicks))


SNAPSHOT: Mirror[dict[int, Configuration]] = Mirror(load)


def configuration(project_id: int) -> Configuration:
    return SNAPSHOT.get().get(project_id, EMPTY)
