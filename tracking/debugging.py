"""Signed links that open the debug panel on a page, and what the panel is told: triggers as they are being written."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from django.core import signing
from django.utils.translation import gettext

from tracking.models import Goal, Project, Trigger
from tracking.publishing import entry_of
from tracking.triggers import TRIGGER_KINDS, events_of

ARGUMENT = "microlift_debug"
PICK = "microlift_pick"
SALT = "microlift.debug"
# A day's work; a link found in yesterday's chat shows nothing any more.
VALID = timedelta(hours=24)
# A name and an origin, signed: longer is not ours, and is not worth an HMAC.
LONGEST_TOKEN = 1500
LONGEST_AUTHOR = 60


@dataclass(frozen=True, slots=True)
class Opened:
    """Whose test session it is. ``admin``: the origin that the picker hands its selector to; empty: to nobody."""

    author: str
    admin: str


def debug_token(project: Project, author: str, *, admin: str = "") -> str:
    """``admin``: the origin of the admin page that asked, such as https://microlift.example."""
    return signing.dumps([project.pk, author[:LONGEST_AUTHOR], admin], salt=SALT)


def debug_url(page_url: str, project: Project, author: str, *, admin: str = "", pick: bool = False) -> str:
    """The page's address with the panel; its own arguments stay, those of an older session go."""
    parts = urlsplit(page_url)
    kept = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] not in {ARGUMENT, PICK}]
    ours = [(ARGUMENT, debug_token(project, author, admin=admin)), *([(PICK, "1")] if pick else [])]
    # Ours first: very long addresses are cut at their end.
    return parts._replace(query=urlencode([*ours, *kept])).geturl()


def opened(token: str, project_id: int, *, valid: timedelta = VALID) -> Opened | None:
    """The session of a token; None for a forged or expired one, and for one of another project."""
    if not token or len(token) > LONGEST_TOKEN:
        return None
    try:
        project, author, admin = signing.loads(token, salt=SALT, max_age=valid)
    except (signing.BadSignature, ValueError):
        return None
    return Opened(author, admin) if project == project_id else None


def shown(project_id: int) -> dict[str, Any]:
    """What the panel works with: the drafts as pages would get them, what people call all triggers, and the goals.

    Two queries.
    """
    rows = list(Trigger.objects.filter(project_id=project_id).order_by("name"))
    goals = Goal.objects.filter(project_id=project_id).order_by("level", "name")
    return {
        "triggers": [entry_of(row) for row in rows if row.is_on],
        "about": {row.key: _about(row) for row in rows},
        "goals": [_asked(goal) for goal in goals],
    }


def _about(trigger: Trigger) -> dict[str, Any]:
    """Its name, its kind in words, and all events that it may tell."""
    if trigger.kind not in TRIGGER_KINDS:
        return {"name": trigger.name, "kind": trigger.kind, "events": [trigger.event]}
    events = events_of(trigger.kind, trigger.params, trigger.event)
    return {"name": trigger.name, "kind": gettext(TRIGGER_KINDS[trigger.kind].label), "events": events}


def _asked(goal: Goal) -> dict[str, Any]:
    return {
        "key": goal.key,
        "name": goal.name,
        "level": goal.level,
        "event": goal.event,
        "conditions": goal.conditions,
        "measure": goal.measure,
        "property": goal.property,
        "currency": goal.currency,
    }
