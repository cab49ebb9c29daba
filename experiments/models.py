"""The tables of questions and answers: experiments, their phases, what a rollup keeps, and the stored result."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Value
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from experiments.payloads import PAYLOADS
from tracking.models import SLUG, Goal, Person, Project


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
        _("stop at the planned end"), default=False, help_text=_("Otherwise it runs on until someone stops it.")
    )
    schedule_problem = models.TextField(default="", editable=False)
    condition = models.JSONField(_("audience"), default=dict, blank=True)
    pages = models.JSONField(_("pages"), default=list, blank=True)
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
        validators=[MinValueValidator(0.01), MaxValueValidator(1.0)],
        help_text=_("How much of the group's visitors this test may take."),
    )
    prerequisites = models.JSONField(_("only people of other tests"), default=list, blank=True)
    shipped_variant = models.CharField(max_length=60, default="", editable=False)
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


class Phase(models.Model):
    """One run under one seed. ``plan`` is the frozen ``experiments.plan.Plan``.

    ``started_at``, ``ended_at``: exposures count from and until then. ``opened_at``, ``closed_at``: when that was said,
    which an import does much later. ``plan_version`` goes up with each goal added, ``counted_version`` follows it.
    ``finalised_at``: the tallies are frozen, and ``checksum`` proves it. ``pauses``: a list of [from, until or null].
    ``handed_over``: another phase followed at once, so pages that loaded this one may still tell of it for a moment.
    """

    experiment = models.ForeignKey(Experiment, models.CASCADE, related_name="phases")
    number = models.PositiveSmallIntegerField()
    seed = models.CharField(max_length=40)
    plan = models.JSONField()
    plan_version = models.PositiveSmallIntegerField(default=1)
    counted_version = models.PositiveSmallIntegerField(default=1)
    planned_sample = models.PositiveIntegerField(null=True)
    planned_end = models.DateTimeField(null=True)
    started_at = models.DateTimeField()
    opened_at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    pauses = models.JSONField(default=list, db_default=Value([], models.JSONField()))
    handed_over = models.BooleanField(default=False, db_default=False)
    finalised_at = models.DateTimeField(null=True)
    checksum = models.CharField(max_length=64, default="")

    class Meta:
        ordering = ["experiment", "number"]
        constraints = [
            models.UniqueConstraint(fields=["experiment", "number"], name="phase_number_once"),
            models.UniqueConstraint(fields=["experiment"], condition=models.Q(ended_at=None), name="one_running_phase"),
        ]

    def __str__(self) -> str:
        return f"{self.experiment} #{self.number}"


class ClockTimestamp(models.Func):
    """Now, and not the start of the transaction: a change may have waited for others."""

    function = "clock_timestamp"
    template = "%(function)s()"
    output_field = models.DateTimeField()


class ConfigVersion(models.Model):
    """What a project served from a moment on. Immutable; each digest covers the one before it."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="+", db_index=False)
    number = models.PositiveIntegerField()
    body = models.JSONField()
    digest = models.CharField(max_length=64)
    previous = models.CharField(max_length=64)
    created_at = models.DateTimeField(db_default=ClockTimestamp())
    reason = models.CharField(max_length=200)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "number"], name="config_version_once")]

    def __str__(self) -> str:
        return f"{self.project_id} v{self.number}"


class Enrolment(models.Model):
    """A person's first exposure in a phase. ``excluded`` says why the person is left out, or is empty."""

    phase = models.ForeignKey(Phase, models.CASCADE, related_name="+", db_index=False)
    person = models.ForeignKey(Person, models.CASCADE, related_name="+")
    variant = models.CharField(max_length=60)
    exposed_at = models.DateTimeField()
    excluded = models.CharField(max_length=10, default="")
    covariates = models.JSONField(default=dict)
    plan_version = models.PositiveSmallIntegerField(default=1)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["phase", "person"], name="enrolled_once")]

    def __str__(self) -> str:
        return f"{self.person_id} in {self.variant}"


class GoalTotal(models.Model):
    """One enrolled person's value for one goal; no row where nothing counted."""

    enrolment = models.ForeignKey(Enrolment, models.CASCADE, related_name="totals", db_index=False)
    goal = models.ForeignKey(Goal, models.PROTECT, related_name="+", db_index=False)
    value = models.DecimalField(max_digits=30, decimal_places=6)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["enrolment", "goal"], name="goal_total_once")]

    def __str__(self) -> str:
        return f"{self.goal_id}: {self.value}"


class Tally(models.Model):
    """Sums over persons by exposure day (UTC). ``goal`` empty: the enrolled themselves, by ``excluded`` reason."""

    phase = models.ForeignKey(Phase, models.CASCADE, related_name="+", db_index=False)
    variant = models.CharField(max_length=60)
    goal = models.ForeignKey(Goal, models.PROTECT, related_name="+", null=True, db_index=False)
    excluded = models.CharField(max_length=10, default="")
    day = models.DateField()
    persons = models.BigIntegerField()
    total = models.DecimalField(max_digits=40, decimal_places=6, default=0)
    squares = models.DecimalField(max_digits=50, decimal_places=12, default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["phase", "variant", "goal", "excluded", "day"], name="tally_once", nulls_distinct=False
            )
        ]

    def __str__(self) -> str:
        return f"{self.variant} {self.goal_id} {self.day}"


class Result(models.Model):
    """The last good result of a phase. ``data_through``: every event answered ``stored`` before is in it.

    ``tallies_digest``: of the tallies it was computed from; ``digest``: of all it was computed from.
    ``body`` is JSON as it is answered, in its own order of fields, which ``jsonb`` would not keep.
    """

    phase = models.OneToOneField(Phase, models.CASCADE, related_name="result")
    body = models.TextField()
    people = models.BigIntegerField()
    verdict = models.CharField(max_length=12)
    tallies_digest = models.CharField(max_length=64)
    digest = models.CharField(max_length=64, default="")
    computed_at = models.DateTimeField()
    data_through = models.DateTimeField()
    error = models.TextField(default="")
    failed_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.phase_id}: {self.verdict}"


class Look(models.Model):
    """What the primary goals and guardrails showed at one planned look, and what it decided. Never changed again.

    ``spent``: the share of the plan that was behind us. ``body``: a list of ``experiments.sights.Sight``.
    """

    phase = models.ForeignKey(Phase, models.CASCADE, related_name="looks", db_index=False)
    number = models.PositiveSmallIntegerField()
    taken_at = models.DateTimeField()
    spent = models.FloatField()
    people = models.BigIntegerField()
    body = models.JSONField()

    class Meta:
        ordering = ["phase", "number"]
        constraints = [models.UniqueConstraint(fields=["phase", "number"], name="look_once")]

    def __str__(self) -> str:
        return f"{self.phase_id}: look {self.number}"


class Refinement(models.Model):
    """What needs each person's own values: capped sums, adjusted means, segments, balance. Computed less often.

    ``seconds``: how long it took, which says how soon it may be computed again.
    """

    phase = models.OneToOneField(Phase, models.CASCADE, related_name="refinement")
    body = models.JSONField()
    tallies_digest = models.CharField(max_length=64)
    computed_at = models.DateTimeField()
    seconds = models.FloatField()

    def __str__(self) -> str:
        return f"{self.phase_id}: {self.computed_at}"


class Forecast(models.Model):
    """What a draft could detect, from its goals' own history. Asked for by a page, answered by a worker."""

    experiment = models.OneToOneField(Experiment, models.CASCADE, related_name="forecast")
    asked_at = models.DateTimeField()
    computed_at = models.DateTimeField(null=True)
    body = models.JSONField(null=True)
    error = models.TextField(default="")

    def __str__(self) -> str:
        return f"{self.experiment_id}: {self.computed_at}"
