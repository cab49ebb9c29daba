"""Attributes of a visitor, pure: what is known of everybody, what a request tells of it, and what callers may add.

Names and values are those of GrowthBook's automatic attributes, so that its clients and we decide alike.
"""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import msgspec

from tracking.addresses import UTM, address_of, campaign_of
from tracking.countries import country_of
from tracking.devices import device_of, os_of
from tracking.sources import channel_of

Type = Literal["text", "boolean", "number", "country"]

MOST_ATTRIBUTES = 100
LONGEST_NAME = 100
LONGEST_TEXT = 2_000
# Parts of a list or an object: a condition may ask a thousand things of each.
MOST_PARTS = 1_000
# Lists and objects within each other.
DEEPEST = 5
# What every language's integers hold.
LARGEST_INTEGER = 2**63 - 1
# Half a character: legal in JSON, but no database, hash or answer takes it.
SURROGATE = re.compile("[\ud800-\udfff]")
NUMBER = re.compile(r"\s*-?[0-9]{1,15}(\.[0-9]{1,15})?\s*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Attribute:
    """``choices``: each value and what to call it; empty where any value may come."""

    label: str
    type: Type = "text"
    choices: Mapping[str, str] = field(default_factory=dict)


CHANNEL_LABELS = {
    "direct": "Direct",
    "cross_network": "Cross-network",
    "paid_shopping": "Paid shopping",
    "paid_search": "Paid search",
    "paid_social": "Paid social",
    "paid_video": "Paid video",
    "display": "Display",
    "paid_other": "Other paid",
    "ai_assistant": "AI assistants",
    "organic_shopping": "Organic shopping",
    "organic_social": "Organic social",
    "organic_video": "Organic video",
    "organic_search": "Organic search",
    "email": "E-mail",
    "affiliates": "Affiliates",
    "referral": "Referral",
    "audio": "Audio",
    "sms": "SMS",
    "mobile_push": "Mobile push",
    "unassigned": "Unassigned",
}
BROWSER_LABELS = {
    "chrome": "Chrome",
    "safari": "Safari",
    "edge": "Edge",
    "firefox": "Firefox",
    "unknown": "Another",
}
# ua-parser knows many more; these are what nearly everybody has.
OS_LABELS = {
    "Windows": "Windows",
    "Mac OS X": "macOS",
    "iOS": "iOS",
    "Android": "Android",
    "Linux": "Linux",
    "Ubuntu": "Ubuntu",
    "Chrome OS": "ChromeOS",
}
# In the order in which a marketer is offered them.
ATTRIBUTES: dict[str, Attribute] = {
    "deviceType": Attribute("Device", choices={"mobile": "Mobile", "desktop": "Desktop"}),
    "browser": Attribute("Browser", choices=BROWSER_LABELS),
    "os": Attribute("Operating system", choices=OS_LABELS),
    "country": Attribute("Country", "country"),
    "channel": Attribute("Channel", choices=CHANNEL_LABELS),
    "returning": Attribute("Has been here before", "boolean"),
    "referrer": Attribute("Referring site"),
    "utmSource": Attribute("Campaign source"),
    "utmMedium": Attribute("Campaign medium"),
    "utmCampaign": Attribute("Campaign name"),
    "utmTerm": Attribute("Campaign term"),
    "utmContent": Attribute("Campaign content"),
    "url": Attribute("Web address of the page"),
    "path": Attribute("Path of the page"),
    "host": Attribute("Host of the page"),
    "query": Attribute("Query of the page"),
    "id": Attribute("Visitor id"),
    "user_id": Attribute("User id"),
}


class Surroundings(msgspec.Struct, frozen=True):
    """What a request tells of a visitor; empty where it tells nothing.

    ``told``: attributes that the caller sent. A script keeps the campaign's tags for the whole visit, so they
    say where the visitor came from when the page's own address no longer does.
    """

    user_agent: str = ""
    url: str = ""
    referrer: str = ""
    ip: str = ""
    told: Mapping[str, Any] = {}


def _text(value: str) -> str | None:
    return value or None


def _device_type(seen: Surroundings) -> str | None:
    return device_of(seen.user_agent).type if seen.user_agent else None


def _browser(seen: Surroundings) -> str | None:
    return device_of(seen.user_agent).browser if seen.user_agent else None


def _campaign(seen: Surroundings) -> Mapping[str, str]:
    return campaign_of(address_of(seen.url).query)


def _channel(seen: Surroundings) -> str | None:
    told = {name: value for name in UTM.values() if isinstance(value := seen.told.get(name), str)}
    if not (seen.url or seen.referrer or told):
        return None
    return channel_of(address_of(seen.url), address_of(seen.referrer).host, {**_campaign(seen), **told})


# ``returning``, ``id`` and ``user_id`` only the caller knows.
FINDERS: dict[str, Callable[[Surroundings], Any]] = {
    "deviceType": _device_type,
    "browser": _browser,
    "os": lambda seen: _text(os_of(seen.user_agent)),
    "country": lambda seen: _text(country_of(seen.ip)),
    "channel": _channel,
    "referrer": lambda seen: _text(address_of(seen.referrer).host),
    "utmSource": lambda seen: _campaign(seen).get("utmSource"),
    "utmMedium": lambda seen: _campaign(seen).get("utmMedium"),
    "utmCampaign": lambda seen: _campaign(seen).get("utmCampaign"),
    "utmTerm": lambda seen: _campaign(seen).get("utmTerm"),
    "utmContent": lambda seen: _campaign(seen).get("utmContent"),
    "url": lambda seen: _text(seen.url),
    "path": lambda seen: _text(address_of(seen.url).path),
    "host": lambda seen: _text(address_of(seen.url).host),
    "query": lambda seen: address_of(seen.url).query if seen.url else None,
}


def derived(wanted: frozenset[str], seen: Surroundings) -> dict[str, Any]:
    """Those of the wanted attributes that the request tells; what is not known is left out."""
    found = {}
    for name in wanted:
        find = FINDERS.get(name)
        if find is not None and (value := find(seen)) is not None:
            found[name] = value
    return found


def acceptable(raw: Mapping[str, Any]) -> dict[str, Any]:
    """A caller's attributes within the limits and brought to their types. What is beyond a limit is left out whole."""
    found: dict[str, Any] = {}
    for name, value in raw.items():
        if len(found) == MOST_ATTRIBUTES:
            break
        if 0 < len(name) <= LONGEST_NAME and (name.isascii() or _fits(name, 0)) and _fits(value, DEEPEST):
            found[name] = typed(name, value)
    return found


def _fits(value: Any, depth: int) -> bool:
    if isinstance(value, str):
        return len(value) <= LONGEST_TEXT and (value.isascii() or not SURROGATE.search(value))
    if value is None or isinstance(value, bool):
        return True
    if isinstance(value, int):
        return abs(value) <= LARGEST_INTEGER
    if isinstance(value, float):
        return math.isfinite(value)
    if not isinstance(value, list | dict) or depth == 0 or len(value) > MOST_PARTS:
        return False
    inner = [*value, *value.values()] if isinstance(value, dict) else value
    return all(_fits(each, depth - 1) for each in inner)


def typed(name: str, value: Any) -> Any:
    """The value of a known attribute in its type, where it plainly means one; else, and for unknown names, as it is."""
    known = ATTRIBUTES.get(name)
    return value if known is None else TYPED[known.type](known, value)


def _as_text(attribute: Attribute, value: Any) -> Any:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str) or not attribute.choices or value in attribute.choices:
        return value
    meant = value.strip().lower()
    return next((choice for choice in attribute.choices if choice.lower() == meant), value)


def _as_boolean(_attribute: Attribute, value: Any) -> Any:
    return {"true": True, "false": False}.get(value.strip().lower(), value) if isinstance(value, str) else value


def _as_number(_attribute: Attribute, value: Any) -> Any:
    return float(value) if isinstance(value, str) and NUMBER.fullmatch(value) else value


def _as_country(_attribute: Attribute, value: Any) -> Any:
    return value.strip().upper() if isinstance(value, str) else value


TYPED: dict[Type, Callable[[Attribute, Any], Any]] = {
    "text": _as_text,
    "boolean": _as_boolean,
    "number": _as_number,
    "country": _as_country,
}
