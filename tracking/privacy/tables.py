"""The tables of this floor that know something of a visitor."""

from django.db.models import Q, QuerySet

from tracking.models import Due, Event, Person, Visitor, VisitorMark
from tracking.models.outcomes import RejectedEvent
from tracking.privacy.registry import Table, register, register_harmless
from tracking.privacy.whose import Whose


def events_of(whose: Whose) -> QuerySet[Event]:
    theirs = Q(visitor_id__in=whose.visitor_ids)
    if whose.user_id:
        theirs |= Q(user_id=whose.user_id)
    return Event.objects.filter(theirs, project_id=whose.project_id).order_by("occurred_at", "event_id")


def rejected_of(whose: Whose) -> QuerySet[RejectedEvent]:
    rows = RejectedEvent.objects.filter(project_id=whose.project_id, visitor_id__in=whose.visitor_ids)
    return rows.exclude(visitor_id="").order_by("id")


def visitors_of(whose: Whose) -> QuerySet[Visitor]:
    return Visitor.objects.filter(project_id=whose.project_id, visitor_id__in=whose.visitor_ids).order_by("id")


def marks_of(whose: Whose) -> QuerySet[VisitorMark]:
    rows = VisitorMark.objects.filter(project_id=whose.project_id, visitor_id__in=whose.visitor_ids)
    return rows.order_by("id")


def persons_of(whose: Whose) -> QuerySet[Person]:
    return Person.objects.filter(project_id=whose.project_id, key__in=whose.person_keys).order_by("id")


def dues_of(whose: Whose) -> QuerySet[Due]:
    """Also of shared devices, whose other users must be counted anew."""
    ids = [*whose.visitor_ids, *whose.shared_ids]
    return Due.objects.filter(project_id=whose.project_id, visitor_id__in=ids).order_by("id")


EVENT = (
    *("event_id", "name", "visitor_id", "user_id", "occurred_at", "received_at", "source", "excluded"),
    *("properties", "context"),
)
register(
    Table("tracking.Event", events_of, "deleted", "events", EVENT),
    Table(
        "tracking.RejectedEvent",
        rejected_of,
        "deleted",
        "rejected",
        ("received_at", "reason", "detail", "name", "visitor_id", "body"),
    ),
    Table("tracking.Visitor", visitors_of, "deleted", "people", ("visitor_id", "shared")),
    Table(
        "tracking.VisitorMark",
        marks_of,
        "deleted",
        "people",
        ("visitor_id", "mark", "reason", "created_at", "lifted_at"),
    ),
    Table("tracking.Person", persons_of, "detached", "people", ("key",)),
    # Marks for the rollup, which takes them away within seconds; until then they make it count the person out.
    Table("tracking.Due", dues_of, "recounted", None, ("visitor_id", "created_at")),
)
register_harmless("tracking.Project", "The addresses are those of the owner's own offices.")
register_harmless("auth.User", "People who work with the admin; they are kept and deleted there.")
register_harmless("admin.LogEntry", "What people who work with the admin have changed.")
register_harmless("sessions.Session", "Their logins.")
register_harmless("axes.AccessAttempt", "Their wrong passwords of the last quarter of an hour, by hashes alone.")
register_harmless("axes.AccessFailureLog", "Not written.")
register_harmless("axes.AccessLog", "Not written.")
