"""Which ids are one person's: told by the events themselves, and by what rollups have linked before those were gone."""

from dataclasses import dataclass, field

from django.db import connection

from tracking.models import Visitor
from tracking.private_ids import private_id
from tracking.queries import users_of

VISITORS_OF_USER = "SELECT DISTINCT visitor_id FROM tracking_event WHERE project_id = %s AND user_id = %s"


@dataclass(frozen=True, slots=True)
class Whose:
    """``visitor_ids``: theirs alone. ``shared_ids``: devices of others, too; only what has the user's id is theirs."""

    project_id: int
    visitor_ids: tuple[str, ...] = ()
    user_id: str = ""
    shared_ids: tuple[str, ...] = field(default=())

    @property
    def person_keys(self) -> list[str]:
        own = [f"v:{visitor_id}" for visitor_id in self.visitor_ids]
        return [*own, f"u:{self.user_id}"] if self.user_id else own


def whose(project_id: int, *, visitor_id: str = "", user_id: str = "") -> Whose:
    """Of a user, if one is named, else of a visitor; all that is linked to it is meant, too."""
    if user_id:
        return whose_user(project_id, private_id(project_id, user_id))
    return whose_visitor(project_id, private_id(project_id, visitor_id))


def whose_visitor(project_id: int, visitor_id: str) -> Whose:
    """Everything of the user that this visitor belongs to; a lone or a shared visitor stands for itself."""
    users = users_of(project_id, [visitor_id]).get(visitor_id, set())
    if not users:
        linked = Visitor.objects.filter(project_id=project_id, visitor_id=visitor_id, shared=False)
        users = {key[2:] for key in linked.values_list("person__key", flat=True) if key and key.startswith("u:")}
    return whose_user(project_id, next(iter(users))) if len(users) == 1 else Whose(project_id, (visitor_id,))


def whose_user(project_id: int, user_id: str) -> Whose:
    with connection.cursor() as cursor:
        cursor.execute(VISITORS_OF_USER, [project_id, user_id])
        visitors = {visitor_id for (visitor_id,) in cursor.fetchall()}
    linked = Visitor.objects.filter(project_id=project_id, person__key=f"u:{user_id}", shared=False)
    visitors |= set(linked.values_list("visitor_id", flat=True))
    users = users_of(project_id, visitors)
    shared = {visitor_id for visitor_id in visitors if len(users.get(visitor_id, ())) > 1}
    return Whose(project_id, tuple(sorted(visitors - shared)), user_id, tuple(sorted(shared)))
