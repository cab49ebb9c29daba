"""Many goals at once: false calls among them, how early micro goals are found, intervals that hold together."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from experiments.judging import judged
from experiments.rows import family_of, rows_of
from experiments.stats.answers import held_to_test
from experiments.stats.confidence_sequence import nominal_level
from experiments.stats.families import e_benjamini_hochberg, selected_level
from tests.simulate import fast, peer
from tests.simulate.draws import linked_course
from tests.simulate.fixed import holds
from tests.simulate.scenes import ALPHA, DAYS, PEOPLE_A_DAY, Course, Scene, finished_elsewhere, goal

LIKENESS = 0.3


@dataclass(frozen=True)
class Many:
    """lifts: true relative change of each goal in the first treatment; the others change nothing."""

    scene: Scene
    rates: tuple[float, ...]
    lifts: tuple[float, ...]
    peer_share: float = 0.0

    @cached_property
    def by_arm(self):
        rates = np.tile(self.rates, (self.scene.arms, 1))
        rates[1] *= 1 + np.array(self.lifts)
        return rates

    def course(self, random):
        return linked_course(random, self.by_arm, LIKENESS)

    def truth(self, place):
        """(diff, lift) of a row."""
        number, variant = place
        control, treatment = self.by_arm[[0, int(variant.removeprefix("arm-"))], number - 1]
        return treatment - control, treatment / control - 1


def counted(setting, draws, random):
    """Calls among all goals: any win, any call in either direction, the verdict; the same of gbstats at the end."""
    rows, courses = [], []
    for _ in range(draws):
        course = setting.course(random)
        courses.append(course)
        called = fast.calls(setting.scene, fast.tracks_of(setting.scene, course))
        directions = [call.direction for call in called.values()]
        verdict = fast.verdict_of(setting.scene, course, called)
        rows.append(("better" in directions, bool({"better", "worse"} & set(directions)), verdict is not None))
    found = dict(zip(("win", "call", "verdict"), np.array(rows, dtype=float).T, strict=True))
    return found | {"peer": _peer_calls(setting, courses)}


def _peer_calls(setting, courses):
    """Whether any of all comparisons has p < .05 at the end."""
    found = np.full(len(courses), np.nan)
    asked = courses[: round(len(courses) * setting.peer_share)]
    if asked and peer.is_here():
        pairs = [pair for course in asked for pair in _last_pairs(course)]
        called, _ = peer.directions("once", pairs)
        found[: len(asked)] = (called.reshape(len(asked), -1) != 0).any(axis=1)
    return found


def _last_pairs(course):
    people, reached = course.people[-1].tolist(), course.converted[-1].astype(float)
    for arm in range(1, len(people)):
        for which in range(reached.shape[1]):
            yield [(people[one], reached[one, which], reached[one, which]) for one in (0, arm)]


def discovered(setting, draws, random):
    """By day, the share of false ones among the micro goals called; the days on which the true ones and macro came."""
    false, found, macro, missed = [], [], [], []
    for _ in range(draws):
        tracks = fast.tracks_of(setting.scene, setting.course(random), first=1)
        micro = {place: track for place, track in tracks.items() if family_of(track.goal) == "micro"}
        called = fast.discoveries(micro)
        right = np.array([_rightly(setting, place, track) for place, track in micro.items()]).T
        false.append((called & ~right).sum(axis=1) / np.maximum(1, called.sum(axis=1)))
        moves = [setting.truth(place)[0] > 0 for place in micro]
        found.append(np.where(called.any(axis=0), called.argmax(axis=0) + 1, 0)[moves])
        macro.append(max((call.day for call in fast.calls(setting.scene, _primary(tracks)).values()), default=0))
        missed.append(_missed(setting, micro, called))
    return {
        "false": np.array(false),
        "found": np.array(found),
        "macro": np.array(macro),
        "missed": np.array(missed, dtype=float),
    }


def _primary(tracks):
    return {place: track for place, track in tracks.items() if family_of(track.goal) == "primary"}


def _rightly(setting, place, track):
    """For each day, whether to call the row would be right, in the direction it then has."""
    diff, _ = setting.truth(place)
    return [bool(diff) and np.sign(seen.row.comparison.diff or 0.0) == np.sign(diff) for seen in track.seen]


def _missed(setting, micro, called):
    """By day, the share of the intervals of the goals called that miss the truth; 0 where none is called."""
    shares = np.zeros(DAYS)
    for day in np.flatnonzero(called.any(axis=1)):
        chosen = [(place, track.seen[day]) for which, (place, track) in enumerate(micro.items()) if called[day, which]]
        evidence = [fast.log_e(track.seen[day]) for track in micro.values()]
        alpha = selected_level(e_benjamini_hochberg(evidence), ALPHA)
        shares[day] = np.mean([_misses(seen, setting.truth(place)[0], alpha) for place, seen in chosen])
    return shares


def _misses(seen, truth, alpha):
    comparison = seen.row.at_level(nominal_level(seen.row.people, tuned_for=seen.tuned, alpha=alpha))
    return holds(held_to_test(comparison.diff_ci, comparison.diff, significant=True), truth) == 0


@dataclass(frozen=True)
class Together:
    """So many primary goals, read once. lifts: of the goals in turn."""

    goals: int
    lifts: tuple[float, ...]
    rate: float = 0.05


def held_together(setting, draws, random):
    """Whether the adjusted intervals of all goals hold at once, on both scales."""
    scene = Scene(tuple(goal(number) for number in range(1, setting.goals + 1)))
    lifts = np.resize(setting.lifts, setting.goals)
    rates = np.stack([np.full(setting.goals, setting.rate), setting.rate * (1 + lifts)])
    people, rows = DAYS * PEOPLE_A_DAY, []
    for _ in range(draws):
        course = _at_once(people, random.binomial(people, rates))
        case = finished_elsewhere(scene.case(course, DAYS))
        answers = judged(case, rows_of(case.plan, case.tallied))
        by_goal = list(zip(answers, rates[1] - rates[0], lifts, strict=True))
        rows.append(
            (
                all(holds(one.diff_ci, diff) != 0 for one, diff, _ in by_goal),
                all(holds(one.lift_ci, lift) != 0 for one, _, lift in by_goal),
            )
        )
    return dict(zip(("diff", "lift"), np.array(rows, dtype=float).T, strict=True))


def _at_once(people, converted):
    """A course of which only the end is known."""
    return Course.of_rates(np.full((DAYS, 2), people), np.tile(converted, (DAYS, 1, 1)))
