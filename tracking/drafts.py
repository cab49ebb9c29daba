"""Goals and triggers as they are offered, pure: complete, with a name in plain words, and not made yet."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tracking.goals import Level

# Letters that have no accent to take off.
PLAIN = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ß": "ss", "æ": "ae", "œ": "oe", "ı": "i"})
LONGEST_NAME = 120
LONGEST_STEM = 40


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence that can be translated, and what is filled into it."""

    text: str
    words: Mapping[str, object] = field(default_factory=dict)

    def spoken(self, translated: Callable[[str], str] = str) -> str:
        return translated(self.text) % self.words if self.words else translated(self.text)


@dataclass(frozen=True, slots=True)
class GoalDraft:
    """``share``: what one is worth as a part of the goal that pays; None: nobody can say.

    ``adds_up``: the property whose numbers a sum adds.
    """

    name: Said
    event: str
    level: Level = "micro"
    category: str = "navigation"
    stage: str = "consideration"
    measure: str = "once"
    adds_up: str = ""
    share: float | None = None


@dataclass(frozen=True, slots=True)
class TriggerDraft:
    """``event``: empty for the usual names of the kind, which several goals may share."""

    kind: str
    event: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)
    conditions: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Draft:
    """A goal, and what makes its event where the page does not tell it by itself."""

    goal: GoalDraft
    triggers: tuple[TriggerDraft, ...] = ()


def folded(text: str) -> str:
    """As words are compared: small letters without accents, one space between words."""
    bare = unicodedata.normalize("NFKD", text.casefold().translate(PLAIN))
    return " ".join("".join(sign for sign in bare if not unicodedata.combining(sign)).split())


def stem_of(text: str, otherwise: str = "element") -> str:
    """The beginning of an event's name, such as ``write_a_review``."""
    words = re.sub(r"[^a-z0-9]+", "_", folded(text)).strip("_")
    stem = words[:LONGEST_STEM].rpartition("_")[0] if len(words) > LONGEST_STEM else words
    return stem if stem[:1].isalpha() else f"{otherwise}_{stem}".strip("_")
