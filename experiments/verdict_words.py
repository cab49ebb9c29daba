"""The verdict as a marketer reads it: one sentence that says what to do, then why, how sure, and what comes next."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.translation import gettext as _

from experiments.figures import day, lift, likely, number, size
from experiments.leading import Lead, codes, is_imported, leading, objection, steps
from experiments.outlook import outlook
from experiments.result_times import day_of_look, is_fulfilled, look_of, moment, planned_days
from experiments.verdict_reasons import because
from experiments.wording import THIN_DATA, VERDICTS, aside, control_name, names_of

Body = Mapping[str, Any]

# A winner that is too good by less than this share of its lift is told as it is.
WORTH_TELLING = 0.05


def verdict_sentence(body: Body) -> str:
    """The first thing that is read: what to do, and the number that says so."""
    code, lead = body["verdict"]["code"], leading(body)
    if code == "blocked":
        return _("Do not trust these numbers: the traffic split went wrong.")
    if lead is None:
        return str(VERDICTS.get(code, code)) + "."
    sentences = {
        "ship": _("Ship “%(variant)s”. “%(goal)s”: %(change)s against “%(control)s”."),
        "roll_back": _rolled_back(body),
        "keep_running": _undecided(body),
        "inconclusive": _unanswered(body),
    }
    return sentences.get(code, "“%(goal)s”: %(change)s") % _words(lead, body)


def _words(lead: Lead, body: Body) -> dict[str, str]:
    against, first = objection(body), next(iter(steps(body)), None)
    goals = {goal["key"]: goal["name"] for goal in body["goals"]}
    return {
        "goal": lead.goal["name"],
        "variant": names_of(body)[lead.arm["key"]],
        "control": control_name(body),
        "change": lead.change,
        "other": goals.get(against["goal"], "") if against else "",
        "step": first.goal["name"] if first else "",
        "step_variant": names_of(body)[first.arm["key"]] if first else "",
        "step_change": first.change if first else "",
    }


def _rolled_back(body: Body) -> str:
    if len(body["variants"]) > 2:
        return _("Keep “%(control)s”. Every other variant makes something worse.")
    return _("Keep “%(control)s”. With “%(variant)s”, “%(goal)s” gets worse (%(change)s).")


def _undecided(body: Body) -> str:
    against = objection(body)
    if against:
        sentences = {
            "guardrail_not_proven_safe": _(
                "Keep running. “%(goal)s” is better, but “%(other)s” is not proven safe yet."
            ),
            "another_primary_worse": _("Keep running. “%(goal)s” is better, but “%(other)s” is worse."),
        }
        return sentences.get(against["code"], _objected(against))
    first = next(iter(steps(body)), None)
    if first is None:
        return _("Keep running. “%(goal)s” is not decided yet.")
    if first.against["decision"]["direction"] == "worse":
        return _(
            "Keep running. “%(step)s” is worse with “%(step_variant)s” already (%(step_change)s); "
            "“%(goal)s” is not decided yet."
        )
    return _(
        "Keep running. “%(step)s” is better with “%(step_variant)s” already (%(step_change)s); "
        "“%(goal)s” is not decided yet."
    )


def _objected(entry: Body) -> str:
    sentences = {
        "guardrail_not_proven_safe": _("Do not ship. “%(goal)s” is better, but “%(other)s” is not proven safe."),
        "another_primary_worse": _("Do not ship. “%(goal)s” is better, but “%(other)s” is worse."),
        "micro_without_macro_guardrail": _("Do not ship. “%(goal)s” is better, but no goal that pays guards it."),
        "smaller_than_worth": _("Do not ship. “%(goal)s” is better, but by less than is worth having."),
    }
    return sentences[entry["code"]]


def _unanswered(body: Body) -> str:
    """After the end: only a goal that had its full chance is said to show no difference."""
    found, against = codes(body), objection(body)
    if against:
        return _objected(against)
    if "stopped_early" in found:
        return _("No answer. “%(goal)s” was not decided yet when the experiment was stopped.")
    if found & THIN_DATA:
        return _("No answer. Too little was seen to decide “%(goal)s”.")
    if "no_change_worth_having" in found:
        return _("No change worth having. “%(goal)s” is as good as the same in all variants.")
    if found == {"no_difference_seen"}:
        return _("No clear winner. “%(goal)s” does not tell the variants apart.")
    return _("No answer. “%(goal)s” cannot be compared.")


def verdict_reasons(body: Body, *, days_left: int | None) -> list[str]:
    """Why, in the order in which it is asked. ``days_left``: to the end of the plan, None when nobody knows."""
    lead = leading(body)
    told = list(because(body, lead))
    if lead is not None and body["verdict"]["code"] != "blocked":
        told += [*_decided(lead, body), *_so_far(lead, body), *_shrunk(lead, body)]
    told += _next_step(body)
    if body["verdict"]["code"] == "keep_running":
        told += outlook(body, days_left=days_left)
    return list(dict.fromkeys(told))


def _decided(lead: Lead, body: Body) -> Iterator[str]:
    """When it was decided, and what made that fair."""
    if body["verdict"]["code"] not in {"ship", "roll_back"} or is_imported(body):
        return
    look = look_of(body, lead.safe.look)
    if look is None:
        if not body["planned_end"] and not body["planned_sample"]:
            yield _unplanned()
        return
    words = {
        "date": day(moment(look["taken_at"]), body["computed_at"]),
        "day": number(day_of_look(body, look)),
        "share": size(look["spent"]),
    }
    if look["spent"] >= 1:
        yield _("Decided on %(date)s, when the plan was fulfilled.") % words
        return
    if body["planned_end"]:
        words["whole"] = number(planned_days(body))
        decided = _("Decided on %(date)s, day %(day)s of %(whole)s") % words
    else:
        decided = _("Decided on %(date)s, with %(share)s of the planned people") % words
    yield _("%(decided)s: the rule allows for every look that was taken.") % {"decided": decided}


def _unplanned() -> str:
    return _(
        "No end was planned, so it was judged by a rule that holds on any day. "
        "Such a rule needs more people than a planned test."
    )


def _so_far(lead: Lead, body: Body) -> Iterator[str]:
    """Where the goal stands, and how far that may be off."""
    safe, reason = lead.safe, lead.against["decision"]["reason"]
    if reason in THIN_DATA:
        yield _("“%(goal)s”: %(why)s.") % {"goal": lead.goal["name"], "why": aside(reason)}
        return
    if safe.lift is None or safe.lift_ci is None:
        return
    words = {
        "goal": lead.goal["name"],
        "variant": names_of(body)[lead.arm["key"]],
        "lift": lift(safe.lift),
        "interval": likely(safe.lift_ci),
    }
    yield _("“%(goal)s” with “%(variant)s”: %(lift)s seen, %(interval)s.") % words


def _shrunk(lead: Lead, body: Body) -> Iterator[str]:
    """What to promise: a winner's number is on average too good, for having been picked because it won."""
    expected, seen = lead.against.get("shrunk_lift"), lead.safe.lift
    if body["verdict"]["code"] != "ship" or not expected or not seen or expected / seen > 1 - WORTH_TELLING:
        return
    yield _("Expect about %(expected)s rather than %(seen)s: winners look better than they are.") % {
        "expected": lift(expected),
        "seen": lead.change,
    }


def is_time_to_stop(body: Body) -> bool:
    """The answer is there, or will not come any more, and the experiment still runs."""
    return body["status"] == "running" and body["verdict"]["code"] in {"ship", "roll_back", "inconclusive"}


def _next_step(body: Body) -> Iterator[str]:
    if not is_time_to_stop(body):
        return
    verdict = body["verdict"]
    words = {
        "variant": names_of(body).get(verdict["variant"], verdict["variant"] or ""),
        "came": _("The planned end has come.") if body["planned_end"] else _("The planned number of people has come."),
    }
    if verdict["code"] == "inconclusive":
        yield _("%(came)s Stop the experiment: looking on would not change the answer.") % words
        return
    sentences = {
        ("ship", True): _("%(came)s Stop the experiment and build “%(variant)s” into the page."),
        ("ship", False): _("You may stop now and build “%(variant)s” into the page."),
        ("roll_back", True): _("%(came)s Stop the experiment and leave the page as it is."),
        ("roll_back", False): _("You may stop now and leave the page as it is."),
    }
    yield sentences[verdict["code"], is_fulfilled(body)] % words
