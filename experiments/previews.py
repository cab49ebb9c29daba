"""Signed links that show one variant to whoever opens them, also of a draft."""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import parse_qsl, urlencode, urlsplit

import msgspec
from django.core import signing
from django.db import Error

from experiments.assignment import Compiled, compiled
from experiments.models import Experiment, Status, Variant
from experiments.plan import Plan, PlannedVariant
from experiments.plan_building import pages_of
from experiments.redirects import is_allowed
from experiments.snapshot import configuration

log = logging.getLogger(__name__)

ARGUMENT = "microlift_preview"
SALT = "microlift.preview"
# Long enough for a review by people on holiday, short enough that a link found in an old chat shows nothing.
VALID = timedelta(days=30)
# Three keys of at most 60 characters, signed: longer is not ours, and is not worth an HMAC.
LONGEST_TOKEN = 500
# A page opened by many asks the database once in this time, and shows an edit of the draft as soon.
REMEMBERED_SECONDS = 5.0
MOST_REMEMBERED = 200
# A database that does not answer keeps a thread waiting for it: not one for every link that is opened meanwhile.
GONE_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Link:
    project_id: int
    experiment: str
    variant: str


def link_token(project_id: int, experiment_key: str, variant_key: str) -> str:
    return signing.dumps([project_id, experiment_key, variant_key], salt=SALT)


def preview_url(page_url: str, token: str) -> str:
    """The page's address with the token; its own arguments stay, an older token goes."""
    parts = urlsplit(page_url)
    kept = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] != ARGUMENT]
    # The token first: very long addresses are cut at their end.
    return parts._replace(query=urlencode([(ARGUMENT, token), *kept])).geturl()


def link_of(token: str, *, valid: timedelta = VALID) -> Link | None:
    """What a token shows; None for a forged or expired one."""
    if not token or len(token) > LONGEST_TOKEN:
        return None
    try:
        content = signing.loads(token, salt=SALT, max_age=valid)
    except (signing.BadSignature, ValueError):
        return None
    return Link(*content)


def draft_in(arguments: Mapping[str, str], project_id: int) -> tuple[Compiled, int] | None:
    """The experiment and variant of a preview link in these query arguments; None for none, or an illegal one.

    What runs comes from memory. A draft is asked of the database; where that is gone, there is no preview of it.
    """
    link = link_of(arguments.get(ARGUMENT, ""))
    if link is None or link.project_id != project_id:
        return None
    running = configuration(project_id).running.get(link.experiment)
    one = running if running is not None else DRAFTS.get(project_id, link.experiment)
    if one is None or one.plan.external:
        return None
    keys = [variant.key for variant in one.plan.variants]
    return (one, keys.index(link.variant)) if link.variant in keys else None


class Drafts:
    """Drafts as they would be served, remembered for a moment; also that there is none, or no database."""

    def __init__(self, seconds: float = REMEMBERED_SECONDS, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds, self._clock = seconds, clock
        self._lock = threading.Lock()
        self._gone_until = 0.0
        self._known: dict[tuple[int, str], tuple[float, Compiled | None]] = {}
        self._asking: set[tuple[int, str]] = set()

    def get(self, project_id: int, key: str) -> Compiled | None:
        """Of a crowd one asks the database; the others do not wait for it, and get what was known before, if anything.

        For half a minute after the database failed nothing is asked, and only what is still fresh is shown.
        """
        draft = project_id, key
        with self._lock:
            now = self._clock()
            asked_at, known = self._known.get(draft, (None, None))
            if draft in self._asking or (asked_at is not None and now - asked_at < self._seconds):
                return known
            if now < self._gone_until:
                return None
            self._asking.add(draft)
        try:
            found = _served_draft(project_id, key)
        except Error as error:
            log.warning("no preview of %s: the database did not answer: %s", key, error)
            self._gone_until = self._clock() + GONE_SECONDS
            return None
        else:
            self._remember(draft, found)
            return found
        finally:
            self._asking.discard(draft)

    def forget(self) -> None:
        with self._lock:
            self._known.clear()
            self._gone_until = 0.0

    def _remember(self, draft: tuple[int, str], found: Compiled | None) -> None:
        with self._lock:
            if len(self._known) >= MOST_REMEMBERED:
                self._known.clear()
            self._known[draft] = self._clock(), found


DRAFTS = Drafts()


def _served_draft(project_id: int, key: str) -> Compiled | None:
    """Raises ``django.db.Error``."""
    here = Experiment.objects.filter(project_id=project_id, key=key).exclude(status=Status.ARCHIVED)
    experiment = here.select_related("project").first()
    variants = list(experiment.variants.all()) if experiment is not None else []
    return _compiled(experiment, variants) if experiment is not None and variants else None


def _compiled(experiment: Experiment, variants: list[Variant]) -> Compiled | None:
    """None for a draft with pages that cannot be read, or that leads to a host which the project does not list."""
    targets = [str(variant.payload.get("url") or "") for variant in variants if experiment.kind == "redirect"]
    if not all(is_allowed(target, experiment.project.redirect_hosts) for target in targets if target):
        return None
    try:
        return compiled(_plan(experiment, variants), phase=0)
    except (msgspec.ValidationError, ValueError):
        return None


def _plan(experiment: Experiment, variants: list[Variant]) -> Plan:
    """Nobody enters a draft, so it needs no seed, shares, audience or goals: only what is shown, and where."""
    # A draft may lack its original yet: then the first variant stands for it.
    control = next((variant for variant in variants if variant.is_control), variants[0])
    planned = tuple(
        PlannedVariant(variant.key, variant.name, variant is control, variant.weight, (0.0, 0.0), variant.payload)
        for variant in variants
    )
    return Plan(
        experiment=experiment.key,
        kind=experiment.kind,
        unit=experiment.unit,
        seed="",
        coverage=0.0,
        alpha=experiment.alpha,
        variants=planned,
        goals=(),
        pages=pages_of(experiment.pages),
    )
