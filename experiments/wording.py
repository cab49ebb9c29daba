"""What a result's codes say to a marketer: one sentence or word a code, in the active language."""

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from experiments.charts import Tone
from experiments.figures import equals, listed, number

Body = Mapping[str, Any]
Words = Mapping[str, str | Promise]

REASONS: Words = {
    "empty_arm": gettext_lazy("A variant has nobody yet."),
    "no_conversions": gettext_lazy("Nobody has done this yet."),
    "all_converted": gettext_lazy("Everybody has done this, so there is nothing to compare."),
    "control_is_zero": gettext_lazy("Nobody did this with the original, so there is no relative change."),
    "control_is_negative": gettext_lazy("The original's mean is below 0, so there is no relative change."),
    "too_few_persons": gettext_lazy("Too few people to compare."),
    "no_variation": gettext_lazy("Everybody has the same value, so there is nothing to compare."),
    "no_p_value": gettext_lazy("It cannot be compared yet."),
    "before_planned_end": gettext_lazy(
        "A look is taken once a day, by a rule that allows for every look: a clear answer may come before the planned "
        "end, and you may read this page as often as you like."
    ),
    "before_planned_sample": gettext_lazy(
        "A look is taken once a day, by a rule that allows for every look: a clear answer may come before the planned "
        "number of people, and you may read this page as often as you like."
    ),
    "no_look_yet": gettext_lazy("The first look is still to come; there is one a day."),
    "not_decided_yet": gettext_lazy("What was seen so far may still be chance."),
    "being_counted": gettext_lazy("It was added later and is still being counted from the events so far."),
    "too_few_people": gettext_lazy("Fewer than 100 people in a variant."),
    "too_few_conversions": gettext_lazy("Too few people have done this in a variant."),
    "too_few_days": gettext_lazy("The experiment has run for less than 7 days."),
    "not_proven_safe": gettext_lazy("A loss beyond the tolerated one is still possible."),
    "no_difference_seen": gettext_lazy("The variants may differ all the same, by less than so many people can show."),
    "stopped_early": gettext_lazy("The experiment was stopped before its plan was fulfilled."),
}
# Too little was seen for any answer; "empty" and "none" are the extremes of "few".
THIN_DATA = {"too_few_people", "too_few_conversions", "too_few_days", "too_few_persons", "empty_arm", "no_conversions"}
# More people, or the next look, will end these by themselves.
WAITING = {"no_look_yet", "being_counted", "too_few_people", "too_few_conversions", "too_few_days"}

EXCLUDED: Mapping[str, Any] = {
    "bot": lambda n: ngettext("%(n)s robot", "%(n)s robots", n),
    "test": lambda n: ngettext("%(n)s test visit", "%(n)s test visits", n),
    "preview": lambda n: ngettext("%(n)s preview", "%(n)s previews", n),
    "internal": lambda n: ngettext("%(n)s colleague", "%(n)s colleagues", n),
    "mixed": lambda n: ngettext("%(n)s person who met two variants", "%(n)s people who met two variants", n),
    "shared": lambda n: ngettext("%(n)s shared computer", "%(n)s shared computers", n),
    "mismatch": lambda n: ngettext(
        "%(n)s person with an unexpected variant", "%(n)s people with an unexpected variant", n
    ),
    "too_many": lambda n: ngettext("%(n)s visitor with too many events", "%(n)s visitors with too many events", n),
}

CHECKS: Mapping[str, Mapping[str, str | Promise]] = {
    "sample_ratio": {
        "ok": gettext_lazy("Traffic split as planned"),
        "failed": gettext_lazy("Traffic is not split as planned"),
        "unknown": gettext_lazy("Too early to check the traffic split"),
    },
    "mixed": {
        "ok": gettext_lazy("No more than 1 % met two variants"),
        "warning": gettext_lazy("Many people met two variants"),
    },
    "mismatch": {
        "ok": gettext_lazy("People see the variant they were given"),
        "warning": gettext_lazy("Many people report another variant than they were given"),
    },
    "balance": {
        "ok": gettext_lazy("People were alike before they met a variant"),
        "warning": gettext_lazy("People of the variants differed before they met one"),
    },
    "events_set_aside": {
        "ok": gettext_lazy("Every visitor could be counted"),
        "warning": gettext_lazy("Some visitors could not be counted"),
    },
}

VERDICTS: Words = {
    "ship": gettext_lazy("Ship it"),
    "roll_back": gettext_lazy("Keep the original"),
    "keep_running": gettext_lazy("Keep running"),
    "inconclusive": gettext_lazy("No clear answer"),
    "blocked": gettext_lazy("Check the traffic"),
}
VERDICT_TONES: Mapping[str, Tone] = {"ship": "good", "roll_back": "bad", "blocked": "bad", "inconclusive": "flat"}


def standing(status: str, verdict: str, people: int) -> tuple[str, str, Tone]:
    """A verdict as the lists show it: its code, words and tone. Without people a stopped experiment has none."""
    if status == "stopped" and not people:
        return "nobody", _("Nobody took part"), "flat"
    return verdict, str(VERDICTS.get(verdict, verdict)), VERDICT_TONES.get(verdict, "wait")


def reason(code: str, detail: str = "") -> str:
    """The sentence for a code; an unknown one falls back on what the statistics said."""
    return str(REASONS.get(code, detail or code))


def aside(code: str) -> str:
    """The same within a sentence: no capital, no full stop."""
    text = reason(code)
    return text[:1].lower() + text[1:].rstrip(".")


def left_out(excluded: Mapping[str, int]) -> str:
    """“214 robots and 9 test visits left out”; empty when nobody was."""
    kinds = [EXCLUDED[code](count) % {"n": number(count)} for code, count in excluded.items() if count]
    if not kinds:
        return ""
    return _("%(list)s left out") % {"list": listed(kinds)}


def check_words(check: Body, *, read_once: bool = False) -> str:
    """``read_once``: it ran elsewhere; a check of what runs here is a rule for any day, and has its p-value."""
    text = str(CHECKS.get(check["code"], {}).get(check["status"], check["detail"]))
    if check["status"] == "warning" and check["code"] in DETAILED:
        return DETAILED[check["code"]](check["detail"]) or text
    always_valid = None if read_once else check.get("always_valid_p_value")
    shown = check["p_value"] if always_valid is None else always_valid
    # Where all is well a p-value says nothing to a marketer, and one of a rule for any day is mostly 1.
    return text if shown is None or check["status"] == "ok" else f"{text} ({equals(shown)})"


def _set_aside(detail: str) -> str:
    """How many, which only the detail tells; empty when it does not begin with a number."""
    count, _rest, _text = detail.partition(" ")
    if not count.isdecimal():
        return ""
    words = ngettext("%(n)s visitor could not be counted", "%(n)s visitors could not be counted", int(count))
    return words % {"n": number(int(count))}


def _unlike(detail: str) -> str:
    """In what they differed most, which only the detail tells."""
    _text, _in, worst = detail.partition(", most in ")
    if not worst:
        return ""
    return _("People of the variants differed before they met one, most in “%(what)s”") % {
        "what": worst.removesuffix(".")
    }


DETAILED: Mapping[str, Callable[[str], str]] = {"events_set_aside": _set_aside, "balance": _unlike}


def names_of(body: Body) -> dict[str, str]:
    return {variant["key"]: variant.get("name") or variant["key"] for variant in body["variants"]}


def control_name(body: Body) -> str:
    return next(names_of(body)[variant["key"]] for variant in body["variants"] if variant["is_control"])
