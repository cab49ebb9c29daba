"""Who takes part in an experiment, where and when, in words: for those who start it, and for those who only read."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext

from experiments.admin.audience_words import audience_in_words
from experiments.audiences import groups_named
from experiments.figures import percent
from experiments.models import Experiment, SavedGroup


def audience_line(experiment: Experiment) -> str:
    """Empty where everybody may take part."""
    wanted = groups_named(experiment.condition)
    lists = SavedGroup.objects.filter(project_id=experiment.project_id, key__in=wanted) if wanted else []
    return condition_line(experiment.condition, {one.key: one.name for one in lists})


def condition_line(condition: Mapping[str, Any], lists: Mapping[str, str]) -> str:
    """``lists``: names of audience lists by key."""
    return gettext("; or ").join(audience_in_words(condition, lists))


def pages_line(experiment: Experiment) -> str:
    """Empty where it runs on every page."""
    shown = {
        wanted: ", ".join(str(row["pattern"]) for row in experiment.pages if row["include"] is wanted)
        for wanted in (True, False)
    }
    if shown[True] and shown[False]:
        return gettext("%(on)s; not on %(off)s") % {"on": shown[True], "off": shown[False]}
    return shown[True] or (gettext("Every page but %(off)s") % {"off": shown[False]} if shown[False] else "")


def group_line(experiment: Experiment) -> str:
    if experiment.namespace is None:
        return ""
    words = {"share": percent(experiment.namespace_share), "group": experiment.namespace.name}
    return gettext("%(share)s of “%(group)s”, nobody of whom is in its other tests") % words


def others_line(experiment: Experiment) -> str:
    """The people of other tests that it is for; empty where it does not ask."""
    keys = [row["experiment"] for row in experiment.prerequisites]
    if not keys:
        return ""
    tests = Experiment.objects.filter(project_id=experiment.project_id, key__in=keys).prefetch_related("variants")
    named = {test.key: (test.name, {one.key: one.name for one in test.variants.all()}) for test in tests}
    parts = []
    for row in experiment.prerequisites:
        name, variants = named.get(row["experiment"], (row["experiment"], {}))
        shown = gettext(" or ").join(variants.get(key, key) for key in row["variants"])
        parts.append(gettext("%(variants)s of “%(test)s”") % {"variants": shown, "test": name})
    return gettext("; and ").join(parts)


def moment_in_words(moment: datetime, zone: str) -> str:
    """“22 Nov 2026, 09:00 (Europe/Warsaw)”."""
    return f"{date_format(localtime(moment, ZoneInfo(zone)), 'j M Y, H:i')} ({zone.replace('_', ' ')})"
