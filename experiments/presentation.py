"""A stored result as its page shows it: sentences, formatted numbers, tags and charts. Decides nothing itself."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from experiments import quantities, result_times, wording
from experiments.charts import Spec, Tone
from experiments.closer_look import CloserLook, closer_look
from experiments.figures import THIN, day_number, listed, number, percent
from experiments.leading import is_imported, steps
from experiments.result_numbers import Numbers, numbers_of
from experiments.result_rows import Row, Rows, rows_of
from experiments.verdict_words import is_time_to_stop, verdict_reasons, verdict_sentence

Body = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Key:
    """One mark of the charts and what it means."""

    mark: Literal["dot", "bar", "band", "limit"]
    text: str


@dataclass(frozen=True, slots=True)
class Block:
    title: str
    about: str
    legend: Sequence[Key]
    rows: Sequence[Row]
    notes: Sequence[str] = ()


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
    closer: CloserLook | None
    specs: Mapping[str, Spec] = field(default_factory=dict)
    empty: bool = False
    # The numbers are shown, but nothing may be read from them.
    invalid: bool = False
    stop_now: bool = False


def page_of(body: Body, *, now: datetime) -> ResultPage:
    specs: dict[str, Spec] = {}
    left, health, invalid = result_times.days_left(body, now), body["health"], body["verdict"]["code"] == "blocked"
    once = is_imported(body)
    return ResultPage(
        verdict=verdict_sentence(body),
        tone=wording.VERDICT_TONES.get(body["verdict"]["code"], "wait"),
        reasons=verdict_reasons(body, days_left=left),
        checks=[Check(check["status"], wording.check_words(check, read_once=once)) for check in health["checks"]],
        left_out=wording.left_out(health["excluded"]),
        computed=result_times.computed(body, now),
        stale=result_times.stale(body, now),
        tiles=tiles(body, now),
        catching_up=[
            Catching(goal["name"], int(goal["progress"] * 100)) for goal in body["goals"] if goal["progress"] < 1
        ],
        blocks=[block for block in _blocks(body, specs, left) if block.rows],
        numbers=numbers_of(body),
        closer=None if invalid else closer_look(body, specs, now=now),
        specs=specs,
        empty=health["enrolled"] == 0,
        invalid=invalid,
        stop_now=is_time_to_stop(body),
    )


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
    left = result_times.days_left(body, now)
    if left is not None:
        return Tile(number(left), ngettext("day to the planned end", "days to the planned end", left))
    days = day_number(body["started_at"], body["ended_at"] or now)
    return Tile(number(days), ngettext("day of running", "days of running", days))


# ---- what decides, and what moves first ----


def _decides(goal: Body) -> bool:
    return goal["role"] in {"primary", "guardrail"} or goal["level"] == "macro"


def _blocks(body: Body, specs: dict[str, Spec], left: int | None) -> Iterator[Block]:
    deciding = [goal for goal in body["goals"] if _decides(goal)]
    macro = all(goal["level"] == "macro" for goal in deciding)
    rows = rows_of(deciding, body, specs, left=left)
    yield Block(
        _("What decides: macro-conversion") if macro else _("What decides"),
        _("Change against “%(control)s”.") % {"control": wording.control_name(body)},
        list(_legend(rows, body)),
        rows.rows,
        list(_not_compared(deciding, body)),
    )
    early = [goal for goal in body["goals"] if not _decides(goal)]
    yield Block(
        _("What moves first: micro-conversions"),
        _early(body),
        [],
        rows_of(early, body, specs, left=left).rows,
        [*_ahead(body), *_not_compared(early, body)],
    )


def _early(body: Body) -> str:
    if is_imported(body):
        words = _(
            "The small steps on the way. Corrected for several goals: of what is called better or worse here, "
            "at most %(share)s is chance, on average."
        )
    else:
        words = _(
            "The small steps on the way show a change sooner than what pays. Corrected for several goals and for "
            "looking every day: of what is called better or worse here, at most %(share)s is chance, on average, "
            "whenever you look."
        )
    return words % {"share": percent(body["alpha"])}


def _ahead(body: Body) -> Iterator[str]:
    """Which steps are decided while the goal that decides is not: what they are looked at for."""
    open_still = [goal["name"] for goal in body["goals"] if goal["role"] == "primary" and not _is_decided(goal)]
    decided = dict.fromkeys(lead.goal["name"] for lead in steps(body))
    if decided and open_still and body["verdict"]["code"] != "blocked":
        words = {"steps": _quoted(decided), "goals": _quoted(open_still)}
        told = ngettext(
            "%(steps)s is decided while %(goals)s is not.",
            "%(steps)s are decided while %(goals)s is not.",
            len(decided),
        )
        yield told % words


def _is_decided(goal: Body) -> bool:
    return any(arm["vs_control"] and arm["vs_control"]["decision"]["direction"] for arm in goal["variants"])


def _quoted(names: Iterable[str]) -> str:
    return listed([_("“%(name)s”") % {"name": name} for name in names])


def _legend(rows: Rows, body: Body) -> Iterator[Key]:
    """In plain words, only of what is drawn."""
    bars, level = rows.bars, {"level": percent(1 - body["alpha"])}
    if not bars:
        return
    yield Key("dot", _("what was seen"))
    if is_imported(body):
        yield Key("bar", _("every change that fits what was seen (%(level)s)") % level)
    elif not body["planned_end"] and not body["planned_sample"]:
        yield Key("bar", _("every change that fits what was seen (%(level)s); safe to look at on any day") % level)
    elif body.get("looks"):
        yield Key("bar", _("every change that fits what was seen at the daily look (%(level)s)") % level)
    else:
        yield Key("bar", _("every change that fits what was seen (%(level)s); safe to look at on any day") % level)
    if any(bar.band for bar in bars):
        yield Key("band", _("the same at this moment: safe to look at on any day"))
    if any(bar.margin is not None for bar in bars):
        yield Key("limit", _("as much loss as a guardrail tolerates"))


def _not_compared(goals: Sequence[Body], body: Body) -> Iterator[str]:
    """Who stands outside the corrections, by name. What merely waits for people says so in its own row."""
    names = {goal["key"]: goal["name"] for goal in goals if not goal["exploratory"]}
    left = [
        entry
        for family in body.get("families") or ()
        for entry in family["left"]
        if entry["goal"] in names and (entry["reason"] not in wording.WAITING or body["status"] == "stopped")
    ]
    shown = dict.fromkeys(
        _("“%(goal)s” (%(why)s)") % {"goal": names[entry["goal"]], "why": wording.aside(entry["reason"])}
        for entry in left
    )
    if shown:
        yield _("Not compared, and left out of the corrections: %(goals)s.") % {"goals": listed(list(shown))}
