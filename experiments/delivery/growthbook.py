"""GrowthBook's payload: from it its SDKs decide alone, and as we do.

Every experiment but an external one is a feature. Calls to action and redirects are in ``experiments`` as well, for the
script that changes pages by itself; both name the same key, variants and visitor, so an exposure counts once.
Clients cannot know what only a request tells (robots, Global Privacy Control): there we decide more strictly than they.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import orjson

from experiments.assignment import Compiled
from experiments.audiences import joined, with_groups_renamed
from experiments.bucketing import Range
from experiments.delivery.growthbook_pages import page_condition, url_patterns
from experiments.delivery.growthbook_visual import Change, changes_of
from experiments.delivery.tags import Packed, packed_of
from experiments.delivery.values import values_of
from experiments.plan import Filter, Plan
from experiments.snapshot import Configuration

# As in ``asking``: whoever has refused says so by an attribute, and gets the control.
WILLING: Mapping[str, Any] = {"consent": {"$nin": ["denied", "withdrawn", False]}}
NEVER = datetime(1970, 1, 1, tzinfo=UTC)

Rule = dict[str, Any]


def payload(served: Configuration) -> Packed:
    """Made once for a configuration: ``served.prepared(payload)``."""
    asked = served.asked_of_everyone
    told = [one for one in asked if not one.plan.private_groups]
    content = orjson.dumps(
        {
            **head(served),
            "features": {one.key: feature(one) for one in asked},
            "experiments": [made for one in told for made in automatic(one)],
            "savedGroups": {
                _group_name(one.plan, key): values for one in told for key, values in one.plan.groups.items()
            },
        }
    )
    return packed_of(content)


def head(served: Configuration) -> dict[str, Any]:
    """``dateUpdated`` moves with every version: clients read an answer with the same date no further."""
    since = (served.since or NEVER).astimezone(UTC).isoformat(timespec="milliseconds")
    return {"status": 200, "dateUpdated": since.replace("+00:00", "Z"), "config": served.number}


def feature(one: Compiled) -> dict[str, Any]:
    values = values_of(one.plan)
    default = values[one.plan.control.key]
    named = {"id": f"{one.key}-{one.phase}"}
    # What nobody may read cannot be decided where everybody can: such a test needs remote evaluation.
    if one.state == "paused" or one.plan.private_groups:
        return {"defaultValue": default}
    if one.state == "shipped":
        force = values[shipped_variant(one)]
        rules: list[Rule] = [{**named, **entry, "force": force} for entry in _shipped_entries(one.plan, in_page=False)]
    else:
        variations = [values[variant.key] for variant in one.plan.variants]
        rules = [{**named, **split(one), **_entry(one.plan, in_page=False), "variations": variations}]
    return {"defaultValue": default, "rules": rules}


def automatic(one: Compiled) -> list[Rule]:
    """What GrowthBook's script does by itself; empty for what only a developer can show."""
    changes = changes_of(one.plan) if one.state != "paused" else None
    if changes is None:
        return []
    if one.state == "running":
        return [{**page_change(one, changes), **split(one), **_entry(one.plan, in_page=True)}]
    winner = [variant.key for variant in one.plan.variants].index(shipped_variant(one))
    if not changes[winner]:
        return []
    everyone = everyone_gets(one, winner, counted=False)
    return [{**page_change(one, changes), **everyone, **entry} for entry in _shipped_entries(one.plan, in_page=True)]


def page_change(one: Compiled, changes: list[Change]) -> Rule:
    return {
        "changeId": f"{one.key}-{one.phase}",
        "status": "running",
        "manual": False,
        "persistQueryString": True,
        "urlPatterns": url_patterns(one.plan.pages),
        "variations": changes,
    }


def split(one: Compiled) -> Rule:
    """Who gets what. ``ranges`` decides; ``weights`` and ``coverage`` say the same to people."""
    plan = one.plan
    return {
        **_named(one),
        "seed": plan.seed,
        "hashAttribute": hash_attribute(plan),
        "ranges": [variant.bounds for variant in plan.variants],
        "weights": [variant.weight for variant in plan.variants],
        "coverage": plan.coverage,
    }


def everyone_gets(one: Compiled, index: int, *, counted: bool) -> Rule:
    """One variant for all whom the rule admits. Not counted, it also goes to visitors where users are split."""
    ranges: list[Range] = [(0.0, 1.0) if place == index else (0.0, 0.0) for place in range(len(one.plan.variants))]
    return {
        **_named(one),
        "hashAttribute": hash_attribute(one.plan) if counted else "id",
        "ranges": ranges,
        "weights": [end for _, end in ranges],
        "coverage": 1,
        **({} if counted else {"force": index}),
    }


def _named(one: Compiled) -> Rule:
    return {
        "key": one.key,
        "name": one.key,
        "phase": str(one.phase),
        "hashVersion": 2,
        "meta": [{"key": variant.key, "name": variant.name} for variant in one.plan.variants],
    }


def hash_attribute(plan: Plan) -> str:
    return "user_id" if plan.unit == "user" else "id"


def shipped_variant(one: Compiled) -> str:
    return one.outcomes[-1].variant.key


def _entry(plan: Plan, *, in_page: bool, shipped: bool = False) -> Rule:
    """Who is admitted. ``in_page``: the page is told by ``urlPatterns``, else the condition tells it.

    ``shipped``: nothing is measured any more, so that only the holdout stays out.
    """
    own = with_groups_renamed(plan.condition, {key: _group_name(plan, key) for key in plan.groups})
    besides = {**({} if shipped else WILLING), **({} if in_page else page_condition(plan.pages))}
    filters = [_filter(plan, one) for one in plan.filters if one.reason == "holdout" or not shipped]
    return {"condition": joined(own, besides), **({"filters": filters} if filters else {})}


def _shipped_entries(plan: Plan, *, in_page: bool) -> list[Rule]:
    """All of the audience but the holdout. A filter would also keep out whom it cannot place: users not logged in."""
    entry = _entry(plan, in_page=in_page, shipped=True)
    if plan.unit != "user" or "filters" not in entry:
        return [entry]
    nobody = {"condition": joined(entry["condition"], {"user_id": {"$in": [None, ""]}})}
    return [nobody, entry]


def _filter(plan: Plan, one: Filter) -> dict[str, Any]:
    named = {"attribute": hash_attribute(plan), "seed": one.seed, "hashVersion": one.version}
    return {**named, "ranges": list(one.ranges)}


def _group_name(plan: Plan, key: str) -> str:
    """Two phases may have frozen different lists under one key."""
    return f"{plan.experiment}/{key}"
