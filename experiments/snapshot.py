"""What is served: immutable, hash-chained versions in the database, and their copy in each web process."""

import hashlib
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
import orjson

from experiments.models import ConfigVersion, Phase
from experiments.phases import plan_of
from experiments.plan import Plan
from tracking.mirrors import Mirror
from tracking.queries import ClickGoal, click_goals

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Running:
    phase: int
    plan: Plan


@dataclass(frozen=True, slots=True)
class Configuration:
    """One project as it is served now. ``number`` names the version; ``clicks``: what a page turns into events."""

    number: int
    running: Mapping[str, Running]
    clicks: tuple[ClickGoal, ...] = ()


EMPTY = Configuration(0, {})


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


class _Versions:
    """Parsed versions by digest. They are immutable, so only new ones are fetched and parsed."""

    def __init__(self) -> None:
        self._parsed: dict[str, tuple[int, dict[str, Running]]] = {}

    def newest(self) -> dict[int, tuple[int, dict[str, Running]]]:
        """By project, its newest version: number, and what runs."""
        rows = ConfigVersion.objects.order_by("project_id", "-number").distinct("project_id")
        digests = dict(rows.values_list("project_id", "digest"))
        unknown = set(digests.values()) - self._parsed.keys()
        fetched = ConfigVersion.objects.filter(digest__in=unknown) if unknown else ()
        known = {digest: parsed for digest, parsed in self._parsed.items() if digest in digests.values()}
        self._parsed = known | {row.digest: (row.number, _running(row)) for row in fetched}
        return {project_id: self._parsed[digest] for project_id, digest in digests.items()}


def _running(row: ConfigVersion) -> dict[str, Running]:
    try:
        plans = [(entry["phase"], plan_of(entry["plan"])) for entry in row.body["experiments"]]
    except (msgspec.ValidationError, KeyError, TypeError):
        # One project's broken version must not keep all others from being served; its visitors see the original.
        log.exception("version %d of project %d cannot be read: nothing of it is served", row.number, row.project_id)
        return {}
    return {plan.experiment: Running(number, plan) for number, plan in plans}


def _configuration(version: tuple[int, dict[str, Running]], clicks: Iterable[ClickGoal]) -> Configuration:
    number, running = version
    # A goal edited since keeps its old click as well: the running experiments still count that.
    frozen = [
        ClickGoal(goal.event, goal.selector) for one in running.values() for goal in one.plan.goals if goal.selector
    ]
    return Configuration(number, running, tuple(dict.fromkeys([*frozen, *clicks])))


VERSIONS = _Versions()


def load() -> dict[int, Configuration]:
    """What every project serves: three small queries, however many experiments run."""
    newest, clicks = VERSIONS.newest(), click_goals()
    return {
        project_id: _configuration(newest.get(project_id, (0, {})), clicks.get(project_id, ()))
        for project_id in newest.keys() | clicks.keys()
    }


SNAPSHOT: Mirror[dict[int, Configuration]] = Mirror(load)


def configuration(project_id: int) -> Configuration:
    return SNAPSHOT.get().get(project_id, EMPTY)
