"""Whether a visitor agreed to be measured, pure. Who did not is still assigned: that writes nothing."""

from collections.abc import Callable, Mapping
from typing import Any, Literal

Withheld = Literal["", "consent", "gpc", "dnt"]

# What consent tools say; anything else, and nothing at all, is not a refusal: pages that must ask send nothing before.
REFUSALS = frozenset({
    *("denied", "deny", "withdrawn", "declined", "decline", "rejected", "reject", "refused", "refuse", "revoked"),
    *("disagree", "disagreed", "opt_out", "opt-out", "optout", "opted_out", "none", "no", "off", "false", "0"),
})  # fmt: skip
# In Google's consent mode, which Segment and RudderStack pass on, the one that speaks of measuring.
MEASURING = ("analytics_storage", "analyticsstorage", "analytics", "statistics")
# Where an object says it.
STATES = ("status", "state", "value")
# What the owners of consent tools call it, whose categories are their own; C0002 is OneTrust's.
CATEGORIES = frozenset({
    *("analytics", "analytics_storage", "analyticsstorage", "analytical", "statistics", "statistical"),
    *("performance", "measurement", "c0002"),
})  # fmt: skip


def withheld(context: Mapping[str, Any], header: Callable[[str], str], *, honours_dnt: bool) -> Withheld:
    """Why this event must not be stored; empty when it may be. Only for what a page itself sends.

    ``header`` gives a header of the request by its name, empty where it is missing. What the page says of this visitor
    comes first, since it tells the owner most; then Global Privacy Control, which has the force of law in some places;
    then Do Not Track, where the project honours it.
    """
    if refused(context.get("consent")):
        return "consent"
    if header("Sec-GPC").strip() == "1":
        return "gpc"
    return "dnt" if honours_dnt and header("DNT").strip() == "1" else ""


def refused(told: Any) -> bool:
    """Whether a consent tool says of a visitor that they may not be measured."""
    if isinstance(told, bool | int | float):
        return not told
    if isinstance(told, str):
        return told.strip().lower() in REFUSALS
    if isinstance(told, list):
        return any(refused(each) for each in told if isinstance(each, str))
    if isinstance(told, Mapping):
        named = {name.lower(): _state(value) for name, value in told.items()}
        by_name = any(refused(named[name]) for name in (*MEASURING, *STATES) if named.get(name) is not None)
        return by_name or _refused_of(_categories(told))
    return False


def _state(value: Any) -> Any:
    """Of an object, what it says in one of the usual words; nothing where it says none."""
    if not isinstance(value, Mapping):
        return value
    return next((found for name in STATES if not isinstance(found := value.get(name), Mapping | list | None)), None)


def _categories(told: Mapping[str, Any]) -> dict[str, bool]:
    """Of each category whether it was agreed to: as Segment's wrappers tell it, then as RudderStack's client does."""
    preferences = told.get("categoryPreferences")
    found = {
        name.strip().lower(): not refused(value)
        for name, value in (preferences.items() if isinstance(preferences, Mapping) else ())
        if value is not None and not isinstance(value, Mapping)
    }
    # Last those denied: an id in both lists was not agreed to.
    for field, agreed in (("allowedConsentIds", True), ("deniedConsentIds", False)):
        ids = told.get(field)
        names = ids if isinstance(ids, list) else list(ids.values()) if isinstance(ids, Mapping) else []
        found |= {name.strip().lower(): agreed for name in names if isinstance(name, str)}
    return found


def _refused_of(categories: Mapping[str, bool]) -> bool:
    """Where none of them is known to speak of measuring: whether nothing at all was agreed to."""
    measuring = [agreed for name, agreed in categories.items() if name in CATEGORIES]
    return not all(measuring) if measuring else bool(categories) and not any(categories.values())
