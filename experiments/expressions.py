"""Regular expressions as GrowthBook's SDKs read them, pure, in time that grows with the text and never faster.

Marketers write the patterns and strangers the texts, and Python's ``re`` can be held up for hours by such a pair.
So a pattern becomes a finite automaton, whose states are made when a text first needs them.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache, lru_cache

from experiments.expression_syntax import LAST_UNIT, WORD, Choice, Part, Place, Repeat, Units, Unreadable, read

LONGEST_PATTERN = 500
LONGEST_TEXT = 2_000
# A pattern such as (a{100}){100} would need more; the time for one character of a new text grows with it.
MOST_PARTS = 1_000
# States that are remembered of texts seen: some megabytes. Strangers can send any characters, so it must end somewhere.
MOST_REMEMBERED = 100_000
SPLIT = "split"

Expression = Callable[[str], bool]


def expression(pattern: str, *, any_case: bool = False) -> Expression | None:
    """Whether a text contains the pattern; a text of over 2,000 characters never does. None for an unusable pattern."""
    try:
        automaton = _automaton(pattern, any_case)
    except Unreadable:
        return None

    @lru_cache(maxsize=256)
    def found(text: str) -> bool:
        return automaton.finds(code_units(text))

    return lambda text: len(text) <= LONGEST_TEXT and found(text)


def complaint(pattern: str) -> str | None:
    """What is wrong with a pattern, in a plain sentence; None when it can be used."""
    try:
        _automaton(pattern, any_case=False)
    except Unreadable as error:
        return f"This regular expression cannot be used: {error}."
    return None


def code_units(text: str) -> str:
    """The text as JavaScript counts it: a character beyond U+FFFF is two."""
    if text.isascii():
        return text
    raw = text.encode("utf-16-le", "surrogatepass")
    return "".join(map(chr, struct.unpack(f"<{len(raw) // 2}H", raw)))


def _automaton(pattern: str, any_case: bool) -> "_Automaton":
    if len(pattern) > LONGEST_PATTERN:
        raise Unreadable(f"it is longer than {LONGEST_PATTERN} characters")
    return _Automaton(read(code_units(pattern)), any_case)


@dataclass(slots=True)
class _State:
    """``test``: what the next unit, or this place in the text, must be; ``after``: the states that then follow."""

    test: Units | Place | str
    after: tuple[int, ...]


@dataclass(slots=True)
class _Node:
    """All states that a text may be in; ``before``: the unit that was read last ("" at the start)."""

    states: frozenset[int]
    before: str
    moves: dict[str, "_Node"] = field(default_factory=dict)


# Where the way ends at once: the pattern was found.
FOUND = _Node(frozenset(), "")


class _Automaton:
    """State 0 is the end of every match."""

    def __init__(self, part: Part, any_case: bool) -> None:
        self.states = [_State(SPLIT, ())]
        self.work = 0
        self.any_case = any_case
        self.start = self._after(part, 0)
        self._forget()

    def finds(self, units: str) -> bool:
        node = self.first
        for unit in units:
            node = node.moves.get(unit) or self._move(node, unit)
            if node is FOUND:
                return True
        return 0 in self._reached(node, "")

    def _forget(self) -> None:
        self.remembered = 0
        self.first = _Node(frozenset(), "")
        self.nodes: dict[tuple[frozenset[int], bool], _Node] = {}

    def _after(self, part: Part, following: int) -> int:
        """Adds the states of a part in front of those that follow; gives the first of them."""
        self.work += 1
        if self.work > MOST_PARTS:
            raise Unreadable("it stands for too many steps")
        if isinstance(part, Units | Place):
            return self._add(part, following)
        if isinstance(part, Choice):
            return self._add(SPLIT, *(self._after(option, following) for option in part.options))
        if isinstance(part, Repeat):
            return self._repeat(part, following)
        for inner in reversed(part.parts):
            following = self._after(inner, following)
        return following

    def _repeat(self, repeat: Repeat, following: int) -> int:
        if repeat.most is None:
            loop = self._add(SPLIT, following)
            self.states[loop].after = (self._after(repeat.part, loop), following)
            following = loop
        else:
            end = following
            for _ in range(repeat.most - repeat.least):
                following = self._add(SPLIT, self._after(repeat.part, following), end)
        for _ in range(repeat.least):
            following = self._after(repeat.part, following)
        return following

    def _add(self, test: Units | Place | str, *after: int) -> int:
        self.states.append(_State(test, after))
        return len(self.states) - 1

    def _move(self, node: _Node, unit: str) -> _Node:
        """The node after one more unit, which is kept for the next text."""
        reached = self._reached(node, unit)
        following = FOUND if 0 in reached else self._node(reached, unit)
        if self.remembered >= MOST_REMEMBERED:
            self._forget()
        self.remembered += 1 + len(following.states)
        node.moves[unit] = following
        return following

    def _node(self, reached: set[int], unit: str) -> _Node:
        states = frozenset(
            self.states[state].after[0] for state in reached if self._takes(self.states[state].test, unit)
        )
        return self.nodes.setdefault((states, _is_word(unit)), _Node(states, unit))

    def _reached(self, node: _Node, unit: str) -> set[int]:
        """All states that can be reached without reading more; a match may begin at every place."""
        reached: set[int] = set()
        waiting = [self.start, *node.states]
        while waiting:
            index = waiting.pop()
            if index in reached:
                continue
            reached.add(index)
            state = self.states[index]
            if state.test == SPLIT or (isinstance(state.test, Place) and _is_at(state.test, node.before, unit)):
                waiting.extend(state.after)
        return reached

    def _takes(self, test: Units | Place | str, unit: str) -> bool:
        if not isinstance(test, Units):
            return False
        held = any(test.holds(ord(one)) for one in (_cases(unit) if self.any_case else unit))
        return held is not test.negated


def _is_at(place: Place, before: str, unit: str) -> bool:
    if place.kind == "^":
        return not before
    if place.kind == "$":
        return not unit
    return (_is_word(before) is not _is_word(unit)) is (place.kind == "b")


def _is_word(unit: str) -> bool:
    return bool(unit) and any(first <= ord(unit) <= last for first, last in WORD)


def _cases(unit: str) -> tuple[str, ...]:
    """The unit and all that JavaScript takes for the same in any case."""
    return _families().get(_upper(unit), (unit,))


# Made when the first pattern needs it: 20 ms.
@cache
def _families() -> dict[str, tuple[str, ...]]:
    families: dict[str, list[str]] = {}
    for unit in map(chr, range(LAST_UNIT + 1)):
        families.setdefault(_upper(unit), []).append(unit)
    return {upper: tuple(units) for upper, units in families.items() if len(units) > 1}


def _upper(unit: str) -> str:
    """Never more than one unit, and never one within ASCII for one beyond."""
    upper = unit.upper()
    return upper if len(upper) == 1 and upper.isascii() <= unit.isascii() else unit
