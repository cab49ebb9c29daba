"""The configuration of the browser client: from it a page shows variants and hears triggers, and mostly decides alone.

Clients cannot know what only a request tells (robots): there we decide more strictly than they.
"""

from typing import Any

import orjson

from experiments.assignment import Compiled
from experiments.bucketing import BUCKETS, OLD_BUCKETS, whole_places
from experiments.delivery.browser_audience import Rule, audience_of
from experiments.delivery.browser_patterns import Pattern, pattern_of
from experiments.delivery.tags import Packed, packed_of
from experiments.plan import Filter, Plan
from experiments.snapshot import Configuration

# Seeing one of the elements that its variants name is the exposure.
SHOWN_AT_ELEMENTS = frozenset({"cta", "form"})
# Shown by the client itself, and nowhere in particular.
SHOWN_ELSEWHERE = frozenset({"redirect", "popup"})


def configuration_of(served: Configuration) -> Packed:
    """Made once for a configuration: ``served.prepared(configuration_of)``."""
    settings = served.settings
    content = orjson.dumps(
        {
            "config": served.number,
            "consent": settings.requires_consent,
            "forms": settings.form_analytics,
            "inventory": settings.inventory_rate,
            "experiments": {one.key: experiment(one) for one in served.asked_of_everyone},
            "triggers": [*served.triggers, *_clicks(served)],
        }
    )
    return packed_of(content)


def _clicks(served: Configuration) -> list[dict[str, Any]]:
    """Goals that name an element: a click on it is their event."""
    return [
        {
            "key": f"goal:{goal.event}:{place}",
            "kind": "click",
            "event": goal.event,
            "params": {"selector": goal.selector},
            "conditions": [],
            "properties": [],
        }
        for place, goal in enumerate(served.clicks)
    ]


def experiment(one: Compiled) -> dict[str, Any]:
    keys = [variant.key for variant in one.plan.variants]
    shipped = {"shipped": keys.index(one.outcomes[-1].variant.key)} if one.state == "shipped" else {}
    return {
        "phase": one.phase,
        "kind": one.plan.kind,
        "state": one.state,
        "control": keys.index(one.plan.control.key),
        **shipped,
        "selectors": _selectors(one.plan),
        "variants": [{"key": variant.key, "payload": variant.payload} for variant in one.plan.variants],
        "decide": decide(one),
    }


def _selectors(plan: Plan) -> list[str] | None:
    """The same for all variants: a control names no element itself. None where the page asks by ``variant()``."""
    if plan.kind in SHOWN_ELSEWHERE:
        return []
    if plan.kind not in SHOWN_AT_ELEMENTS:
        return None
    named = [variant.payload.get("selector") for variant in plan.variants]
    return list(dict.fromkeys(selector for selector in named if selector))


def decide(one: Compiled) -> dict[str, Any] | None:
    """What a browser needs to answer as ``Compiled.decide``.

    None where only the server can say: of users, of audience lists, which never leave it, and the like.
    """
    plan = one.plan
    if one.state == "paused":
        return _rules("", [], [], True, [])
    if plan.unit == "user":
        return None
    audience, pages = audience_of(plan.condition), [pattern_of(page) for page in plan.pages]
    if audience is None or None in pages:
        return None
    patterns = [page for page in pages if page is not None]
    if one.state == "shipped":
        holdouts = [_filter(each) for each in plan.filters if each.reason == "holdout"]
        return _rules("", [], holdouts, audience, patterns)
    ranges = [whole_places(variant.bounds) for variant in plan.variants]
    return _rules(plan.seed, ranges, [_filter(each) for each in plan.filters], audience, patterns)


def _rules(
    seed: str, ranges: list[tuple[int, int]], filters: list[list[Any]], audience: Rule, pages: list[Pattern]
) -> dict[str, Any]:
    return {"seed": seed, "ranges": ranges, "filters": filters, "audience": audience, "pages": pages}


def _filter(one: Filter) -> list[Any]:
    buckets = BUCKETS if one.version == 2 else OLD_BUCKETS
    return [one.reason, one.seed, one.version, [whole_places(part, buckets) for part in one.ranges]]
