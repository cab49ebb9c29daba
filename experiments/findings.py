"""Where stored numbers and events disagree: each difference by name, and the comparisons that find them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from experiments.ledger import NOTHING, Sums, TallyKey
from experiments.plan import Plan
from experiments.rebuild import Enrolled

# Somebody reads them one by one; of what goes beyond, the number is enough.
MOST_FINDINGS = 1000
SUMS = ("persons", "total", "squares")


@dataclass(frozen=True, slots=True)
class Finding:
    """One difference. ``where`` leads to it, broadest first; ``what`` differs, or says all there is to say.

    ``rebuilt`` and ``counted`` (by SQL) are what events say; ``counted`` is None where SQL does not look.
    """

    where: Mapping[str, str]
    what: str
    stored: str = ""
    rebuilt: str = ""
    counted: str | None = None

    def __str__(self) -> str:
        place = ", ".join(value if name == "day" else f"{name} {value}" for name, value in self.where.items())
        about = ": ".join(part for part in (place, self.what) if part)
        if not self.stored:
            return about
        if self.counted is None:
            return f"{about} stored {self.stored}, events say {self.rebuilt}"
        if self.counted == self.rebuilt:
            return f"{about} stored {self.stored}, events say {self.rebuilt} (rebuild and SQL agree)"
        return f"{about} stored {self.stored}, rebuild says {self.rebuilt}, SQL says {self.counted}"


@dataclass(slots=True)
class Findings:
    """The first ``MOST_FINDINGS``, and how many more there were."""

    first: list[Finding] = field(default_factory=list)
    more: int = 0

    def add(self, finding: Finding) -> None:
        if len(self.first) < MOST_FINDINGS:
            self.first.append(finding)
        else:
            self.more += 1

    def __bool__(self) -> bool:
        return bool(self.first)


def of_person(key: str, stored: Enrolled | None, rebuilt: Enrolled | None, plan: Plan) -> Iterator[Finding]:
    """What the rows of one person say otherwise than the person's events."""
    where = {"person": key}
    if stored is None or rebuilt is None:
        if stored is not rebuilt:
            yield Finding(where, "enrolment", _enrolment(stored), _enrolment(rebuilt))
        return
    for name in ("variant", "exposed_at", "excluded", "covariates"):
        left, right = getattr(stored, name), getattr(rebuilt, name)
        if left != right:
            yield Finding(where, name, _shown(left), _shown(right))
    goals = goal_names(plan)
    for goal_id in sorted(stored.values.keys() | rebuilt.values.keys()):
        left, right = stored.values.get(goal_id), rebuilt.values.get(goal_id)
        if left != right:
            yield Finding({**where, "goal": goals.get(goal_id, f"#{goal_id}")}, "value", _shown(left), _shown(right))


@dataclass(frozen=True, slots=True)
class Tallies:
    """One phase three times; ``counted`` is None where SQL could not count."""

    stored: Mapping[TallyKey, Sums]
    rebuilt: Mapping[TallyKey, Sums]
    counted: Mapping[TallyKey, Sums] | None


def of_tallies(tallies: Tallies, plan: Plan) -> Iterator[Finding]:
    """Where they do not say the same number. A row of nothing but zeros is the same as none."""
    goals = goal_names(plan)
    known = [said for said in (tallies.stored, tallies.rebuilt, tallies.counted) if said is not None]
    for key in sorted({key for said in known for key in said}, key=_order):
        rows = [said.get(key, NOTHING) for said in known]
        for name, *values in zip(SUMS, *rows, strict=True):
            if len(set(values)) > 1:
                yield Finding(_place(key, goals), name, *map(_shown, values))


def goal_names(plan: Plan) -> dict[int, str]:
    return {goal.id: goal.key for goal in plan.goals}


def _order(key: TallyKey) -> tuple[object, ...]:
    return (*key[:2], key[2] or 0, *key[3:])


def _place(key: TallyKey, goals: Mapping[int, str]) -> dict[str, str]:
    _, variant, goal_id, excluded, day = key
    goal = "" if goal_id is None else goals.get(goal_id, f"#{goal_id}")
    place = {"variant": variant or "unknown", "goal": goal, "excluded": excluded, "day": day.isoformat()}
    return {name: value for name, value in place.items() if value}


def _enrolment(enrolled: Enrolled | None) -> str:
    if enrolled is None:
        return "nothing"
    return f"{enrolled.variant or 'unknown'} at {enrolled.exposed_at.isoformat()} {enrolled.excluded}".rstrip()


def _shown(value: object) -> str:
    if value is None or value == "":
        return "nothing"
    if isinstance(value, Decimal):
        text = format(value, "f")
        return text.rstrip("0").rstrip(".") if "." in text else text
    return str(value)
