"""The shipped rule, asked what it says of people who were dealt anew to the variants. Worker side: numpy, scipy."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from scipy.special import ndtr

from experiments.courses import ROUNDING, Course, Stage, courses_of
from experiments.decisions import Decision, Direction, Evidence, Reason, Standing, VerdictCode, decide
from experiments.health import checks_of
from experiments.judging import judged, too_small, tuned_for
from experiments.looking import safe_z_of
from experiments.plan import Plan, PlannedGoal, PlannedVariant
from experiments.redraws import Deal
from experiments.rows import Case, Place, family_of, is_looked_at, rows_of, rule_of
from experiments.stats.answers import Interval
from experiments.stats.confidence_sequence import always_valid_p_value
from experiments.tallies import Tallied


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was said of one deal, each with the place of the look that said it first.

    judged: the rows that were above the floors at some look.
    """

    calls: Mapping[tuple[Place, Direction], int]
    verdicts: Mapping[VerdictCode, int]
    judged: frozenset[Place]


@dataclass(frozen=True, slots=True)
class Told:
    """What one row is called at one look; lift_ci: the one that carries the decision."""

    direction: Direction
    lift_ci: Interval | None = None


Answers = dict[Place, Told]
Calls = dict[tuple[Place, Direction], int]


class Rehearsal:
    """``standings``: where the phase stood at each look. What a planned look has called stays called."""

    def __init__(self, plan: Plan, standings: Sequence[Standing]) -> None:
        self.plan, self.stage = plan, Stage(plan, standings)
        case = Case(plan, Tallied(), standings[0])
        self._tuned = {row.place: tuned_for(case, row) for row in rows_of(plan, Tallied())}
        self._rules = {goal.id: rule_of(goal, standings[0]) for goal in plan.goals}
        self._asked = [goals for goals in self._together() if self._rules[goals[0].id] != "group_sequential"]

    def _together(self) -> list[tuple[PlannedGoal, ...]]:
        """Goals that are asked about at once: those a verdict is made of, and each other family."""
        groups: dict[str, list[PlannedGoal]] = {}
        for goal in self.plan.goals:
            groups.setdefault("deciding" if is_looked_at(goal) else family_of(goal), []).append(goal)
        return [tuple(goals) for goals in groups.values()]

    def outcome(self, deal: Deal) -> Outcome:
        courses = courses_of(self.stage, deal)
        planned = [course for course in courses if self._rules[course.goal.id] == "group_sequential"]
        others = [[course for course in courses if course.goal in goals] for goals in self._asked]
        calls: Calls = {}
        verdicts: dict[VerdictCode, int] = {}
        for look, answers in enumerate(self._at_looks(planned)):
            for goals, rows in zip(self._asked, others, strict=True):
                if any(self._might_tell(course, look, calls) for course in rows):
                    answers |= self._asked_now(goals, deal, look)
            for place, told in answers.items():
                calls.setdefault((place, told.direction), look)
            if code := self._verdict(answers, deal, look):
                verdicts.setdefault(code, look)
        above = {course.place for course in courses if (course.seen if course in planned else not all(course.thin))}
        return Outcome(calls, verdicts, frozenset(above))

    def _at_looks(self, planned: Sequence[Course]) -> Iterator[Answers]:
        """By look: all that the planned looks have called by then."""
        primaries = [course for course in planned if course.goal.role == "primary"]
        guardrails = [course for course in planned if course.goal.role == "guardrail"]
        levels: dict[Place, float] = {}
        for look in range(len(self.stage.standings)):
            self._reject(primaries, look, levels)
            told = [(course, self._called(course, levels.get(course.place), look)) for course in primaries]
            told += [(course, self._guarded(course, look)) for course in guardrails]
            yield {course.place: one for course, one in told if one is not None}

    def _reject(self, primaries: Sequence[Course], look: int, levels: dict[Place, float]) -> None:
        """Holm's steps: the more rows are called, the less the others need. Adds to ``levels``, by row called."""
        while left := [course for course in primaries if course.place not in levels]:
            level = self.plan.alpha / len(left)
            crossed = next((course for course in left if course.telling(level, look)), None)
            if crossed is None:
                return
            levels[crossed.place] = level

    def _called(self, course: Course, level: float | None, look: int) -> Told | None:
        crossing = None if level is None else course.telling(level, look)
        if crossing is None:
            return None
        return Told(course.direction(crossing), course.lift_ci(crossing) if self.plan.minimum_effect else None)

    def _guarded(self, course: Course, look: int) -> Told | None:
        if any(crossing.look <= look for crossing in course.crossings(self.plan.alpha, 1)):
            return Told("not_worse")
        crossing = course.telling(self.plan.alpha, look)
        return Told("worse") if crossing and course.direction(crossing) == "worse" else None

    def _might_tell(self, course: Course, look: int, calls: Calls) -> bool:
        """Whether asking could tell what is not known yet; of what decides, all is needed for the verdict."""
        known = (course.place, "better") in calls or (course.place, "worse") in calls
        if course.thin[look] or (known and not is_looked_at(course.goal)):
            return False
        tuned, people = self._tuned[course.place], int(course.row(look).people)
        z, alpha, fixed = float(course.reach[look]) * ROUNDING, self.plan.alpha, self.stage.standings[look].imported
        if (2 * float(ndtr(-z)) if fixed else always_valid_p_value(z, people, tuned_for=tuned)) < alpha:
            return True
        safe = safe_z_of(course.row(look)) if course.goal.role == "guardrail" else None
        if safe is None:
            return False
        return (float(ndtr(-safe)) if fixed else always_valid_p_value(safe, people, tuned_for=tuned, sides=1)) < alpha

    def _asked_now(self, goals: Sequence[PlannedGoal], deal: Deal, look: int) -> Answers:
        """By the rules themselves, of these goals."""
        tallied = deal.tallied(look)
        rows = rows_of(replace(self.plan, goals=tuple(goals)), tallied)
        found = judged(Case(self.plan, tallied, self.stage.standings[look]), rows)
        return {
            one.row.place: Told(one.decision.direction, one.lift_ci)
            for one in found
            if one.decision.direction is not None
        }

    def _verdict(self, answers: Answers, deal: Deal, look: int) -> VerdictCode | None:
        """Only one that ends the test, for which something that decides or guards must differ."""
        deciding = [goal for goal in self.plan.goals if is_looked_at(goal)]
        ids = {goal.id for goal in deciding}
        if not any(goal_id in ids and told.direction != "not_worse" for (goal_id, _), told in answers.items()):
            return None
        evidence = [
            self._evidence(goal, variant, answers.get((goal.id, variant.key)))
            for goal in deciding
            for variant in self.plan.variants
            if not variant.is_control
        ]
        standing = self.stage.standings[look]
        checks = checks_of(Case(self.plan, deal.tallied(look), standing))
        alarms = [Reason(check.code, check.detail) for check in checks if check.blocks]
        code = decide(standing, alarms, evidence).code
        return code if code in ("ship", "roll_back") else None

    def _evidence(self, goal: PlannedGoal, variant: PlannedVariant, told: Told | None) -> Evidence:
        decision = Decision(told is not None, told.direction if told else None, None, self._rules[goal.id])
        small = told is not None and too_small(goal, told.lift_ci, self.plan)
        return Evidence(goal.key, goal.name, goal.level, goal.role, variant.key, decision, too_small=small)
