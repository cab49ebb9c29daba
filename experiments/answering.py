"""All experiments of a page at once, pure and fast: what audiences say is found once for all visitors of a kind.

Most visitors share device, country and channel with many others. So by the attributes that the conditions read, the
bytes of the experiments that leave such visitors out are joined once, and only the others are decided anew.
"""

from collections.abc import Callable, Hashable, Sequence
from functools import lru_cache

from experiments.assignment import Compiled, Question

# By format: the bytes of each outcome of an experiment.
Entries = Callable[[Compiled], Sequence[bytes]]
Row = tuple[Callable[[Question], int], Sequence[bytes]]
# What differs from one visitor to the next.
OWN = frozenset({"id", "user_id"})
# Kinds of visitors that are remembered. An audience by campaign makes more of them; those are decided one by one.
KINDS_KEPT = 2_048


class Answers:
    """In one format, of the experiments ``here`` on the visitor's page, and of those that must be ``elsewhere``."""

    def __init__(self, here: Sequence[Compiled], elsewhere: Sequence[Compiled], entries: Entries) -> None:
        self._rows: list[Row] = [(one.decide_there, entries(one)) for one in here]
        self._shared = [(one, entries(one)) for one in here if _is_shared(one)]
        self._own: list[Row] = [
            (one.admitted if one.condition is None or not one.is_open else one.decide_there, entries(one))
            for one in here
            if not _is_shared(one)
        ]
        self._names = sorted({name for one, _ in self._shared for name in one.wants})
        self._elsewhere = [entries(one)[one.code("outside_page" if one.is_open else "paused")] for one in elsewhere]
        self._remembered = lru_cache(maxsize=KINDS_KEPT)(self._of_kind)

    def parts(self, question: Question) -> list[bytes]:
        """Every entry, some of them already joined by commas; their order means nothing."""
        if question.is_special:
            return [made[decide(question)] for decide, made in self._rows] + self._elsewhere
        # With its type, or 1 would pass for true.
        kind = tuple([(value.__class__, value) for value in map(question.attributes.get, self._names)])
        try:
            left_out, asked = self._remembered(kind)
        except TypeError:  # a list or an object among them, which cannot be looked up
            left_out, asked = self._of_kind(kind)
        return [made[decide(question)] for decide, made in asked] + left_out

    def _of_kind(self, kind: tuple[tuple[type, Hashable], ...]) -> tuple[list[bytes], list[Row]]:
        """What such visitors are left out of, joined, and what must be decided for each."""
        attributes = {name: value for name, (_, value) in zip(self._names, kind, strict=True)}
        out, asked = [*self._elsewhere], [*self._own]
        for one, made in self._shared:
            if one.condition is None or one.condition(attributes):
                asked.append((one.admitted, made))
            else:
                out.append(made[one.code("outside_audience")])
        return [b",".join(out)] if out else [], asked


def _is_shared(one: Compiled) -> bool:
    """Whether its condition says the same of all visitors of a kind."""
    return one.is_open and one.condition is not None and not one.wants & OWN


class There:
    """What runs at an address. One object for each set of experiments, so that formats keep their answers on it."""

    def __init__(self, here: Sequence[Compiled], elsewhere: Sequence[Compiled] = ()) -> None:
        self.here, self.elsewhere = here, elsewhere
        self._answers: dict[Entries, Answers] = {}

    def answers(self, entries: Entries) -> Answers:
        """``entries`` is one object for each format and configuration."""
        found = self._answers.get(entries)
        if found is None:
            found = self._answers[entries] = Answers(self.here, self.elsewhere, entries)
        return found
