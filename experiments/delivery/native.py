"""The answer of POST /v1/assign: every outcome of every experiment is made JSON beforehand and joined here."""

from collections.abc import Iterable

import orjson

from experiments.answering import Entries
from experiments.assignment import Compiled, Question
from experiments.snapshot import Configuration

UNKNOWN = orjson.dumps({"variant": None, "in_experiment": False, "reason": "not_running", "payload": None})


def entries(one: Compiled) -> tuple[bytes, ...]:
    """By outcome, ``"<key>":{…}``."""
    key = orjson.dumps(one.key) + b":"
    if one.plan.external:
        nothing = {"variant": None, "in_experiment": False, "reason": "external", "payload": None}
        return (key + orjson.dumps(nothing),) * len(one.outcomes)
    return tuple(
        key
        + orjson.dumps(
            {
                "variant": outcome.variant.key,
                "in_experiment": outcome.in_experiment,
                "reason": outcome.reason,
                "payload": outcome.variant.payload,
                "phase": one.phase,
                # The page knows what runs by its configuration; a draft it meets here first.
                **({"kind": one.plan.kind} if outcome.reason == "preview" else {}),
            }
        )
        for outcome in one.outcomes
    )


def _prepared(served: Configuration) -> Entries:
    made = {one: entries(one) for one in served.running.values()}
    return lambda one: made[one]


def answer(served: Configuration, question: Question, wanted: Iterable[str] | None) -> bytes:
    """``wanted``: the experiments asked for by name; None for all that run on the question's page."""
    prepared = served.prepared(_prepared)
    if wanted is None:
        parts = served.on_page(question.url).answers(prepared).parts(question)
    else:
        previewed = {one.key for one in question.drafts}
        parts = [_named(served, prepared, name, question) for name in dict.fromkeys(wanted) if name not in previewed]
    if question.drafts:
        parts += [entries(one)[one.decide(question)] for one in question.drafts]
    return b'{"visitor_id":%b,"config":%d,"assignments":{%b}}' % (
        orjson.dumps(question.visitor_id),
        served.number,
        b",".join(parts),
    )


def _named(served: Configuration, prepared: Entries, name: str, question: Question) -> bytes:
    one = served.running.get(name)
    return orjson.dumps(name) + b":" + UNKNOWN if one is None else prepared(one)[one.decide(question)]
