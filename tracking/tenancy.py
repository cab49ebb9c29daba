"""The one gate between projects: whose projects these are, and what of any table belongs to them."""

from collections.abc import Mapping
from typing import Any, TypeVar

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db.models import Model, QuerySet

from tracking.models import (
    Due,
    Erased,
    Event,
    EventName,
    Goal,
    Key,
    OutcomeCount,
    OutcomeDelta,
    PageInventory,
    Person,
    PrivacyReceipt,
    Project,
    RejectedEvent,
    Trigger,
    TriggerVersion,
    Visitor,
    VisitorMark,
)

Row = TypeVar("Row", bound=Model)

# From each table the way to its project. A table with such a way that is missing here fails a test.
_PATHS: dict[type[Model], str] = {
    Project: "pk",
    **dict.fromkeys((Key, Goal, Trigger, TriggerVersion, PageInventory, VisitorMark), "project"),
    **dict.fromkeys((Event, EventName, Due, Person, Visitor), "project"),
    **dict.fromkeys((OutcomeCount, OutcomeDelta, RejectedEvent, PrivacyReceipt, Erased), "project"),
}


def register(paths: Mapping[type[Model], str]) -> None:
    """Called by the floor above for its own tables."""
    _PATHS.update(paths)


def paths() -> dict[type[Model], str]:
    return dict(_PATHS)


def projects_of(user: AbstractBaseUser | AnonymousUser) -> QuerySet[Project]:
    """All for an administrator, otherwise those of which somebody is a member."""
    if not user.is_active:
        return Project.objects.none()
    if getattr(user, "is_superuser", False):
        return Project.objects.all()
    return Project.objects.filter(people=user.pk)


def visible(rows: QuerySet[Row], user: AbstractBaseUser | AnonymousUser) -> QuerySet[Row]:
    """Of ``rows`` those of the projects of ``user``; all of a table that belongs to no project."""
    path = _PATHS.get(rows.model)
    if path is None or (user.is_active and getattr(user, "is_superuser", False)):
        return rows
    return rows.filter(**{f"{path}__in": projects_of(user).order_by().values("pk")})


def is_visible(row: Model, user: AbstractBaseUser | AnonymousUser) -> bool:
    """Of one row, as it is in the database."""
    manager: Any = type(row)._base_manager
    return bool(visible(manager.filter(pk=row.pk), user).exists())
