"""Ids of visitors and users, pure: made equal once, the same way for assignment and for events."""

import math
import re
import unicodedata
from typing import Any

LONGEST_ID = 200
# What broken code sends when it has no id; counting these as one visitor would poison every result.
ILLEGAL = frozenset(
    {"", "0", "null", "undefined", "none", "nan", "nil", "false", "true", "[object object]", "anonymous"}
)
ZERO_UUID = "00000000-0000-0000-0000-000000000000"


# Letters, digits and dashes of ASCII: nothing in them has a second spelling.
PLAIN = re.compile(r"[A-Za-z0-9_.-]{16,200}")


def normal_id(raw: str) -> str | None:
    """Trimmed and NFC, case kept; None for an id that names nobody."""
    # Nearly every id is plain and longer than all illegal ones: nothing in it needs to be made equal.
    if PLAIN.fullmatch(raw) and raw != ZERO_UUID:
        return raw
    cleaned = unicodedata.normalize("NFC", raw.strip())
    if cleaned.lower() in ILLEGAL or cleaned == ZERO_UUID or len(cleaned) > LONGEST_ID:
        return None
    return None if any(char < " " or "\ud800" <= char <= "\udfff" for char in cleaned) else cleaned


def id_text(value: Any) -> str:
    """An id as GrowthBook's SDKs hash it: a number as its text; empty for what is no id."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        return ""
    if isinstance(value, float) and not math.isfinite(value):
        return ""
    return str(int(value)) if isinstance(value, int) or value.is_integer() else repr(value)
