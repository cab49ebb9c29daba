"""A stored result as its page shows it: sentences, formatted numbers, tags and charts. Decides nothing itself."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from experiments import quantities, wording
from experiments.charts import Bar, Scale, Spec, Tone, lift_spec, scale_of
from experiments.figures import DASH, THIN, ago, day, day_number, lift, likely, number, p_value, percent

Body = Mapping[str, Any]

BEFORE_THE_PLAN = {"before_planned_end", "before_planned_sample"}


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
class Block:
    title: str
    about: str
    rows: Sequence[Row]


@dataclass(frozen=True, slots=True)
class Tile:
    value: str
    label: str


@dataclass(frozen=True, slots=True)
class Check:
    status: str
    text: str


@dataclass(frozen=True, slots=True)
class Catching:
    """A goal that is still being counted from past events."""

    name: str
    percent: int


@dataclass(frozen=True, slots=True)
class Numbers:
    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    note: str


@dataclass(frozen=True, slots=True)
class ResultPage:
    verdict: str
    tone: Tone
    reasons: Sequence[str]
    checks: Sequence[Check]
    left_out: str
    computed: str
    stale: str
    tiles: Sequence[Tile]
    catching_up: Sequence[Catching]
    blocks: Sequence[Block]
    numbers: Numbers
    specs: Mapping[str, Spec] = field(default_factory=dict)
    empty: bool = False
    # The numbers are shown, but nothing may be read from them.
    invalid: bool = False
    stop_now: bool = False


def page_of(body: Body, *, now: datetime) -> ResultPage:
    specs: dict[str, Spec] = {}
    return ResultPage(
        verdict=wording.verdict_sentence(body),
        tone=wording.VERDICT_TONES.get(body["verdict"]["code"], "wait"),
        reasons=wording.verdict_reasons(body, days_left=days_left(body, now)),
        checks=[Check(check["status"], wording.check_words(check)) for check in body["health"]["checks"]],
        left_out=wording.left_out(body["health"]["excluded"]),
        computed=_computed(body, now),
        stale=_stale(body, now),
        tiles=tiles(body, now),
        catching_up=[
            Catching(goal["name"], int(goal["progress"] * 100)) for goal in body["goals"] if goal["progress"] < 1
        ],
        blocks=[block for block in _blocks(body, specs, days_left(body, now)) if block.rows],
        numbers=_numbers(body),
        specs=specs,
        empty=body["health"]["enrolled"] == 0,
        invalid=_is_invalid(body),
        stop_now=wording.is_time_to_stop(body),
    )


def _is_invalid(body: Body) -> bool:
    return bool(body["verdict"]["code"] == "blocked")


def when(body: Body, now: datetime) -> str:
    """“since 2 Nov, day 12 of 21”, or the days between which it ran."""
    started, ended = body["started_at"], body["ended_at"]
    if ended is not None:
        return f"{day(started, now)} {DASH} {day(ended, now)}"
    today = day_number(started, now)
    words = {"since": day(started, now), "day": today}
    if body["planned_end"] is None:
        return _("since %(since)s, day %(day)s") % words
    return _("since %(since)s, day %(day)s of %(whole)s") % {**words, "whole": max(_planned_days(body), today)}


def _planned_days(body: Body) -> int:
    return day_number(body["started_at"], body["planned_end"] - timedelta.resolution)


def days_left(body: Body, now: datetime) -> int | None:
    """After today, so that it agrees with “day 10 of 18”; None when no end is awaited."""
    if body["planned_end"] is None or body["days_left"] is None:
        return None
    return max(_planned_days(body) - day_number(body["started_at"], now), 0)


def _computed(body: Body, now: datetime) -> str:
    text = _("computed %(ago)s") % {"ago": ago(body["computed_at"], now)}
    if (body["data_through"] - body["computed_at"]).total_seconds() > 60:
        return _("%(computed)s, nothing new since (checked %(ago)s)") % {
            "computed": text,
            "ago": ago(body["data_through"], now),
        }
    return text


def _stale(body: Body, now: datetime) -> str:
    if not body["stale"]:
        return ""
    return _("These numbers hold what happened until %(ago)s; what came after is not in them yet.") % {
        "ago": ago(body["data_through"], now)
    }


def tiles(body: Body, now: datetime) -> list[Tile]:
    goals = body["goals"]
    primary = next((goal for goal in goals if goal["role"] == "primary"), None)
    micro = next((goal for goal in goals if goal["level"] == "micro" and goal is not primary), None)
    shown = [Tile(number(body["health"]["enrolled"]), _("people in the experiment"))]
    shown += [Tile(quantities.total(goal), goal["name"]) for goal in (micro, primary) if goal]
    return [*shown, _plan_tile(body, now)]


def _plan_tile(body: Body, now: datetime) -> Tile:
    if body["planned_sample"]:
        share = body["health"]["enrolled"] / body["planned_sample"]
        return Tile(f"{number(share * 100)}{THIN}%", _("of the planned sample"))
    left = days_left(body, now)
    if left is not None:
        return Tile(number(left), ngettext("day to the planned end", "days to the planned end", left))
    days = day_number(body["started_at"], body["ended_at"] or now)
    return Tile(number(days), ngettext("day of running", "days of running", days))


def _decides(goal: Body) -> bool:
    return goal["role"] in {"primary", "guardrail"} or goal["level"] == "macro"


def _blocks(body: Body, specs: dict[str, Spec], left: int | None) -> Iterator[Block]:
    about = _("Change against “%(control)s”. The bar holds every change that fits what was seen (%(level)s).") % {
        "control": wording.control_name(body),
        "level": percent(1 - body["alpha"]),
    }
    decisive = [goal for goal in body["goals"] if _decides(goal)]
    yield Block(_("What decides: macro-conversion"), about, _rows(decisive, body, specs, left))
    early = [goal for goal in body["goals"] if not _decides(goal)]
    yield Block(
        _("What moves first: micro-conversions"),
        _("The small steps on the way, corrected for looking at several of them at once."),
        _rows(early, body, specs, left),
    )


def _rows(goals: Sequence[Body], body: Body, specs: dict[str, Spec], left: int | None) -> list[Row]:
    pairs = [(goal, arm) for goal in goals for arm in goal["variants"] if arm["vs_control"] is not None]
    invalid = _is_invalid(body)
    tags = [_invalid(goal) if invalid else tag_of(goal, arm["vs_control"], left=left) for goal, arm in pairs]
    bars = [bar_of(goal, arm["vs_control"], tag) for (goal, arm), tag in zip(pairs, tags, strict=True)]
    scale = scale_of([bar for bar in bars if bar])
    rows: list[Row] = []
    for (goal, arm), tag, bar in zip(pairs, tags, bars, strict=True):
        chart = _draw(bar, scale, specs, first=not any(row.chart for row in rows)) if bar else ""
        rows.append(_row(goal, arm, body, tag, chart))
    return rows


def _draw(bar: Bar, scale: Scale, specs: dict[str, Spec], *, first: bool) -> str:
    name = f"chart-{len(specs)}"
    specs[name] = lift_spec(bar, scale, axis=first)
    return name


def _row(goal: Body, arm: Body, body: Body, tag: Tag, chart: str) -> Row:
    against = arm["vs_control"]
    several = len(body["variants"]) > 2
    control = next(other for other in goal["variants"] if other["vs_control"] is None)
    about = [
        *([wording.names_of(body)[arm["key"]]] if several else []),
        *_role(goal),
        f"{quantities.mean(control, goal)} → {quantities.mean(arm, goal)}{quantities.unit(goal)}",
    ]
    if goal["progress"] < 1:
        return Row(goal["name"], " · ".join(about[:-1]), DASH, "", tag)
    interval = likely(tuple(against["lift_ci"])) if against["lift_ci"] else ""
    return Row(goal["name"], " · ".join(about), lift(against["lift"]), interval, tag, chart)


def _role(goal: Body) -> list[str]:
    if goal["exploratory"]:
        return [_("added later, informs only")]
    if goal["role"] == "primary":
        return [_("primary")]
    if goal["role"] == "guardrail":
        falls, rises = _("may fall by %(margin)s at most"), _("may rise by %(margin)s at most")
        words = falls if goal["desired"] == "increase" else rises
        return [_("guardrail"), words % {"margin": percent(goal["margin"])}]
    return []


def bar_of(goal: Body, against: Body, tag: Tag) -> Bar | None:
    """None without a lift to draw, or while the goal is still being counted."""
    if against["lift"] is None or against["lift_ci"] is None or goal["progress"] < 1:
        return None
    low, high = against["lift_ci"]
    loss = -goal["margin"] if goal["desired"] == "increase" else goal["margin"]
    return Bar(against["lift"], low, high, tag.tone, loss if goal["role"] == "guardrail" else None)


def _invalid(goal: Body) -> Tag:
    return _counting() if goal["progress"] < 1 else Tag("flat", _("Not valid"))


def _counting() -> Tag:
    return Tag("flat", _("Being counted"), _("From past events; complete in a moment."))


def tag_of(goal: Body, against: Body, *, left: int | None) -> Tag:
    """What the row says at a glance. Colours only what was decided; before the planned end nothing is."""
    decision = against["decision"]
    if goal["progress"] < 1 or decision["reason"] == "being_counted":
        return _counting()
    if decision["significant"]:
        words: dict[str, tuple[Tone, str]] = {
            "better": ("good", _("Better")),
            "worse": ("bad", _("Worse")),
            "not_worse": ("good", _("Safe")),
        }
        return Tag(*words[decision["direction"]])
    if against["lift"] is None or decision["reason"] in wording.THIN_DATA:
        return _thin(against)
    if decision["reason"] in BEFORE_THE_PLAN:
        return _open(goal, left)
    if decision["reason"] == "not_proven_safe":
        return Tag("wait", _("Not proven safe"), wording.reason("not_proven_safe"))
    if decision["reason"] not in {None, "no_difference_seen"}:
        return Tag("flat", _("Undecided"), wording.reason(decision["reason"]))
    return Tag("flat", _("No difference seen"))


def _thin(against: Body) -> Tag:
    code, detail = against["decision"]["reason"] or "", ""
    if against["reason"] and code not in wording.THIN_DATA:
        code, detail = against["reason"]["code"], against["reason"]["detail"]
    return Tag("flat", _("Not enough data yet"), wording.reason(code, detail))


def _open(goal: Body, left: int | None) -> Tag:
    if goal["role"] == "guardrail":
        return Tag("flat", _("Not yet proven safe"))
    if goal["role"] != "primary":
        return Tag("flat", _("Undecided"))
    if not left:
        return Tag("wait", _("Undecided"))
    about = ngettext("Undecided · about %(n)s day", "Undecided · about %(n)s days", left)
    return Tag("wait", about % {"n": number(left)})


def _numbers(body: Body) -> Numbers:
    several = len(body["variants"]) > 2
    names = wording.names_of(body)
    treatment = next((names[variant["key"]] for variant in body["variants"] if not variant["is_control"]), "")
    heads = [_("Goal"), wording.control_name(body), _("Variant") if several else treatment]
    heads += [_("Difference"), _("Interval"), _("Change"), _("p, corrected")]
    rows = [
        _cells(goal, control, arm, names[arm["key"]] if several else "")
        for goal in body["goals"]
        if goal["progress"] == 1  # half-counted numbers would only mislead
        for control in goal["variants"]
        if control["vs_control"] is None
        for arm in goal["variants"]
        if arm["vs_control"] is not None
    ]
    return Numbers(heads, rows, _note(body))


def _note(body: Body) -> str:
    """What intervals and p are worth when the plan has not been fulfilled, or there is none; empty when it has."""
    arms = [arm["vs_control"] for goal in body["goals"] for arm in goal["variants"] if arm["vs_control"]]
    reasons = {against["decision"]["reason"] for against in arms}
    if reasons & BEFORE_THE_PLAN:
        return _("Intervals and p are those of the planned end, as if it were today: they decide nothing before.")
    if "stopped_early" in reasons:
        return _("Intervals and p would hold at the planned end. It was not reached, so they decide nothing.")
    if "no_plan" in reasons:
        return _("Intervals and p would hold on a day chosen beforehand. None was, so they decide nothing.")
    return ""


def _cells(goal: Body, control: Body, arm: Body, variant: str) -> list[str]:
    against = arm["vs_control"]
    seen = quantities.seen(arm, goal)
    return [
        goal["name"],
        quantities.seen(control, goal),
        f"{variant}: {seen}" if variant else seen,
        quantities.difference(against["diff"], goal),
        quantities.difference_between(against["diff_ci"], goal),
        lift(against["lift"]),
        p_value(against["adjusted_p_value"]),
    ]
