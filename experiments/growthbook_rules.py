"""GrowthBook's evaluator over its own payload, pure: what its SDKs would answer, for clients that let us evaluate.

Source: GrowthBook SDK specification 0.8.0, sections evaluateFeature and run, and the JavaScript SDK 1.8.0 where they
leave a choice. Sticky buckets and the deprecated ``groups``, ``include`` and ``url`` of experiments are not part of it;
without sticky buckets, the SDK does not read ``fallbackAttribute`` either.
"""

from collections.abc import Sequence
from typing import Any

from experiments.bucketing import Range, bucket, bucket_ranges, choose, equal_weights, in_namespace, query_override
from experiments.growthbook_context import Context, FeatureAnswer, Json, Payload, RunAnswer
from experiments.javascript import text_of, truthy

__all__ = ("Context", "FeatureAnswer", "Payload", "RunAnswer", "evaluate_feature", "run_experiment")
# What a rule hands on to the experiment that it stands for, where it says something.
HANDED_ON = (
    *("weights", "hashAttribute", "fallbackAttribute", "disableStickyBucketing", "namespace", "meta", "ranges"),
    *("name", "phase", "seed", "hashVersion", "filters", "condition"),
)
# The leaf of those for whom a contextual bandit has learnt nothing yet.
NO_LEAF = -1
# No variation has this index.
NOBODY = -1


CYCLE = FeatureAnswer(None, "cyclicPrerequisite")
BLOCKED = FeatureAnswer(None, "prerequisite")


def evaluate_feature(key: str, context: Context) -> FeatureAnswer:
    return _feature(key, context, frozenset())


def run_experiment(experiment: Json, context: Context) -> RunAnswer:
    return _run(experiment, context, None, frozenset())


def _feature(key: str, context: Context, above: frozenset[str]) -> FeatureAnswer:
    """``above``: the features that are being evaluated because they need this one."""
    if key in above:
        return CYCLE
    if key in context.forced_features:
        return FeatureAnswer(context.forced_features[key], "override")
    feature = context.payload.features.get(key)
    if feature is None:
        return FeatureAnswer(None, "unknownFeature")
    for rule in feature.get("rules") or ():
        answer = _rule(key, rule, context, above | {key})
        if answer is not None:
            return answer
    return FeatureAnswer(feature.get("defaultValue"), "defaultValue")


def _rule(key: str, rule: Json, context: Context, above: frozenset[str]) -> FeatureAnswer | None:
    """None where the next rule is to be asked."""
    failed = _failed_parent(rule, context, above)
    if isinstance(failed, FeatureAnswer):
        return failed
    if failed is not None:
        return BLOCKED if failed.get("gate") else None
    if rule.get("filters") and not _in_filters(rule["filters"], context):
        return None
    if "force" in rule:
        included = _meets(rule, context) and _in_rollout(key, rule, context)
        tracks = rule.get("tracks") or ()
        return FeatureAnswer(rule["force"], "force", rule.get("id") or "", tracks=tracks) if included else None
    return _experiment_rule(key, rule, context, above)


def _failed_parent(part: Json, context: Context, above: frozenset[str]) -> Json | FeatureAnswer | None:
    """The first prerequisite that is not met, or ``CYCLE``."""
    for parent in part.get("parentConditions") or ():
        answer = _feature(parent["id"], context, above)
        if answer.source == CYCLE.source:
            return CYCLE
        condition: Json | None = parent.get("condition")
        if condition and not context.payload.holds(condition, {"value": answer.value}):
            failed: Json = parent
            return failed
    return None


def _in_filters(filters: Sequence[Json], context: Context) -> bool:
    return all(_in_filter(one, context) for one in filters)


def _in_filter(wanted: Json, context: Context) -> bool:
    unit = context.unit(wanted.get("attribute"))
    place = _place(wanted["seed"], unit, wanted.get("hashVersion") or 2)
    return choose(place, wanted["ranges"]) is not None


def _place(seed: str, unit: Any, version: int) -> float | None:
    return None if unit == "" else bucket(seed, text_of(unit), version)


def _meets(part: Json, context: Context) -> bool:
    condition = part.get("condition")
    return not condition or context.payload.holds(condition, context.attributes)


def _in_rollout(key: str, rule: Json, context: Context) -> bool:
    limits, coverage = rule.get("range"), rule.get("coverage")
    if limits is None and not coverage:  # with a coverage of 0, place 0 would be within it
        return coverage is None
    place = _place(rule.get("seed") or key, context.unit(rule.get("hashAttribute")), rule.get("hashVersion") or 1)
    if place is None:
        return False
    if limits is not None:
        return choose(place, [limits]) is not None
    return coverage is None or bool(place <= coverage)


def _experiment_rule(key: str, rule: Json, context: Context, above: frozenset[str]) -> FeatureAnswer | None:
    variations = rule.get("contextualVariations") or rule.get("variations")
    if not variations:
        return None
    experiment = {"key": rule.get("key") or key, "variations": variations}
    experiment |= {name: rule[name] for name in HANDED_ON if truthy(rule.get(name))}
    experiment |= {name: rule[name] for name in ("coverage", "bucketVersion", "minBucketVersion") if name in rule}
    bandit = context.payload.bandits.get(rule.get("contextualBanditRef") or "")
    if bandit is not None:
        experiment |= _with_leaf(experiment, bandit, context)
    result = _run(experiment, context, key, above)
    if not (result.hash_used and result.in_experiment):
        experiment.pop("contextualBandit", None)
    if not result.in_experiment or result.passthrough:
        return None
    return FeatureAnswer(result.value, "experiment", rule.get("id") or "", experiment, result)


def _with_leaf(experiment: Json, bandit: Json, context: Context) -> dict[str, Any]:
    """The weights of the first group of visitors that this one belongs to."""
    for leaf in bandit.get("contexts") or ():
        if _meets(leaf, context):
            told = {"leafId": leaf["leafId"], "variationWeights": leaf["weights"]}
            return {"weights": leaf["weights"], "contextualBandit": told | _version(bandit)}
    weights = experiment.get("weights") or equal_weights(len(experiment["variations"]))
    return {"contextualBandit": {"leafId": NO_LEAF, "variationWeights": weights} | _version(bandit)}


def _version(bandit: Json) -> dict[str, Any]:
    return {"banditVersion": bandit["banditVersion"]} if "banditVersion" in bandit else {}


def _run(experiment: Json, context: Context, feature_key: str | None, above: frozenset[str]) -> RunAnswer:
    key, count = experiment["key"], len(experiment["variations"])
    index: int | None = None
    place: float | None = None
    if count >= 2 and context.enabled and _is_here(experiment, context):
        index = _forced(key, count, context)
        if index is None:
            index, place = _drawn(experiment, context, above)
    return _answer(experiment, context, feature_key, index, place)


def _is_here(experiment: Json, context: Context) -> bool:
    patterns = experiment.get("urlPatterns")
    return patterns is None or context.payload.is_page(patterns, context.url)


def _forced(key: str, count: int, context: Context) -> int | None:
    """From the address, or by whoever asks; a variation that is not there keeps out of the experiment."""
    asked = query_override(key, context.url, count)
    if asked is None and key in context.forced_variations:
        forced = context.forced_variations[key]
        return forced if type(forced) is int else NOBODY
    return asked


def _drawn(experiment: Json, context: Context, above: frozenset[str]) -> tuple[int | None, float | None]:
    """The variation, and the place in the hash where that decided."""
    if experiment.get("status") == "draft" or experiment.get("active") is False:
        return None, None
    unit = context.unit(experiment.get("hashAttribute"))
    if unit == "" or not _is_admitted(experiment, context, unit, above):
        return None, None
    place = _place(experiment.get("seed") or experiment["key"], unit, experiment.get("hashVersion") or 1)
    index = choose(place, _ranges(experiment))
    if index is None:
        return None, None
    if "force" in experiment:
        return experiment["force"], None
    if context.qa_mode or experiment.get("status") == "stopped":
        return None, None
    return index, place


def _is_admitted(experiment: Json, context: Context, unit: Any, above: frozenset[str]) -> bool:
    filters, namespace = experiment.get("filters"), experiment.get("namespace")
    if filters is not None:  # the newer word for a namespace
        included = _in_filters(filters, context)
    else:
        included = namespace is None or in_namespace(text_of(unit), tuple(namespace))
    return included and _meets(experiment, context) and _failed_parent(experiment, context, above) is None


def _ranges(experiment: Json) -> Sequence[Range]:
    ranges: Sequence[Range] | None = experiment.get("ranges")
    if ranges is not None:
        return ranges
    coverage = experiment.get("coverage")
    weights = experiment.get("weights")
    return bucket_ranges(len(experiment["variations"]), 1 if coverage is None else coverage, weights)


def _answer(
    experiment: Json, context: Context, feature_key: str | None, index: int | None, place: float | None
) -> RunAnswer:
    """``place``: None where the hash did not decide."""
    variations = experiment["variations"]
    inside = index is not None and 0 <= index < len(variations)
    shown = index if inside and index is not None else 0
    meta = dict(enumerate(experiment.get("meta") or ())).get(shown, {})
    attribute = experiment.get("hashAttribute") or "id"
    hash_used = inside and place is not None
    return RunAnswer(
        key=meta.get("key") or str(shown),
        variation_id=shown,
        value=variations[shown] if variations else None,
        in_experiment=inside,
        hash_used=hash_used,
        hash_attribute=attribute,
        unit=context.unit(attribute),
        feature_key=feature_key,
        name=meta.get("name"),
        bucket=place,
        passthrough=bool(meta.get("passthrough")),
        bandit=experiment.get("contextualBandit", {}) if hash_used else {},
    )
