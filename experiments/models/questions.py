"""The tables of what is asked: experiments with their variants and goals."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Value
from django.utils.translation import gettext_lazy as _

from experiments.models.audience import Namespace
from experiments.payloads import PAYLOADS
from tracking.models import SLUG, Goal, Project

# A process of the release before knows nothing of a new column, so the database fills it in.
A_LIST, AN_OBJECT = Value([], models.JSONField()), Value({}, models.JSONField())


def kind_choices() -> list[tuple[str, str]]:
    return [(name, str(kind.label)) for name, kind in PAYLOADS.items()]


class Status(models.TextChoices):
    DRAFT = "draft", _("Draft")
    SCHEDULED = "scheduled", _("Scheduled")
    RUNNING = "running", _("Running")
    PAUSED = "paused", _("Paused")
    STOPPED = "stopped", _("Stopped")
    ARCHIVED = "archived", _("Archived")


class Unit(models.TextChoices):
    VISITOR = "visitor", _("Visitor: a browser or device")
    USER = "user", _("User: someone logged in")


class Role(models.TextChoices):
    PRIMARY = "primary", _("Primary: decides")
    SECONDARY = "secondary", _("Secondary: informs")
    GUARDRAIL = "guardrail", _("Guardrail: must not get worse")


class Experiment(models.Model):
    project = models.ForeignKey(Project, models.CASCADE, related_name="experiments", verbose_name=_("project"))
    key = models.CharField(
        _("key"), max_length=60, validators=[SLUG], help_text=_("A short name for the page and the API.")
    )
    name = models.CharField(_("name"), max_length=120)
    hypothesis = models.TextField(
        _("hypothesis"),
        blank=True,
        help_text=_("What do you expect to change, and why? “A green button with a benefit makes more people begin.”"),
    )
    kind = models.CharField(_("what changes"), max_length=12, choices=kind_choices, default="cta")
    status = models.CharField(_("status"), max_length=9, choices=Status.choices, default=Status.DRAFT, editable=False)
    unit = models.CharField(
        _("split by"),
        max_length=7,
        choices=Unit.choices,
        default=Unit.VISITOR,
        help_text=_("Visitor suits almost every page. User needs a login before the variant is met."),
    )
    coverage = models.FloatField(
        _("share of traffic"),
        default=1.0,
        validators=[MinValueValidator(0.0), MaxValueValidator(1.0)],
        help_text=_("1 takes every visitor into the test, 0.2 every fifth; the others see the original."),
    )
    alpha = models.FloatField(
        _("tolerated false alarm"),
        default=0.05,
        validators=[MinValueValidator(0.001), MaxValueValidator(0.2)],
        help_text=_("0.05 is usual: of twenty tests without any effect, one may look like a winner."),
    )
    planned_sample = models.PositiveIntegerField(
        _("planned number of people"), null=True, blank=True, help_text=_("In all variants together.")
    )
    planned_end = models.DateTimeField(
        _("planned end"),
        null=True,
        blank=True,
        help_text=_("A plan finds a winner with fewer people. Whole weeks are best."),
    )
    minimum_effect = models.FloatField(
        _("smallest change worth having"),
        null=True,
        blank=True,
        validators=[MinValueValidator(0.001), MaxValueValidator(10.0)],
        help_text=_("0.03: a change below 3 % would not be worth the work, whatever the numbers say."),
    )
    starts_at = models.DateTimeField(
        _("scheduled start"), null=True, blank=True, help_text=_("Starts by itself then, once it is scheduled.")
    )
    stops_by_itself = models.BooleanField(
        _("stop at the planned end"),
        default=False,
        db_default=False,
        help_text=_("Otherwise it runs on until someone stops it."),
    )
    schedule_problem = models.TextField(default="", db_default="", editable=False)
    condition = models.JSONField(_("audience"), default=dict, db_default=AN_OBJECT, blank=True)
    pages = models.JSONField(_("pages"), default=list, db_default=A_LIST, blank=True)
    namespace = models.ForeignKey(
        Namespace,
        models.PROTECT,
        related_name="experiments",
        null=True,
        blank=True,
        verbose_name=_("exclusion group"),
        help_text=_("Nobody is in two tests of one group."),
    )
    namespace_share = models.FloatField(
        _("share of the group"),
        default=0.5,
        db_default=0.5,
        validators=[MinValueValidator(0.01), MaxValueValidator(1.0)],
        help_text=_("How much of the group's visitors this test may take."),
    )
    prerequisites = models.JSONField(_("only people of other tests"), default=list, db_default=A_LIST, blank=True)
    shipped_variant = models.CharField(max_length=60, default="", db_default="", editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("experiment")
        verbose_name_plural = _("experiments")
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["project", "key"],
                name="experiment_key_once",
                violation_error_message=_("This project already has an experiment with this key."),
            )
        ]

    def __str__(self) -> str:
        return self.name


class Variant(models.Model):
    experiment = models.ForeignKey(Experiment, models.CASCADE, related_name="variants")
    key = models.CharField(_("key"), max_length=60, validators=[SLUG])
    name = models.CharField(_("name"), max_length=120)
    is_control = models.BooleanField(
        _("original"), default=False, help_text=_("The page as it is today; the others are compared with it.")
    )
    weight = models.FloatField(
        _("weight"),
        default=1.0,
        validators=[MinValueValidator(0.0)],
        help_text=_("Share of the traffic against the others: 1 and 1 split evenly, 3 and 1 give three quarters."),
    )
    payload = models.JSONField(_("what it changes"), default=dict, blank=True)
    position = models.PositiveSmallIntegerField(default=0, editable=False)

    class Meta:
        verbose_name = _("variant")
        verbose_name_plural = _("variants")
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["experiment", "key"],
                name="variant_key_once",
                violation_error_message=_("Two variants have the same key."),
            ),
            models.UniqueConstraint(
                fields=["experiment"],
                condition=models.Q(is_control=True),
                name="one_control",
                violation_error_message=_("Only one variant can be the original."),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ExperimentGoal(models.Model):
    experiment = models.ForeignKey(Experiment, models.CASCADE, related_name="goal_roles")
    goal = models.ForeignKey(Goal, models.PROTECT, related_name="+", verbose_name=_("goal"))
    role = models.CharField(_("role"), max_length=9, choices=Role.choices, default=Role.SECONDARY)
    margin = models.FloatField(
        _("tolerated loss"),
        default=0.02,
        validators=[MinValueValidator(0.0), MaxValueValidator(1.0)],
        help_text=_("For a guardrail: 0.02 lets it get worse by 2 % at most."),
    )

    class Meta:
        verbose_name = _("goal of the experiment")
        verbose_name_plural = _("goals of the experiment")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["experiment", "goal"],
                name="goal_once_in_experiment",
                violation_error_message=_("This goal is already in the experiment."),
            )
        ]

    def __str__(self) -> str:
        return str(self.goal)
