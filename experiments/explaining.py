"""Why a visitor got a variant: the decision of a moment retold rule by rule, from the version in force then."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from experiments.asking import question_of
from experiments.assignment import Compiled
from experiments.explained_rules import Case, InWords, Step, steps_of
from experiments.models import ConfigVersion
from experiments.snapshot import Configuration, compiled_entries
from experiments.targeting import words
from tracking.access import KnownKey
from tracking.models import KeyKind
from tracking.wire.http import Request

# Of the step that was not passed, which reason an answer gives; of all others, the step's own code.
REASONS = {
    "version": "not_running",
    "running": "not_running",
    "page": "outside_page",
    "unit": "no_user_id",
    "audience": "outside_audience",
    "coverage": "outside_coverage",
}


@dataclass(frozen=True, slots=True)
class Asker:
    """Whom it is about, ids as normalised. ``attributes``, ``url``: None where nobody knows them any more."""

    visitor_id: str
    user_id: str = ""
    attributes: Mapping[str, Any] | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """The first step that was not passed decides. ``config``, ``digest``, ``since``: the version in force.

    ``bucket``: 0 to 9,999; None where nobody is bucketed.
    """

    experiment: str
    at: datetime
    steps: tuple[Step, ...]
    variant: str | None = None
    bucket: int | None = None
    phase: int | None = None
    config: int | None = None
    digest: str | None = None
    since: datetime | None = None

    @property
    def reason(self) -> str:
        code = next((step.code for step in self.steps if step.passed is False), "assigned")
        return REASONS.get(code, code)

    @property
    def in_experiment(self) -> bool:
        return self.reason == "assigned"

    @property
    def assumed(self) -> tuple[str, ...]:
        """Codes of the steps before the deciding one that cannot be told; they are taken as passed."""
        decisive = next((place for place, step in enumerate(self.steps) if step.passed is False), len(self.steps))
        return tuple(dict.fromkeys(step.code for step in self.steps[:decisive] if step.passed is None))


def explain(project_id: int, experiment: str, asker: Asker, *, at: datetime, in_words: InWords = words) -> Explanation:
    """``experiment``: its key. ``in_words``: how rules of the audience are said. One query."""
    version = ConfigVersion.objects.filter(project_id=project_id, created_at__lte=at).order_by("-number").first()
    if version is None:
        nothing = Step("version", False, _("Nothing had been published by then, so no test was served."))
        return Explanation(experiment, at, (nothing,))
    stamp: dict[str, Any] = {"config": version.number, "digest": version.digest, "since": version.created_at}
    try:
        one = _served(version, experiment)
    except (KeyError, TypeError, ValueError):
        told = _("Version %(number)d of the configuration cannot be read, so nothing of it was served.")
        return Explanation(experiment, at, (Step("version", False, told % {"number": version.number}),), **stamp)
    told = _("Version %(number)d of the configuration was in force (%(reason)s).")
    in_force = Step("version", True, told % {"number": version.number, "reason": version.reason})
    if one is None:
        absent = Step("running", False, _("This test is not in it: it did not run then."))
        return Explanation(experiment, at, (in_force, absent), **stamp)
    case = replace(_case(project_id, version.number, one, asker), in_words=in_words)
    steps = (in_force, *steps_of(case))
    answer = Explanation(experiment, at, steps, bucket=case.bucket, phase=one.phase, **stamp)
    shown = case.shown(answer.reason)
    return replace(answer, variant=shown.key if shown else None)


def _served(version: ConfigVersion, experiment: str) -> Compiled | None:
    entries = [entry for entry in version.body["experiments"] if entry["plan"]["experiment"] == experiment]
    return compiled_entries({"experiments": entries}).get(experiment)


def _case(project_id: int, number: int, one: Compiled, asker: Asker) -> Case:
    """The question as the doors would put it for a server that asks with these attributes."""
    as_server = KnownKey(0, project_id, KeyKind.SECRET, frozenset(), frozenset())
    told = {**(asker.attributes or {}), **({"url": asker.url} if asker.url is not None else {})}
    served, ids = Configuration(number, {one.key: one}), (asker.visitor_id, asker.user_id)
    question = question_of(Request({}), as_server, served, ids, told)
    return Case(one, question, all_told=asker.attributes is not None)
