"""The demo project and its keys. The secret key's token cannot be read back, so it is kept in a file of ours."""

import os
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path

import msgspec

from tracking.access import create_key, digest_of
from tracking.models import Key, KeyKind, Project, Scope

PROJECT, NAME = "demo-shop", "Demo shop"
FILE = "demo_keys.json"


@dataclass(frozen=True)
class Demo:
    """``told_at``: the moment at which the story ends, so that a story that broke off goes on as the same one."""

    told_at: datetime
    client_key: str
    secret_key: str
    played: bool = False


def opened(folder: Path, now: datetime) -> Demo:
    """The demo that the file tells of while its keys are valid; else a new one."""
    try:
        demo = msgspec.json.decode((folder / FILE).read_bytes(), type=Demo)
    except (OSError, msgspec.DecodeError):
        demo = None
    if demo and _valid(demo):
        return demo
    project, _made = Project.objects.get_or_create(key=PROJECT, defaults={"name": NAME, "currency": "EUR"})
    _client, client_key = create_key(project, KeyKind.CLIENT, name=NAME)
    _secret, secret_key = create_key(project, KeyKind.SECRET, scopes=Scope.values, name=NAME)
    demo = Demo(now, client_key, secret_key)
    _keep(folder, demo)
    return demo


def finished(folder: Path, demo: Demo) -> None:
    _keep(folder, replace(demo, played=True))


def _valid(demo: Demo) -> bool:
    digests = {digest_of(demo.client_key), digest_of(demo.secret_key)}
    return Key.objects.filter(digest__in=digests, revoked_at=None, project__key=PROJECT).count() == len(digests)


def _keep(folder: Path, demo: Demo) -> None:
    """Only the owner may read it."""
    draft = folder / f"{FILE}.new"
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(msgspec.json.encode(asdict(demo)))
    draft.replace(folder / FILE)
