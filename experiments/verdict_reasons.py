"""Why a verdict is what it is: one sentence for each of its reasons."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.translation import gettext as _

from experiments.figures import lift, number, size
from experiments.leading import Lead, is_imported
from experiments.wording import THIN_DATA, reason

Body = Mapping[str, Any]


def because(body: Body, lead: Lead | None) -> Iterator[str]:
    for entry in body["verdict"]["because"]:
        yield _because(entry, body, lead)
    unplanned = not body["planned_end"] and not body["planned_sample"] and not is_imported(body)
    if unplanned and body["verdict"]["code"] == "inconclusive":
        yield _("No end was planned, so it was judged by a rule for any day. A planned test needs fewer people.")


def _because(entry: Body, body: Body, lead: Lead | None) -> str:
    code, goals = entry["code"], {goal["key"]: goal["name"] for goal in body["goals"]}
    if code == "no_plan":
        return _(
            "No end was planned, so it is judged by a rule that holds on any day. "
            "Such a rule needs more people than a planned test."
        )
    if code == "sample_ratio":
        return _split(body)
    if code in {"smaller_than_worth", "no_change_worth_having"}:
        return _too_small(code, body, lead)
    goal = goals.get(entry["goal"])
    if goal is None:
        return reason(code, entry["detail"])
    if code == "guardrail_not_proven_safe":
        return _unsafe(entry["goal"], body) % {"goal": goal}
    return _about_goal(body).get(code, reason(code, entry["detail"])) % {"goal": goal}


def _about_goal(body: Body) -> dict[str, str]:
    return {
        "primary_better": _better(body),
        "primary_worse": _("“%(goal)s” is worse beyond chance."),
        "guardrail_worse": _("“%(goal)s” is worse beyond chance, and it must not get worse."),
        "another_primary_worse": _("“%(goal)s” is worse beyond chance, and it decides too."),
        "micro_without_macro_guardrail": _(
            "“%(goal)s” is a small step. Without a goal that pays as a guardrail, nobody knows what the step costs. "
            "Waiting does not change that: give the next experiment such a guardrail."
        ),
    }


def _better(body: Body) -> str:
    if any(goal["role"] == "guardrail" for goal in body["goals"]):
        return _("“%(goal)s” is better beyond chance, and every guardrail is proven safe.")
    return _("“%(goal)s” is better beyond chance. No guardrail was set.")


def _unsafe(key: str, body: Body) -> str:
    arms = [arm for goal in body["goals"] if goal["key"] == key for arm in goal["variants"] if arm["vs_control"]]
    decisions = [arm["vs_control"]["decision"] for arm in arms]
    if any(decision["reason"] in THIN_DATA for decision in decisions):
        return _("“%(goal)s” is not proven safe: too few people have done it to tell.")
    if any(decision["direction"] == "worse" for decision in decisions):
        return _("“%(goal)s” is not safe: it is worse beyond chance.")
    return _("“%(goal)s” is not proven safe: too large a loss is still possible.")


def _too_small(code: str, body: Body, lead: Lead | None) -> str:
    words = {"worth": size(body.get("minimum_effect") or 0.0)}
    if code == "no_change_worth_having":
        return (
            _(
                "Whatever the change is, it is smaller than the %(worth)s that you called worth having. "
                "Choose by what else matters to you."
            )
            % words
        )
    ends = lead.safe.lift_ci if lead else None
    most = None if ends is None or lead is None else ends[1] if lead.goal["desired"] == "increase" else ends[0]
    if most is None:
        return _("The change is real, but smaller than the %(worth)s that you called worth having.") % words
    words["most"] = lift(most)
    return _("The change is real, but %(most)s at most: less than the %(worth)s that you called worth having.") % words


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
