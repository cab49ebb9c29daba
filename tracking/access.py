"""Keys: made here, recognised here. The web process holds them in memory; a revoked one is refused within seconds."""

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from tracking.mirrors import Mirror
from tracking.models import Key, KeyKind, Project
from tracking.wire.http import Refused, Request

PREFIXES = {KeyKind.CLIENT: "pk_", KeyKind.SECRET: "sk_"}
SHOWN = 10


@dataclass(frozen=True, slots=True)
class KnownKey:
    id: int
    project_id: int
    kind: str
    scopes: frozenset[str]
    origins: frozenset[str]

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


def known_keys() -> dict[str, KnownKey]:
    """Every key that is not revoked, by the digest of its token."""
    rows = Key.objects.filter(revoked_at=None).values_list("digest", "id", "project_id", "kind", "scopes", "origins")
    return {
        digest: KnownKey(key_id, project_id, kind, frozenset(scopes), frozenset(origins))
        for digest, key_id, project_id, kind, scopes, origins in rows
    }


KEYRING: Mirror[dict[str, KnownKey]] = Mirror(known_keys)


def bearer(header: str) -> str:
    scheme, _, token = header.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def key_of(request: Request) -> KnownKey:
    """The key of a hot-path request. Raises ``Refused`` 401 for none or an unknown one, 403 for a foreign origin."""
    token = bearer(request.header("Authorization")) or request.header("X-API-Key").strip()
    return key_named(token, request) if token else client_key_in(request.query("key"), request)


def key_named(token: str, request: Request) -> KnownKey:
    """As ``key_of``, for addresses and protocols that carry the key elsewhere."""
    if not token:
        raise Refused(401, "no_key", "Send a key: Authorization: Bearer pk_… or ?key=pk_…")
    is_client = len(token) <= LONGEST_KEPT and token.startswith(PREFIXES[KeyKind.CLIENT])
    key = KEYRING.get().get(_digest_of_client_key(token) if is_client else digest_of(token))
    if key is None:
        raise Refused(401, "unknown_key", "This key is unknown or revoked.")
    if key.origins and key.kind == KeyKind.CLIENT:
        origin = request.header("Origin")
        if origin and origin not in key.origins:
            raise Refused(403, "origin_not_allowed", "This key may not be used on this web address.")
    return key


def client_key_in(token: str, request: Request) -> KnownKey:
    """The key that an address names, which everybody can read: a secret one does not belong there."""
    if token.startswith(PREFIXES[KeyKind.SECRET]):
        raise Refused(401, "secret_key_in_address", "Send a secret key in the Authorization header, never in the URL.")
    return key_named(token, request)
