"""What GrowthBook's evaluator is told and what it answers, pure: a payload, a visitor, and the SDKs' two answers."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from experiments.javascript import truthy
from experiments.pages import Page
from experiments.pages import compiled as compiled_pages
from experiments.targeting import compile_condition

Json = Mapping[str, Any]
# Far more than a payload has; whoever hands in new experiments with every question does not fill the memory.
MOST_COMPILED = 10_000


@dataclass(frozen=True, slots=True)
class Payload:
    """What is the same for everybody; keep it, since conditions are compiled when they are first needed."""

    features: Json = field(default_factory=dict)
    groups: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    bandits: Json = field(default_factory=dict)
    _compiled: dict[int, tuple[object, Callable[[Any], bool]]] = field(default_factory=dict, compare=False, repr=False)

    def holds(self, condition: Json, attributes: Json) -> bool:
        return self._test(condition, lambda: compile_condition(condition, self.groups))(attributes)

    def is_page(self, patterns: Sequence[Json], url: str) -> bool:
        return bool(patterns) and self._test(patterns, lambda: _pages(patterns))(url)

    def _test(self, source: object, compiled: Callable[[], Callable[[Any], bool]]) -> Callable[[Any], bool]:
        """Kept by identity, and with its source, so that no other can come to have the same identity."""
        kept = self._compiled.get(id(source))
        if kept is None:
            if len(self._compiled) >= MOST_COMPILED:
                self._compiled.clear()
            kept = self._compiled[id(source)] = (source, compiled())
        return kept[1]


@dataclass(frozen=True, slots=True)
class Context:
    """Who asks, and from which page. Forced are, by key, indexes of variations and values of features."""

    attributes: Json = field(default_factory=dict)
    payload: Payload = field(default_factory=Payload)
    url: str = ""
    enabled: bool = True
    qa_mode: bool = False
    forced_variations: Json = field(default_factory=dict)
    forced_features: Json = field(default_factory=dict)

    def unit(self, attribute: str | None) -> Any:
        """The value that is hashed; "" where the visitor has none."""
        value = self.attributes.get(attribute or "id")
        return value if truthy(value) else ""


@dataclass(frozen=True, slots=True)
class RunAnswer:
    """``unit``: the value of the hash attribute as it was sent; ``bucket``: None unless it decided."""

    key: str
    variation_id: int
    value: Any
    in_experiment: bool
    hash_used: bool
    hash_attribute: str
    unit: Any
    feature_key: str | None = None
    name: str | None = None
    bucket: float | None = None
    passthrough: bool = False
    bandit: Json = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """As the SDKs write it."""
        optional = {"featureId": self.feature_key, "name": self.name, "bucket": self.bucket}
        return {
            "key": self.key,
            "variationId": self.variation_id,
            "value": self.value,
            "inExperiment": self.in_experiment,
            "hashUsed": self.hash_used,
            "hashAttribute": self.hash_attribute,
            "hashValue": self.unit,
            "stickyBucketUsed": False,
            **{name: value for name, value in optional.items() if value is not None},
            **({"passthrough": True} if self.passthrough else {}),
            **self.bandit,
        }


@dataclass(frozen=True, slots=True)
class FeatureAnswer:
    """``tracks``: exposures, found elsewhere, that a client reports when it uses this answer."""

    value: Any
    source: str
    rule_id: str = ""
    experiment: Json | None = None
    result: RunAnswer | None = None
    tracks: Sequence[Json] = ()

    @property
    def on(self) -> bool:
        return truthy(self.value)

    def as_json(self) -> dict[str, Any]:
        """As the SDKs write it."""
        answer = {"value": self.value, "on": self.on, "off": not self.on, "source": self.source, "ruleId": self.rule_id}
        if self.experiment is None or self.result is None:
            return answer
        return {**answer, "experiment": dict(self.experiment), "experimentResult": self.result.as_json()}


def _pages(patterns: Sequence[Json]) -> Callable[[str | None], bool]:
    return compiled_pages(
        [Page(pattern.get("include") is not False, pattern["type"], pattern["pattern"]) for pattern in patterns]
    )
