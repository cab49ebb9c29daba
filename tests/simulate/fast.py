"""The shipped rule without its sequential p-values: the same bounds and the same z, asked once for all looks.

A sequential p-value is below alpha exactly when some look so far has crossed its bound at alpha; so the first call of
each row follows from ``critical_values`` alone. ``tests.simulate.full`` goes the whole way, and a run checks that both
call the same on the same day.
"""

from dataclasses import dataclass, field
from functools import cached_property
from math import log

import numpy as np
from scipy.special import ndtri_exp

from experiments.decisions import FEWEST_DAYS, Decision, Evidence, Reason, decide
from experiments.health import checks_of
from experiments.judging import tuned_for
from experiments.looking import primary_rows, safe_z_of
from experiments.rows import family_of, is_looked_at, rows_of, rule_of
from experiments.stats.confidence_sequence import always_valid_p_value, log_e_value, signed_z
from experiments.stats.families import e_benjamini_hochberg, holm
from experiments.stats.group_sequential import Looks, critical_values
from experiments.stats.spending import log_spent
from tests.simulate.scenes import ALPHA, DAYS


@dataclass(frozen=True)
class Seen:
    """A row on one day. thin: below a floor. tuned: people for which its confidence sequence is tightest."""

    day: int
    row: object
    z: float | None
    thin: bool
    spent: float
    tuned: int


@dataclass(frozen=True)
class Call:
    day: int
    direction: str


@dataclass
class Track:
    """One row over all days."""

    goal: object
    seen: list[Seen] = field(default_factory=list)

    @cached_property
    def looked(self):
        return [seen for seen in self.seen if not seen.thin and seen.z is not None]

    @cached_property
    def looks(self):
        spent = tuple(seen.spent for seen in self.looked)
        return Looks(spent, tuple(seen.row.information for seen in self.looked))

    @cached_property
    def heights(self):
        return np.abs([seen.z for seen in self.looked])

    @cached_property
    def safe_heights(self):
        return np.array([safe_z_of(seen.row) or 0.0 for seen in self.looked])

    def crossing(self, alpha, *, sides=2, heights=None):
        """Place among the looks of the first one beyond its bound; None when there is none."""
        heights = self.heights if heights is None else heights
        if not len(heights) or not (heights > least_bounds(self.looks.spent, alpha, sides)).any():
            return None
        bounds = critical_values(self.looks, alpha=alpha, sides=sides)
        crossed = (place for place, bound in enumerate(bounds) if bound is not None and heights[place] > bound)
        return next(crossed, None)

    def called(self, place, against=None):
        seen = self.looked[place]
        rising = (seen.row.comparison.diff or 0.0) > 0
        return Call(seen.day, against or ("better" if rising == (self.goal.desired == "increase") else "worse"))


def least_bounds(spent, alpha, sides):
    """Below these no look can be beyond its bound: to be there is no rarer than to have crossed by then."""
    return -ndtri_exp(np.minimum(log_spent(spent, log(alpha) - log(sides), spending="obrien_fleming") + log(sides), 0))


def tracks_of(scene, course, *, first=FEWEST_DAYS):
    """By goal and variant, from day ``first`` on: before the seventh nobody is called anything."""
    found = {}
    for day in range(first, DAYS + 1):
        case = scene.case(course, day)
        for row in rows_of(case.plan, case.tallied):
            thin = row.too_thin(case.standing) is not None
            seen = Seen(day, row, signed_z(row.comparison), thin, case.standing.spent, tuned_for(case, row))
            found.setdefault(row.place, Track(row.goal)).seen.append(seen)
    return found


def calls(scene, tracks):
    """The first call of each row that is called anything."""
    families = {}
    for place, track in tracks.items():
        families.setdefault(family_of(track.goal), {})[place] = track
    found = {}
    for family, members in families.items():
        if not scene.planned and family == "primary":
            found |= _first(_any_day_holm(members), members)
        elif is_looked_at(next(iter(members.values())).goal):
            found |= _guards(members) if family == "guardrail" else _holm_at_looks(scene, members)
        else:
            found |= _first(discoveries(members), members)
    return found


def _holm_at_looks(scene, members):
    """Holm over sequential p-values: with some rows called, the next needs no more than the level for the rest."""
    family, found = primary_rows(scene.plan), {}
    while len(found) < len(members):
        level = ALPHA / (family - len(found))
        open_rows = {place: track for place, track in members.items() if place not in found}
        crossed = {place: track.crossing(level) for place, track in open_rows.items()}
        known = {place: members[place].looked[at].day for place, at in crossed.items() if at is not None}
        if not known:
            return found
        earliest = min(known, key=known.__getitem__)
        after = max((call.day for call in found.values()), default=0)
        call = members[earliest].called(crossed[earliest])
        found[earliest] = Call(max(call.day, after), call.direction)
    return found


def _guards(members):
    """Not worse than the margin allows, to one side; or worse than control, to both sides."""
    found = {}
    for place, track in members.items():
        safe = track.crossing(ALPHA, sides=1, heights=track.safe_heights)
        ends = [(safe, "not_worse"), (track.crossing(ALPHA), None)]
        known = [(at, track.called(at, against)) for at, against in ends if at is not None]
        known = [(at, call) for at, call in known if call.direction in {"not_worse", "worse"}]
        if known:
            found[place] = min(known, key=lambda one: one[0])[1]
    return found


def _any_day_holm(members):
    """(days, rows): who is called on each day by the rule for any day."""
    return _by_day(members, lambda column: holm([_always_valid(seen) for seen in column]))


def discoveries(members):
    """(days, rows): which micro goals are called on each day."""
    return _by_day(members, lambda column: e_benjamini_hochberg([log_e(seen) for seen in column]))


def _by_day(members, adjusted):
    columns = list(zip(*(track.seen for track in members.values()), strict=True))
    found = np.zeros((len(columns), len(members)), dtype=bool)
    for place, column in enumerate(columns):
        # Neither correction calls anybody when nobody would be called alone.
        if max(log_e(seen) for seen in column) >= -log(ALPHA):
            values = adjusted(column)
            found[place] = [value < ALPHA and not seen.thin for value, seen in zip(values, column, strict=True)]
    return found


def log_e(seen):
    """While a test runs, a row without a number stays in its family, with no evidence."""
    return 0.0 if seen.z is None else log_e_value(seen.z, seen.row.people, tuned_for=seen.tuned)


def _always_valid(seen):
    return 1.0 if seen.z is None else always_valid_p_value(seen.z, seen.row.people, tuned_for=seen.tuned)


def _first(called, members):
    found = {}
    for which, (place, track) in enumerate(members.items()):
        if called[:, which].any():
            seen = track.seen[int(np.argmax(called[:, which]))]
            rising = (seen.row.comparison.diff or 0.0) > 0
            found[place] = Call(seen.day, "better" if rising == (track.goal.desired == "increase") else "worse")
    return found


def verdict_of(scene, course, called):
    """The first ship or roll_back, with its day, by the shipped ``decide`` and the shipped checks; None for neither."""
    for day in range(min((call.day for call in called.values()), default=DAYS + 1), DAYS + 1):
        case = scene.case(course, day)
        alarms = [Reason(check.code, check.detail) for check in checks_of(case) if check.blocks]
        found = decide(case.standing, alarms, list(_evidence(scene, case, called, day)))
        if found.code in {"ship", "roll_back"}:
            return found.code, day
    return None


def _evidence(scene, case, called, day):
    for asked in scene.goals:
        for variant in scene.plan.variants[1:]:
            call = called.get((asked.id, variant.key))
            direction = call.direction if call and call.day <= day else None
            decision = Decision(direction is not None, direction, None, rule_of(asked, case.standing))
            yield Evidence(asked.key, asked.name, asked.level, asked.role, variant.key, decision)
