"""Devices, pure: the kind of device, browser and operating system that a user agent names."""

from functools import cache, lru_cache
from typing import NamedTuple

from ua_parser.basic import Resolver
from ua_parser.core import Domain
from ua_parser.loaders import load_lazy_builtins

# A sent text of any length may become a key of the caches; browsers stay below 600 characters.
LONGEST_READ = 1_000
# In GrowthBook's order and spelling, so that its script in the page and we say the same of every browser.
MARKS = (("Edg", "edge"), ("Chrome", "chrome"), ("Firefox", "firefox"), ("Safari", "safari"))


class Device(NamedTuple):
    type: str
    browser: str


def device_of(user_agent: str) -> Device:
    return _device_of(user_agent[:LONGEST_READ])


def os_of(user_agent: str) -> str:
    """The family as ua-parser calls it: "Windows", "Mac OS X", "iOS", "Android", "Ubuntu" …; empty when unknown."""
    return _os_of(user_agent[:LONGEST_READ])


@lru_cache(maxsize=4_096)
def _device_of(user_agent: str) -> Device:
    browser = next((name for mark, name in MARKS if mark in user_agent), "unknown")
    return Device("mobile" if "Mobi" in user_agent else "desktop", browser)


@lru_cache(maxsize=4_096)
def _os_of(user_agent: str) -> str:
    found = _os_rules()(user_agent, Domain.OS).os
    return found.family if found else ""


@cache
def _os_rules() -> Resolver:
    # Only the rules of operating systems: ua-parser's own parser also holds thousands for models of phones.
    return Resolver(([], load_lazy_builtins()[1], []))
