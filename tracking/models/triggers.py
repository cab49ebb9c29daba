"""A marketer's rules that turn what happens in a page into events, and what the pages were found to hold."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from tracking.models.naming import EVENT_NAME, LONGEST_NAME, SLUG
from tracking.models.projects import Project


class Trigger(models.Model):
    """The working copy. Pages follow the newest ``TriggerVersion``; ``tracking.publishing`` makes one of these."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="triggers", verbose_name=_("project"))
    key = models.CharField(_("key"), max_length=60, validators=[SLUG], help_text=_("A short name for the API."))
    name = models.CharField(_("name"), max_length=120)
    kind = models.CharField(_("when"), max_length=30)
    event = models.CharField(
        _("event"),
        max_length=LONGEST_NAME,
        blank=True,
        validators=[EVENT_NAME],
        help_text=_("What is told when it happens. Empty: the usual name for this kind."),
    )
    params = models.JSONField(_("details"), default=dict, blank=True)
    conditions = models.JSONField(_("only when"), default=list, blank=True)
    properties = models.JSONField(_("what is told with it"), default=list, blank=True)
    is_on = models.BooleanField(_("in use"), default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("trigger")
        verbose_name_plural = _("triggers")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["project", "key"],
                name="trigger_key_once",
                violation_error_message=_("This project already has a trigger with this key."),
            )
        ]

    def __str__(self) -> str:
        return self.name


class TriggerVersion(models.Model):
    """Immutable: all triggers that pages follow from then on, as they are sent. ``restored_from``: the number of the
    version that was brought back."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="trigger_versions", verbose_name=_("project"))
    number = models.PositiveIntegerField(_("version"))
    body = models.JSONField(default=list)
    note = models.CharField(_("note"), max_length=200, blank=True)
    author = models.CharField(_("published by"), max_length=150, blank=True)
    restored_from = models.PositiveIntegerField(null=True, blank=True)
    created_at = models.DateTimeField(_("published"), db_default=Now())

    class Meta:
        verbose_name = _("published version")
        verbose_name_plural = _("published versions")
        ordering = ["project", "-number"]
        constraints = [models.UniqueConstraint(fields=["project", "number"], name="trigger_version_once")]

    def __str__(self) -> str:
        return f"{self.number}"


class PageInventory(models.Model):
    """What a page was found to hold: buttons, forms, links, without any value. Written by ``tracking.inventory``."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="+")
    path = models.CharField(max_length=300)
    items = models.JSONField(default=list)
    reports = models.PositiveIntegerField(default=0, db_default=0)
    seen_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name = _("page")
        verbose_name_plural = _("pages")
        constraints = [models.UniqueConstraint(fields=["project", "path"], name="page_once")]

    def __str__(self) -> str:
        return self.path
