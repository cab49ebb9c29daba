"""The tables of who takes part: exclusion groups, lists of values, and who is held out of everything."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from tracking.models import SLUG, Project


class Namespace(models.Model):
    """Experiments that exclude each other: each takes a part of the visitors, and the parts never overlap."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="namespaces", verbose_name=_("project"))
    key = models.CharField(_("key"), max_length=60, validators=[SLUG])
    name = models.CharField(_("name"), max_length=120)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("exclusion group")
        verbose_name_plural = _("exclusion groups")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["project", "key"],
                name="namespace_key_once",
                violation_error_message=_("This project already has an exclusion group with this key."),
            )
        ]

    def __str__(self) -> str:
        return self.name


class SavedGroup(models.Model):
    """A list of values, such as the ids of customers. A running phase keeps the list it started with."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="saved_groups", verbose_name=_("project"))
    key = models.CharField(_("key"), max_length=60, validators=[SLUG])
    name = models.CharField(_("name"), max_length=120)
    attribute = models.CharField(
        _("what is listed"),
        max_length=100,
        default="id",
        help_text=_("The attribute of the visitor that is looked up."),
    )
    values = models.JSONField(_("values"), default=list, help_text=_("One a line."))
    public = models.BooleanField(
        _("pages may read the list"),
        default=False,
        help_text=_(
            "For GrowthBook's SDKs, which decide in the browser: anybody could read the values there. "
            "Otherwise they show the original in tests with this list; all other clients ask us and need not know it."
        ),
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("audience list")
        verbose_name_plural = _("audience lists")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["project", "key"],
                name="saved_group_key_once",
                violation_error_message=_("This project already has an audience list with this key."),
            )
        ]

    def __str__(self) -> str:
        return self.name


class Holdout(models.Model):
    """Visitors who meet no experiment of the project, so that the worth of all of them together can be seen."""

    project = models.OneToOneField(Project, models.CASCADE, related_name="holdout", verbose_name=_("project"))
    share = models.FloatField(
        _("share of visitors"),
        default=0.05,
        validators=[MinValueValidator(0.0), MaxValueValidator(0.5)],
        help_text=_("0.05 keeps every twentieth visitor out of all tests."),
    )
    seed = models.CharField(max_length=40, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("holdout")
        verbose_name_plural = _("holdouts")

    def __str__(self) -> str:
        return str(self.project)
