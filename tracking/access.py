"""Keys: made, replaced and recognised here. The web process holds them in memory; a revoked one is refused within
seconds, one whose time is over at once.
"""

import hashlib
import logging
import secrets
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from math import inf

from django.conf import settings
from django.db import Error, transaction
from django.db.models import Q, QuerySet

from tracking.limits import REFUSALS, limited
from tracking.mirrors import Mirror
from tracking.models import Key, KeyKind, Project
from tracking.outcomes import record_refused_requests
from tracking.usage import USAGE
from tracking.wire.http import Refused, Request

log = logging.getLogger(__name__)
PREFIXES = {KeyKind.CLIENT: "pk_", KeyKind.SECRET: "sk_"}
SHOWN = 10
# Which a browser leaves out of the origin that it tells.
USUAL_PORTS = {"http": "80", "https": "443"}


class NotInUse(ValueError):
    """The key was revoked or replaced before."""


@dataclass(frozen=True, slots=True)
class KnownKey:
    id: int
    project_id: int
    kind: str
    scopes: frozenset[str]
    origins: frozenset[str]
    internal: tuple[str, ...] = ()
    honours_dnt: bool = False
    requests_a_minute: int = 0
    expires_at: float = inf

    @property
    def source(self) -> str:
        """How far events sent with this key are believed: ``client``, ``secret`` or ``import``."""
        return "client" if self.kind == KeyKind.CLIENT else "import" if "import" in self.scopes else "secret"


def digest_of(token: str) -> str:
    # A key has 192 random bits, so a plain hash cannot be turned round and needs no salt or stretching.
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


# Every request carries the key of its page, and hashing it costs as much as deciding two experiments. A secret key is
# not kept in memory for that, nor what is too long to be one of ours: strangers would fill the memory with it.
LONGEST_KEPT = 100
_digest_of_client_key = lru_cache(maxsize=4096)(digest_of)


def create_key(project: Project, kind: KeyKind, *, scopes: Iterable[str] = (), name: str = "") -> tuple[Key, str]:
    """The new key and its token; the token of a secret key is nowhere else and cannot be shown again."""
    token = PREFIXES[kind] + secrets.token_urlsafe(24)
    key = Key.objects.create(
        project=project,
        kind=kind,
        name=name,
        prefix=token[:SHOWN],
        token=token if kind == KeyKind.CLIENT else "",
        digest=digest_of(token),
        scopes=sorted(set(scopes)) if kind == KeyKind.SECRET else [],
    )
    return key, token


def replace_key(key: Key, *, works_until: datetime) -> tuple[Key, str]:
    """A new key that may just the same, and its token; the old one works until then.

    Raises ``NotInUse`` for a key that was revoked or replaced before, also by somebody in the same moment.
    """
    with transaction.atomic():
        if not Key.objects.filter(pk=key.pk, revoked_at=None, expires_at=None).update(expires_at=works_until):
            raise NotInUse(f"{key} is not in use")
        new, token = create_key(key.project, KeyKind(key.kind), scopes=key.scopes, name=key.name)
        new.origins, new.requests_a_minute = key.origins, key.requests_a_minute
        new.save(update_fields=["origins", "requests_a_minute"])
    return new, token


def normal_origin(text: str) -> str:
    """As a browser tells it: in lower case, without the port that is usual."""
    scheme, _, host = text.strip().rstrip("/").lower().partition("://")
    name, _, port = host.rpartition(":")
    return f"{scheme}://{name if name and USUAL_PORTS.get(scheme) == port else host}"


def valid_keys(now: datetime) -> QuerySet[Key]:
    return Key.objects.filter(Q(expires_at=None) | Q(expires_at__gt=now), revoked_at=None)


def known_keys() -> dict[str, KnownKey]:
    """Every key that is valid now, by the digest of its token."""
    rows = valid_keys(datetime.now(UTC)).select_related("project")
    return {row.digest: _known(row) for row in rows}


def _known(key: Key) -> KnownKey:
    a_minute = settings.REQUESTS_A_MINUTE if key.requests_a_minute is None else key.requests_a_minute
    return KnownKey(
        key.pk,
        key.project_id,
        key.kind,
        frozenset(key.scopes),
        frozenset(map(normal_origin, key.origins)),
        tuple(key.project.internal_addresses),
        key.project.honours_dnt,
        a_minute,
        key.expires_at.timestamp() if key.expires_at else inf,
    )


class Keyring(Mirror[dict[str, KnownKey]]):
    """The keys, read anew every second; and what was noted of their use, written down at the same time."""

    def reload(self) -> None:
        # A failure is no loss: the next second tries again, and who is let in does not depend on it.
        try:
            USAGE.write()
        except Error as error:
            log.warning("not written down yet when keys were used: %s", error)
        refused = REFUSALS.take()
        try:
            record_refused_requests(refused)
        except Error as error:
            REFUSALS.add(refused)
            log.warning("not written down yet how many requests were refused: %s", error)
        super().reload()


KEYRING = Keyring(known_keys)


def bearer(header: str) -> str:
    scheme, _, token = header.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def key_of(request: Request) -> KnownKey:
    """The key of a hot-path request. Raises ``Refused``: 401 for none or an unknown one, 403 for one that may not be
    used on the page that asks, 429 beyond its limit.
    """
    token = bearer(request.header("Authorization")) or request.header("X-API-Key").strip()
    return key_named(token, request) if token else client_key_in(request.query("key"), request)


def key_named(token: str, request: Request) -> KnownKey:
    """As ``key_of``, for addresses and protocols that carry the key elsewhere. Raises 429 beyond the key's limit."""
    if not token:
        raise Refused(401, "no_key", "Send a key: Authorization: Bearer pk_… or ?key=pk_…")
    is_client = len(token) <= LONGEST_KEPT and token.startswith(PREFIXES[KeyKind.CLIENT])
    key = KEYRING.get().get(_digest_of_client_key(token) if is_client else digest_of(token))
    if key is None or key.expires_at <= time.time():
        raise Refused(401, "unknown_key", "This key is unknown or revoked.")
    if origin := request.header("Origin"):
        _must_suit(key, origin)
    limited(key)
    USAGE.note(key.id)
    return key


def _must_suit(key: KnownKey, origin: str) -> None:
    """Only browsers tell an origin: the request comes from a page, whose source everybody can read."""
    if key.kind == KeyKind.SECRET:
        told = (
            "A secret key was used on a web page, where everybody can read it. Revoke it, and use a client key there."
        )
        raise Refused(403, "secret_key_in_page", told)
    if key.origins and origin not in key.origins:
        raise Refused(403, "origin_not_allowed", "This key may not be used on this web address.")


def client_key_in(token: str, request: Request) -> KnownKey:
    """The key that an address names, which everybody can read: a secret one does not belong there."""
    if token.startswith(PREFIXES[KeyKind.SECRET]):
        raise Refused(401, "secret_key_in_address", "Send a secret key in the Authorization header, never in the URL.")
    return key_named(token, request)
