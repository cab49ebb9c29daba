"""Pages for GrowthBook's clients, pure: as ``urlPatterns`` in a browser, as a condition on ``url`` for a feature.

A feature rule knows no ``urlPatterns``. The condition says the same of the attribute ``url``, which GrowthBook's script
sets by itself and a server must tell; without it nobody is on the page, as when we are asked.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl, quote, unquote

from experiments.pages import Page, parts_of

Condition = Mapping[str, Any]

EVERYWHERE = [{"include": True, "type": "simple", "pattern": "*"}]
_SCHEME = r"(?:[a-z][a-z0-9+.-]*:)?\/\/"
_ANY_ORIGIN = rf"^(?:{_SCHEME}[^\/?#]*)?"
_SIGNS = frozenset(r"\^$.|?*+()[]{}/")


def url_patterns(pages: Sequence[Page]) -> list[dict[str, Any]]:
    return [{"include": page.include, "type": page.kind, "pattern": page.pattern} for page in pages] or EVERYWHERE


def page_condition(pages: Sequence[Page]) -> Condition:
    """Holds for an address that ``pages.compiled`` takes; empty where every page will do."""
    if not pages:
        return {}
    including = [_condition(page) for page in pages if page.include]
    excluding = [_condition(page) for page in pages if not page.include]
    # In JavaScript a missing address would be tried as the text "null".
    there: dict[str, Any] = {"url": {"$type": "string"}}
    return there | ({"$or": including} if including else {}) | ({"$nor": excluding} if excluding else {})


def origin_of(pages: Sequence[Page]) -> str | None:
    """The one site on which all these pages are, such as ``https://shop.example``; None where it is not plain."""
    found = {_origin(page) for page in pages if page.include}
    return found.pop() if len(found) == 1 else None


def _origin(page: Page) -> str | None:
    scheme, wanted = parts_of(page.pattern)
    if page.kind != "simple" or not wanted.netloc or "*" in wanted.netloc:
        return None
    return f"{scheme or 'https'}://{wanted.netloc}"


def _condition(page: Page) -> Condition:
    if page.kind == "regex":
        return {"url": {"$regex": _anchored_anywhere(page.pattern)}}
    _, wanted = parts_of(page.pattern)
    origin = f"^{_SCHEME}{_glob(wanted.netloc, '[^/?#]*')}" if wanted.netloc else _ANY_ORIGIN
    path = _glob(unquote(wanted.path).removeprefix("/").removesuffix("/"), "[^?#]*")
    rules = [{"url": {"$regexi": rf"{origin}\/?{path}\/?(?:[?#]|$)"}}]
    rules += [_argument(name, value) for name, value in parse_qsl(wanted.query, keep_blank_values=True)]
    if wanted.fragment:
        rules.append({"url": {"$regexi": f"^[^#]*#{_glob(wanted.fragment, '.*')}$"}})
    return rules[0] if len(rules) == 1 else {"$and": rules}


def _argument(name: str, value: str) -> dict[str, Any]:
    """Names of arguments are compared as they are written, values in any case."""
    named = rf"^[^#?]*\?(?:[^#]*&)?{_glob(name, '[*]')}="
    if not value:
        return {"$not": {"url": {"$regex": f"{named}[^&#]"}}}
    if not value.strip("*"):
        # "*" also stands for an argument that is not there.
        return {"url": {"$type": "string"}}
    return {"url": {"$regex": f"{named}{_glob(value, '[^&#]*', any_case=True)}(?:[&#]|$)"}}


def _glob(text: str, anything: str, *, any_case: bool = False) -> str:
    return "".join(anything if sign == "*" else _spelled(sign, any_case=any_case) for sign in text)


def _spelled(sign: str, *, any_case: bool) -> str:
    """One character as it may stand in an address: as it is, or as browsers encode it."""
    if sign in _SIGNS:
        return f"\\{sign}"
    if sign == " ":
        return r"(?: |\+|%20)"
    if not sign.isascii():
        return f"(?:{sign}|{quote(sign)})"
    return f"[{sign.lower()}{sign.upper()}]" if any_case and sign.isalpha() else sign


def _anchored_anywhere(expression: str) -> str:
    """An expression is tried on the whole address and on what follows the host: ``^`` stands for both beginnings."""
    made, in_class, escaped = [], False, False
    for sign in expression:
        begins = sign == "^" and not escaped and not in_class
        made.append(rf"(?:^|^{_SCHEME}[^/?#]*)" if begins else sign)
        if not escaped:
            in_class = sign == "[" or (in_class and sign != "]")
        escaped = sign == "\\" and not escaped
    return "".join(made)
