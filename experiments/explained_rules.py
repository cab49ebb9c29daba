"""The rules of an assignment one by one, each with a sentence of what it asks and how it went for one visitor.

Told from the plan itself and not from what ``assignment`` compiles of it, so that each can be held against the other.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.utils.translation import gettext as _

from experiments.assignment import Compiled, Question
from experiments.bucketing import BUCKETS, place_of, whole_places
from experiments.plan import Filter, Plan, PlannedVariant
from experiments.targeting import attributes_in, explained, words


@dataclass(frozen=True, slots=True)
class Step:
    """One rule. ``passed``: None where it cannot be told; it is then taken as passed."""

    code: str
    passed: bool | None
    detail: str


InWords = Callable[[Mapping[str, Any]], str]


@dataclass(frozen=True)
class Case:
    """One experiment and who asks. ``all_told``: an attribute that is absent is really absent, and not just unknown.

    ``in_words``: how rules of the audience are said.
    """

    one: Compiled
    question: Question
    all_told: bool
    in_words: InWords = words

    @property
    def plan(self) -> Plan:
        return self.one.plan

    @property
    def unit_id(self) -> str:
        return self.question.user_id if self.plan.unit == "user" else self.question.visitor_id

    @property
    def bucket(self) -> int | None:
        return place_of(self.plan.seed, self.unit_id) if self.unit_id and not self.plan.external else None

    @cached_property
    def assigned(self) -> PlannedVariant | None:
        """Where the bucket lies, whatever the other rules say."""
        bounds = [(variant, whole_places(variant.bounds)) for variant in self.plan.variants]
        found = (one for one, (first, last) in bounds if self.bucket is not None and first <= self.bucket < last)
        return next(found, None)

    @property
    def forced(self) -> PlannedVariant | None:
        index = self.question.forced.get(self.one.key)
        return None if index is None else self.plan.variants[index]

    @property
    def shipped(self) -> PlannedVariant | None:
        return self.one.outcomes[-1].variant if self.one.state == "shipped" else None

    def shown(self, reason: str) -> PlannedVariant | None:
        """What the visitor saw for this reason; None where another system decides."""
        others = {"assigned": self.assigned, "preview": self.forced, "shipped": self.shipped, "external": None}
        return others.get(reason, self.plan.control)


Rule = Callable[[Case], Iterator[Step]]


def steps_of(case: Case) -> Iterator[Step]:
    """In the order in which they decide; those after the deciding one are told too."""
    if case.plan.external:
        yield Step("external", False, _("Another system splits the people of this test; Microlift assigns nobody."))
        return
    if case.one.state == "paused":
        yield Step("paused", False, _("The test was paused: nobody new was let in, and everyone saw the original."))
        return
    running = case.one.state == "running"
    told = _("Phase %(number)d was running.") if running else _("The test had ended, and a variant was shipped.")
    yield Step("running", True, told % {"number": case.one.phase})
    for rule in RUNNING if running else SHIPPED:
        yield from rule(case)


def _page(case: Case) -> Iterator[Step]:
    if not case.plan.pages:
        return
    url = case.question.url
    if url is None and not case.all_told:
        yield Step("page", None, _("It runs on some pages only, and the page's address is not known."))
        return
    inside = case.one.on_page(url)
    told = _("It runs on the page %(url)s.") if inside else _("It does not run on the page %(url)s.")
    yield Step("page", inside, told % {"url": url or _("without an address")})


def _preview(case: Case) -> Iterator[Step]:
    if case.forced is not None:
        told = _("The address asks for a preview of “%(name)s”: it is shown, and nothing is counted.")
        yield Step("preview", False, told % {"name": case.forced.name})


def _counted(case: Case) -> Iterator[Step]:
    if case.question.excluded == "bot":
        yield Step("bot", False, _("The user agent is a robot's: it sees the original and is not counted."))
    elif case.question.excluded:
        yield Step(
            "opted_out", False, _("The visitor has refused to be measured: the original, and nothing is counted.")
        )
    elif "userAgent" not in case.question.attributes:
        yield Step("bot", None, _("Whether it was a robot is not known: no user agent was given."))
    else:
        yield Step("bot", True, _("The user agent is a person's browser."))


def _unit(case: Case) -> Iterator[Step]:
    if case.plan.unit != "user":
        return
    known = bool(case.question.user_id)
    told = _("The test is split by user, and the user is known.")
    yield Step("unit", known, told if known else _("The test is split by user, and nobody was logged in."))


def _filters(case: Case) -> Iterator[Step]:
    return (_filter(case, one) for one in case.plan.filters)


def _holdout(case: Case) -> Iterator[Step]:
    return (_filter(case, one) for one in case.plan.filters if one.reason == "holdout")


def _filter(case: Case, one: Filter) -> Step:
    told = {
        "holdout": (_("Not in the project's holdout"), _("In the project's holdout, who meet no test at all")),
        "outside_namespace": (
            _("In this test's part of its exclusion group"),
            _("In another part of the exclusion group, which this test leaves to others"),
        ),
        "prerequisite": (
            _("In one of the variants that this test takes its people from"),
            _("Not in one of the variants that this test takes its people from"),
        ),
    }[one.reason]
    if not case.unit_id:
        return Step(one.reason, None, _("Not asked: there is no user to look for."))
    inside = one.lets_in(case.unit_id)
    ranges = ", ".join(f"{start:g}–{end:g}" for start, end in one.ranges)
    where = _("(who may enter: %(ranges)s under the seed %(seed)s).") % {"ranges": ranges, "seed": one.seed}
    return Step(one.reason, inside, f"{told[0] if inside else told[1]} {where}")


def _audience(case: Case) -> Iterator[Step]:
    known = case.question.attributes
    for part in _parts(case.plan.condition):
        told = case.all_told or attributes_in(part) <= known.keys()
        for rule, held in explained(part, case.plan.groups, known, case.in_words):
            if told:
                shown = _("Holds: %(rule)s") % {"rule": rule} if held else _missed(case, rule, part)
                yield Step("audience", held, shown)
            else:
                yield Step("audience", None, _("Not known, since no attributes were given: %(rule)s") % {"rule": rule})


def _missed(case: Case, rule: str, part: Mapping[str, Any]) -> str:
    known = case.question.attributes
    seen = ", ".join(case.in_words({name: known[name]}) for name in sorted(attributes_in(part)) if name in known)
    told = _("Does not hold: %(rule)s (%(seen)s)")
    return told % {"rule": rule, "seen": seen or _("the visitor has no such attribute")}


def _parts(condition: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Conditions of one attribute each where that can be, all of which must hold."""
    for key, value in condition.items():
        if key == "$and" and isinstance(value, list | tuple) and all(isinstance(part, Mapping) for part in value):
            for part in value:
                yield from _parts(part)
        else:
            yield {key: value}


def _coverage(case: Case) -> Iterator[Step]:
    if case.bucket is None:
        yield Step("coverage", None, _("Not asked: there is no user to look for."))
        return
    limits = [(variant.name, *whole_places(variant.bounds)) for variant in case.plan.variants]
    ranges = ", ".join(f"{name} {first}–{last - 1}" for name, first, last in limits if first < last)
    told = _("Bucket %(bucket)d of 0–%(last)d, under the seed %(seed)s: %(where)s. The variants have %(ranges)s.")
    where = _("outside the share of traffic") if case.assigned is None else f"“{case.assigned.name}”"
    numbers = {"bucket": case.bucket, "last": BUCKETS - 1, "seed": case.plan.seed}
    yield Step("coverage", case.assigned is not None, told % {**numbers, "where": where, "ranges": ranges})


def _everyone(case: Case) -> Iterator[Step]:
    if case.shipped is not None:
        told = _("Everyone else sees “%(name)s”, and nothing is counted.")
        yield Step("shipped", False, told % {"name": case.shipped.name})


RUNNING: tuple[Rule, ...] = (_page, _preview, _counted, _audience, _unit, _filters, _coverage)
SHIPPED: tuple[Rule, ...] = (_page, _preview, _audience, _holdout, _everyone)
