"""Looked at every day for 28 days: what is called, when, and whether the intervals hold on all days at once."""

from dataclasses import dataclass, field
from functools import partial

import numpy as np

from experiments.analysis import shrunk_lift
from experiments.decisions import Decision
from experiments.judging import Judged
from experiments.looking import primary_rows
from experiments.stats import confidence_sequence
from experiments.stats.families import simultaneous_level
from experiments.stats.group_sequential import critical_values, nominal_level
from tests.simulate import fast, full, peer
from tests.simulate.draws import AMOUNT_MEAN, Crowd
from tests.simulate.fixed import holds
from tests.simulate.scenes import ALPHA, DAYS, Scene

SIGNS = {"better": 1, "worse": -1, "not_worse": 2}
# GrowthBook colours nothing before so many conversions in all arms.
PEER_FLOOR = 150


@dataclass(frozen=True)
class Daily:
    """peer_share: of the draws, that gbstats reads every day too."""

    crowd: Crowd
    scene: Scene = field(default_factory=Scene)
    peer_share: float = 0.0

    def course(self, random):
        return self.crowd.course(random)

    @property
    def truth(self):
        """(diff, lift) of each treatment."""
        control, *rest = self.crowd.rates
        worth = AMOUNT_MEAN if self.crowd.amounts else 1
        return [((rate - control) * worth, rate / control - 1) for rate in rest]


def followed(setting, draws, random):
    """The day of the first call and its direction, by the rule and by what people do instead; 0 when none came."""
    rows, courses = [], []
    for _ in range(draws):
        course = setting.course(random)
        courses.append(course)
        rows.append(_story(setting.scene, course))
    names = ("day", "direction", "verdict_day", "verdict", "any_day", "naive_day", "end", "lift", "shrunk")
    found = dict(zip(names, np.array(rows, dtype=float).T, strict=True))
    return found | {"peer_day": _peer_days(setting, courses)}


def _story(scene, course):
    tracks = fast.tracks_of(scene, course, first=1)
    called = fast.calls(scene, tracks)
    first = min(called, key=lambda place: called[place].day, default=None)
    code, verdict_day = fast.verdict_of(scene, course, called) or ("", 0)
    return (
        called[first].day if first else 0,
        SIGNS[called[first].direction] if first else 0,
        verdict_day,
        {"ship": 1, "roll_back": -1}.get(code, 0),
        _earliest(tracks, _on_any_day),
        _earliest(tracks, _naively),
        _at_end(tracks),
        *(_winner(tracks[first], called[first]) if first and scene.planned else (np.nan, np.nan)),
    )


def _earliest(tracks, crossed):
    days = [seen.day for track in tracks.values() for seen in track.seen if seen.z is not None and crossed(seen)]
    return min(days, default=0)


def _on_any_day(seen):
    return not seen.thin and abs(seen.z) > _sequence_bound(seen.row.people, seen.tuned)


def _sequence_bound(people, tuned):
    return confidence_sequence.critical_value(people, tuned_for=tuned, alpha=ALPHA)


def _naively(seen):
    return seen.row.comparison.p_value < ALPHA


def _at_end(tracks):
    """1 or -1 when the first treatment's one test at the planned end calls it."""
    last = next(iter(tracks.values())).seen[-1]
    return 0 if last.z is None or not _naively(last) else np.sign(last.z)


def _winner(track, call):
    """The lift as it is shown on the day of the call, and as it is shown shrunk."""
    place = [seen.day for seen in track.looked].index(call.day)
    seen = track.looked[place]
    decision = Decision(True, call.direction, None, "group_sequential")
    lift = seen.row.comparison.lift
    return lift, shrunk_lift(Judged(seen.row, decision, "holm", lift=lift, z=seen.z), alpha=0.05)


def _peer_days(setting, courses):
    """The first day with a chance to win above 95 % or below 5 %; 0 for none, nan where it was not asked."""
    days = np.full(len(courses), np.nan)
    asked = courses[: round(len(courses) * setting.peer_share)]
    if not asked or not peer.is_here():
        return days
    measure = setting.scene.goals[0].measure
    chances = peer.chances(measure, [pair for course in asked for pair in _pairs(course)]).reshape(len(asked), DAYS)
    enough = np.array([course.converted[:, :2, 0].sum(axis=1) >= PEER_FLOOR for course in asked])
    crossed = enough & ((chances > 0.95) | (chances < 0.05))
    days[: len(asked)] = np.where(crossed.any(axis=1), crossed.argmax(axis=1) + 1, 0)
    return days


def _pairs(course):
    for day in range(DAYS):
        yield [
            (int(course.people[day, arm]), float(course.total[day, arm, 0]), float(course.squares[day, arm, 0]))
            for arm in (0, 1)
        ]


def covered(setting, draws, random):
    """Whether the intervals of all looks hold at once, and those that may be read on any day; 1 or 0."""
    rows = []
    for _ in range(draws):
        tracks = fast.tracks_of(setting.scene, setting.course(random), first=1)
        called = fast.calls(setting.scene, tracks)
        shown = [
            _all_hold(setting, track, truth, called.get(place))
            for (place, track), truth in zip(tracks.items(), setting.truth, strict=True)
        ]
        # Those of any day are promised to each row alone.
        rows.append([*np.min(shown, axis=0)[:2], *shown[0][2:]])
    return dict(zip(("looks_diff", "looks_lift", "days_diff", "days_lift"), np.array(rows, dtype=float).T, strict=True))


def _all_hold(setting, track, truth, call):
    """A call ends its interval at 0, also where Holm asked less of it than of its interval: 0 itself is still in it."""
    alpha = simultaneous_level(ALPHA, primary_rows(setting.scene.plan))
    bounds = critical_values(track.looks, alpha=alpha)
    at_looks = [
        seen.row.at_level(nominal_level(bound))
        for seen, bound in zip(track.looked, bounds, strict=True)
        if bound is not None
    ]
    level = partial(confidence_sequence.nominal_level, alpha=ALPHA)
    on_days = [
        seen.row.at_level(level(seen.row.people, tuned_for=seen.tuned)) for seen in track.seen if seen.z is not None
    ]
    rightly = call is None or SIGNS[call.direction] * truth[0] >= 0
    return [
        whole and all(holds(getattr(wide, name), value) != 0 for wide in group)
        for group, whole in ((at_looks, rightly), (on_days, True))
        for name, value in zip(("diff_ci", "lift_ci"), truth, strict=True)
    ]


def guarded(setting, draws, random):
    """The day on which a guardrail is first called safe; 0 for never."""
    days = []
    for _ in range(draws):
        (track,) = fast.tracks_of(setting.scene, setting.course(random)).values()
        place = track.crossing(ALPHA, sides=1, heights=track.safe_heights)
        days.append(0 if place is None else track.looked[place].day)
    return {"day": np.array(days)}


def agreed(setting, draws, random):
    """1 where the fast path and the full one call the same rows, on the same days, and come to the same verdict."""
    rows = []
    for _ in range(draws):
        course = setting.course(random)
        called = fast.calls(setting.scene, fast.tracks_of(setting.scene, course))
        story = full.told(setting.scene, course)
        same = (called, fast.verdict_of(setting.scene, course, called)) == (story.calls, story.verdict)
        rows.append((same, bool(called)))
    return dict(zip(("same", "called"), np.array(rows, dtype=float).T, strict=True))
