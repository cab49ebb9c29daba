"""Which person a visitor belongs to, derived from the events themselves; the only writer of visitors and persons."""

from collections.abc import Collection, Iterable
from typing import NamedTuple

from django.db import connection

from tracking.queries import users_of

LINKS = """
SELECT v.id, v.visitor_id, v.shared, v.person_id, p.key
FROM tracking_visitor v LEFT JOIN tracking_person p ON p.id = v.person_id
WHERE v.project_id = %s AND v.visitor_id = ANY(%s) ORDER BY v.id FOR UPDATE OF v
"""
VISITORS = """
SELECT v.person_id, p.key, v.visitor_id, v.shared
FROM tracking_visitor v JOIN tracking_person p ON p.id = v.person_id
WHERE v.person_id = ANY(%s::bigint[]) ORDER BY v.id
"""


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


class _Link(NamedTuple):
    """A visitor as it is stored, with its person's id and key; both None for nobody."""

    id: int
    visitor_id: str
    shared: bool
    person_id: int | None
    key: str | None


def settle(project_id: int, visitor_ids: Collection[str]) -> list[int]:
    """Link these visitors to their persons and lock every person whose events may have changed.

    Must run inside a transaction. Visitors are locked before persons, each in id order: workers cannot deadlock,
    and what is read afterwards holds everything that a worker before us has committed.
    """
    links = _links(project_id, visitor_ids)
    users = users_of(project_id, visitor_ids)
    key_of = {link.id: person_key(link.visitor_id, users.get(link.visitor_id, ())) for link in links}
    moved = []
    ids = _person_ids(project_id, {key_of[link.id] for link in links if link.key != key_of[link.id]})
    touched: set[int] = {link.person_id for link in links if link.person_id is not None}
    for link in links:
        person_id, shared = ids.get(key_of[link.id], link.person_id), len(users.get(link.visitor_id, ())) > 1
        if (link.person_id, link.shared) != (person_id, shared):
            moved.append((link.id, person_id, shared))
    _move(moved)
    return _lock(touched | set(ids.values()))


def _links(project_id: int, visitor_ids: Collection[str]) -> list[_Link]:
    """Those that are there are locked first: who waits for a row that somebody else adds holds nothing they want."""
    links = _locked(project_id, visitor_ids)
    missing = set(visitor_ids) - {link.visitor_id for link in links}
    if missing:
        _add_missing("tracking_visitor", "visitor_id", project_id, missing)
        links += _locked(project_id, missing)
    return links


def _locked(project_id: int, visitor_ids: Collection[str]) -> list[_Link]:
    with connection.cursor() as cursor:
        cursor.execute(LINKS, [project_id, list(visitor_ids)])
        return [_Link(*row) for row in cursor.fetchall()]


def _person_ids(project_id: int, keys: set[str]) -> dict[str, int]:
    if not keys:
        return {}
    _add_missing("tracking_person", "key", project_id, keys)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT key, id FROM tracking_person WHERE project_id = %s AND key = ANY(%s)", [project_id, list(keys)]
        )
        return dict(cursor.fetchall())


def _move(moved: list[tuple[int, int | None, bool]]) -> None:
    if not moved:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE tracking_visitor AS v SET person_id = t.person_id, shared = t.shared "
            "FROM unnest(%s::bigint[], %s::bigint[], %s::boolean[]) AS t(id, person_id, shared) WHERE v.id = t.id",
            [list(column) for column in zip(*moved, strict=True)],
        )


def _lock(person_ids: set[int]) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM tracking_person WHERE id = ANY(%s::bigint[]) ORDER BY id FOR UPDATE", [list(person_ids)]
        )
        return [person_id for (person_id,) in cursor.fetchall()]


def persons(person_ids: Collection[int]) -> dict[int, PersonOf]:
    """Each person with all its visitors; one that has none is absent."""
    found: dict[int, PersonOf] = {}
    with connection.cursor() as cursor:
        cursor.execute(VISITORS, [list(person_ids)])
        for person_id, key, visitor_id, shared in cursor.fetchall():
            person = found.setdefault(person_id, PersonOf(key[2:] if key.startswith("u:") else "", shared, []))
            person.visitor_ids.append(visitor_id)
    return found
