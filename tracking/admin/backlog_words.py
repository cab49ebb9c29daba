"""How far the results are behind what has arrived, in words."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.utils.formats import number_format
from django.utils.timesince import timesince
from django.utils.translation import gettext, ngettext

from tracking.operations import Backlog

# What arrives is counted every two seconds, and a page is looked at for longer.
USUAL = timedelta(seconds=30)
# By then somebody should look at the worker.
LONG = timedelta(minutes=10)


class Standing(NamedTuple):
    """``tone``: as the tags of the admin are coloured."""

    tone: str
    title: str
    advice: str


def standing(backlog: Backlog, now: datetime) -> Standing:
    waited = now - backlog.since if backlog.since else timedelta(0)
    if waited < USUAL:
        return Standing("good", gettext("Results are up to date"), gettext("What arrives is counted within seconds."))
    told: dict[str, Any] = {"count": _number(backlog), "time": _time(backlog.since, now)}
    title = ngettext(
        "%(count)s visitor waits to be counted, for %(time)s",
        "%(count)s visitors wait to be counted, the oldest for %(time)s",
        backlog.visitors,
    )
    advice = gettext("Nothing is lost: what has arrived is kept, and the results catch up by themselves.")
    if waited >= LONG:
        advice = gettext("Nothing is lost. Ask whoever runs this installation whether its worker is running.")
    return Standing("bad" if waited >= LONG else "wait", title % told, advice)


def _number(backlog: Backlog) -> str:
    count = number_format(backlog.visitors, force_grouping=True)
    return gettext("At least %(count)s") % {"count": count} if backlog.more else count


def _time(since: datetime | None, now: datetime) -> str:
    if since is None or now - since < timedelta(minutes=1):
        return gettext("less than a minute")
    return timesince(since, now, depth=1)


def refused_words(count: int) -> Standing | None:
    """Of requests beyond the limit of a key; None when there were none."""
    if not count:
        return None
    title = ngettext(
        "%(count)s request was refused: a key sent too many",
        "%(count)s requests were refused: a key sent too many",
        count,
    )
    return Standing(
        "bad",
        title % {"count": number_format(count, force_grouping=True)},
        gettext("Well-made senders try again by themselves. If it goes on, raise the limit of the key under Keys."),
    )
