"""What happened, who it was, and what is still to be counted of it."""

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models.functions import Now

from tracking.models.naming import LONGEST_ID, LONGEST_NAME
from tracking.models.projects import Project


class Event(models.Model):
    """Immutable; written by ``tracking.capture`` alone, read by ``tracking.queries`` alone."""

    pk = models.CompositePrimaryKey("project_id", "event_id")
    project = models.ForeignKey(Project, models.CASCADE, related_name="+", db_index=False)
    event_id = models.CharField(max_length=LONGEST_ID)
    name = models.CharField(max_length=LONGEST_NAME)
    visitor_id = models.CharField(max_length=LONGEST_ID)
    user_id = models.CharField(max_length=LONGEST_ID, default="", db_default="")
    occurred_at = models.DateTimeField()
    received_at = models.DateTimeField(db_default=Now())
    source = models.CharField(max_length=6)
    excluded = models.CharField(max_length=10, default="", db_default="")
    properties = models.JSONField(default=dict)
    context = models.JSONField(default=dict)

    class Meta:
        indexes = [
            # With the name: what nobody asks for is left out without a look at the table.
            models.Index(fields=["project", "visitor_id", "occurred_at", "name"], name="event_of_visitor_by_name"),
            models.Index(
                fields=["project", "visitor_id", "user_id"], name="user_of_visitor", condition=~models.Q(user_id="")
            ),
            models.Index(fields=["project", "user_id"], name="event_of_user", condition=~models.Q(user_id="")),
            # Some pages for any number of rows: what arrived lately is at the end of the table.
            BrinIndex(fields=["received_at"], name="event_received", pages_per_range=32),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.event_id}"


class Due(models.Model):
    """A visitor whose totals must be rebuilt; appended with the events, deleted by the rollup that claimed the row."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="+", db_index=False)
    visitor_id = models.CharField(max_length=LONGEST_ID)
    created_at = models.DateTimeField(db_default=Now())
    tries = models.PositiveSmallIntegerField(default=0, db_default=0)
    error = models.TextField(default="", db_default="")

    class Meta:
        indexes = [
            models.Index(fields=["project", "id"], name="due_of_project"),
            models.Index(fields=["project", "visitor_id"], name="due_set_aside", condition=models.Q(tries__gte=5)),
        ]

    def __str__(self) -> str:
        return self.visitor_id


class EventName(models.Model):
    """A name that events of this day came with; the first so many of a day are taken, others refused."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="+", db_index=False)
    day = models.DateField()
    name = models.CharField(max_length=LONGEST_NAME)

    class Meta:
        db_table = "tracking_event_name"
        constraints = [models.UniqueConstraint(fields=["project", "day", "name"], name="name_once_a_day")]

    def __str__(self) -> str:
        return self.name


class Person(models.Model):
    """``key`` is ``u:<user id>`` for a user with all linked visitors, ``v:<visitor id>`` for a lone visitor."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="+", db_index=False)
    key = models.CharField(max_length=LONGEST_ID + 2)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "key"], name="person_once")]

    def __str__(self) -> str:
        return self.key


class Visitor(models.Model):
    """Which person a visitor belongs to now. ``shared``: seen with two users, so linked to none."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="+", db_index=False)
    visitor_id = models.CharField(max_length=LONGEST_ID)
    person = models.ForeignKey(Person, models.CASCADE, related_name="visitors", null=True)
    shared = models.BooleanField(default=False, db_default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "visitor_id"], name="visitor_once")]

    def __str__(self) -> str:
        return self.visitor_id
