"""Vega-Lite specifications of the result page, pure: lifts on the scale of their block, an effect by day."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, log10
from statistics import median
from typing import Any, Literal

Tone = Literal["good", "bad", "wait", "flat"]
Spec = dict[str, Any]

SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
# The same five inks on white and on the dark theme, where deep colours would drown.
LIGHT = {"good": "#0f7b4f", "bad": "#b3261e", "wait": "#8a6100", "flat": "#5d6878", "zero": "#9aa5b4", "ink": "#6b7686"}
DARK = {"good": "#4cc38a", "bad": "#ff8a80", "wait": "#e2b23a", "flat": "#a3aebd", "zero": "#77828f", "ink": "#97a3b2"}
FONT = "Inter, system-ui, sans-serif"

# One interval that is far wider than its neighbours must not flatten them to dots; beyond this it gets an arrow.
WIDEST = 4
# Room for an interval where nothing has moved at all.
NARROWEST = 0.02
TICKS = 6
# Half the width of a label, as a share of the scale: a tick nearer to the edge would be cut off.
EDGE = 0.07


@dataclass(frozen=True, slots=True)
class Bar:
    """A relative change; ``low`` or ``high`` None: unbounded. ``margin``: where a guardrail's tolerance ends.

    band: a second, paler interval around the first; None: there is none.
    """

    lift: float
    low: float | None
    high: float | None
    tone: Tone = "flat"
    margin: float | None = None
    band: tuple[float | None, float | None] | None = None


@dataclass(frozen=True, slots=True)
class Scale:
    low: float
    high: float
    ticks: tuple[float, ...]


def scale_of(bars: Sequence[Bar]) -> Scale:
    """One scale for a block, so that its rows can be compared; it always shows zero."""
    if not bars:
        return Scale(-NARROWEST, NARROWEST, (0.0,))
    furthest = WIDEST * median([_reach(bar) for bar in bars])
    ends = [end for bar in bars for end in _finite_ends(bar)]
    # Where an end is open, the arrow needs room beyond the point.
    low = max(min([0.0, *ends]), -furthest)
    high = min(max([0.0, *ends]), furthest)
    # So much that zero keeps its label even where it is the end of the scale.
    room = max((high - low) * 1.01 * EDGE / (1 - 2 * EDGE), NARROWEST / 2)
    step = _nice_step((high - low + 2 * room) / TICKS)
    low, high = _with_labels(low - room, high + room, step, bars)
    edge = EDGE * (high - low)
    ticks = [round(index * step, 10) for index in range(ceil((low + edge) / step), floor((high - edge) / step) + 1)]
    return Scale(low, high, tuple(ticks))


def _with_labels(low: float, high: float, step: float, bars: Sequence[Bar]) -> tuple[float, float]:
    """The ends, moved out so far that each side that a bar reaches has room for the label of one step."""
    # A hair more than the edge, so that rounding does not take the label away again.
    near = EDGE * 1.01
    if any(bar.low is None or min(_finite_ends(bar)) < 0 for bar in bars):
        low = min(low, -(step + near * high) / (1 - near))
    if any(bar.high is None or max(_finite_ends(bar)) > 0 for bar in bars):
        high = max(high, (step - near * low) / (1 - near))
    return low, high


def _finite_ends(bar: Bar) -> list[float]:
    return [end for end in (bar.low, bar.lift, bar.high, bar.margin, *(bar.band or ())) if end is not None]


def _reach(bar: Bar) -> float:
    return max(NARROWEST, *(abs(end) for end in (bar.low, bar.lift, bar.high, bar.margin) if end is not None))


def _nice_step(raw: float) -> float:
    """The smallest of 1, 2, 2.5 and 5 times a power of ten that is not below ``raw``."""
    power: float = 10.0 ** floor(log10(raw))
    return next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= raw * 0.999)


def lift_spec(bar: Bar, scale: Scale, *, axis: bool) -> Spec:
    """The chart of one row. Colours are parameters; ``usermeta.dark`` holds their values on the dark theme."""
    return {
        **_frame(30, bar.tone),
        "data": {"values": [_row(bar, scale)]},
        "encoding": {"x": _x("low", scale, axis=axis)},
        "layer": [*_rules(bar), *_band(bar), _interval(), *_arrows(bar, scale), _point(bar, scale)],
    }


def _frame(height: int, tone: Tone) -> Spec:
    return {
        "$schema": SCHEMA,
        "width": "container",
        "height": height,
        "autosize": {"type": "fit-x", "contains": "padding"},
        "padding": {"left": 2, "right": 2, "top": 2, "bottom": 0},
        "background": "transparent",
        "usermeta": {"dark": _inks(DARK, tone)},
        "params": [{"name": name, "value": value} for name, value in _inks(LIGHT, tone).items()],
        "config": {"view": {"stroke": None}, "font": FONT},
    }


def _inks(palette: dict[str, str], tone: Tone) -> dict[str, str]:
    return {"tone": palette[tone], "zero": palette["zero"], "ink": palette["ink"], "limit": palette["bad"]}


def _row(bar: Bar, scale: Scale) -> dict[str, float]:
    low, high = bar.band or (bar.low, bar.high)
    return {
        "lift": bar.lift,
        "low": scale.low if bar.low is None else max(bar.low, scale.low),
        "high": scale.high if bar.high is None else min(bar.high, scale.high),
        "from": scale.low if low is None else max(low, scale.low),
        "to": scale.high if high is None else min(high, scale.high),
    }


def _x(field: str, scale: Scale, *, axis: bool) -> Spec:
    look: Spec | None = {
        "values": list(scale.ticks),
        "labelExpr": "datum.value === 0 ? '0' : format(datum.value * 100, '+,.3~r') + '\u202f%'",
        "labelColor": {"expr": "ink"},
        "labelFontSize": 12,
        "labelPadding": 4,
        "labelOverlap": "greedy",
        "labelBound": True,
        "title": None,
        "domain": False,
        "ticks": False,
        "grid": False,
    }
    return {
        "field": field,
        "type": "quantitative",
        "scale": {"domain": [scale.low, scale.high], "nice": False, "zero": False},
        "axis": look if axis else None,
    }


def _rules(bar: Bar) -> list[Spec]:
    rules: list[Spec] = [{"mark": {"type": "rule", "color": {"expr": "zero"}}, "encoding": {"x": {"datum": 0}}}]
    if bar.margin is not None:
        mark = {"type": "rule", "color": {"expr": "limit"}, "strokeDash": [3, 3]}
        rules.append({"mark": mark, "encoding": {"x": {"datum": bar.margin}}})
    return rules


def _band(bar: Bar) -> list[Spec]:
    if bar.band is None:
        return []
    mark = {"type": "rule", "color": {"expr": "tone"}, "strokeWidth": 12, "opacity": 0.16}
    return [{"mark": mark, "encoding": {"x": {"field": "from", "type": "quantitative"}, "x2": {"field": "to"}}}]


def _interval() -> Spec:
    mark = {"type": "rule", "color": {"expr": "tone"}, "strokeWidth": 8, "strokeCap": "round", "opacity": 0.4}
    return {"mark": mark, "encoding": {"x2": {"field": "high"}}}


def _arrows(bar: Bar, scale: Scale) -> list[Spec]:
    """An arrowhead where the interval goes on beyond the edge."""
    left = bar.low is None or bar.low < scale.low
    right = bar.high is None or bar.high > scale.high
    head = {"type": "point", "filled": True, "size": 90, "opacity": 1, "color": {"expr": "tone"}}
    return [
        {
            "mark": {**head, "shape": shape, "xOffset": inwards},
            "encoding": {"x": {"field": field, "type": "quantitative"}},
        }
        for is_open, shape, field, inwards in ((left, "triangle-left", "low", 5), (right, "triangle-right", "high", -5))
        if is_open
    ]


def _point(bar: Bar, scale: Scale) -> Spec:
    inside = scale.low <= bar.lift <= scale.high
    mark = {"type": "point", "filled": True, "size": 95 if inside else 0, "opacity": 1, "color": {"expr": "tone"}}
    return {"mark": mark, "encoding": {"x": {"field": "lift", "type": "quantitative"}}}


@dataclass(frozen=True, slots=True)
class Day:
    """The effect on those who came first on this day (ISO date), in the unit of the axis."""

    day: str
    diff: float
    low: float | None
    high: float | None


# With room at both ends, so that no interval stands on an axis.
_DAY = {"field": "day", "type": "temporal", "timeUnit": "utcyearmonthdate", "scale": {"padding": 24}}


def days_spec(days: Sequence[Day]) -> Spec:
    """The effect by day of the first visit. An end that is unbounded is drawn to the furthest that is not."""
    ends = [0.0, *(end for day in days for end in (day.diff, day.low, day.high) if end is not None)]
    values = [
        {
            "day": day.day,
            "diff": day.diff,
            "low": min(ends) if day.low is None else day.low,
            "high": max(ends) if day.high is None else day.high,
        }
        for day in days
    ]
    rule = {"type": "rule", "color": {"expr": "tone"}, "strokeWidth": 4, "strokeCap": "round", "opacity": 0.4}
    point = {"type": "point", "filled": True, "size": 60, "opacity": 1, "color": {"expr": "tone"}}
    zero = {"type": "rule", "color": {"expr": "zero"}}
    return {
        **_frame(170, "flat"),
        "data": {"values": values},
        "encoding": {"x": {**_DAY, "axis": _plain_axis() | {"grid": False, "format": "%-d %b"}}},
        "layer": [
            {"mark": zero, "encoding": {"x": None, "y": {"datum": 0}}},
            {"mark": rule, "encoding": {"y": _effects("low"), "y2": {"field": "high"}}},
            {"mark": point, "encoding": {"y": _effects("diff")}},
        ],
    }


def _effects(field: str) -> Spec:
    label = "datum.value === 0 ? '0' : format(datum.value, '+,.3~r')"
    axis = {**_plain_axis(), "labelExpr": label, "gridOpacity": 0.25, "tickCount": 4}
    return {"field": field, "type": "quantitative", "axis": axis}


def _plain_axis() -> Spec:
    return {
        "labelColor": {"expr": "ink"},
        "labelFontSize": 12,
        "title": None,
        "domain": False,
        "ticks": False,
        "labelOverlap": "greedy",
    }
