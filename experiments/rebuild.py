"""One person's enrolment and goal values in one phase, rebuilt from events by a pure function."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from experiments.plan import Plan
from tracking.goals import TRANSACTION, Fact, Score, measure_around

EXPOSURE = "experiment_viewed"
EXPOSURE_KEYS = {"experiment", "variant", "phase", "covariates"}
# More events than this in a phase are no person's: a robot, or a shared id. It is set aside, not rebuilt for ever.
MOST_EVENTS = 10_000
# What people did in these days before they met a variant explains much of what they do after, and sharpens the result.
DAYS_BEFORE = 28
NOTHING = timedelta(0)
# So long after a phase has handed over to the next, pages that loaded it may still tell of it.
CACHE = timedelta(seconds=60)
# Where it is kept among a person's covariates: by goal id, and only what is not 0.
BEFORE = "_before"

# From and until, half-open; None: it still goes on.
Pause = tuple[datetime, datetime | None]


@dataclass(frozen=True, slots=True)
class Span:
    """A phase as far as events are concerned. ``ended_at`` None: still open. ``handed_over``: the next began then."""

    plan: Plan
    number: int
    started_at: datetime
    ended_at: datetime | None
    pauses: tuple[Pause, ...] = ()
    handed_over: bool = False

    @property
    def names(self) -> set[str]:
        """Of the events that this phase asks for."""
        return {EXPOSURE} | {goal.event for goal in self.plan.goals}

    @property
    def keys(self) -> set[str]:
        """Of the properties that this phase reads."""
        rules = [goal.rule() for goal in self.plan.goals]
        asked = {rule.property for rule in rules} | {one.property for rule in rules for one in rule.conditions}
        return (asked | EXPOSURE_KEYS | {"currency", TRANSACTION}) - {""}

    @property
    def reads_since(self) -> datetime:
        """The oldest event that can say anything about a person of this phase."""
        return self.started_at - timedelta(days=DAYS_BEFORE)

    def holds(self, moment: datetime, *, named: bool = False) -> bool:
        """Whether an exposure at this moment is of this phase. ``named``: it names the phase by its number.

        One that names none is of the phase that was open then; so each obeys one phase at most.
        """
        if self.ended_at is not None and moment >= self.ended_at + (CACHE if named and self.handed_over else NOTHING):
            return False
        paused = any(start <= moment and (until is None or moment < until) for start, until in self.pauses)
        return self.started_at <= moment and not paused


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """Everything one person did. ``user_id`` is empty for a lone visitor; ``shared`` marks a visitor of two users."""

    facts: Sequence[Fact]
    user_id: str = ""
    shared: bool = False


@dataclass(frozen=True, slots=True)
class Enrolled:
    """``excluded``: why the person is left out (``mixed``, ``mismatch``, ``bot`` …), empty when counted.

    ``timezone``: in which ``day`` is a day; of the plan and not of the person.
    """

    variant: str
    exposed_at: datetime
    excluded: str = ""
    covariates: Mapping[str, Any] = field(default_factory=dict)
    values: Mapping[int, Decimal] = field(default_factory=dict)
    timezone: str = field(default="UTC", compare=False)

    @property
    def day(self) -> date:
        """Of the exposure."""
        return self.exposed_at.astimezone(ZoneInfo(self.timezone)).date()


def _is_exposure(fact: Fact, span: Span) -> bool:
    if fact.name != EXPOSURE or fact.properties.get("experiment") != span.plan.experiment:
        return False
    claimed = fact.properties.get("phase")
    # JSON's true is no phase, though Python takes it for 1.
    named = claimed == span.number and not isinstance(claimed, bool)
    return (named or claimed is None) and span.holds(fact.occurred_at, named=named)


def _quarantine(fact: Fact, person: PersonFacts, plan: Plan) -> str:
    """Why this exposure is not believed, or empty: the seed and coverage are recomputed, nobody's word is taken."""
    if fact.excluded:
        return fact.excluded
    claimed = fact.properties.get("variant")
    if plan.external:
        known = any(variant.key == claimed for variant in plan.variants)
        return "" if known and fact.source == "import" else "mismatch"
    unit_id = person.user_id if plan.unit == "user" else fact.visitor_id
    if not unit_id:  # nobody is assigned without a user; the empty id has a bucket too, which must not be believed
        return "shared" if person.shared else "mismatch"
    assigned = plan.variant_of(unit_id)
    return "" if assigned is not None and assigned.key == claimed else "mismatch"


def _enrolled(exposures: Sequence[tuple[Fact, str]], person: PersonFacts, plan: Plan) -> Enrolled | None:
    if not exposures:
        return None
    believed = [fact for fact, reason in exposures if not reason]
    if not believed:
        fact, reason = exposures[0]
        return Enrolled(_claimed(fact, plan), fact.occurred_at, reason)
    first_seen = believed[0]
    mixed = len({fact.properties["variant"] for fact in believed}) > 1
    covariates = first_seen.properties.get("covariates")
    return Enrolled(
        variant=first_seen.properties["variant"],
        exposed_at=first_seen.occurred_at,
        excluded="shared" if person.shared else "mixed" if mixed else "",
        covariates=_as_stored(covariates) if isinstance(covariates, dict) else {},
    )


def _as_stored(content: Any) -> Any:
    """As JSON in the database gives it back, so that what was stored compares equal to what is rebuilt."""
    if isinstance(content, dict):
        return {name: _as_stored(value) for name, value in content.items()}
    if isinstance(content, list):
        return [_as_stored(value) for value in content]
    return float(content) if isinstance(content, Decimal) else content


def _claimed(fact: Fact, plan: Plan) -> str:
    """The variant that the exposure names, if the experiment has it."""
    claimed = fact.properties.get("variant")
    return next((variant.key for variant in plan.variants if variant.key == claimed), "")


def rebuild(person: PersonFacts, span: Span) -> Enrolled | None:
    """None for a person who never met the experiment. The order in which events arrived plays no part."""
    found = _rebuilt(person, span)
    return found and replace(found, timezone=span.plan.timezone)


def _rebuilt(person: PersonFacts, span: Span) -> Enrolled | None:
    names = span.names
    # What other phases ask for is among the facts, too.
    asked = [fact for fact in person.facts if fact.name in names and fact.occurred_at >= span.reads_since]
    known = sorted(asked, key=lambda fact: (fact.occurred_at, fact.event_id))
    facts = [fact for fact in known if fact.occurred_at >= span.started_at]
    exposures = [(fact, _quarantine(fact, person, span.plan)) for fact in facts if _is_exposure(fact, span)]
    if len(facts) > MOST_EVENTS and exposures:
        first = exposures[0][0]
        return Enrolled(_claimed(first, span.plan), first.occurred_at, "too_many")
    enrolled = _enrolled(exposures, person, span.plan)
    if enrolled is None or enrolled.excluded:
        return enrolled
    by_name: dict[str, list[Fact]] = defaultdict(list)
    for fact in known:
        by_name[fact.name].append(fact)
    scores = {
        goal.id: measure_around(goal.rule(), by_name[goal.event], enrolled.exposed_at, days=DAYS_BEFORE)
        for goal in span.plan.goals
        if goal.event in by_name
    }
    values = {goal_id: after.value for goal_id, (after, _) in scores.items() if after is not None}
    covariates = _with_past(enrolled, {goal_id: before for goal_id, (_, before) in scores.items()})
    return Enrolled(enrolled.variant, enrolled.exposed_at, "", covariates, values)


def _with_past(enrolled: Enrolled, scores: Mapping[int, Score | None]) -> dict[str, Any]:
    """The person's covariates and what each goal would have counted just before the exposure."""
    own = {name: value for name, value in enrolled.covariates.items() if name != BEFORE}
    past = {str(goal_id): float(score.value) for goal_id, score in scores.items() if score is not None and score.value}
    return {**own, BEFORE: past} if past else own
