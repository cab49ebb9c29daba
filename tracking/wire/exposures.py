"""Every spelling of an exposure, pure: however a client says that a visitor met a variant, it becomes one event."""

from collections.abc import Mapping
from typing import Any

from tracking.wire.ids import id_text
from tracking.wire.incoming import Filtered

EXPOSURE = "experiment_viewed"
# GrowthBook's JavaScript plugin and Segment's specification; GrowthBook's Python plugin; the data layer, and our own.
SPELLINGS = frozenset({"Experiment Viewed", "$$experiment_viewed", EXPOSURE})
EXPERIMENT_FIELDS = ("experiment", "experimentId", "experiment_id")
# Keys before ids: ``variation_id`` is an index in Python, which sends the key as well, and a key everywhere else.
VARIANT_FIELDS = ("variant", "variation_key", "variationKey", "variationId", "variation_id")


def viewed(name: object, properties: Mapping[str, Any]) -> dict[str, Any] | Filtered | None:
    """The properties of the exposure that this event tells; ``Filtered`` where its visitor met nothing.

    None: it is no exposure, or does not say of which experiment.
    """
    experiment = _first(properties, EXPERIMENT_FIELDS)
    if not isinstance(name, str) or name not in SPELLINGS or not experiment:
        return None
    if properties.get("in_experiment") is False:
        return Filtered("not_in_experiment")
    told: dict[str, Any] = {"experiment": experiment, "variant": _first(properties, VARIANT_FIELDS)}
    phase = properties.get("phase")
    # JSON's true is no phase, though Python takes it for 1.
    return told | ({"phase": phase} if type(phase) is int else {})


def _first(properties: Mapping[str, Any], names: tuple[str, ...]) -> str:
    return next((text for name in names if (text := id_text(properties.get(name)))), "")
