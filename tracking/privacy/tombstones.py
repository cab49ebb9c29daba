"""Whom we must never keep again. Of an id only a keyed hash stays, from which nobody can tell who it was."""

import hmac
from functools import lru_cache

from django.conf import settings


@lru_cache(maxsize=2)
def _keyed(secret: str) -> hmac.HMAC:
    """To be copied: taking up the key anew for each event would take most of the time."""
    pepper = hmac.digest(secret.encode(), b"microlift.privacy.tombstones", "sha256")
    return hmac.new(pepper, digestmod="sha256")


def visitor_digest(project_id: int, visitor_id: str) -> str:
    return _digest(f"{project_id}:v:{visitor_id}")


def user_digest(project_id: int, user_id: str) -> str:
    return _digest(f"{project_id}:u:{user_id}")


def _digest(text: str) -> str:
    keyed = _keyed(settings.SECRET_KEY).copy()
    keyed.update(text.encode("utf-8", "replace"))
    return keyed.hexdigest()
