"""What people asked about their own data, and whom we must never keep again. No id is in here once it is done."""

import uuid

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from tracking.models.projects import Project


class PrivacyKind(models.TextChoices):
    EXPORT = "export", _("Copy of the data")
    ERASURE = "erasure", _("Erasure")


class PrivacyReceipt(models.Model):
    """Proof that a request was carried out. ``digest``: of the id that was asked for. ``asked_by``: a key or a user.

    ``pending``: the ids that are still being erased; emptied when it is done, since they are what must be forgotten.
    ``counts``: rows by table, so far.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, models.CASCADE, related_name="+", db_index=False, verbose_name=_("project"))
    kind = models.CharField(_("what was asked"), max_length=7, choices=PrivacyKind.choices)
    digest = models.CharField(max_length=64)
    asked_by = models.CharField(_("asked by"), max_length=150, blank=True)
    requested_at = models.DateTimeField(_("asked"), db_default=Now())
    done_at = models.DateTimeField(_("done"), null=True)
    pending = models.JSONField(default=dict)
    counts = models.JSONField(_("rows"), default=dict)

    class Meta:
        db_table = "tracking_privacy_receipt"
        verbose_name = _("receipt")
        verbose_name_plural = _("receipts")
        ordering = ["-requested_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["project", "digest"], condition=models.Q(kind="erasure"), name="erasure_asked_once"
            )
        ]
        indexes = [models.Index(fields=["project", "requested_at"], name="receipt_of_project")]

    def __str__(self) -> str:
        return str(self.id)


class Erased(models.Model):
    """A tombstone: a keyed hash of an id whose events are not kept again, however late they come."""

    pk = models.CompositePrimaryKey("project_id", "digest")
    project = models.ForeignKey(Project, models.CASCADE, related_name="+", db_index=False)
    digest = models.CharField(max_length=64)
    receipt = models.ForeignKey(PrivacyReceipt, models.RESTRICT, related_name="tombstones")
    requested_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "tracking_erased"

    def __str__(self) -> str:
        return self.digest[:12]
