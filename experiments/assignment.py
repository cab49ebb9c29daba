"""Which variant to show, pure and fast: a plan is compiled once and then asked by every request.

An answer costs a fraction of a microsecond, because all that can be known before a visitor comes is: the variant of
each of the 10,000 buckets, the condition as closures, and every possible outcome, so that formats prepare its bytes.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from fnv_hash_fast import fnv1a_32

from experiments.bucketing import BUCKETS, OLD_BUCKETS, choose, fnv1a32, place_of, whole_places
from experiments.conditions import Test
from experiments.pages import compiled as compiled_pages
from experiments.plan import Filter, Plan, PlannedVariant
from experiments.targeting import attributes_in, compile_condition

State = Literal["running", "paused", "shipped"]
Reason = Literal[
    "assigned", "outside_coverage", "outside_audience", "outside_namespace", "holdout", "prerequisite", "outside_page",
    "no_user_id", "bot", "opted_out", "paused", "external", "preview", "shipped",
]  # fmt: skip
# Why someone gets the control; in this order they follow the variants in ``Compiled.outcomes``.
CONTROL_REASONS: tuple[Reason, ...] = (
    "outside_coverage", "outside_audience", "outside_namespace", "holdout", "prerequisite", "outside_page",
    "no_user_id", "bot", "opted_out", "paused", "external",
)  # fmt: skip


Excluded = Literal["", "bot", "opted_out"]


class Question:
    """Who asks. ``excluded``: ``bot`` or ``opted_out``, or empty.

    ``forced``: by experiment, the variant to preview; ``drafts``: experiments that do not run, and are previewed.
    """

    __slots__ = (
        *("attributes", "drafts", "excluded", "forced", "is_special", "places"),
        *("url", "user", "user_id", "visitor", "visitor_id"),
    )

    def __init__(
        self,
        visitor_id: str,
        user_id: str = "",
        attributes: Mapping[str, Any] | None = None,
        url: str | None = None,
        excluded: Excluded = "",
    ) -> None:
        self.visitor_id, self.user_id, self.url, self.excluded = visitor_id, user_id, url, excluded
        self.attributes: Mapping[str, Any] = attributes if attributes is not None else {}
        # FNV in C hashes bytes, GrowthBook UTF-16 code units: the same for ASCII alone.
        self.visitor = visitor_id.encode() if visitor_id.isascii() else None
        self.user = user_id.encode() if user_id.isascii() else None
        self.forced: Mapping[str, int] = {}
        self.drafts: tuple[Compiled, ...] = ()
        # Looked at first for every experiment, since almost nobody is.
        self.is_special = bool(excluded)
        # Of filters that several experiments share, such as the holdout: hashed once a question.
        self.places: dict[tuple[str, int, bool], int] = {}

    def force(self, forced: Mapping[str, int], drafts: "tuple[Compiled, ...]" = ()) -> None:
        """Show these variants, by experiment and index, whatever else would be decided."""
        self.forced, self.drafts, self.is_special = forced, drafts, bool(forced or self.excluded)


@dataclass(frozen=True, slots=True)
class Outcome:
    """``variant`` is what to show."""

    variant: PlannedVariant
    in_experiment: bool
    reason: Reason


@dataclass(frozen=True, slots=True, eq=False)
class Compiled:
    """One experiment as it is served. ``decide`` gives an index into ``outcomes``.

    ``condition``: whom the audience holds; None where it holds everybody. ``admitted``: the same as ``decide`` for a
    question of the audience, on one of the pages, with nothing forced and nobody excluded. ``wants``: the attributes
    that the condition reads.
    """

    plan: Plan
    phase: int
    state: State
    outcomes: tuple[Outcome, ...]
    on_page: Callable[[str | None], bool]
    condition: Test | None
    admitted: Callable[[Question], int]
    wants: frozenset[str]

    @property
    def key(self) -> str:
        return self.plan.experiment

    @property
    def is_open(self) -> bool:
        """Whether anything depends on who asks."""
        return not self.plan.external and self.state != "paused"

    def code(self, reason: Reason) -> int:
        """The outcome of someone who gets the control for this reason."""
        return len(self.plan.variants) + CONTROL_REASONS.index(reason)

    def decide(self, question: Question) -> int:
        if self.is_open and not self.on_page(question.url):
            return self.code("outside_page")
        return self.decide_there(question)

    def decide_there(self, question: Question) -> int:
        """Where the question's address is known to be one of the pages."""
        if question.is_special and self.is_open and (found := self._special(question)) is not None:
            return found
        if self.condition is not None and self.is_open and not self.condition(question.attributes):
            return self.code("outside_audience")
        return self.admitted(question)

    def assign(self, question: Question) -> Outcome:
        return self.outcomes[self.decide(question)]

    def _special(self, question: Question) -> int | None:
        """Of a preview, and of those who must not be measured while it runs; None for all others."""
        if self.key in question.forced:
            return len(self.plan.variants) + len(CONTROL_REASONS) + question.forced[self.key]
        if question.excluded and self.state != "shipped":
            return self.code(question.excluded)
        return None


def compiled(plan: Plan, *, phase: int, state: State = "running", shipped: str | None = None) -> Compiled:
    """``shipped``: with this state, the variant that everyone gets.

    Raises ``KeyError`` for one it does not have, ``ValueError`` for a seed beyond ASCII, which we never make.
    """
    if not plan.seed.isascii():
        raise ValueError("a seed is ASCII, so that it can be hashed as bytes")
    outcomes = _outcomes(plan, shipped)
    condition = compile_condition(plan.condition, plan.groups) if plan.condition else None
    wants = attributes_in(plan.condition) if plan.condition else frozenset[str]()
    admitted = _admitted(plan, state, outcomes)
    return Compiled(plan, phase, state, outcomes, compiled_pages(plan.pages), condition, admitted, wants)


def _outcomes(plan: Plan, shipped: str | None) -> tuple[Outcome, ...]:
    """Assigned variants, then controls by reason, then previews of each variant, then what is shipped."""
    assigned = [Outcome(variant, in_experiment=True, reason="assigned") for variant in plan.variants]
    controls = [Outcome(plan.control, in_experiment=False, reason=reason) for reason in CONTROL_REASONS]
    previews = [Outcome(variant, in_experiment=False, reason="preview") for variant in plan.variants]
    everyone = {variant.key: Outcome(variant, in_experiment=False, reason="shipped") for variant in plan.variants}
    return (*assigned, *controls, *previews, *([everyone[shipped]] if shipped is not None else []))


def _admitted(plan: Plan, state: State, outcomes: tuple[Outcome, ...]) -> Callable[[Question], int]:
    first = len(plan.variants)
    code = {reason: first + index for index, reason in enumerate(CONTROL_REASONS)}
    if plan.external or state == "paused":
        alone = code["external" if plan.external else "paused"]
        return lambda _question: alone
    return _shipping(plan, code, len(outcomes) - 1) if state == "shipped" else _enrolment(plan, code)


def _enrolment(plan: Plan, code: Mapping[Reason, int]) -> Callable[[Question], int]:
    by_user = plan.unit == "user"
    kept_out = _kept_out(plan, code) if plan.filters else None
    seed, text_seed, no_user = plan.seed.encode(), plan.seed, code["no_user_id"]
    table = _table(plan, code["outside_coverage"])

    # Twenty times in every request, so nothing is called that can be written here.
    def admitted(question: Question) -> int:
        unit = question.user if by_user else question.visitor
        # b"" is nobody; None is somebody whose id is not ASCII.
        if unit == b"":
            return no_user
        if kept_out is not None and (found := kept_out(question)) is not None:
            return found
        if unit is None:
            return table[place_of(text_seed, question.user_id if by_user else question.visitor_id)]
        return table[fnv1a_32(b"%d" % fnv1a_32(seed + unit)) % BUCKETS]

    return admitted


def _kept_out(plan: Plan, code: Mapping[Reason, int]) -> Callable[[Question], int | None]:
    """Why a filter keeps the unit out, by the first that does; None when all let it in."""
    passes = [(_passes(one, by_user=plan.unit == "user"), code[one.reason]) for one in plan.filters]
    return lambda question: next((otherwise for lets_in, otherwise in passes if not lets_in(question)), None)


def _shipping(plan: Plan, code: Mapping[Reason, int], shipped: int) -> Callable[[Question], int]:
    """Everyone of the audience, whatever the coverage, also who refuses to be measured: nothing is measured any more.

    The holdout stays out, or nothing could be compared with it.
    """
    by_user, kept_out = plan.unit == "user", code["holdout"]
    holdouts = [_passes(one, by_user=by_user) for one in plan.filters if one.reason == "holdout"]

    def admitted(question: Question) -> int:
        known = question.user != b"" if by_user else True
        return kept_out if known and not all(lets_in(question) for lets_in in holdouts) else shipped

    return admitted


def _table(plan: Plan, outside: int) -> bytes:
    """By bucket, the index of its variant's outcome."""
    table = bytearray([outside]) * BUCKETS
    # The first range that holds a bucket has it.
    for index, variant in reversed([*enumerate(plan.variants)]):
        first, last = whole_places(variant.bounds)
        table[first:last] = bytes([index]) * (last - first)
    return bytes(table)


def _passes(one: Filter, *, by_user: bool) -> Callable[[Question], bool]:
    buckets = BUCKETS if one.version == 2 else OLD_BUCKETS
    table = _lets_in(one, buckets)
    known, seed, version = (one.seed, one.version, by_user), one.seed, one.version

    def lets_in(question: Question) -> bool:
        found = question.places.get(known)
        if found is None:
            unit_id = question.user_id if by_user else question.visitor_id
            found = place_of(seed, unit_id) if version == 2 else fnv1a32(unit_id + seed) % OLD_BUCKETS
            question.places[known] = found
        return bool(table[found])

    return lets_in


@lru_cache(maxsize=1024)
def _lets_in(one: Filter, buckets: int) -> bytes:
    """By bucket, 1 or 0. Kept: the holdout is the same for all experiments of a project."""
    return bytes(choose(number / buckets, one.ranges) is not None for number in range(buckets))
