"""Ids that are e-mail addresses: what is kept in their place, and what variants are assigned by."""

import hmac

from django.conf import settings

from tracking.scrubbing import scrubbed_text

PREFIX = "e-"


def private_id(project_id: int, raw: str) -> str:
    """The id, or a keyed hash of one that holds an e-mail address: always the same, and nobody can turn it round.

    The key is made of ``SECRET_KEY``: changed, the same address becomes another id.
    """
    if not _is_suspicious(raw) or scrubbed_text(raw) == raw:
        return raw
    key = hmac.digest(settings.SECRET_KEY.encode(), b"microlift.private_ids", "sha256")
    return PREFIX + hmac.digest(key, f"{project_id}:{raw.lower()}".encode(), "sha256").hex()[:32]


def _is_suspicious(raw: str) -> bool:
    """An address, plain or escaped, or a secret: only then is it worth a second look."""
    return "@" in raw or "%" in raw or "sk_" in raw or "eyJ" in raw or "＠" in raw
