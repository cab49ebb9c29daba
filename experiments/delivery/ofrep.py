"""OpenFeature's OFREP 0.3: each experiment is a flag, each outcome of it is made JSON beforehand and joined here.

Everybody gets a value, for some clients take an answer without one for a fault. Evaluating a flag is not exposure.
"""

from collections.abc import Iterable
from typing import Literal

import orjson

from experiments.answering import Entries
from experiments.assignment import Compiled, Outcome, Question
from experiments.delivery.tags import tag_of_parts
from experiments.delivery.values import values_of
from experiments.snapshot import Configuration

# Of OpenFeature's reasons, those that OFREP 0.3 lists: clients refuse others.
Reason = Literal["SPLIT", "TARGETING_MATCH", "STATIC", "DISABLED"]


def reason_of(one: Compiled, outcome: Outcome) -> Reason:
    """SPLIT is only for people of the experiment; our own, finer reason is in the metadata."""
    if outcome.in_experiment:
        return "SPLIT"
    if outcome.reason == "paused":
        return "DISABLED"
    by_rule = outcome.reason == "preview" or (outcome.reason == "shipped" and bool(one.plan.condition))
    return "TARGETING_MATCH" if by_rule else "STATIC"


def entries(one: Compiled, config: int) -> tuple[bytes, ...]:
    """By outcome, the flag."""
    values = values_of(one.plan)
    return tuple(
        orjson.dumps(
            {
                "key": one.key,
                "value": values[outcome.variant.key],
                "variant": outcome.variant.key,
                "reason": reason_of(one, outcome),
                "metadata": {
                    "experiment": one.key,
                    "phase": one.phase,
                    "config": config,
                    "in_experiment": outcome.in_experiment,
                    "detail": outcome.reason,
                },
            }
        )
        for outcome in one.outcomes
    )


def _prepared(served: Configuration) -> Entries:
    made = {one: entries(one, served.number) for one in served.asked_of_everyone}
    return lambda one: made[one]


def flags(served: Configuration, question: Question) -> list[bytes]:
    """All flags, some of them already joined by commas; where the visitor's page is known, without those of others."""
    parts = served.on_page(question.url).answers(served.prepared(_prepared)).parts(question)
    if question.drafts:
        parts += [entries(one, served.number)[one.decide(question)] for one in question.drafts]
    return parts


def body_of(parts: Iterable[bytes], config: int) -> bytes:
    return b'{"flags":[%b],"metadata":{"config":%d}}' % (b",".join(parts), config)


def tag_of_flags(parts: Iterable[bytes], config: int) -> str:
    return tag_of_parts([b"%d" % config, *parts])


def flag(served: Configuration, question: Question, key: str) -> bytes | None:
    """None where no such flag is served."""
    one = served.running.get(key)
    if one is not None and not one.plan.external:
        return served.prepared(_prepared)(one)[one.decide(question)]
    draft = next((draft for draft in question.drafts if draft.key == key), None)
    return None if draft is None else entries(draft, served.number)[draft.decide(question)]
