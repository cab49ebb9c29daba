"""The tables of this floor that know something of a visitor, and until when they need events."""

from datetime import datetime

from django.db.models import QuerySet

from experiments.models import Enrolment, GoalTotal
from experiments.phases import open_phases
from tracking.privacy.registry import Table, register, register_harmless, register_hold
from tracking.privacy.whose import Whose


def enrolments_of(whose: Whose) -> QuerySet[Enrolment]:
    persons = {"person__project_id": whose.project_id, "person__key__in": whose.person_keys}
    return Enrolment.objects.filter(**persons).order_by("id")


def totals_of(whose: Whose) -> QuerySet[GoalTotal]:
    return GoalTotal.objects.filter(enrolment__in=enrolments_of(whose)).order_by("id")


def counted_since(project_id: int) -> datetime | None:
    """The oldest event that may still change a number: those behind frozen phases cannot."""
    return min((phase.span.reads_since for phase in open_phases(project_id)), default=None)


# An enrolment names its person by a number. Without the person's key, which erasure takes away, it is nobody's.
register(
    Table(
        "experiments.Enrolment",
        enrolments_of,
        "recounted",
        None,
        ("phase__experiment__key", "phase__number", "variant", "exposed_at", "excluded", "covariates"),
    ),
    Table(
        "experiments.GoalTotal",
        totals_of,
        "recounted",
        None,
        ("enrolment__phase__experiment__key", "enrolment__phase__number", "goal__key", "value"),
    ),
)
register_harmless(
    "experiments.SavedGroup", "Lists that the owner writes down; nothing of a visitor's is added to them."
)
register_hold(counted_since)
