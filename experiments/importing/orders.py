"""The goals and the experiment that a mapping asks for, made through the management API when they are missing."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from experiments.http_client import HttpClient
from experiments.importing.mapping import FileMapping, Outcome, WrongMapping

GOALS, EXPERIMENTS = "/api/v1/goals/", "/api/v1/experiments/"


def goal_order(outcome: Outcome) -> dict[str, Any]:
    order: dict[str, Any] = {
        "key": outcome.goal,
        "level": outcome.level,
        "event": outcome.event_name,
        "measure": outcome.measured,
        "window": outcome.window,
        "desired": outcome.desired,
    }
    if outcome.measured == "sum":
        order |= {"property": outcome.sum_of, "currency": outcome.currency}
    optional = {
        "name": outcome.name,
        "category": outcome.category,
        "stage": outcome.stage,
        "leads_to": outcome.leads_to,
    }
    return order | {name: value for name, value in optional.items() if value}


def experiment_order(mapping: FileMapping) -> dict[str, Any]:
    experiment, arm = mapping.experiment, mapping.arm
    return {
        "key": experiment.key,
        "kind": "external",
        "alpha": experiment.alpha,
        "variants": [
            {
                "key": key,
                "name": arm.names.get(key, key),
                "is_control": key == arm.control,
                "weight": arm.weights.get(key, 1.0),
            }
            for key in mapping.variants
        ],
        "goals": [{"goal": outcome.goal, "role": outcome.role} for outcome in mapping.outcome],
    }


def ensure_goals(client: HttpClient, outcomes: list[Outcome]) -> None:
    """Goals that lead somewhere come after those they lead to. Raises ``WrongMapping`` for one that differs."""
    for outcome in sorted(outcomes, key=lambda outcome: bool(outcome.leads_to)):
        wanted = goal_order(outcome)
        known = client.find(f"{GOALS}{outcome.goal}/")
        if known is None:
            client.post(GOALS, wanted)
            continue
        decisive = ("event", "measure", "property", "currency")
        differing = [name for name in decisive if known[name] != wanted.get(name, known[name])]
        if differing:
            raise WrongMapping(
                _("The goal %(goal)s exists already and has another %(what)s: choose another key in [[outcome]] goal.")
                % {"goal": outcome.goal, "what": ", ".join(differing)}
            )


def ensure_experiment(client: HttpClient, mapping: FileMapping) -> None:
    """The experiment is there and has been started. Raises ``WrongMapping`` for one that is not this one."""
    path = f"{EXPERIMENTS}{mapping.experiment.key}/"
    experiment = client.find(path)
    if experiment is None:
        ensure_goals(client, mapping.outcome)
        experiment = client.post(EXPERIMENTS, experiment_order(mapping))
    if not _is_this(experiment, mapping):
        raise WrongMapping(
            _("The experiment %s exists already and is another one: choose another key in [experiment].")
            % mapping.experiment.key
        )
    if experiment["status"] == "draft":
        client.post(f"{path}start/", {"at": mapping.experiment.started_at})


def _is_this(experiment: dict[str, Any], mapping: FileMapping) -> bool:
    variants = {variant["key"]: variant["is_control"] for variant in experiment["variants"]}
    started = [datetime.fromisoformat(phase["started_at"]) for phase in experiment["phases"][:1]]
    return (
        experiment["kind"] == "external"
        and variants == {key: key == mapping.arm.control for key in mapping.variants}
        and {goal["goal"] for goal in experiment["goals"]} >= {outcome.goal for outcome in mapping.outcome}
        and started in ([], [mapping.experiment.started_at])
    )


def stop_at_end(client: HttpClient, mapping: FileMapping) -> None:
    """Where the mapping names an end that has come; once more changes nothing."""
    path, ended_at = f"{EXPERIMENTS}{mapping.experiment.key}/", mapping.experiment.ended_at
    if ended_at and client.get(path)["status"] == "running" and ended_at <= client.server_time:
        client.post(f"{path}stop/", {"at": ended_at})


def result_address(mapping: FileMapping) -> str:
    """Where a person looks for it: the list of experiments, narrowed to this one."""
    return f"/admin/experiments/experiment/?q={mapping.experiment.key}"
