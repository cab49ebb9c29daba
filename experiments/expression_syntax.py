"""Reads a regular expression as JavaScript writes it, pure: a text becomes a tree of parts.

Source: ECMAScript 2024, section 22.2 and annex B.1.2 (without the flags u and v, as GrowthBook's SDKs use it).
"""

import re
from dataclasses import dataclass
from typing import Literal

Span = tuple[int, int]

DEEPEST = 30
# What \d, \w, \s and the dot stand for, as code units from and to.
DIGITS: tuple[Span, ...] = ((48, 57),)
WORD: tuple[Span, ...] = ((48, 57), (65, 90), (95, 95), (97, 122))
SPACE: tuple[Span, ...] = (
    *((9, 13), (32, 32), (0xA0, 0xA0), (0x1680, 0x1680), (0x2000, 0x200A), (0x2028, 0x2029)),
    *((0x202F, 0x202F), (0x205F, 0x205F), (0x3000, 0x3000), (0xFEFF, 0xFEFF)),
)
LINE_ENDS: tuple[Span, ...] = ((10, 10), (13, 13), (0x2028, 0x2029))
_SETS = {"d": DIGITS, "w": WORD, "s": SPACE}
_CONTROLS = {"t": 9, "n": 10, "v": 11, "f": 12, "r": 13, "0": 0}
_CODE = re.compile(r"x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})")
_COUNT = re.compile(r"\{([0-9]+)(?:(,)([0-9]+)?)?\}")
_GROUP = re.compile(r"\((?:\?(?::|<([A-Za-z_$][A-Za-z0-9_$]*)>))?")
LAST_UNIT = 0xFFFF


class Unreadable(ValueError):
    """Says, for a person, what cannot be read."""


@dataclass(frozen=True, slots=True)
class Units:
    """One code unit out of these, or out of all others."""

    spans: tuple[Span, ...]
    negated: bool = False

    def holds(self, unit: int) -> bool:
        return any(first <= unit <= last for first, last in self.spans)


@dataclass(frozen=True, slots=True)
class Place:
    """A condition on the place between two units: start, end, a word's edge or none."""

    kind: Literal["^", "$", "b", "B"]


@dataclass(frozen=True, slots=True)
class Sequence:
    parts: tuple["Part", ...]


@dataclass(frozen=True, slots=True)
class Choice:
    options: tuple["Part", ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """``most``: None without end."""

    part: "Part"
    least: int
    most: int | None


Part = Units | Place | Sequence | Choice | Repeat


def read(pattern: str) -> Part:
    """``pattern`` in UTF-16 code units. Raises ``Unreadable``."""
    reader = _Reader(pattern)
    part = reader.choice(0)
    if reader.rest:
        raise Unreadable("a closing parenthesis too many")
    return part


class _Reader:
    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.at = 0
        self.names: set[str] = set()

    @property
    def rest(self) -> bool:
        return self.at < len(self.pattern)

    def next_is(self, characters: str) -> bool:
        return self.rest and self.pattern[self.at] in characters

    def take(self) -> str:
        if not self.rest:
            raise Unreadable("it ends in the middle")
        self.at += 1
        return self.pattern[self.at - 1]

    def choice(self, depth: int) -> Part:
        if depth > DEEPEST:
            raise Unreadable("parentheses go too deep")
        options = [self.sequence(depth)]
        while self.next_is("|"):
            self.take()
            options.append(self.sequence(depth))
        return options[0] if len(options) == 1 else Choice(tuple(options))

    def sequence(self, depth: int) -> Part:
        parts: list[Part] = []
        while self.rest and not self.next_is("|)"):
            part = self.place() or self.atom(depth)
            parts.append(part if isinstance(part, Place) else self.repeated(part))
        return Sequence(tuple(parts))

    def place(self) -> Place | None:
        for written, place in (("^", Place("^")), ("$", Place("$")), (r"\b", Place("b")), (r"\B", Place("B"))):
            if self.pattern.startswith(written, self.at):
                self.at += len(written)
                return place
        return None

    def repeated(self, part: Part) -> Part:
        if counted := _COUNT.match(self.pattern, self.at):
            self.at = counted.end()
            least, comma, most = counted.groups()
            limits = (int(least), int(most) if most else None if comma else int(least))
        elif self.next_is("*+?"):
            limits = {"*": (0, None), "+": (1, None), "?": (0, 1)}[self.take()]
        else:
            return part
        if limits[1] is not None and limits[1] < limits[0]:
            raise Unreadable("the numbers in braces are out of order")
        if self.next_is("?"):  # how greedy it is changes what is found, not whether
            self.take()
        return Repeat(part, *limits)

    def atom(self, depth: int) -> Part:
        if self.next_is("("):
            return self.group(depth)
        if self.next_is("["):
            return self.listed()
        if self.next_is("*+?") or _COUNT.match(self.pattern, self.at):
            raise Unreadable("nothing to repeat")
        character = self.take()
        if character == ".":
            return Units(LINE_ENDS, negated=True)
        return self.escaped() if character == "\\" else Units(((ord(character), ord(character)),))

    def group(self, depth: int) -> Part:
        if self.pattern.startswith(("(?=", "(?!", "(?<=", "(?<!"), self.at):
            raise Unreadable("looking ahead or behind is not possible here")
        if opening := _GROUP.match(self.pattern, self.at):
            self.at = opening.end()
            self.name(opening[1])
        if self.next_is("?"):
            raise Unreadable("a question mark after a parenthesis")
        part = self.choice(depth + 1)
        if not self.next_is(")"):
            raise Unreadable("a parenthesis is not closed")
        self.take()
        return part

    def name(self, name: str | None) -> None:
        if name in self.names:
            raise Unreadable("two groups have the same name")
        if name:
            self.names.add(name)

    def escaped(self) -> Units:
        if self.next_is("123456789k"):
            raise Unreadable("referring back to a group is not possible here")
        if self.next_is("dwsDWS"):
            letter = self.take()
            return Units(_SETS[letter.lower()], negated=letter.isupper())
        unit = self.code()
        return Units(((unit, unit),))

    def code(self) -> int:
        """The unit that an escape stands for; the backslash has been read."""
        if written := _CODE.match(self.pattern, self.at):
            self.at = written.end()
            return int(written[1] or written[2], 16)
        character = self.take()
        if character == "c" and self.rest and self.pattern[self.at].isascii() and self.pattern[self.at].isalpha():
            return ord(self.take()) % 32
        if character == "c":
            raise Unreadable("a control character without its letter")
        return _CONTROLS.get(character, ord(character))

    def listed(self) -> Units:
        """A class in brackets."""
        self.take()
        negated = self.next_is("^")
        self.at += negated
        spans: list[Span] = []
        while not self.next_is("]"):
            first = self.listed_one()
            if self.next_is("-") and not self.pattern.startswith("-]", self.at):
                self.take()
                spans.extend(_between(first, self.listed_one()))
            else:
                spans.extend(first)
        self.take()
        return Units(tuple(spans), negated)

    def listed_one(self) -> tuple[Span, ...]:
        character = self.take()
        if character != "\\":
            return ((ord(character), ord(character)),)
        if self.next_is("dwsDWS"):
            letter = self.take()
            return _SETS[letter.lower()] if letter.islower() else _others(_SETS[letter.lower()])
        if self.next_is("b"):
            self.take()
            return ((8, 8),)
        unit = self.code()
        return ((unit, unit),)


def _between(first: tuple[Span, ...], last: tuple[Span, ...]) -> tuple[Span, ...]:
    if len(first) + len(last) > 2 or first[0][0] != first[0][1] or last[0][0] != last[0][1]:
        return (*first, *last, (45, 45))  # beside \d and its like a hyphen is a hyphen
    if last[0][0] < first[0][0]:
        raise Unreadable("a range in brackets is out of order")
    return ((first[0][0], last[0][0]),)


def _others(spans: tuple[Span, ...]) -> tuple[Span, ...]:
    starts = [0, *(last + 1 for _, last in spans)]
    ends = [*(first - 1 for first, _ in spans), LAST_UNIT]
    return tuple((start, end) for start, end in zip(starts, ends, strict=True) if start <= end)
