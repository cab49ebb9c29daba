"""Writing experiments as one thing: the row, its variants and the roles of its goals in one transaction."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from rest_framework.exceptions import ErrorDetail, NotFound, ValidationError

from experiments import lifecycle
from experiments.api.forms import refuse
from experiments.lifecycle import LIVE, UNBEGUN, Frozen
from experiments.models import Experiment, ExperimentGoal, Namespace, Role, Status, Variant
from experiments.phases import hold_project
from tracking.api.fields import complaint
from tracking.api.views import refusing_twice
from tracking.models import Goal, Project
from tracking.wire.http import Refused

Row = Mapping[str, Any]


def create(project: Project, fields: Mapping[str, Any]) -> Experiment:
    taken = Refused(409, "already_exists", _("This project already has an experiment with this key."), "key")
    own = _own(project, fields)
    roles = _known(project.id, fields.get("goal_roles", []))
    with refusing_twice("experiment_key_once", taken):
        experiment = Experiment.objects.create(project=project, **own)
        _write_variants(experiment, fields["variants"])
        _write_roles(experiment, roles)
    return experiment


def edit(experiment: Experiment, fields: Mapping[str, Any]) -> None:
    """Write the fields named; lists replace what was there. Raises ``Refused`` 409 for what is frozen.

    What has begun takes more of the traffic, and nothing else that its numbers stand for.
    """
    with held(experiment) as current, telling_what_is_frozen():
        changed = changes(current, fields)
        grows = current.status in LIVE and changed.get("coverage", 0) > current.coverage
        if grows:
            lifecycle.refuse_frozen(current, changed.keys() - {"coverage"})
            lifecycle.grow_coverage(current, changed.pop("coverage"))
        lifecycle.refuse_frozen(current, changed.keys())
        write(current, changed)


def write(current: Experiment, changed: Mapping[str, Any]) -> None:
    """Into the tables; whether it may still change is asked before."""
    after = {
        name: changed.get(name, getattr(current, name)) for name in ("starts_at", "stops_by_itself", "planned_end")
    }
    if current.status == Status.SCHEDULED and after["starts_at"] is None:
        raise Refused(409, "scheduled", _("It is scheduled: take it from the schedule first."), "starts_at")
    if current.status in LIVE and after["stops_by_itself"] and after["planned_end"] is None:
        raise Refused(409, "no_planned_end", _("There is no planned end at which it could stop."), "stops_by_itself")
    own = _own(current.project, changed)
    for name, value in own.items():
        setattr(current, name, value)
    current.save(update_fields=[*own, "updated_at"])
    if "variants" in changed:
        current.variants.all().delete()
        _write_variants(current, changed["variants"])
    if "goal_roles" in changed:
        roles = _known(current.project_id, changed["goal_roles"])
        current.goal_roles.all().delete()
        _write_roles(current, roles)


def changes(current: Experiment, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Of these fields the ones that get another value: who sends the rest along unchanged changes nothing."""
    lists = {"variants": _variants_of, "goal_roles": _roles_of, "namespace": _namespace_of}
    return {
        name: value
        for name, value in fields.items()
        if value != (lists[name](current) if name in lists else getattr(current, name))
    }


@contextmanager
def telling_what_is_frozen() -> Iterator[None]:
    """Names the first of the frozen fields as the API calls it."""
    try:
        yield
    except Frozen as frozen:
        field = {"goal_roles": "goals"}.get(frozen.fields[0], frozen.fields[0]) if frozen.fields else None
        raise Refused(409, "frozen", str(frozen), field) from frozen


def delete(experiment: Experiment) -> None:
    """Raises ``Refused`` 409 for what has begun: its results stay."""
    with transaction.atomic():
        current = _locked(experiment)
        if current.status != Status.DRAFT:
            detail = _("This experiment is %(status)s: its results stay. Only a draft can be deleted.")
            if current.status == Status.SCHEDULED:
                detail = _("This experiment is %(status)s. Only a draft can be deleted.")
            raise Refused(409, "not_a_draft", detail % {"status": lifecycle.word(current.status)})
        current.delete()


@contextmanager
def held(experiment: Experiment) -> Iterator[Experiment]:
    """The experiment as it is now; nobody edits, starts or stops it until the block ends."""
    with transaction.atomic():
        # In the order of ``lifecycle``: the project first, so that two of us cannot wait for each other.
        hold_project(experiment.project_id)
        yield _locked(experiment)


def add_goal(experiment: Experiment, order: Mapping[str, Any]) -> ExperimentGoal:
    """One more question; once the experiment has begun it is exploratory, and no question after the last window."""
    key = order["goal"]["key"]
    goal = Goal.objects.filter(project_id=experiment.project_id, key=key).first()
    if goal is None:
        raise ValidationError({"goal": _missing(key)})
    twice = Refused(409, "already_exists", _("This goal is already in the experiment."), "goal")
    with refusing_twice("goal_once_in_experiment", twice), held(experiment) as current:
        row = ExperimentGoal(experiment=current, goal=goal, role=order["role"], margin=order["margin"])
        begun = current.status not in UNBEGUN
        if begun and row.role != Role.SECONDARY:
            detail = _("A goal that is added after the start informs and cannot decide: leave its role secondary.")
            raise Refused(409, "already_started", detail, "role")
        if begun and not current.phases.filter(finalised_at=None).exists():
            raise Refused(409, "finalised", _("The results of this experiment are final: no goal can be added."))
        row.save()
        if begun:
            lifecycle.add_goal(current, row)
    return row


def _locked(experiment: Experiment) -> Experiment:
    """The row as it is now. Raises ``NotFound`` when somebody has deleted it meanwhile."""
    current = Experiment.objects.select_for_update().filter(id=experiment.id).first()
    if current is None:
        raise NotFound(_("There is no such experiment."))
    return current


def _own(project: Project, fields: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of the row itself. Refuses an exclusion group that this project does not have."""
    own = {name: value for name, value in fields.items() if name not in {"variants", "goal_roles"}}
    if key := own.get("namespace"):
        own["namespace"] = Namespace.objects.filter(project=project, key=key).first()
        if own["namespace"] is None:
            told = _("This project has no exclusion group “%(key)s”.") % {"key": key}
            raise ValidationError({"namespace": complaint(told, "does_not_exist")})
    return own


def _variants_of(current: Experiment) -> list[dict[str, Any]]:
    names = ("key", "name", "is_control", "weight", "payload")
    return [{name: getattr(row, name) for name in names} for row in current.variants.all()]


def _roles_of(current: Experiment) -> list[dict[str, Any]]:
    rows = current.goal_roles.select_related("goal")
    return [{"goal": row.goal.key, "role": row.role, "margin": row.margin} for row in rows]


def _namespace_of(current: Experiment) -> str | None:
    return current.namespace.key if current.namespace else None


def _write_variants(experiment: Experiment, rows: Sequence[Row]) -> None:
    Variant.objects.bulk_create(Variant(experiment=experiment, position=place, **row) for place, row in enumerate(rows))


def _write_roles(experiment: Experiment, roles: Sequence[tuple[Goal, Row]]) -> None:
    ExperimentGoal.objects.bulk_create(
        ExperimentGoal(experiment=experiment, goal=goal, **fields) for goal, fields in roles
    )


def _known(project_id: int, rows: Sequence[Row]) -> list[tuple[Goal, dict[str, Any]]]:
    """Each row's goal and its other fields. Refuses, with its place, a goal that this project does not have."""
    if not rows:
        return []
    keys = [row["goal"] for row in rows]
    goals = {goal.key: goal for goal in Goal.objects.filter(project_id=project_id, key__in=keys)}
    refuse([{} if key in goals else {"goal": _missing(key)} for key in keys], "goals")
    return [(goals[row["goal"]], {name: value for name, value in row.items() if name != "goal"}) for row in rows]


def _missing(key: str) -> list[ErrorDetail]:
    return complaint(_("This project has no goal “%(key)s”.") % {"key": key}, "does_not_exist")
