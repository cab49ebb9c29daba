"""Small things to test with, in the database. Every argument has a default; name only what the test is about."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import count
from typing import Any

from django.contrib.auth.models import Permission, User

from experiments.models import Experiment, ExperimentGoal, Role, Variant
from tracking.access import create_key
from tracking.models import Goal, Key, KeyKind, Project

_numbers = count(1)

GREEN = {"selector": "#buy", "text": "Buy now", "background": "#0f7b4f", "color": "#ffffff"}


def make_project(key: str = "", **fields: Any) -> Project:
    """Its pages ask nobody for consent, unless the test says so."""
    key = key or f"shop-{next(_numbers)}"
    named = {"key": key, "name": key.replace("-", " ").capitalize(), "requires_consent": False}
    return Project.objects.create(**{**named, **fields})


def make_colleague(*rights: str, name: str = "", projects: Iterable[Project] | None = None, **fields: Any) -> User:
    """Staff with these rights (``view_goal``): a member of these projects, or of all that there are."""
    name = name or f"colleague-{next(_numbers)}"
    user = User.objects.create_user(name, is_staff=True, **fields)
    user.user_permissions.set(Permission.objects.filter(codename__in=rights))
    member: Any = user  # whose ``projects`` come from the other side of the relation
    member.projects.set(Project.objects.all() if projects is None else projects)
    return user


def make_key(
    project: Project, kind: str = KeyKind.SECRET, *, scopes: Iterable[str] = ("read", "manage"), **fields: Any
) -> tuple[Key, str]:
    """The key and its token. A client key has no scopes, whatever is asked."""
    key, token = create_key(project, KeyKind(kind), scopes=scopes)
    for name, value in fields.items():
        setattr(key, name, value)
    if fields:
        key.save(update_fields=list(fields))
    return key, token


def make_goal(project: Project, key: str = "", **fields: Any) -> Goal:
    """A micro goal, counted once, of the event of the same name (``add-to-cart`` counts ``add_to_cart``)."""
    key = key or f"step-{next(_numbers)}"
    defaults = {"key": key, "name": key.replace("-", " ").capitalize(), "event": key.replace("-", "_")}
    return Goal.objects.create(project=project, **{**defaults, **fields})


def make_experiment(
    project: Project,
    key: str = "",
    *,
    kind: str = "cta",
    variants: Sequence[str | Mapping[str, Any]] = ("original", "green"),
    goals: Mapping[Goal, str] | Iterable[Goal] = (),
    **fields: Any,
) -> Experiment:
    """A draft. ``variants``: keys or fields, the first is control; ``goals``: roles by goal, or the first is primary.

    Without goals it gets a macro goal of its own as the primary one, so that it can be started.
    """
    key = key or f"test-{next(_numbers)}"
    experiment = Experiment.objects.create(
        project=project, **{"key": key, "name": key.replace("-", " ").capitalize(), "kind": kind, **fields}
    )
    for position, variant in enumerate(variants):
        _make_variant(experiment, position, {"key": variant} if isinstance(variant, str) else variant)
    for goal, role in _roles(project, goals).items():
        ExperimentGoal.objects.create(experiment=experiment, goal=goal, role=role)
    return experiment


def _make_variant(experiment: Experiment, position: int, fields: Mapping[str, Any]) -> Variant:
    changes = position and experiment.kind == "cta"
    defaults = {
        "name": str(fields["key"]).capitalize(),
        "is_control": position == 0,
        "payload": GREEN if changes else {},
        "position": position,
    }
    return Variant.objects.create(experiment=experiment, **{**defaults, **fields})


def _roles(project: Project, goals: Mapping[Goal, str] | Iterable[Goal]) -> dict[Goal, str]:
    if isinstance(goals, Mapping):
        return dict(goals)
    wanted = list(goals) or [make_goal(project, f"purchase-{next(_numbers)}", level="macro", event="purchase")]
    return {goal: Role.PRIMARY if place == 0 else Role.SECONDARY for place, goal in enumerate(wanted)}
