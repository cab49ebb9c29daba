"""What is kept of an event that was refused, pure: enough to see what is wrong with it, and nobody's secrets."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec

from tracking.scrubbing import scrubbed, scrubbed_text
from tracking.wire.ids import LONGEST_ID, id_text, normal_id
from tracking.wire.native import LONGEST_NAME, IncomingEvent, Refusal

LARGEST_BODY = 4_096
LONGEST_DETAIL = 200
LONGEST_CODE = 40
# Of an event that is far too large only the beginning of each part is looked at: it must cost little to refuse.
MOST_PARTS = 400
MOST_OF_ONE = 100
DEEPEST = 8
LONGEST_TEXT = 1_000
MORE = "…"
# Where a text may be cut: half an e-mail address would not be known for one.
LAST_WORD = re.compile(r"[\s,;&?/|<>()\"'{}\[\]]")
ESCAPE = re.compile(r"\\u00([2-7][0-9a-fA-F])")
ADDRESS = re.compile(r"\b[0-9]{1,3}(\.[0-9]{1,3}){3}\b")
# What formats call a visitor's id, and a user's.
VISITOR_NAMES = ("visitor_id", "anonymousId", "previousId", "client_id", "device_id")
USER_NAMES = ("user_id", "userId")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Kept:
    """``reason``: the code; ``body``: JSON as it was sent, in at most 4 KB of UTF-8, without what is private."""

    reason: str
    detail: str
    name: str
    visitor_id: str
    body: str
    # Whose it may be, as it was sent: not kept, only compared with those who were erased.
    visitors: tuple[str, ...] = field(default=(), repr=False)
    users: tuple[str, ...] = field(default=(), repr=False)


def code_of(reason: str) -> str:
    """What is before the colon."""
    return reason.partition(":")[0].strip()[:LONGEST_CODE]


def kept_of(refusal: Refusal) -> Kept:
    detail = scrubbed_text(storable(refusal.reason.partition(":")[2].strip()))
    content = _decoded(refusal.raw)
    told = content if isinstance(content, dict) else {}
    name, visitor = (refusal.name or told.get("name")), told.get("visitor_id")
    visitor_id = normal_id(visitor) if isinstance(visitor, str) else None
    return Kept(
        code_of(refusal.reason),
        detail[:LONGEST_DETAIL],
        _line(name, LONGEST_NAME),
        _line(visitor_id, LONGEST_ID),  # of what is nobody's id the body tells
        _body(refusal.raw, content),
        _ids(told, VISITOR_NAMES),
        _ids(told, USER_NAMES),
    )


def _ids(told: Mapping[str, Any], names: Iterable[str]) -> tuple[str, ...]:
    found = (normal_id(id_text(told.get(name))) for name in names)
    return tuple(sorted({one for one in found if one}))


def refused(event: IncomingEvent, reason: str) -> Refusal:
    """An event that was read well and is refused all the same."""
    told = {name: getattr(event, name) for name in ("id", "name", "visitor_id", "user_id", "properties", "context")}
    return Refusal(event.id, reason, msgspec.json.encode(told), event.name)


def storable(text: str) -> str:
    """The text without what PostgreSQL cannot hold."""
    return text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()


def _line(value: Any, longest: int) -> str:
    """What fills its place may have been cut before, within an address, which then is not known for one."""
    if not isinstance(value, str):
        return ""
    text = storable(value[:longest])
    may_be_half = len(value) >= longest and any(sign in text for sign in ("@", "＠", "%"))
    return scrubbed_text(_whole_words(text) + MORE if may_be_half else text)[:longest]


def _whole_words(text: str) -> str:
    ends = [found.end() for found in LAST_WORD.finditer(text)]
    return text[: ends[-1] if ends else 0]


def _decoded(raw: bytes) -> Any:
    """None where it is no JSON. The lenient reader comes second: it takes NaN and half an emoji."""
    for read in (msgspec.json.decode, json.loads):
        try:
            return read(raw.decode("utf-8", "replace"))
        except (ValueError, RecursionError):
            continue
    return None


def _body(raw: bytes, content: Any) -> str:
    if not raw:
        return ""
    if content is None:
        return _cut(_scrubbed_flat(raw))
    pruned = _Pruner().prune(content, DEEPEST)
    private = _scrubbed(pruned) if isinstance(pruned, dict) else _scrubbed({"": pruned})[""]
    return _cut(storable(json.dumps(private, ensure_ascii=False)))


def _scrubbed(content: Mapping[str, Any]) -> dict[str, Any]:
    """As an event that is stored is scrubbed: what is said of the browser and the person goes, too."""
    context = content.get("context")
    rest = {name: value for name, value in content.items() if name != "context" or not isinstance(value, dict)}
    event = IncomingEvent("", "", "", "", EPOCH, rest, context if isinstance(context, dict) else {}, "")
    clean = scrubbed(event)
    return {**clean.properties, "context": dict(clean.context)} if clean.context else dict(clean.properties)


def _scrubbed_flat(raw: bytes) -> str:
    text = _shortened(storable(raw[: 2 * LARGEST_BODY].decode("utf-8", "replace")), LARGEST_BODY)
    plain = ESCAPE.sub(lambda found: chr(int(found[1], 16)), text)
    return ADDRESS.sub("[removed]", scrubbed_text(plain))


def _cut(text: str) -> str:
    whole = text.encode()
    return text if len(whole) <= LARGEST_BODY else whole[: LARGEST_BODY - 3].decode("utf-8", "ignore") + MORE


def _shortened(text: str, longest: int) -> str:
    return text if len(text) <= longest else _whole_words(text[:longest]) + MORE


class _Pruner:
    """Cuts a value down to so many parts; counts them over the whole value."""

    def __init__(self) -> None:
        self._left = MOST_PARTS

    def prune(self, value: Any, depth: int) -> Any:
        self._left -= 1
        if isinstance(value, str):
            return _shortened(value, LONGEST_TEXT)
        if isinstance(value, int) and not isinstance(value, bool) and value.bit_length() > 200:
            return MORE
        if not isinstance(value, dict | list) or not value:
            return value
        if depth == 0 or self._left <= 0:
            return MORE
        if isinstance(value, list):
            kept = [self.prune(one, depth - 1) for one in value[:MOST_OF_ONE] if self._left > 0]
            return kept if len(kept) == len(value) else [*kept, MORE]
        return self._pruned_object(value, depth)

    def _pruned_object(self, value: dict[str, Any], depth: int) -> dict[str, Any]:
        kept: dict[str, Any] = {}
        for place, (name, inner) in enumerate(value.items()):
            if place == MOST_OF_ONE or self._left <= 0:
                return {**kept, MORE: MORE}
            kept[_shortened(name, LONGEST_NAME)] = self.prune(inner, depth - 1)
        return kept
