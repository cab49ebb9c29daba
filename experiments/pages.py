"""The pages on which an experiment runs, pure: patterns of addresses as GrowthBook's SDKs read them.

Source: GrowthBook SDK 1.8.0, ``urlPatterns`` of an experiment.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from experiments import expressions
from experiments.conditions import MOST_STEPS

PageKind = Literal["simple", "regex"]
LONGEST_PATTERN = 500
# A longer address is cut before a pattern sees it: patterns are tried on what strangers send.
LONGEST_ADDRESS = 2_000
TOO_MANY_STEPS = "The regular expressions of its pages stand for too many steps together."
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*)://", re.IGNORECASE)
# What has a dot before any slash names a host.
_HOST = re.compile(r"[^:/?]*\.")


@dataclass(frozen=True, slots=True)
class Page:
    """``simple``: an address in which ``*`` stands for anything; ``regex``: a regular expression found in it."""

    include: bool
    kind: PageKind
    pattern: str


@dataclass(frozen=True, slots=True)
class Location:
    """A page's address, taken apart once for all patterns.

    ``relative``: all that follows the host. ``path``: without its first slash.
    """

    whole: str
    relative: str
    host: str
    path: str
    fragment: str
    arguments: Mapping[str, str] = field(default_factory=dict)


@lru_cache(maxsize=1024)
def location_of(url: str) -> Location | None:
    """None for a text that is no address, such as ``http://[``."""
    try:
        parts = urlsplit(url[:LONGEST_ADDRESS])
        # The first of several arguments with one name counts, as in a browser.
        arguments = dict(reversed(parse_qsl(parts.query, keep_blank_values=True))) if parts.query else {}
    except ValueError:
        return None
    query, fragment = parts.query and f"?{parts.query}", parts.fragment and f"#{parts.fragment}"
    relative = f"{parts.path or '/'}{query}{fragment}"
    path = unquote(parts.path).removeprefix("/").lower()
    return Location(parts.geturl(), relative, parts.netloc.lower(), path, parts.fragment, arguments)


Matcher = Callable[[Location], bool]


def compiled(pages: Sequence[Page]) -> Callable[[str | None], bool]:
    """Whether an address is one of these pages: excluded by none, and included by one where any includes.

    Without pages every address is; where there are pages, an unknown address (None) is not.
    """
    if not pages:
        return lambda _url: True
    including = [_matcher(page) for page in pages if page.include]
    excluding = [_matcher(page) for page in pages if not page.include]

    def matches(url: str | None) -> bool:
        address = None if url is None else location_of(url)
        if address is None or any(one(address) for one in excluding):
            return False
        return not including or any(one(address) for one in including)

    return matches


def complaint(page: Page) -> str | None:
    """What is wrong with a pattern, in a plain sentence; None when it can be used."""
    if not page.pattern.strip() or len(page.pattern) > LONGEST_PATTERN:
        return f"Write an address of 1 to {LONGEST_PATTERN} characters."
    if page.kind == "regex":
        return expressions.complaint(page.pattern)
    try:
        _simple(page.pattern)
    except ValueError as error:
        return f"This address cannot be read: {error}."
    return None


def complaints(pages: Sequence[Page]) -> list[str | None]:
    """Of each page what is wrong with it, also beside the others: an address is tried on all of them.

    Once their regular expressions cost too much together, the one that does it is complained of, and no later one read.
    """
    found: list[str | None] = []
    steps = 0
    for page in pages:
        if page.kind == "regex" and steps > MOST_STEPS:
            found.append(None)
            continue
        wrong = complaint(page)
        if page.kind == "regex" and wrong is None:
            steps += expressions.steps(page.pattern)
            wrong = TOO_MANY_STEPS if steps > MOST_STEPS else None
        found.append(wrong)
    return found


def parts_of(pattern: str) -> tuple[str, SplitResult]:
    """Of a simple pattern: the scheme, if any is named, and the parts; without a host where none is named."""
    if found := _SCHEME.match(pattern):
        return found[1].lower(), urlsplit(pattern)
    return "", urlsplit(f"//{pattern}" if _HOST.match(pattern) else f"///{pattern.removeprefix('/')}")


def _matcher(page: Page) -> Matcher:
    return _regex(page.pattern) if page.kind == "regex" else _simple(page.pattern)


def _regex(pattern: str) -> Matcher:
    found = expressions.expression(pattern)
    if found is None:
        return lambda _address: False
    return lambda address: found(address.whole) or found(address.relative)


def _simple(pattern: str) -> Matcher:
    """``/pricing`` and ``shop.example/pricing*`` and whole addresses; a query names arguments that must be there."""
    _, wanted = parts_of(pattern)
    path_fits = _glob(unquote(wanted.path).removeprefix("/").removesuffix("/"))
    host_fits = _glob(wanted.netloc.lower()) if wanted.netloc else None
    fragment_fits = _glob(wanted.fragment) if wanted.fragment else None
    arguments = [(name, _glob(value)) for name, value in parse_qsl(wanted.query, keep_blank_values=True)]

    def matches(address: Location) -> bool:
        # The path first: it is what tells most pages apart. A slash at its end plays no part.
        if not path_fits(address.path) and not (address.path.endswith("/") and path_fits(address.path[:-1])):
            return False
        if host_fits is not None and not host_fits(address.host):
            return False
        if fragment_fits is not None and not fragment_fits(address.fragment):
            return False
        return all(fits(address.arguments.get(name, "")) for name, fits in arguments)

    return matches


def _glob(text: str) -> Callable[[str], bool]:
    """Whether a text is the pattern, ``*`` standing for anything; in linear time, since strangers send the texts."""
    first, *others = text.lower().split("*")
    if not others:
        return lambda seen: seen.lower() == first
    *between, last = others

    def fits(seen: str) -> bool:
        lowered = seen.lower()
        at, end = len(first), len(lowered) - len(last)
        if end < at or not lowered.startswith(first) or not lowered.endswith(last):
            return False
        for part in between:
            found = lowered.find(part, at, end)
            if found < 0:
                return False
            at = found + len(part)
        return True

    return fits
