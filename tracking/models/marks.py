"""Decisions about single visitors: whose events count, whatever their requests told. Dated, and never overwritten."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from tracking.models.naming import LONGEST_ID
from tracking.models.projects import Project


class Mark(models.TextChoices):
    BOT = "bot", _("A robot: do not count")
    INTERNAL = "internal", _("One of our own people: do not count")
    TEST = "test", _("A test: do not count")
    COUNTED = "counted", _("A real visitor: count")


class VisitorMark(models.Model):
    """Written by ``tracking.marks`` alone. ``made_by`` is empty for a mark that we set ourselves, ``reason`` a code."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="+", db_index=False, verbose_name=_("project"))
    visitor_id = models.CharField(
        _("visitor"), max_length=LONGEST_ID, help_text=_("The id of the visitor, as the live page shows it.")
    )
    mark = models.CharField(_("decision"), max_length=8, choices=Mark.choices, default=Mark.BOT)
    reason = models.CharField(
        _("why"), max_length=200, help_text=_("For your colleagues: what made you decide so. No personal data, please.")
    )
    created_at = models.DateTimeField(_("since"), db_default=Now(), editable=False)
    made_by = models.CharField(_("by"), max_length=150, blank=True, editable=False)
    lifted_at = models.DateTimeField(_("until"), null=True, blank=True, editable=False)

    class Meta:
        db_table = "tracking_visitor_mark"
        verbose_name = _("marked visitor")
        verbose_name_plural = _("marked visitors")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["project", "visitor_id"], condition=models.Q(lifted_at=None), name="one_mark_at_a_time"
            )
        ]
        indexes = [models.Index(fields=["project", "visitor_id"], name="mark_of_visitor")]

    def __str__(self) -> str:
        return self.visitor_id


class LookedAt(models.Model):
    """Up to when of what arrived a periodic job has looked at; its row keeps two of them apart."""

    job = models.CharField(primary_key=True, max_length=40)
    until = models.DateTimeField()

    class Meta:
        db_table = "tracking_looked_at"

    def __str__(self) -> str:
        return self.job
