"""What became of every event that arrived, counted; and those that were refused, to be read for some days."""

from datetime import timedelta

from django.db import models

from tracking.models.naming import LONGEST_ID, LONGEST_NAME
from tracking.models.projects import Project

# Refused events can be read for so long.
KEPT_FOR = timedelta(days=7)
LONGEST_REASON = 40
LONGEST_DETAIL = 200


class OutcomeDelta(models.Model):
    """So many more; appended with the events of a batch, and folded into ``OutcomeCount`` soon after."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="+", db_index=False)
    hour = models.DateTimeField()
    outcome = models.CharField(max_length=9)
    reason = models.CharField(max_length=LONGEST_REASON, default="", db_default="")
    count = models.IntegerField()

    class Meta:
        db_table = "tracking_outcome_delta"
        indexes = [models.Index(fields=["project", "hour"], name="delta_of_project")]

    def __str__(self) -> str:
        return f"{self.outcome} {self.reason} +{self.count}"


class OutcomeCount(models.Model):
    """``outcome``: stored, duplicate, filtered or rejected. Of what is stored the reason is why it does not count."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="+", db_index=False)
    hour = models.DateTimeField()
    outcome = models.CharField(max_length=9)
    reason = models.CharField(max_length=LONGEST_REASON, default="", db_default="")
    count = models.BigIntegerField()

    class Meta:
        db_table = "tracking_outcome"
        constraints = [
            models.UniqueConstraint(fields=["project", "hour", "outcome", "reason"], name="outcome_once"),
        ]

    def __str__(self) -> str:
        return f"{self.outcome} {self.reason} {self.count}"


class RejectedEvent(models.Model):
    """As it was sent, without what tells who somebody is; empty where nothing of it could be read."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="+", db_index=False)
    received_at = models.DateTimeField()
    reason = models.CharField(max_length=LONGEST_REASON)
    detail = models.CharField(max_length=LONGEST_DETAIL, default="", db_default="")
    name = models.CharField(max_length=LONGEST_NAME, default="", db_default="")
    visitor_id = models.CharField(max_length=LONGEST_ID, default="", db_default="")
    body = models.TextField(default="", db_default="")

    class Meta:
        db_table = "tracking_rejected"
        indexes = [
            models.Index(fields=["project", "received_at", "id"], name="rejected_of_project"),
            models.Index(
                fields=["project", "visitor_id"], name="rejected_of_visitor", condition=~models.Q(visitor_id="")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reason} {self.name}"
