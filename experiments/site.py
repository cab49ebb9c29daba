"""Variants for pages that Django renders in the same project: decided in memory, counted when the page was sent."""

import hashlib
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.db import Error
from django.http import HttpRequest

from experiments.asking import question_of
from experiments.assignment import Compiled, Outcome, Question
from experiments.rebuild import EXPOSURE
from experiments.snapshot import Configuration, configuration
from tracking.access import KnownKey
from tracking.attributes import LONGEST_TEXT, Surroundings, derived
from tracking.bots import is_prefetch
from tracking.capture import capture
from tracking.enriching import ATTRIBUTES, KEPT
from tracking.mirrors import Mirror
from tracking.models import KeyKind, Project
from tracking.wire.http import TRUSTED_PROXIES, Request
from tracking.wire.ids import normal_id
from tracking.wire.native import IncomingEvent

log = logging.getLogger(__name__)

COOKIE = "microlift.visitor"
# Under 13 months from the first visit; later visits do not renew it. As the browser client does.
LIFE = timedelta(days=390)
# Who came first longer ago than this is here again: a visit that began anew, as web analytics count visits.
ONE_VISIT = timedelta(minutes=30)
# Exposures of the day that this process has stored. Only a saving: storing one again changes nothing.
STORED: set[str] = set()
MOST_REMEMBERED = 50_000


def _project_ids() -> dict[str, int]:
    return dict(Project.objects.values_list("key", "id"))


PROJECTS: Mirror[dict[str, int]] = Mirror(_project_ids)


class Unavailable(Exception):
    """Which variants there are is not known."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What a visitor is shown of one experiment. ``variant`` None: nothing runs, or nothing is known: the original."""

    variant: str | None = None
    payload: Mapping[str, Any] = field(default_factory=dict)
    in_experiment: bool = False
    reason: str = "not_running"
    phase: int = 0
    experiment: str = ""


class Visit:
    """One request's visitor, as ``request.microlift``. Nothing is decided, kept or asked before a variant is wanted."""

    def __init__(self, request: HttpRequest, now: datetime) -> None:
        self._request, self._now = request, now
        self._user_id, self._told, self._refused = "", dict[str, Any](), False
        self._question: Question | None = None
        self._served: Configuration | None = None
        self._seen = Surroundings()
        self._visitor, self._since = kept_in(request.COOKIES.get(COOKIE, ""), now)
        self.is_new, self.is_kept = not self._visitor, bool(self._visitor)
        self.met: dict[str, Shown] = {}

    @property
    def visitor_id(self) -> str:
        """Made up for a new visitor. A page that hands it on has asked for it, so it is kept in the cookie."""
        if not self._visitor:
            self._visitor, self._since = str(uuid4()), self._now
        return self._visitor

    @property
    def cookie(self) -> str | None:
        """What the browser is to keep; None where it has it, is to keep nothing, or nobody asked."""
        if not (self.is_new and self._visitor) or self._is_excluded():
            return None
        return f"{self._visitor}~{int(self._since.timestamp() * 1000)}"

    @property
    def was_asked(self) -> bool:
        """Whether the answer depends on who asks."""
        return self._question is not None or (self.is_new and bool(self._visitor))

    def identify(self, user_id: str) -> None:
        """For tests that are split by user. Call it before the first variant is asked for."""
        self._user_id = normal_id(user_id) or ""

    def tell(self, **attributes: Any) -> None:
        """More attributes for audiences. Call it before the first variant is asked for."""
        self._told |= attributes

    def refuse(self) -> None:
        """The visitor does not consent: the original, no cookie, nothing counted. Call it before the first variant."""
        self._refused = True

    def variant(self, experiment: str) -> str | None:
        """The variant's key. Asking is the exposure: ask where it is shown, and for every visitor alike."""
        return self.shown(experiment).variant

    def payload(self, experiment: str) -> Mapping[str, Any]:
        """What the variant carries, empty where nothing runs. Asking is the exposure."""
        return self.shown(experiment).payload

    def shown(self, experiment: str) -> Shown:
        if experiment not in self.met:
            self.met[experiment] = self._decided(experiment)
        return self.met[experiment]

    def _decided(self, experiment: str) -> Shown:
        try:
            question, served = self._ask()
        except Unavailable as error:
            log.warning("the original is shown: %s", error)
            return Shown(reason="unavailable")
        drafts = {one.key: one for one in question.drafts}
        one = drafts.get(experiment) or served.running.get(experiment)
        if one is None or one.plan.external:
            return Shown(reason="not_running" if one is None else "external")
        return _shown(one, one.assign(question))

    def _is_excluded(self) -> bool:
        """Robots and people who refuse keep nothing; nor does anybody of whom that is not known."""
        try:
            return self._refused or bool(self._ask()[0].excluded)
        except Unavailable:
            return True

    def _ask(self) -> tuple[Question, Configuration]:
        if self._question is None or self._served is None:
            project_id, self._served = _served_here()
            ids = self.visitor_id, self._user_id
            key = KnownKey(0, project_id, KeyKind.SECRET, frozenset(), frozenset())
            request = Request({**self._request.META, TRUSTED_PROXIES: settings.TRUSTED_PROXIES})
            self._seen = self._surroundings(request)
            self._question = question_of(request, key, self._served, ids, self._attributes(self._seen))
        return self._question, self._served

    def _surroundings(self, request: Request) -> Surroundings:
        agent, referrer = request.header("User-Agent")[:LONGEST_TEXT], request.header("Referer")[:LONGEST_TEXT]
        return Surroundings(agent, self._request.build_absolute_uri()[:LONGEST_TEXT], referrer, request.client_ip)

    @property
    def _returning(self) -> bool:
        return not self.is_new and self._now - self._since > ONE_VISIT

    def _attributes(self, seen: Surroundings) -> dict[str, Any]:
        consent = {"consent": "denied"} if self._refused else {}
        page = {"url": seen.url, "referrer": seen.referrer, "userAgent": seen.user_agent, "ip": seen.ip}
        return {**page, "returning": self._returning, **self._told, **consent}

    def exposures(self) -> list[IncomingEvent]:
        """Of those that count; the same for every page that the visitor sees on one day.

        Of nobody whose browser was not told its id, since the next page would be another visitor's: a page that was
        being sent already cannot keep one.
        """
        met = [shown for shown in self.met.values() if shown.in_experiment]
        headers = self._request.headers
        # Fetched by the browser in advance: perhaps nobody will ever look at it.
        in_advance = is_prefetch(headers.get("Sec-Purpose", ""), headers.get("Purpose", ""))
        if self._refused or not self.is_kept or in_advance or not met:
            return []
        context = {ATTRIBUTES: {**derived(KEPT, self._seen), "returning": self._returning}}
        return [_exposure((self.visitor_id, self._user_id), shown, self._now, context) for shown in met]


def _served_here() -> tuple[int, Configuration]:
    """Of the project that this site is. Raises ``Unavailable`` while it is not known, or was never loaded."""
    try:
        project_id = PROJECTS.get().get(settings.MICROLIFT_PROJECT)
        if project_id is None:
            raise Unavailable(f"there is no project {settings.MICROLIFT_PROJECT!r} (MICROLIFT_PROJECT)")
        return project_id, configuration(project_id)
    except Error as error:
        raise Unavailable(f"the database did not answer: {error}") from error


def kept_in(cookie: str, now: datetime) -> tuple[str, datetime]:
    """The visitor of a cookie ``<id>~<milliseconds>``, and since when; an empty id for none or one that is too old."""
    claimed, _, since = cookie.partition("~")
    visitor_id = normal_id(claimed)
    if visitor_id is None or not (since.isascii() and since.isdecimal() and len(since) <= 14):
        return "", now
    first_seen = datetime.fromtimestamp(int(since) / 1000, tz=UTC)
    return (visitor_id, first_seen) if now - first_seen < LIFE else ("", now)


def store(exposures: list[IncomingEvent]) -> None:
    """Once an exposure and day. Raises ``django.db.Error`` when PostgreSQL cannot commit."""
    fresh = [event for event in exposures if event.id not in STORED]
    if not fresh:
        return
    capture(PROJECTS.get()[settings.MICROLIFT_PROJECT], fresh, "secret")
    if len(STORED) > MOST_REMEMBERED:
        STORED.clear()
    STORED.update(event.id for event in fresh)


def _shown(one: Compiled, outcome: Outcome) -> Shown:
    return Shown(
        outcome.variant.key, outcome.variant.payload, outcome.in_experiment, outcome.reason, one.phase, one.key
    )


def _exposure(ids: tuple[str, str], shown: Shown, now: datetime, context: Mapping[str, Any]) -> IncomingEvent:
    said = [shown.experiment, str(shown.phase), str(shown.variant), *ids, now.date().isoformat()]
    return IncomingEvent(
        id="site-" + hashlib.sha256("\n".join(said).encode()).hexdigest()[:32],
        name=EXPOSURE,
        visitor_id=ids[0],
        user_id=ids[1],
        occurred_at=now,
        properties={"experiment": shown.experiment, "variant": shown.variant, "phase": shown.phase},
        context=context,
        excluded="",
    )
