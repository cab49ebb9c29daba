"""A forecast as a marketer reads it: first a sentence, then a table of goals by weeks, then a plan to take over."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import ceil
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from experiments import quantities
from experiments.figures import DASH, day, number, percent, size
from experiments.forecasts import planned_end

Body = Mapping[str, Any]

WEEKS_IN_YEAR = 52
# Below this the past explains too little to be worth a sentence.
WORTH_TELLING = 0.1

PROBLEMS: Mapping[str, str | Promise] = {
    "too_few_variants": gettext_lazy("The draft needs an original and another variant, both with a weight above 0."),
    "no_goals": gettext_lazy("The draft has no goal yet. Add the goal that decides, and the small steps before it."),
    "no_traffic": gettext_lazy("The share of traffic is 0, so nobody would join."),
    "no_history": gettext_lazy("Nobody was seen in the last 28 days, so there is nothing to calculate with yet."),
}
REASONS: Mapping[str, str | Promise] = {
    "no_history": gettext_lazy("nothing is known of it yet"),
    "control_is_zero": gettext_lazy("nobody has done this in the last 28 days"),
    "no_variation": gettext_lazy("everybody has the same value"),
    "impossible_lift": gettext_lazy("so large a change is not possible"),
    "no_lift": gettext_lazy("no number of people is enough"),
    "nobody_comes": gettext_lazy("it would take a lifetime"),
    "control_is_negative": gettext_lazy("its mean is below 0"),
}
ERRORS: Mapping[str, str | Promise] = {
    "too_slow": gettext_lazy("Reading the history took too long. Try again at a quieter time."),
    "not_answered": gettext_lazy("Nobody answered in time: the worker was not running, or was interrupted. Ask again."),
}


@dataclass(frozen=True, slots=True)
class Cell:
    """``enough``: from here on the change that is worth having would be seen."""

    text: str
    enough: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """``wait``: for the change that is worth having. ``people``: how many that needs, or why nobody can say."""

    name: str
    about: str
    cells: Sequence[Cell]
    wait: str
    people: str


@dataclass(frozen=True, slots=True)
class Recommended:
    """``taken``: the draft has just this plan. ``enough``: it shows the change that is wanted."""

    people: str
    weeks: str
    until: str
    taken: bool
    enough: bool


@dataclass(frozen=True, slots=True)
class Page:
    """``problem``: why there is no table, empty where there is one; ``no_history``: since nobody was seen."""

    problem: str
    no_history: bool
    sentences: Sequence[str]
    heads: Sequence[str]
    legend: str
    rows: Sequence[Row]
    notes: Sequence[str]
    recommended: Recommended | None


def page_of(body: Body, *, planned: tuple[int | None, datetime | None], now: datetime) -> Page:
    """``planned``: the people and the end that the draft has."""
    if body["reason"]:
        problem = PROBLEMS.get(body["reason"]["code"], body["reason"]["detail"])
        return Page(str(problem), body["reason"]["code"] == "no_history", [], [], "", [], [], None)
    return Page(
        problem="",
        no_history=False,
        sentences=list(_sentences(body)),
        heads=[_("Goal"), _change_head(body), *(weeks_in_words(week) for week in body["weeks"])],
        legend=_legend(body),
        rows=list(_rows(body)),
        notes=list(_notes(body)),
        recommended=_recommended(body, planned, now),
    )


def error_in_words(error: str) -> str:
    other = _(
        "Something went wrong. Ask again; if it stays, ask whoever keeps this server: the worker's log says more."
    )
    return str(ERRORS.get(error, other))


def at_least(change: float, wanted: float) -> str:
    """Rounded up unless it is enough: what is too large for the change that is wanted must not look like it."""
    if change <= wanted:
        return size(change)
    step = 1000 if change < 0.0995 else 100
    return size(ceil(change * step) / step)


def weeks_in_words(weeks: int) -> str:
    return ngettext("%(n)s week", "%(n)s weeks", weeks) % {"n": number(weeks)}


def _wait(needed: Body) -> str:
    """“6 weeks”, “more than a year”, or empty where nothing helps."""
    if needed["weeks"] is None:
        return ""
    return _("more than a year") if needed["weeks"] > WEEKS_IN_YEAR else weeks_in_words(needed["weeks"])


def _change_head(body: Body) -> str:
    return _("For %(change)s") % {"change": size(body["lift"])}


# ---- the sentences ----


def _sentences(body: Body) -> Iterator[str]:
    primaries = [goal for goal in body["goals"] if goal["role"] == "primary"]
    if not primaries:
        yield _("Choose the goal that decides: then this page says how long the experiment takes.")
        return
    slowest = max(primaries, key=_weeks)
    yield _about_slowest(slowest, body)
    steps = [goal for goal in body["goals"] if goal["level"] == "micro" and goal["role"] == "secondary"]
    fastest = min(steps, key=_weeks, default=None)
    if fastest and _weeks(fastest) < _weeks(slowest) and _weeks(fastest) <= WEEKS_IN_YEAR:
        words = {"goal": fastest["name"], "wait": _wait(fastest["needed"])}
        yield _("“%(goal)s” shows it after %(wait)s.") % words
    if body["weeks"][-1] < _weeks(slowest) < float("inf"):
        yield _too_long(primaries, body)


def _weeks(goal: Body) -> float:
    weeks = goal["needed"]["weeks"]
    return float("inf") if weeks is None else float(weeks)


def _about_slowest(goal: Body, body: Body) -> str:
    people, wait = body["people_per_day"], _wait(goal["needed"])
    words = {"goal": goal["name"], "change": size(body["lift"]), "wait": wait}
    if not wait:
        return _("“%(goal)s” cannot be planned: %(why)s.") % {**words, "why": _why_not(goal)}
    if people < 1:
        return _("With less than one visitor a day, a change of %(change)s in “%(goal)s” takes %(wait)s.") % words
    about = ngettext(
        "With about %(people)s visitor a day, a change of %(change)s in “%(goal)s” takes %(wait)s.",
        "With about %(people)s visitors a day, a change of %(change)s in “%(goal)s” takes %(wait)s.",
        round(people),
    )
    return about % {**words, "people": number(people)}


def _why_not(goal: Body) -> str:
    reason = goal["needed"]["reason"] or {"code": "", "detail": ""}
    return str(REASONS.get(reason["code"], reason["detail"]))


def _too_long(primaries: Sequence[Body], body: Body) -> str:
    by_then = [goal["detectable"][-1] for goal in primaries]
    sentences = [_("That is long.")]
    if all(by_then):
        words = {"weeks": weeks_in_words(body["weeks"][-1]), "change": at_least(max(by_then), body["lift"])}
        sentences.append(_("In %(weeks)s a change of %(change)s would be seen.") % words)
    sentences.append(_("Try something bolder, or let a small step decide and make the goal that pays its guardrail."))
    return " ".join(sentences)


# ---- the table ----


def _legend(body: Body) -> str:
    sentences = [
        _("Seen means: found four times out of five when it is there."),
        _("Green: small enough for what is worth having. A dash: too few people do this to say anything."),
    ]
    if any(goal["margin"] is not None for goal in body["goals"]):
        sentences.append(_("For a guardrail it is the smallest loss that would be ruled out."))
    return " ".join(sentences)


def _rows(body: Body) -> Iterator[Row]:
    for goal in body["goals"]:
        yield _row(goal, goal, body, name=goal["name"], about=_about(goal))
        if goal["capped"]:
            cap = quantities.amount(goal["capped"]["cap"], goal)
            about = _("each person counts with %(cap)s at most, so a few large amounts do not blur it") % {"cap": cap}
            yield _row(goal, goal["capped"], body, name=_("%(goal)s, capped") % {"goal": goal["name"]}, about=about)


def _row(goal: Body, numbers: Body, body: Body, *, name: str, about: str) -> Row:
    wanted, needed = body["lift"] if goal["margin"] is None else goal["margin"], numbers["needed"]
    cells = [Cell(DASH) if one is None else Cell(at_least(one, wanted), one <= wanted) for one in numbers["detectable"]]
    words = _("%(people)s people") if goal["margin"] is None else _("%(people)s people, for %(margin)s")
    people = ""
    if needed["people"] is not None:
        people = words % {"people": number(needed["people"]), "margin": size(wanted)}
    return Row(name, about, cells, _wait(needed), people or _why_not({"needed": needed}))


def _about(goal: Body) -> str:
    parts = [_("micro") if goal["level"] == "micro" else _("macro")]
    if goal["role"] == "primary":
        parts.append(_("decides"))
    if goal["margin"] is not None:
        falls, rises = _("may fall by %(margin)s at most"), _("may rise by %(margin)s at most")
        words = falls if goal["desired"] == "increase" else rises
        parts += [_("guardrail"), words % {"margin": percent(goal["margin"])}]
    return " · ".join([*parts, *_baseline(goal)])


def _baseline(goal: Body) -> list[str]:
    if goal["baseline"] is None:
        return []
    mean = quantities.mean(goal["baseline"], goal)
    if quantities.is_rate(goal):
        words = _("%(share)s of visitors expected") if goal["baseline"]["assumed"] else _("%(share)s of visitors today")
        return [words % {"share": mean}]
    return [_("%(mean)s a visitor today") % {"mean": quantities.amount(goal["baseline"]["mean"], goal)}]


# ---- what else one should know ----


def _notes(body: Body) -> Iterator[str]:
    guards = [goal for goal in body["goals"] if goal["margin"] is not None]
    for goal in guards:
        known = goal["needed"]["people"] is not None or goal["margin"] == 0
        if known and _weeks(goal) > body["weeks"][-1]:
            words = {"goal": goal["name"], "margin": percent(goal["margin"]), "wait": _wait(goal["needed"])}
            yield _never_safe(words)
    if body["assumed"]:
        yield _("These are numbers that you expect, not numbers that were seen.")
    elif body["days"] < 28:
        days = round(body["days"])
        yield ngettext(
            "Only %(n)s day of history so far, so all of this is rough.",
            "Only %(n)s days of history so far, so all of this is rough.",
            days,
        ) % {"n": number(days)}
    for goal in body["goals"]:
        if (goal["explained_by_past"] or 0) >= WORTH_TELLING:
            words = {"goal": goal["name"], "share": percent(round(goal["explained_by_past"], 2))}
            yield (
                _(
                    "What visitors did before explains %(share)s of the differences between them in “%(goal)s”: "
                    "the adjusted numbers beside the result will be that much sharper."
                )
                % words
            )


def _never_safe(words: Mapping[str, str]) -> str:
    first = (
        _("“%(goal)s” is proven safe within %(margin)s only after %(wait)s.")
        if words["wait"]
        else _("“%(goal)s” cannot be proven safe within %(margin)s.")
    )
    return first % words + " " + _("Tolerate a larger loss, or it will keep every winner from being shipped.")


def _recommended(body: Body, planned: tuple[int | None, datetime | None], now: datetime) -> Recommended | None:
    found = body["recommended"]
    if not found:
        return None
    end = planned_end(found["weeks"], now)
    return Recommended(
        people=number(found["people"]),
        weeks=weeks_in_words(found["weeks"]),
        until=day(end, now),
        taken=planned == (found["people"], end),
        enough=found["enough"],
    )
