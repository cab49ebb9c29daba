"""What a result's codes say to a marketer: one sentence or word a code, in the active language."""

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from experiments.charts import Tone
from experiments.figures import SPACE, lift, likely, number, p_value
from experiments.quantities import difference

Body = Mapping[str, Any]
Words = Mapping[str, str | Promise]

REASONS: Words = {
    "empty_arm": gettext_lazy("A variant has nobody yet."),
    "no_conversions": gettext_lazy("Nobody has done this yet."),
    "all_converted": gettext_lazy("Everybody has done this, so there is nothing to compare."),
    "control_is_zero": gettext_lazy("Nobody did this with the original, so there is no relative change."),
    "too_few_persons": gettext_lazy("Too few people to compare."),
    "no_variation": gettext_lazy("Everybody has the same value, so there is nothing to compare."),
    "before_planned_end": gettext_lazy("No winner is named before the planned end."),
    "before_planned_sample": gettext_lazy("No winner is named before the planned number of people has come."),
    "being_counted": gettext_lazy("It was added later and is still being counted from the events so far."),
    "too_few_people": gettext_lazy("Fewer than 100 people in a variant."),
    "too_few_conversions": gettext_lazy("Too few people have done this in a variant."),
    "too_few_days": gettext_lazy("The experiment has run for less than 7 days."),
    "not_proven_safe": gettext_lazy("A loss beyond the tolerated one is still possible."),
    "no_difference_seen": gettext_lazy("No difference was seen in the goal that decides."),
    "stopped_early": gettext_lazy("The experiment was stopped before its plan was fulfilled."),
    "no_plan": gettext_lazy("No end was planned, so no winner is named."),
}
# Too little was seen for any answer; "empty" and "none" are the extremes of "few".
THIN_DATA = {"too_few_people", "too_few_conversions", "too_few_days", "too_few_persons", "empty_arm", "no_conversions"}

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


def left_out(excluded: Mapping[str, int]) -> str:
    """“214 robots and 9 test visits left out”; empty when nobody was."""
    kinds = [EXCLUDED[code](count) % {"n": number(count)} for code, count in excluded.items() if count]
    if not kinds:
        return ""
    kinds = [", ".join(kinds[:-1]), kinds[-1]] if len(kinds) > 1 else kinds
    return _("%(list)s left out") % {"list": _(" and ").join(kinds)}


def check_words(check: Body) -> str:
    text = str(CHECKS.get(check["code"], {}).get(check["status"], check["detail"]))
    if check["code"] == "events_set_aside" and check["status"] == "warning":
        return _set_aside(check["detail"]) or text
    if check["code"] == "mixed" and check["status"] == "ok":
        return text
    return text if check["p_value"] is None else f"{text} (p{SPACE}{_equals(check['p_value'])})"


def _set_aside(detail: str) -> str:
    """How many, which only the detail tells; empty when it does not begin with a number."""
    count, _rest, _text = detail.partition(" ")
    if not count.isdecimal():
        return ""
    words = ngettext("%(n)s visitor could not be counted", "%(n)s visitors could not be counted", int(count))
    return words % {"n": number(int(count))}


def _equals(value: float) -> str:
    shown = p_value(value)
    return shown if shown.startswith("<") else f"={SPACE}{shown}"


def names_of(body: Body) -> dict[str, str]:
    return {variant["key"]: variant.get("name") or variant["key"] for variant in body["variants"]}


def control_name(body: Body) -> str:
    return next(names_of(body)[variant["key"]] for variant in body["variants"] if variant["is_control"])


def _leading(body: Body) -> tuple[Body, Body, Body] | None:
    """The primary goal, treatment and comparison that the verdict is about; while it is open, the strongest one."""
    verdict = body["verdict"]
    about = {entry["goal"] for entry in verdict["because"] if entry["code"] in {"primary_better", "primary_worse"}}
    for goal in body["goals"]:
        if goal["role"] != "primary" or (about and goal["key"] not in about):
            continue
        sign = 1 if goal["desired"] == "increase" else -1
        arms = [arm for arm in goal["variants"] if arm["vs_control"] and verdict["variant"] in (None, arm["key"])]
        if _objected(body):
            arms = [arm for arm in arms if arm["vs_control"]["decision"]["direction"] == "better"]
        arms.sort(key=lambda arm: sign * (arm["vs_control"]["lift"] or 0.0), reverse=True)
        if arms:
            return goal, arms[0], arms[0]["vs_control"]
    return None


def verdict_sentence(body: Body) -> str:
    """The first thing that is read: what to do, and the number that says so."""
    code, lead = body["verdict"]["code"], _leading(body)
    if code == "blocked":
        return _("Do not trust these numbers: the traffic split went wrong.")
    if lead is None:
        return str(VERDICTS.get(code, code)) + "."
    goal, arm, against = lead
    words = {
        "goal": goal["name"],
        "variant": names_of(body)[arm["key"]],
        "control": control_name(body),
        # Against an original that nobody converted with there is no relative change.
        "lift": difference(against["diff"], goal) if against["lift"] is None else lift(against["lift"]),
    }
    sentences = {
        "ship": _("Ship “%(variant)s”. “%(goal)s”: %(lift)s against “%(control)s”."),
        "roll_back": _("Keep “%(control)s”. With “%(variant)s”, “%(goal)s” gets worse (%(lift)s)."),
        "keep_running": _undecided(body),
        "inconclusive": _unanswered(body),
    }
    return sentences.get(code, "“%(goal)s”: %(lift)s") % words


def _codes(body: Body) -> set[str]:
    return {entry["code"] for entry in body["verdict"]["because"]}


def _objected(body: Body) -> bool:
    return bool(_codes(body) & {"guardrail_not_proven_safe", "another_primary_worse"})


def _undecided(body: Body) -> str:
    """While it runs. Without a plan there is nothing that waiting would bring nearer."""
    if "no_plan" in _codes(body):
        return _("No end was planned, so “%(goal)s” will not be decided.")
    return _("Keep running. “%(goal)s” is not decided yet.")


def _unanswered(body: Body) -> str:
    """After the end: only a goal that had its full chance is said to show no difference."""
    codes = _codes(body)
    if _objected(body):
        return _("Do not ship yet. “%(goal)s” is better, but something else may suffer.")
    if "no_plan" in codes:
        return _("No answer. “%(goal)s” is not decided, because no end was planned.")
    if "stopped_early" in codes:
        return _("No answer. “%(goal)s” was not decided yet when the experiment was stopped.")
    if codes & THIN_DATA:
        return _("No answer. Too little was seen to decide “%(goal)s”.")
    if codes == {"no_difference_seen"}:
        return _("No clear winner. “%(goal)s” does not tell the variants apart.")
    return _("No answer. “%(goal)s” cannot be compared.")


def verdict_reasons(body: Body, *, days_left: int | None) -> list[str]:
    """Why, in the order in which it is asked."""
    because = [_because(entry, body) for entry in body["verdict"]["because"]]
    because += [*_so_far(body), *_next_step(body)]
    if days_left and body["verdict"]["code"] == "keep_running":
        because.append(
            ngettext("About %(n)s day to the planned end.", "About %(n)s days to the planned end.", days_left)
            % {"n": number(days_left)}
        )
    return because


def _so_far(body: Body) -> list[str]:
    """Where the primary goal stands, and how far that may be off."""
    lead = _leading(body)
    if body["verdict"]["code"] == "blocked" or lead is None:
        return []
    goal, arm, against = lead
    if against["lift"] is None or not against["lift_ci"]:
        return []
    words = {
        "goal": goal["name"],
        "variant": names_of(body)[arm["key"]],
        "lift": lift(against["lift"]),
        "interval": likely(tuple(against["lift_ci"])),
    }
    return [_("“%(goal)s” with “%(variant)s”: %(lift)s seen, %(interval)s.") % words]


def is_time_to_stop(body: Body) -> bool:
    """The answer is there and the experiment still runs."""
    return body["status"] == "running" and body["verdict"]["code"] in {"ship", "roll_back"}


def _next_step(body: Body) -> list[str]:
    if not is_time_to_stop(body):
        return []
    came = _("The planned end has come.") if body["planned_end"] else _("The planned number of people has come.")
    if body["verdict"]["code"] == "roll_back":
        return [_("%(came)s Stop the experiment and leave the page as it is.") % {"came": came}]
    words = {"came": came, "variant": names_of(body).get(body["verdict"]["variant"], body["verdict"]["variant"])}
    return [_("%(came)s Stop the experiment and build “%(variant)s” into the page.") % words]


def _because(entry: Body, body: Body) -> str:
    goals = {goal["key"]: goal["name"] for goal in body["goals"]}
    named = {
        "primary_better": _better(body),
        "primary_worse": _("“%(goal)s” is worse beyond chance."),
        "guardrail_not_proven_safe": _("“%(goal)s” is not proven safe: too large a loss is still possible."),
        "another_primary_worse": _("“%(goal)s” is worse, and it decides too."),
    }
    if entry["code"] == "no_plan":
        return _no_plan(body)
    if entry["code"] == "sample_ratio":
        return _split(body)
    goal = goals.get(entry["goal"])
    if entry["code"] == "guardrail_not_proven_safe" and goal and _is_thin(entry["goal"], body):
        return _("“%(goal)s” is not proven safe: too few people have done it to tell.") % {"goal": goal}
    if entry["code"] in named and goal:
        return named[entry["code"]] % {"goal": goal}
    return reason(entry["code"], entry["detail"])


def _better(body: Body) -> str:
    if any(goal["role"] == "guardrail" for goal in body["goals"]):
        return _("“%(goal)s” is better beyond chance, and no guardrail stands against it.")
    return _("“%(goal)s” is better beyond chance. No guardrail was set.")


def _split(body: Body) -> str:
    """What was planned and what came, so that anybody sees the alarm for themselves."""
    weights = [variant["weight"] for variant in body["variants"]]
    parts = [100 * weight / (sum(weights) or 1) for weight in weights]
    words = {
        "planned": " : ".join(number(part, 0 if abs(part - round(part)) < 0.05 else 1) for part in parts),
        "counted": " : ".join(number(variant["enrolled"]) for variant in body["variants"]),
    }
    return (
        _(
            "Planned %(planned)s, counted %(counted)s. That is no chance: one variant loses or gains people by itself. "
            "Find out why before you read on: a redirect, a slow variant, a robot, a cache."
        )
        % words
    )


def _no_plan(body: Body) -> str:
    if body["status"] == "stopped":
        return _(
            "No end was planned, so stopping because of what was seen would not be an honest answer. "
            "Plan an end next time."
        )
    return _(
        "Whoever may stop on any day finds a winner too often. So none is named here, and none when you stop it. "
        "For an answer, stop it, plan an end and start a new experiment."
    )


def _is_thin(key: str, body: Body) -> bool:
    """Whether this goal has too little data for any answer."""
    arms = [arm for goal in body["goals"] if goal["key"] == key for arm in goal["variants"] if arm["vs_control"]]
    return any(arm["vs_control"]["decision"]["reason"] in THIN_DATA for arm in arms)
