"""What JavaScript makes of JSON values, pure: GrowthBook's SDKs decide by its rules, so we must too.

Source: ECMAScript 2024, sections 7.1 (conversions), 7.2 (comparisons) and 6.1.6.1.20 (numbers as texts).
"""

import math
import re
from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any

ARRAY = (list, tuple)
CONTAINER = (list, tuple, Mapping)
# Lists in lists are joined into a text only so far; nobody's attributes go deeper.
DEEPEST = 50
# Whole numbers beyond it are rounded, as every number of JavaScript is a double.
EXACT = 2**53
# Longer ones are no versions, and are not worth remembering.
LONGEST_VERSION = 100

_DECIMAL = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|[+-]?Infinity")
_OTHER_BASES = re.compile(r"0(?:[xX][0-9a-fA-F]+|[oO][0-7]+|[bB][01]+)")
_INDEX = re.compile(r"0|[1-9][0-9]{0,9}")


def kind_of(value: Any) -> str:
    """The name that ``$type`` knows it by."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, str):
        return "string"
    if isinstance(value, int | float):
        return "number"
    return "array" if isinstance(value, ARRAY) else "object"


def in_range(value: Any, depth: int = DEEPEST) -> bool:
    """Whether every number in a JSON value is one that every language's integers hold, and it is not too deep."""
    if isinstance(value, int | float):
        return abs(value) < 2**63
    inner = [*value.values()] if isinstance(value, Mapping) else value if isinstance(value, ARRAY) else ()
    return depth > 0 and all(in_range(each, depth - 1) for each in inner)


def truthy(value: Any) -> bool:
    if isinstance(value, CONTAINER):
        return True
    return bool(value) and value == value  # NaN is false


def number_of(value: Any) -> float:
    """``Number(value)``: null is 0, an empty text too; what is no number is NaN."""
    if value is None:
        return 0
    if isinstance(value, int | float):
        return value
    text = text_of(value).strip()
    if not text:
        return 0
    if _DECIMAL.fullmatch(text):
        return float(text)
    return _double(int(text, 0)) if _OTHER_BASES.fullmatch(text) else math.nan


def text_of(value: Any, depth: int = 0) -> str:
    """``String(value)``."""
    if isinstance(value, str):
        return value
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return _number_text(value)
    if isinstance(value, ARRAY):
        if depth > DEEPEST:
            return ""
        return ",".join("" if part is None else text_of(part, depth + 1) for part in value)
    return "[object Object]"


def _number_text(value: float) -> str:
    if isinstance(value, int) and abs(value) <= EXACT:
        return str(value)
    double = _double(value)
    if not math.isfinite(double):
        return "NaN" if math.isnan(double) else "Infinity" if double > 0 else "-Infinity"
    if double == 0:
        return "0"
    if 1e-6 <= abs(double) < 1e21:
        return format(Decimal(repr(double)), "f").removesuffix(".0")
    return repr(double).replace("e-0", "e-")


def _double(value: float) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def same(one: Any, other: Any) -> bool:
    """``one === other`` of values that are not objects; two objects are never the same."""
    kind = kind_of(one)
    return kind == kind_of(other) and kind not in {"array", "object"} and bool(one == other)


def comparable(one: Any, other: Any) -> tuple[Any, Any]:
    """Both as ``<`` compares them: two texts by their UTF-16 code units, everything else as numbers."""
    left, right = (text_of(value) if isinstance(value, CONTAINER) else value for value in (one, other))
    if not (isinstance(left, str) and isinstance(right, str)):
        return number_of(left), number_of(right)
    if left.isascii() and right.isascii():
        return left, right
    return left.encode("utf-16-be", "surrogatepass"), right.encode("utf-16-be", "surrogatepass")


def alike(one: Any, other: Any) -> bool:
    """Whether both would be the same JSON text; the order of an object's keys counts."""
    if isinstance(one, ARRAY) and isinstance(other, ARRAY):
        return len(one) == len(other) and all(alike(left, right) for left, right in zip(one, other, strict=True))
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return _keys(one) == _keys(other) and all(alike(one[key], other[key]) for key in one)
    return same(one, other)


def _keys(value: Mapping[str, Any]) -> list[str]:
    """Keys in JavaScript's order: whole numbers first, then as they were written."""
    numbers = sorted((key for key in value if _INDEX.fullmatch(key)), key=int)
    return [*numbers, *(key for key in value if not _INDEX.fullmatch(key))]


def member(value: Any, name: str) -> Any:
    """``value[name]``; None where there is none."""
    if isinstance(value, Mapping):
        return value.get(name)
    if not isinstance(value, ARRAY):
        return None
    if name == "length":
        return len(value)
    return value[int(name)] if _INDEX.fullmatch(name) and int(name) < len(value) else None


def version_key(value: Any) -> bytes:
    """A version so that texts compare as versions do: numbers padded, a pre-release before its release."""
    text = text_of(value) if kind_of(value) in {"string", "number"} and truthy(value) else "0"
    return _version_key(text) if len(text) <= LONGEST_VERSION else _version_key.__wrapped__(text)


@lru_cache(maxsize=1024)
def _version_key(text: str) -> bytes:
    parts = re.split(r"[-.]", text.removeprefix("v").partition("+")[0])
    if len(parts) == 3:
        parts.append("~")
    padded = "-".join(part.rjust(5) if part.isascii() and part.isdigit() else part for part in parts)
    return padded.encode("utf-16-be", "surrogatepass")
