"""Plots as small SVG files, drawn by hand: nothing to install, and a change shows in a diff."""

from dataclasses import dataclass
from html import escape

INK, FAINT, PAPER = "#1f2937", "#d1d5db", "#ffffff"
COLOURS = ("#1d4ed8", "#c2410c", "#047857", "#7c3aed", "#6b7280")
WIDTH, HEIGHT = 760, 400
LEFT, RIGHT, TOP, BOTTOM = 64, 20, 70, 52
FONT = 'font-family="system-ui, sans-serif" font-size="13"'


@dataclass(frozen=True)
class Axis:
    title: str
    low: float
    high: float
    ticks: tuple[float, ...]
    percent: bool = False

    def says(self, tick):
        return f"{100 * tick:g} %" if self.percent else f"{tick:g}"


@dataclass(frozen=True)
class Line:
    name: str
    xs: tuple[float, ...]
    ys: tuple[float, ...]


def lines(title, x, y, drawn, *, limit=None):
    """Lines over days; limit: (value, words) of a level not to be passed."""
    parts = [*_frame(title, x, y), *_limit(x, y, limit)]
    for place, line in enumerate(drawn):
        colour = COLOURS[place]
        points = " ".join(f"{_x(x, a):.1f},{_y(y, b):.1f}" for a, b in zip(line.xs, line.ys, strict=True))
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2.5"/>')
    return _document([*parts, *_legend([line.name for line in drawn])], title)


def dots(title, y, groups, names, *, limit):
    """groups: (words, values in the order of ``names``; None leaves a dot out)."""
    x = Axis("", 0, len(groups), ())
    parts = [*_frame(title, x, y), *_limit(x, y, limit)]
    for place, (words, values) in enumerate(groups):
        centre = _x(x, place + 0.5)
        for line, word in enumerate(words):
            parts.append(_text(centre, HEIGHT - BOTTOM + 20 + 16 * line, word, anchor="middle"))
        for which, value in enumerate(values):
            if value is not None:
                at = centre + 16 * (which - (len(values) - 1) / 2)
                parts.append(_dot(at, _y(y, min(value, y.high)), COLOURS[which]))
    return _document([*parts, *_legend(names)], title)


def _frame(title, x, y):
    parts = [_text(LEFT, 24, title, weight="600")]
    for tick in y.ticks:
        at = _y(y, tick)
        parts.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{at:.1f}" y2="{at:.1f}" stroke="{FAINT}"/>')
        parts.append(_text(LEFT - 8, at + 4, y.says(tick), anchor="end"))
    for tick in x.ticks:
        parts.append(_text(_x(x, tick), HEIGHT - BOTTOM + 20, x.says(tick), anchor="middle"))
    parts.append(_text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 10, x.title, anchor="middle"))
    return parts


def _limit(x, y, limit):
    if limit is None:
        return []
    value, words = limit
    at = _y(y, value)
    line = f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{at:.1f}" y2="{at:.1f}" stroke="{INK}" stroke-dasharray="5 4"/>'
    return [line, _text(WIDTH - RIGHT, at - 6, words, anchor="end")]


def _legend(names):
    parts, at = [], LEFT
    for place, name in enumerate(names):
        parts += [_dot(at + 5, 46, COLOURS[place]), _text(at + 16, 50, name)]
        at += 34 + 7 * len(name)
    return parts


def _dot(x, y, colour):
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" fill="{colour}"/>'


def _text(x, y, words, *, anchor="start", weight="400"):
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-weight="{weight}" fill="{INK}" {FONT}>'
        f"{escape(words)}</text>"
    )


def _document(parts, title):
    body = "\n".join([f'<rect width="{WIDTH}" height="{HEIGHT}" fill="{PAPER}"/>', *parts])
    size = f'width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-label="{escape(title)}">\n{body}\n</svg>\n'


def _x(axis, value):
    return LEFT + (value - axis.low) / (axis.high - axis.low) * (WIDTH - LEFT - RIGHT)


def _y(axis, value):
    return HEIGHT - BOTTOM - (value - axis.low) / (axis.high - axis.low) * (HEIGHT - TOP - BOTTOM)
