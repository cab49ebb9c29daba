"""What people mean to do by a click, pure: read from the words on it, in a few languages."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tracking.drafts import Said, folded, stem_of
from tracking.goals import Level
from tracking.items import Item


@dataclass(frozen=True, slots=True)
class Intent:
    """``event``: one for each thing that people mean to do, so it also says whether two are the same."""

    event: str
    name: Said
    category: str = "navigation"
    stage: str = "consideration"
    level: Level = "micro"
    known: bool = True


# Without accents, as ``folded`` gives them; each is the beginning of a word. The first that fits is meant.
VOCABULARY: dict[str, Any] = json.loads(Path(__file__).with_name("data").joinpath("intents.json").read_bytes())
# Of every page and of no interest: cookies, menus, arrows, closing, going back.
NOISE = re.compile(
    rf"^(.{{0,2}}|({'|'.join(VOCABULARY['noise']['whole'])})[.!]?)$|\b({'|'.join(VOCABULARY['noise']['anywhere'])})\b"
)


def intent_in(row: Mapping[str, Any]) -> Intent:
    """One line of the vocabulary."""
    return Intent(row["event"], Said(row["name"]), row["category"], row["stage"], row.get("level", "micro"))


CLICKS = [(re.compile(rf"\b({'|'.join(row['words'])})"), intent_in(row)) for row in VOCABULARY["clicks"]]
QUESTION = re.compile(r"\?\s*[+\-–▾▼⌄]?$")
FARTHEST = 12
CHATS = re.compile(r"(wa\.me|(www\.)?m\.me|api\.whatsapp\.com|t\.me)(/|$)")


def intent_of_click(item: Item) -> Intent | None:
    """None for what is on every page and tells nothing, and for what has no name at all."""
    text = folded(item.text.replace("_", " "))
    words = text.replace("-", " ")
    if CHATS.match(item.to):
        words = "whatsapp"
    if not words or NOISE.search(words):
        return None
    if QUESTION.search(text):
        return Intent("question_open", Said("Opened a question"), "content")
    for pattern, intent in CLICKS:
        # At the beginning of the words or close to it: “share your story of a free trial” is no trial.
        found = pattern.search(words)
        if found and found.start() <= FARTHEST:
            return intent
    if not re.search(r"[^\W\d_]{2}", words) or re.fullmatch(r"[a-z0-9 _-]*[_-][a-z0-9 _-]*", item.text):
        return None
    said = re.sub(r"\s*[\d.,:]+\S*", "", item.text).strip(" –-:") or item.text
    return Intent(f"{stem_of(said)}_click", Said("Clicked “%(text)s”", {"text": said}), known=False)
