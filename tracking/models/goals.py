"""Questions about events."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from tracking.goals import MEASURES
from tracking.models.naming import EVENT_NAME, LONGEST_NAME, SLUG
from tracking.models.projects import Project


def measure_choices() -> list[tuple[str, str]]:
    words = {
        "once": _("Once per person"),
        "once_per_session": _("Once per visit"),
        "count": _("Every time"),
        "sum": _("Sum of a number"),
    }
    return [(name, str(words.get(name, name))) for name in MEASURES]


class Level(models.TextChoices):
    MICRO = "micro", _("Micro: a small step")
    MACRO = "macro", _("Macro: the goal that pays")


class Desired(models.TextChoices):
    INCREASE = "increase", _("More is better")
    DECREASE = "decrease", _("Less is better")


class Category(models.TextChoices):
    NAVIGATION = "navigation", _("Navigation")
    CONTENT = "content", _("Content")
    SOCIAL = "social", _("Social")
    TECHNICAL = "technical", _("Technical")
    FORM = "form", _("Form")
    COMMERCE = "commerce", _("Commerce")
    RELATIONSHIP = "relationship", _("Relationship")


class Stage(models.TextChoices):
    AWARENESS = "awareness", _("Awareness")
    CONSIDERATION = "consideration", _("Consideration")
    DECISION = "decision", _("Decision")
    RETENTION = "retention", _("Retention")


class Goal(models.Model):
    """A named question about events. A running phase keeps the copy it started with (``Phase.plan``)."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="goals", verbose_name=_("project"))
    key = models.CharField(_("key"), max_length=60, validators=[SLUG], help_text=_("A short name for the API."))
    name = models.CharField(_("name"), max_length=120)
    level = models.CharField(_("level"), max_length=5, choices=Level.choices, default=Level.MICRO)
    event = models.CharField(
        _("event"),
        max_length=LONGEST_NAME,
        validators=[EVENT_NAME],
        help_text=_("The event that counts, such as add_to_cart or purchase."),
    )
    selector = models.CharField(
        _("clicked element"),
        max_length=300,
        blank=True,
        help_text=_("A CSS selector such as #buy or .signup-button: each click on it sends the event by itself."),
    )
    conditions = models.JSONField(_("only when"), default=list, blank=True)
    measure = models.CharField(_("counted"), max_length=20, choices=measure_choices, default="once")
    property = models.CharField(
        _("number to add up"),
        max_length=100,
        blank=True,
        help_text=_("For a sum: the property that carries the number, such as value."),
    )
    currency = models.CharField(
        _("currency"), max_length=3, blank=True, help_text=_("For money. Events in another currency are left out.")
    )
    window = models.PositiveIntegerField(
        _("window, in days"),
        default=30,
        validators=[MinValueValidator(1), MaxValueValidator(365)],
        help_text=_("How long after meeting the variant the event still counts."),
    )
    desired = models.CharField(_("good direction"), max_length=8, choices=Desired.choices, default=Desired.INCREASE)
    category = models.CharField(_("kind of step"), max_length=12, choices=Category.choices, blank=True)
    stage = models.CharField(_("stage"), max_length=13, choices=Stage.choices, blank=True)
    weight = models.DecimalField(
        _("worth of one"), max_digits=14, decimal_places=4, null=True, blank=True, help_text=_("In the currency.")
    )
    leads_to = models.ForeignKey(
        "self",
        models.PROTECT,
        related_name="served_by",
        null=True,
        blank=True,
        verbose_name=_("leads to"),
        help_text=_("The macro goal that this small step serves."),
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("goal")
        verbose_name_plural = _("goals")
        ordering = ["level", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["project", "key"],
                name="goal_key_once",
                violation_error_message=_("This project already has a goal with this key."),
            )
        ]

    def __str__(self) -> str:
        return self.name
