"""What is served: immutable, hash-chained versions in the database, and their copy in each web process."""

import hashlib
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Any, TypeVar

import orjson
from django.db.models import Q

from experiments.answering import There
from experiments.assignment import Compiled, compiled
from experiments.models import ConfigVersion, Phase, Status
from experiments.phases import plan_of
from tracking.mirrors import Mirror
from tracking.page_settings import CAREFUL, PageSettings, page_settings
from tracking.publishing import Published, published
from tracking.queries import ClickGoal, click_goals

log = logging.getLogger(__name__)
T = TypeVar("T")
# By address, which experiments run there. Addresses carry click ids, so there are many.
ADDRESSES_KEPT = 512
COMPILED_KEPT = 2_048


@dataclass(frozen=True, eq=False)
class Configuration:
    """One project as it is served now. ``number`` names the version; ``clicks``: what a page turns into events.

    ``since``: when this version came into force; None for a project that has never run anything. ``triggers``: as
    published, each as pages are sent it.
    """

    number: int
    running: Mapping[str, Compiled]
    clicks: tuple[ClickGoal, ...] = ()
    since: datetime | None = None
    triggers: tuple[dict[str, Any], ...] = ()
    settings: PageSettings = CAREFUL
    _prepared: dict[Callable[[Any], Any], Any] = field(default_factory=dict, repr=False)

    def prepared(self, make: Callable[["Configuration"], T]) -> T:
        """What a format makes of this configuration, made once. Two threads may both make it: it is the same."""
        found: T | None = self._prepared.get(make)
        if found is None:
            found = self._prepared[make] = make(self)
        return found

    @cached_property
    def wants(self) -> frozenset[str]:
        """The attributes that any of the conditions reads: others are not worth deriving."""
        return frozenset(name for one in self.running.values() for name in one.wants)

    @cached_property
    def asked_of_everyone(self) -> tuple[Compiled, ...]:
        """All but those that another system assigns."""
        return tuple(one for one in self.running.values() if not one.plan.external)

    @cached_property
    def on_page(self) -> Callable[[str | None], There]:
        """Of those, what runs at an address. Where it is not known, what runs on certain pages is elsewhere."""
        everything = self.asked_of_everyone
        somewhere = [one for one in everything if one.plan.pages]
        anywhere = There([one for one in everything if not one.plan.pages], somewhere)
        if not anywhere.elsewhere:
            return lambda _url: anywhere
        sets: dict[tuple[Compiled, ...], There] = {}

        @lru_cache(maxsize=ADDRESSES_KEPT)
        def there(url: str | None) -> There:
            if url is None:
                return anywhere
            here = tuple(one for one in everything if one.on_page(url))
            return sets.setdefault(here, There(here))

        return there


EMPTY = Configuration(0, {})


def publish(project_id: int, *, reason: str) -> None:
    """Write the next version. Call it inside the transaction of the change, with ``hold_project`` taken."""
    body = {"experiments": served_entries(project_id)}
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


def served_entries(project_id: int) -> list[dict[str, Any]]:
    """What a version holds: of each open phase its plan, and of each shipped experiment its last."""
    here = Phase.objects.filter(experiment__project_id=project_id).select_related("experiment")
    shipped = Q(experiment__status=Status.STOPPED) & ~Q(experiment__shipped_variant="")
    phases = here.filter(Q(ended_at=None) | shipped).order_by("experiment__key", "number")
    # Of a shipped experiment with several phases the last one stays, since it comes last.
    newest = {phase.experiment_id: phase for phase in phases}
    return [_entry(phase) for phase in newest.values()]


def _entry(phase: Phase) -> dict[str, Any]:
    experiment = phase.experiment
    if phase.ended_at is not None:
        return {"phase": phase.number, "plan": phase.plan, "state": "shipped", "shipped": experiment.shipped_variant}
    state = "paused" if experiment.status == Status.PAUSED else "running"
    return {"phase": phase.number, "plan": phase.plan, "state": state, "shipped": None}


def chained(previous: str, body: Mapping[str, Any]) -> str:
    """SHA-256 over the digest before and the canonical JSON of this version."""
    return hashlib.sha256(previous.encode() + orjson.dumps(body, option=orjson.OPT_SORT_KEYS)).hexdigest()


def compiled_entries(body: Mapping[str, Any]) -> dict[str, Compiled]:
    """By experiment. Raises ``ValueError`` (also msgspec's), ``KeyError`` or ``TypeError`` for a broken one."""
    return {one.key: one for one in (_compiled(orjson.dumps(entry)) for entry in body["experiments"])}


# A version repeats all that has not changed, and compiling is what costs.
@lru_cache(maxsize=COMPILED_KEPT)
def _compiled(raw: bytes) -> Compiled:
    entry = orjson.loads(raw)
    state = entry.get("state", "running")
    return compiled(plan_of(entry["plan"]), phase=entry["phase"], state=state, shipped=entry.get("shipped"))


@dataclass(frozen=True, slots=True)
class _Version:
    number: int
    since: datetime
    running: Mapping[str, Compiled]


@dataclass(frozen=True, slots=True)
class _Told:
    """What pages are told beside the version. A published body is the same object until the next is published."""

    clicks: tuple[ClickGoal, ...]
    triggers: Published | None
    settings: PageSettings


class _Versions:
    """Parsed versions by digest. They are immutable, so only new ones are fetched, parsed and compiled."""

    def __init__(self) -> None:
        self._parsed: dict[str, _Version] = {}
        self._served: dict[int, tuple[_Version | None, _Told, Configuration]] = {}

    def newest(self) -> dict[int, _Version]:
        """By project, its newest version."""
        rows = ConfigVersion.objects.order_by("project_id", "-number").distinct("project_id")
        digests = dict(rows.values_list("project_id", "digest"))
        unknown = set(digests.values()) - self._parsed.keys()
        fetched = ConfigVersion.objects.filter(digest__in=unknown) if unknown else ()
        known = {digest: parsed for digest, parsed in self._parsed.items() if digest in digests.values()}
        self._parsed = known | {row.digest: _Version(row.number, row.created_at, _running(row)) for row in fetched}
        return {project_id: self._parsed[digest] for project_id, digest in digests.items()}

    def serve(self, project_id: int, version: _Version | None, told: _Told) -> Configuration:
        """The same object for as long as nothing changes: formats keep what they have prepared on it."""
        before = self._served.get(project_id)
        if before is not None and before[0] is version and before[1] == told:
            return before[2]
        configuration = _configuration(version, told)
        self._served[project_id] = (version, told, configuration)
        return configuration


def _running(row: ConfigVersion) -> dict[str, Compiled]:
    try:
        return compiled_entries(row.body)
    except (KeyError, TypeError, ValueError):
        # One project's broken version must not keep all others from being served; its visitors see the original.
        log.exception("version %d of project %d cannot be read: nothing of it is served", row.number, row.project_id)
        return {}


def _configuration(version: _Version | None, told: _Told) -> Configuration:
    triggers = told.triggers.body if told.triggers else ()
    if version is None:
        return Configuration(0, {}, told.clicks, triggers=triggers, settings=told.settings)
    # A goal edited since keeps its old click as well: the running experiments still count that.
    frozen = [
        ClickGoal(goal.event, goal.selector)
        for one in version.running.values()
        for goal in one.plan.goals
        if goal.selector and one.state != "shipped"
    ]
    clicks = tuple(dict.fromkeys([*frozen, *told.clicks]))
    return Configuration(version.number, version.running, clicks, version.since, triggers, told.settings)


VERSIONS = _Versions()


def load() -> dict[int, Configuration]:
    """What every project serves: four small queries, however many experiments run; and what is new is fetched once."""
    newest, clicks, triggers = VERSIONS.newest(), click_goals(), published()
    return {
        project_id: VERSIONS.serve(
            project_id,
            newest.get(project_id),
            _Told(tuple(clicks.get(project_id, ())), triggers.get(project_id), settings),
        )
        for project_id, settings in page_settings().items()
    }


SNAPSHOT: Mirror[dict[int, Configuration]] = Mirror(load)


def configuration(project_id: int) -> Configuration:
    return SNAPSHOT.get().get(project_id, EMPTY)
