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
# What stands at a side of a place in a text.
NONE, WORDS, OTHERS = range(3)

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


def steps(pattern: str) -> int:
    """How much a usable pattern costs, to compile it and to try it on a text: the parts that it stands for."""
    return _automaton(pattern, any_case=False).work


# Whoever checks a pattern compiles it next.
@lru_cache(maxsize=64)
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
    """Where a text may be: the states that took its last unit, a bit for each; ``before``: that unit ("" at the start).

    Bits and not a set: a text can be in hundreds of states at once, and strangers choose the text.
    """

    taken: int
    before: str
    moves: dict[str, "_Node"] = field(default_factory=dict)


# Where the way ends at once: the pattern was found.
FOUND = _Node(0, "")
# What a state test depends on beside the unit itself: whether it and the unit before are a word's, or none at all.
Edge = tuple[int, int]


class _Automaton:
    """State 0 is the end of every match."""

    def __init__(self, part: Part, any_case: bool) -> None:
        self.states = [_State(SPLIT, ())]
        self.work = 0
        self.any_case = any_case
        self.start = self._after(part, 0)
        self.size = len(self.states) // 8 + 1
        self.has_places = any(isinstance(state.test, Place) for state in self.states)
        # Each of the different tests, with the states that have it.
        self.tests: dict[Units, int] = {}
        for index, state in enumerate(self.states):
            if isinstance(state.test, Units):
                self.tests[state.test] = self.tests.get(state.test, 0) | 1 << index
        self.closures: dict[tuple[Edge, int], int] = {}
        self._forget()

    def finds(self, units: str) -> bool:
        node = self.first
        for unit in units:
            node = node.moves.get(unit) or self._move(node, unit)
            if node is FOUND:
                return True
        return bool(self._reached(node, "") & 1)

    def _forget(self) -> None:
        self.remembered = 0
        self.first = _Node(0, "")
        self.nodes: dict[tuple[int, bool], _Node] = {}
        self.onward: dict[tuple[Edge, int, int], int] = {}

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
        following = FOUND if reached & 1 else self._node(reached, unit)
        if self.remembered >= MOST_REMEMBERED:
            self._forget()
        self.remembered += 1 + following.taken.bit_count()
        node.moves[unit] = following
        return following

    def _node(self, reached: int, unit: str) -> _Node:
        taken = 0
        for test, having in self.tests.items():
            if reached & having and self._takes(test, unit):
                taken |= reached & having
        return self.nodes.setdefault((taken, _is_word(unit)), _Node(taken, unit))

    def _reached(self, node: _Node, unit: str) -> int:
        """All states that can be reached without reading more; a match may begin at every place."""
        edge = (_edge(node.before), _edge(unit)) if self.has_places else (0, 0)
        reached = self._closure(edge, self.start)
        # Eight states at once, which are the same eight again for nearly every unit.
        for place, states in enumerate(node.taken.to_bytes(self.size, "little")):
            if states:
                found = self.onward.get((edge, place, states))
                reached |= self._eight(edge, place, states) if found is None else found
        return reached

    def _eight(self, edge: Edge, place: int, states: int) -> int:
        """Where those of eight states lead that took a unit."""
        reached = 0
        for bit in range(8):
            if states >> bit & 1:
                reached |= self._closure(edge, self.states[8 * place + bit].after[0])
        self.onward[edge, place, states] = reached
        self.remembered += 1
        return reached

    def _closure(self, edge: Edge, start: int) -> int:
        found = self.closures.get((edge, start))
        if found is None:
            found = self.closures[edge, start] = self._closure_of(edge, start)
        return found

    def _closure_of(self, edge: Edge, start: int) -> int:
        reached: set[int] = set()
        waiting = [start]
        while waiting:
            index = waiting.pop()
            if index in reached:
                continue
            reached.add(index)
            state = self.states[index]
            if state.test == SPLIT or (isinstance(state.test, Place) and _is_at(state.test, edge)):
                waiting.extend(state.after)
        return sum(1 << index for index in reached)

    def _takes(self, test: Units, unit: str) -> bool:
        held = any(test.holds(ord(one)) for one in (_cases(unit) if self.any_case else unit))
        return held is not test.negated


def _is_at(place: Place, edge: Edge) -> bool:
    before, unit = edge
    if place.kind == "^":
        return before == NONE
    if place.kind == "$":
        return unit == NONE
    return ((before == WORDS) is not (unit == WORDS)) is (place.kind == "b")


def _edge(unit: str) -> int:
    return NONE if not unit else WORDS if _is_word(unit) else OTHERS


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
