"""The pictures of docs/operating-characteristics.md, by file name."""

import numpy as np

from tests.simulate.plots import Axis, Line, dots, lines
from tests.simulate.scenes import DAYS
from tests.simulate.settings import NULL

EACH_DAY = Axis("day", 1, DAYS, (1, 7, 14, 21, 28))
SHORT = {
    "1 % of 1,000 an arm": ("1 % of", "1,000"),
    "2 % of 5,000 an arm": ("2 % of", "5,000"),
    "revenue, 3 % of 5,000 an arm pay": ("revenue,", "5,000"),
    "1 %, 9,000 against 1,000": ("1 %, 9,000", "against 1,000"),
    "revenue, 9,000 against 1,000": ("revenue, 9,000", "against 1,000"),
}


def pictures(seen):
    return {
        "false-calls.svg": _false_calls(seen),
        "every-day.svg": _every_day(seen),
        "power-by-day.svg": _power(seen),
        "micro-goals.svg": _micro(seen),
    }


def _false_calls(seen):
    groups = []
    for name in NULL:
        found = seen[f"null: {name}"]
        values = [np.mean(found["direction"] == sign) for sign in (1, -1)]
        theirs = found["peer_direction"][~np.isnan(found["peer_direction"])]
        values += [np.mean(theirs == sign) if len(theirs) else None for sign in (1, -1)]
        groups.append((SHORT[name], values))
    scale = Axis("", 0, 0.2, (0, 0.05, 0.1, 0.15, 0.2), percent=True)
    names = ["Microlift: better", "Microlift: worse", "GrowthBook: better", "GrowthBook: worse"]
    return dots(
        "No effect, read once: how often each direction is called", scale, groups, names, limit=(0.025, "2.5 %")
    )


def _every_day(seen):
    found = seen["daily null: 5 % convert"]
    drawn = [_by_day("Microlift's rule", found["day"]), _by_day("p < .05", found["naive_day"])]
    asked = found["peer_day"][~np.isnan(found["peer_day"])]
    if len(asked):
        drawn.append(_by_day("GrowthBook: chance to win beyond 95 %", asked))
    scale = Axis("", 0, 0.5, (0, 0.1, 0.2, 0.3, 0.4, 0.5), percent=True)
    title = "No effect, looked at daily: tests in which something was called by that day"
    return lines(title, EACH_DAY, scale, drawn, limit=(0.05, "5 %"))


def _power(seen):
    found = seen["daily effect: 5 % convert"]
    drawn = [
        _by_day("Microlift's rule", np.where(found["direction"] == 1, found["day"], 0)),
        _by_day("its rule for any day", found["any_day"]),
    ]
    title = "An effect that one test at the end would see in 80 %: tests decided by that day"
    return lines(title, EACH_DAY, _whole(), drawn, limit=(float(np.mean(found["end"] == 1)), "one test at the end"))


def _micro(seen):
    found = seen["steps"]
    per_day = found["false"].mean(axis=0)
    drawn = [
        _by_day("moving micro goals found", found["found"].ravel()),
        _by_day("macro goal decided", found["macro"]),
        Line("false among those found", tuple(range(1, DAYS + 1)), tuple(per_day.tolist())),
    ]
    title = "Ten micro goals, five of which move, and a macro goal"
    return lines(title, EACH_DAY, _whole(), drawn, limit=(0.05, "5 %"))


def _whole():
    return Axis("", 0, 1, (0, 0.2, 0.4, 0.6, 0.8, 1), percent=True)


def _by_day(name, days):
    so_far = [float(np.mean((days > 0) & (days <= day))) for day in range(1, DAYS + 1)]
    return Line(name, tuple(range(1, DAYS + 1)), tuple(so_far))
