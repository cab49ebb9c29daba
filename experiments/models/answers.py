"""The tables of what came of it: phases, what was served, what a rollup keeps, and the stored results."""

from django.db import models
from django.db.models import Value
from django.db.models.functions import Now

from experiments.models.questions import Experiment
from tracking.models import Goal, Person, Project

# A process of the release before knows nothing of a new column, so the database fills it in.
A_LIST = Value([], models.JSONField())


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
    pauses = models.JSONField(default=list, db_default=A_LIST)
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
    """Sums over persons by exposure day in the zone of the plan.

    ``goal`` empty: the enrolled themselves, by ``excluded`` reason.
    """

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
