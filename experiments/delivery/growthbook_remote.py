"""GrowthBook's remote evaluation: the same payload with everything decided, so that no rule, list or seed is told."""

from collections.abc import Mapping
from dataclasses import dataclass

import orjson

from experiments.assignment import Compiled, Question
from experiments.delivery.growthbook import everyone_gets, hash_attribute, head, page_change
from experiments.delivery.growthbook_visual import Change, changes_of, nothing_like
from experiments.delivery.values import values_of
from experiments.snapshot import Configuration


@dataclass(frozen=True, slots=True)
class Told:
    """One outcome. Between ``feature`` and ``rest`` the visitor's id belongs, where the outcome is to be counted."""

    feature: bytes
    rest: bytes = b""
    experiment: bytes = b""


def answer(served: Configuration, question: Question) -> bytes:
    prepared = served.prepared(_all_told)
    told = [(one, prepared[one][one.decide(question)]) for one in served.asked_of_everyone]
    # What runs is told above, also to whoever opens its preview on a page that is none of its own.
    drafts = [one for one in question.drafts if one.key not in served.running]
    told += [(one, outcomes_told(one)[one.decide(question)]) for one in drafts]
    ids = {"id": orjson.dumps(question.visitor_id), "user_id": orjson.dumps(question.user_id)}
    features = [
        b"".join((found.feature, ids[hash_attribute(one.plan)], found.rest)) if found.rest else found.feature
        for one, found in told
    ]
    experiments = [found.experiment for _, found in told if found.experiment]
    return b'%b,"savedGroups":{},"features":{%b},"experiments":[%b]}' % (
        orjson.dumps(head(served))[:-1],
        b",".join(features),
        b",".join(experiments),
    )


def force(served: Configuration, question: Question, forced: Mapping[str, int]) -> None:
    """Variations that a developer's tools force, by experiment; an index of none of them stands for the control.

    What the address forces goes first, as in the SDKs.
    """
    indices = {}
    for name, index in forced.items():
        if one := served.running.get(name):
            keys = [variant.key for variant in one.plan.variants]
            indices[name] = index if 0 <= index < len(keys) else keys.index(one.plan.control.key)
    question.force({**indices, **question.forced}, question.drafts)


def _all_told(served: Configuration) -> Mapping[Compiled, tuple[Told, ...]]:
    return {one: outcomes_told(one) for one in served.asked_of_everyone}


def outcomes_told(one: Compiled) -> tuple[Told, ...]:
    """By outcome."""
    changes = changes_of(one.plan)
    return tuple(_told(one, index, changes) for index in range(len(one.outcomes)))


def _told(one: Compiled, number: int, changes: list[Change] | None) -> Told:
    outcome, values = one.outcomes[number], values_of(one.plan)
    key, default = orjson.dumps(one.key), orjson.dumps(values[one.plan.control.key])
    own = values[outcome.variant.key]
    if not outcome.in_experiment and outcome.reason not in {"preview", "shipped"}:
        return Told(b'%b:{"defaultValue":%b}' % (key, default))
    index = [variant.key for variant in one.plan.variants].index(outcome.variant.key)
    begun = b'%b:{"defaultValue":%b,"rules":[{"force":%b' % (key, default, orjson.dumps(own))
    experiment = _automatic(one, index, changes, counted=outcome.in_experiment)
    if not outcome.in_experiment:
        return Told(begun + b"}]}", experiment=experiment)
    track = _track(one, index)
    return Told(b'%b,"tracks":[%b,"hashValue":' % (begun, track), b"}}]}]}", experiment)


def _track(one: Compiled, index: int) -> bytes:
    """What the client counts once it shows the value; left open for the id."""
    variants, values = one.plan.variants, values_of(one.plan)
    chosen = variants[index]
    attribute, value = hash_attribute(one.plan), values[chosen.key]
    experiment = {
        "key": one.key,
        "name": one.key,
        "phase": str(one.phase),
        "hashAttribute": attribute,
        # Other variants are nobody's business, but clients count how many there are.
        "variations": [value if variant is chosen else None for variant in variants],
    }
    result = {
        "key": chosen.key,
        "name": chosen.name,
        "value": value,
        "variationId": index,
        "featureId": one.key,
        "inExperiment": True,
        "hashUsed": True,
        "stickyBucketUsed": False,
        "hashAttribute": attribute,
    }
    return b'{"experiment":%b,"result":%b' % (orjson.dumps(experiment), orjson.dumps(result)[:-1])


def _automatic(one: Compiled, index: int, changes: list[Change] | None, *, counted: bool) -> bytes:
    if changes is None:
        return b""
    nothing = nothing_like(next(change for change in changes if change))
    shown = [change or nothing if place == index else nothing for place, change in enumerate(changes)]
    return orjson.dumps({**page_change(one, shown), **everyone_gets(one, index, counted=counted)})
