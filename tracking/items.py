"""What a page was found to hold, pure: reports of browsers in our words, without anything that is about a person.

``tracking/client/src/parts/inventory.ts`` says of each thing no more than it sees; what it is, is decided here.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, cast, get_args

from tracking.scrubbing import scrubbed_text

Kind = Literal["button", "link", "phone", "email", "map", "download", "share", "outbound", "form", "video", "search"]
KINDS: tuple[str, ...] = get_args(Kind)

LONGEST_PATH = 300
LONGEST_SELECTOR = 300
LONGEST_TEXT = 100
MOST_ITEMS = 100
MOST_FIELDS = 30
LONGEST_FIELD = 80
# A page may show a thing to some visitors only, so it is forgotten after so many reports without it.
PATIENCE = 5

# A number, an address or an id says which one, not what kind of page it is.
ONE_OF_MANY = re.compile(r"[^/]*[0-9@][^/]*|[0-9a-f]{24,}|[A-Za-z_-]{60,}")
# Addresses of people, not of pages.
PEOPLE = frozenset({"mailto", "tel", "sms", "callto", "whatsapp", "skype"})
PERSONAL = re.compile(r"@|[0-9]{5}|[0-9][0-9 ().-]{7,}[0-9]")
TYPED = {"text", "email", "tel", "url", "password", "search", "textarea", "date", "datetime-local"}
NO_FIELD = {"hidden", "submit", "button", "reset", "image", "fieldset", "output", "object"}
SEARCHES = re.compile(r"(q|s|search|query|keywords?|phrase|fraza|szukaj|suche?|term)(\[.*)?", re.IGNORECASE)
FILES = re.compile(
    r"pdf|xlsx?|csv|docx?|od[tsp]|pptx?|txt|rtf|epub|mobi|zip|rar|7z|gz|dmg|exe|msi|apk|ics|mp3|mp4|avi|mov|svg|ai|psd"
)
PHONES = ("tel:", "callto:", "sms:")
MAPS = re.compile(
    r"geo:|((www|maps)\.)?google\.[a-z.]+/maps|maps\.|goo\.gl/maps|(www\.)?openstreetmap\.|(www\.)?waze\.|(www\.)?bing\.com/maps"
)
SHARES = re.compile(
    r"(www\.)?(facebook\.com/(sharer?|dialog)|(twitter|x)\.com/(intent|share)|linkedin\.com/(share|cws)|reddit\.com/submit"
    r"|t\.me/share|api\.whatsapp\.com/send|pinterest\.[a-z.]+/pin|getpocket\.com/|news\.ycombinator\.com/submit)"
)


@dataclass(frozen=True, slots=True)
class Item:
    """``fields``: name and type of each, as in ``mail:email``. ``to``: of a link, another host and the first word of
    the path there. ``selector``: empty where no short one finds just this."""

    kind: Kind
    selector: str = ""
    text: str = ""
    fields: tuple[str, ...] = ()
    extension: str = ""
    to: str = ""

    @property
    def typed(self) -> tuple[str, ...]:
        """The fields that one types into; a choice or a number alone makes no form."""
        return tuple(one for one in self.fields if one.rpartition(":")[2] in TYPED)


@dataclass(frozen=True, slots=True)
class Page:
    """A kind of page; ``reports``: how often a browser has told what is on it."""

    path: str
    items: tuple[Item, ...]
    reports: int = 1


def page_of(path: str) -> str:
    """The kind of page that an address stands for: ``/product/123`` is ``/product/*``. Never a query."""
    bare = "/" + path.partition("?")[0].partition("#")[0].lstrip("/")
    return "/".join("*" if ONE_OF_MANY.fullmatch(part) else part for part in bare.split("/"))[:LONGEST_PATH]


def items_of(reported: Iterable[Mapping[str, Any]]) -> list[Item]:
    """What a report says in our words, each once; what is of no use is left out."""
    raw = [_read(one) for one in list(reported)[:MOST_ITEMS]]
    # A button that sends a form is the form, and gives it its name.
    names = {item.fields: item.text for kind, _drawn, item in raw if kind == "submit" and item.fields and item.text}
    found: dict[tuple[str, str, str], Item] = {}
    for kind, drawn, item in raw:
        made = _understood(kind, drawn, item)
        if made is not None and made.kind in {"form", "search"}:
            # Small letters alone are the names of classes.
            own = "" if item.text == item.text.lower() else item.text
            made = replace(made, text=names.get(item.fields, "") or own)
        if made is not None:
            found.setdefault((made.kind, made.selector, made.text), made)
    return list(found.values())


def _is_kept(selector: str) -> bool:
    """Not one that is made of somebody's address, such as [href="mailto:…"]."""
    return len(selector) <= LONGEST_SELECTOR and "@" not in selector and "%40" not in selector


def _names_field(field: str) -> bool:
    return field.rpartition(":")[2] not in NO_FIELD and not PERSONAL.search(field)


def _without_people(to: str) -> str:
    """Whom a link writes to or calls is not kept, only that it does."""
    scheme, colon, _ = to.partition(":")
    return f"{scheme}:" if colon and scheme in PEOPLE else scrubbed_text(to)


def _read(one: Mapping[str, Any]) -> tuple[str, bool, Item]:
    def text(name: str, longest: int) -> str:
        value = one.get(name)
        return " ".join(value.split())[:longest] if isinstance(value, str) else ""

    fields = one.get("fields")
    known = [field[:LONGEST_FIELD] for field in fields if isinstance(field, str)] if isinstance(fields, list) else []
    said, selector = text("text", LONGEST_TEXT), one.get("selector")
    item = Item(
        "button",
        selector=selector if isinstance(selector, str) and _is_kept(selector) else "",
        text="" if PERSONAL.search(said) else said,
        fields=tuple(field for field in known if _names_field(field))[:MOST_FIELDS],
        extension=(text("extension", 8) or text("file", 8)).lower(),
        to=_without_people(text("to", 120).lower()),
    )
    return text("kind", 40).lower(), bool(one.get("drawn")), item


def _understood(kind: str, drawn: bool, item: Item) -> Item | None:
    if kind == "a" or "/" in kind:
        found = _link(drawn, item)
        return replace(item, kind=found, fields=()) if found else None
    if kind == "form":
        return replace(item, kind="search" if _searches(item) else "form") if item.typed else None
    if kind in {"video", "audio", "iframe"}:
        return Item("video", item.selector)
    if kind == "search":
        return replace(item, kind="search") if not item.typed or item.text else None
    if kind == "reset" or (kind == "submit" and item.typed):
        return None
    if kind in KINDS:
        return replace(item, kind=cast("Kind", kind))
    return replace(item, kind="button", fields=())


def _link(drawn: bool, item: Item) -> Kind | None:
    if item.to.startswith(PHONES):
        return "phone"
    if item.to.startswith("mailto:"):
        return "email"
    if MAPS.match(item.to):
        return "map"
    if FILES.fullmatch(item.extension):
        return "download"
    if SHARES.match(item.to):
        return "share"
    if drawn or item.to == "javascript:":
        return "link"
    return "outbound" if item.to else None


def _searches(item: Item) -> bool:
    names = [one.rpartition(":") for one in item.typed]
    return len(names) == 1 and (names[0][2] == "search" or bool(SEARCHES.fullmatch(names[0][0])))


def merged(known: Sequence[Mapping[str, Any]], fresh: Sequence[Item]) -> list[dict[str, Any]]:
    """What is kept of a page after another report: what it says, and what earlier ones said that is not long gone."""
    rows = {(item.kind, item.selector, item.text): _row(item) for item in fresh}
    for row in known:
        missed = int(row.get("missed", 0)) + 1
        name = (row.get("kind", ""), row.get("selector", ""), row.get("text", ""))
        if name not in rows and missed < PATIENCE:
            rows[name] = {**row, "missed": missed}
    return list(rows.values())[:MOST_ITEMS]


def _row(item: Item) -> dict[str, Any]:
    row = {"kind": item.kind, "selector": item.selector, "text": item.text, "fields": list(item.fields)}
    return {name: value for name, value in {**row, "extension": item.extension, "to": item.to}.items() if value}


def from_row(row: Mapping[str, Any]) -> Item:
    """What ``merged`` has kept."""
    about = {name: str(row.get(name, "")) for name in ("selector", "text", "extension", "to")}
    return Item(cast("Kind", row["kind"]), fields=tuple(row.get("fields", ())), **about)
