"""How a key stands, in words."""

from datetime import datetime
from typing import Literal

from django.contrib.humanize.templatetags.humanize import naturaltime
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext

from tracking.models import Key

State = Literal["live", "replaced", "over", "revoked"]


def state_of(key: Key, now: datetime) -> State:
    """``replaced``: there is a newer one, and this one still works; ``over``: it no longer does."""
    if key.revoked_at is not None:
        return "revoked"
    if key.expires_at is None:
        return "live"
    return "replaced" if now < key.expires_at else "over"


def moment(at: datetime) -> str:
    """In the zone of the admin, which is UTC."""
    return date_format(localtime(at), "j M, H:i") + " UTC"


def words_of(key: Key, state: State) -> str:
    """Few enough for a chip."""
    if state == "replaced" and key.expires_at is not None:
        return gettext("Until %(moment)s") % {"moment": moment(key.expires_at)}
    words = {"live": gettext("In use"), "over": gettext("Replaced"), "revoked": gettext("Revoked")}
    return words.get(state, state)


def long_words_of(key: Key, state: State) -> str:
    if state == "replaced" and key.expires_at is not None:
        return gettext("Replaced, works until %(moment)s") % {"moment": moment(key.expires_at)}
    return words_of(key, state)


def last_used(key: Key) -> str:
    """Written down once a minute, so not told to the second."""
    return str(naturaltime(key.last_used_at)) if key.last_used_at else gettext("never")
