"""The rows of the result page: each comparison with its number, its interval, its chart, and a tag that says it all."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from experiments import quantities, wording
from experiments.charts import Bar, Scale, Spec, Tone, lift_spec, scale_of
from experiments.figures import DASH, Ends, day, lift, likely, number, percent
from experiments.leading import codes
from experiments.result_times import day_of_look, is_fulfilled, look_of, moment
from experiments.safe_numbers import Safe, any_day, safe_numbers

Body = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Tag:
    tone: Tone
    text: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One treatment in one goal. ``chart`` names its specification; empty when there is no number to draw."""

    name: str
    about: str
    lift: str
    interval: str
    tag: Tag
    chart: str = ""

    @property
    def spoken(self) -> str:
        return f"{self.name}: {self.lift}, {self.interval}. {self.tag.text}"


@dataclass(frozen=True, slots=True)
class Rows:
    """``bars``: what was drawn, so that a legend can name it."""

    rows: Sequence[Row]
    bars: Sequence[Bar]


def rows_of(goals: Sequence[Body], body: Body, specs: dict[str, Spec], *, left: int | None) -> Rows:
    """Of these goals, with their charts added to ``specs``. ``left``: days to the end of the plan."""
    pairs = [(goal, arm) for goal in goals for arm in goal["variants"] if arm["vs_control"] is not None]
    tags = [_tag(goal, arm["vs_control"], body, left) for goal, arm in pairs]
    bars = [bar_of(goal, arm["vs_control"], tag, body) for (goal, arm), tag in zip(pairs, tags, strict=True)]
    drawn = [bar for bar in bars if bar]
    scale = scale_of(drawn)
    rows: list[Row] = []
    for (goal, arm), tag, bar in zip(pairs, tags, bars, strict=True):
        chart = _draw(bar, scale, specs, first=not any(row.chart for row in rows)) if bar else ""
        rows.append(_row(goal, arm, body, tag, chart))
    return Rows(rows, drawn)


def _draw(bar: Bar, scale: Scale, specs: dict[str, Spec], *, first: bool) -> str:
    name = f"chart-{len(specs)}"
    specs[name] = lift_spec(bar, scale, axis=first)
    return name


def _row(goal: Body, arm: Body, body: Body, tag: Tag, chart: str) -> Row:
    safe = safe_numbers(arm["vs_control"])
    control = next(other for other in goal["variants"] if other["vs_control"] is None)
    about = [
        *([wording.names_of(body)[arm["key"]]] if len(body["variants"]) > 2 else []),
        *_role(goal),
        f"{quantities.mean(control, goal)} → {quantities.mean(arm, goal)}{quantities.unit(goal)}",
    ]
    if goal["progress"] < 1:
        return Row(goal["name"], " · ".join(about[:-1]), DASH, "", tag)
    change, interval = _in_words(safe, goal)
    return Row(goal["name"], " · ".join(about), change, interval, tag, chart)


def _in_words(safe: Safe, goal: Body) -> tuple[str, str]:
    """As lift; against an original that nobody converted with, as difference."""
    if safe.lift is not None:
        return lift(safe.lift), likely(safe.lift_ci) if safe.lift_ci else ""
    if safe.diff_ci is None:
        return DASH, ""
    return quantities.difference(safe.diff, goal), quantities.difference_between(safe.diff_ci, goal)


def _role(goal: Body) -> Iterator[str]:
    if goal["exploratory"]:
        yield _("added later, informs only")
    elif goal["role"] == "primary":
        yield _("primary")
    elif goal["role"] == "guardrail":
        falls, rises = _("may fall by %(margin)s at most"), _("may rise by %(margin)s at most")
        words = falls if goal["desired"] == "increase" else rises
        yield from (_("guardrail"), words % {"margin": percent(goal["margin"])})
    elif goal["level"] == "macro":
        yield _("informs only")


def bar_of(goal: Body, against: Body, tag: Tag, body: Body) -> Bar | None:
    """None without a lift to draw, or while the goal is still being counted."""
    safe = safe_numbers(against)
    if safe.lift is None or safe.lift_ci is None or goal["progress"] < 1:
        return None
    low, high = safe.lift_ci
    bar = Bar(safe.lift, low, high, tag.tone)
    if goal["role"] == "guardrail":
        bar = replace(bar, margin=-goal["margin"] if goal["desired"] == "increase" else goal["margin"])
    return replace(bar, band=_band(safe, against, body))


def _band(safe: Safe, against: Body, body: Body) -> Ends | None:
    """What fits at this moment, while the last look has not decided; None where it would hide behind the first."""
    decided, band = against["decision"]["direction"] is not None, any_day(against)
    if safe.look is None or safe.lift_ci is None or decided or band is None:
        return None
    if body["status"] == "stopped" or is_fulfilled(body):
        return None
    (low, high), (inner_low, inner_high) = band, safe.lift_ci
    wider_below = inner_low is not None and (low is None or low < inner_low)
    wider_above = inner_high is not None and (high is None or high > inner_high)
    return band if wider_below or wider_above else None


# ---- tags ----


def _tag(goal: Body, against: Body, body: Body, left: int | None) -> Tag:
    if body["verdict"]["code"] == "blocked":
        return _counting() if goal["progress"] < 1 else Tag("flat", _("Not valid"))
    tag = tag_of(goal, against, body, left)
    if "stopped_early" in codes(body) and against["decision"]["reason"] == "no_difference_seen":
        return Tag("flat", _("Undecided"))
    return _since(tag, against, body)


def _since(tag: Tag, against: Body, body: Body) -> Tag:
    """“Better · since day 8”, for what a planned look decided: its numbers are those of that day."""
    look = look_of(body, safe_numbers(against).look)
    early = look is not None and look["spent"] < 1
    if look is None or not early or against["decision"]["direction"] not in {"better", "worse"}:
        return tag
    since = _("%(tag)s · since day %(day)s") % {"tag": tag.text, "day": number(day_of_look(body, look))}
    if look == body["looks"][-1]:
        return replace(tag, text=since)
    date = day(moment(look["taken_at"]), body["computed_at"])
    return replace(tag, text=since, why=_("Change and bar are those of %(date)s.") % {"date": date})


def _counting() -> Tag:
    return Tag("flat", _("Being counted"), _("From past events; complete in a moment."))


def tag_of(goal: Body, against: Body, body: Body, left: int | None) -> Tag:
    """What the row says at a glance. Colours only what was decided by its rule."""
    decision = against["decision"]
    reason = decision["reason"]
    if goal["progress"] < 1 or reason == "being_counted":
        return _counting()
    if decision["direction"]:
        words: dict[str, tuple[Tone, str]] = {
            "better": ("good", _("Better")),
            "worse": ("bad", _("Worse")),
            "not_worse": ("good", _("Safe")),
        }
        return Tag(*words[decision["direction"]])
    if reason == "no_look_yet":
        return Tag("flat", _("Not looked at yet"), wording.reason("no_look_yet"))
    if reason == "not_decided_yet":
        return _open(goal, left)
    if reason == "not_proven_safe":
        return _unsafe(body)
    if reason in wording.THIN_DATA:
        return _thin(against)
    if reason in {None, "no_difference_seen"}:
        return Tag("flat", _("No difference seen"))
    return Tag("flat", _("Undecided"), wording.reason(reason))


def _thin(against: Body) -> Tag:
    """The statistics' own reason where there is one: it says more than that people are few."""
    found = against["reason"] or {"code": against["decision"]["reason"] or "", "detail": ""}
    return Tag("flat", _("Not enough data yet"), wording.reason(found["code"], found["detail"]))


def _open(goal: Body, left: int | None) -> Tag:
    if goal["role"] != "primary":
        return Tag("flat", _("Undecided"))
    if not left:
        return Tag("wait", _("Undecided"))
    about = ngettext("Undecided · about %(n)s day", "Undecided · about %(n)s days", left)
    return Tag("wait", about % {"n": number(left)})


def _unsafe(body: Body) -> Tag:
    if body["status"] == "running" and not is_fulfilled(body):
        return Tag("flat", _("Not yet proven safe"))
    return Tag("wait", _("Not proven safe"), wording.reason("not_proven_safe"))
