"""Which person a visitor belongs to, derived from the events themselves; the only writer of visitors and persons."""

from collections.abc import Collection, Iterable
from typing import Any, NamedTuple

from django.db import connection

from tracking.models import Person, Visitor
from tracking.queries import users_of


class PersonOf(NamedTuple):
    """``user_id`` is empty for a lone visitor; ``shared``: the visitor was seen with two users."""

    user_id: str
    shared: bool
    visitor_ids: list[str]


def _add_missing(table: str, column: str, project_id: int, values: Iterable[str]) -> None:
    # In order, so that two workers that add the same rows wait for each other and never in a circle.
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} (project_id, {column}) SELECT %s, unnest(%s::text[]) ON CONFLICT DO NOTHING",
            [project_id, sorted(values)],
        )


def person_key(visitor_id: str, users: Collection[str]) -> str:
    """A user's person for exactly one user; a person of its own for none, or for a shared computer."""
    return f"u:{next(iter(users))}" if len(users) == 1 else f"v:{visitor_id}"


def settle(project_id: int, visitor_ids: Collection[str]) -> list[int]:
    """Link these visitors to their persons and lock every person whose events may have changed.

    Must run inside a transaction. Visitors are locked before persons, each in id order: workers cannot deadlock,
    and what is read afterwards holds everything that a worker before us has committed.
    """
    _add_missing("tracking_visitor", "visitor_id", project_id, visitor_ids)
    rows = Visitor.objects.select_for_update().filter(project_id=project_id, visitor_id__in=visitor_ids)
    visitors = list(rows.order_by("id"))
    users = users_of(project_id, visitor_ids)
    key_of = {visitor.id: person_key(visitor.visitor_id, users.get(visitor.visitor_id, ())) for visitor in visitors}
    ids = _person_ids(project_id, set(key_of.values()))
    touched: set[int] = set(ids.values())
    moved = []
    for visitor in visitors:
        person_id, shared = ids[key_of[visitor.id]], len(users.get(visitor.visitor_id, ())) > 1
        if (visitor.person_id, visitor.shared) != (person_id, shared):
            touched |= {visitor.person_id} if visitor.person_id else set()
            visitor.person_id, visitor.shared = person_id, shared
            moved.append(visitor)
    _move(moved)
    return _lock(touched)


def _person_ids(project_id: int, keys: set[str]) -> dict[str, int]:
    _add_missing("tracking_person", "key", project_id, keys)
    return dict(Person.objects.filter(project_id=project_id, key__in=keys).values_list("key", "id"))


def _move(visitors: list[Visitor]) -> None:
    if not visitors:
        return
    columns: list[Any] = [[v.id for v in visitors], [v.person_id for v in visitors], [v.shared for v in visitors]]
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE tracking_visitor AS v SET person_id = t.person_id, shared = t.shared "
            "FROM unnest(%s::bigint[], %s::bigint[], %s::boolean[]) AS t(id, person_id, shared) WHERE v.id = t.id",
            columns,
        )


def _lock(person_ids: set[int]) -> list[int]:
    rows = Person.objects.select_for_update().filter(id__in=person_ids).order_by("id")
    return list(rows.values_list("id", flat=True))


def persons(person_ids: Collection[int]) -> dict[int, PersonOf]:
    """Each person with all its visitors; one that has none is absent."""
    found: dict[int, PersonOf] = {}
    rows = Visitor.objects.filter(person_id__in=person_ids).order_by("id")
    for person_id, key, visitor_id, shared in rows.values_list("person_id", "person__key", "visitor_id", "shared"):
        person = found.setdefault(person_id, PersonOf(key[2:] if key.startswith("u:") else "", shared, []))
        person.visitor_ids.append(visitor_id)
    return found
