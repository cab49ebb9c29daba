"""Patterns that a browser may try by itself, pure: pages as regular expressions, and none that could hold a page up.

A browser tries a regular expression by going back to every choice it had; our automaton does not. So only those are
handed out that leave few choices, whatever the address; who meets others is asked of the server.
"""

from math import inf, prod
from urllib.parse import parse_qsl, unquote

from experiments import expressions
from experiments.audience import MEANING
from experiments.expression_syntax import Choice, Part, Place, Repeat, Sequence, Units, read
from experiments.pages import Page, parts_of

# Characters of an address that the browser client reads.
LONGEST_ADDRESS = 1_000
# Steps for the worst of all addresses: a tenth of a second. A pattern that people write takes microseconds.
MOST_STEPS = 50_000_000
# Each may end anywhere, so the steps grow with their product.
MOST_STARS = 2

# Included or not; tried on the "url", whole and without its host, or on host and "path" in small letters; the pattern.
Pattern = tuple[bool, str, str]


def pattern_of(page: Page) -> Pattern | None:
    """None where only the server can say whether an address fits."""
    if page.kind == "regex":
        return (page.include, "url", page.pattern) if is_harmless(page.pattern) else None
    source = _simple(page.pattern)
    return None if source is None else (page.include, "path", source)


def is_harmless(pattern: str) -> bool:
    """Whether a browser reads it as we do, and is soon done with it whatever the address."""
    if expressions.complaint(pattern) is not None:
        return False
    part = read(expressions.code_units(pattern))
    starts = 1 if isinstance(part, Sequence) and part.parts[:1] == (Place("^"),) else LONGEST_ADDRESS
    return starts * _ways(part) * expressions.steps(pattern) <= MOST_STEPS


def _ways(part: Part) -> float:
    """At most so many ways there are to go through a part from one place."""
    if isinstance(part, Units | Place):
        return 1
    if isinstance(part, Choice):
        return sum(map(_ways, part.options))
    if isinstance(part, Repeat):
        return _ways_again(_ways(part.part), part)
    return prod(map(_ways, part.parts))


def _ways_again(once: float, repeat: Repeat) -> float:
    if repeat.most is None:
        return LONGEST_ADDRESS if once == 1 else inf
    try:
        return (repeat.most - repeat.least + 1) * once**repeat.most
    except OverflowError:
        return inf


def _simple(pattern: str) -> str | None:
    """An address with ``*`` as a regular expression of host, slash and path."""
    _, wanted = parts_of(pattern)
    path = unquote(wanted.path).removeprefix("/").removesuffix("/")
    # A query or a fragment only the server takes apart.
    asks_more = wanted.fragment or parse_qsl(wanted.query, keep_blank_values=True)
    if asks_more or max(_stars(path), _stars(wanted.netloc)) > MOST_STARS:
        return None
    host = _glob(wanted.netloc, "[^/]*") if wanted.netloc else "[^/]*"
    return f"^{host}/{_glob(path, '[^]*')}/?$"


def _stars(text: str) -> int:
    return text.count("*")


def _glob(text: str, anything: str) -> str:
    return "".join(anything if sign == "*" else f"\\{sign}" if sign in MEANING else sign for sign in text.lower())
