"""The tables of what happened: projects and their keys, events, visitors and persons, and the goals asked of them."""

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from tracking.goals import MEASURES

SLUG = RegexValidator(r"\A[a-z0-9][a-z0-9._-]*\Z", _("Use lower-case letters, digits, dots, dashes and underscores."))
EVENT_NAME = RegexValidator(
    r"\A[A-Za-z$][\w.$: -]*\Z", _("Begin with a letter; then letters, digits, spaces and . _ - : $ are fine.")
)
LONGEST_ID = 200
LONGEST_NAME = 100


def measure_choices() -> list[tuple[str, str]]:
    words = {"once": _("Once per person"), "count": _("Every time"), "sum": _("Sum of a number")}
    return [(name, str(words.get(name, name))) for name in MEASURES]


class Project(models.Model):
    key = models.CharField(_("key"), max_length=60, unique=True, validators=[SLUG])
    name = models.CharField(_("name"), max_length=120)
    timezone = models.CharField(
        _("time zone"), max_length=60, default="UTC", help_text=_("The zone your site lives in, such as Europe/Warsaw.")
    )
    currency = models.CharField(
        _("currency"), max_length=3, default="EUR", help_text=_("Three letters, such as EUR or USD.")
    )
    redirect_hosts = ArrayField(
        models.CharField(max_length=253),
        verbose_name=_("hosts to redirect to"),
        default=list,
        # A process of the release before knows nothing of it.
        db_default=models.Value([], ArrayField(models.CharField(max_length=253))),
        blank=True,
        help_text=_(
            "A variant that sends visitors to another page may lead to these hosts only, such as www.shop.example."
        ),
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("project")
        verbose_name_plural = _("projects")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class KeyKind(models.TextChoices):
    CLIENT = "client", _("Client key, for web pages")
    SECRET = "secret", _("Secret key, for servers")


class Scope(models.TextChoices):
    READ = "read", _("Read results")
    MANAGE = "manage", _("Manage goals and experiments")
    IMPORT = "import", _("Import events of other systems")


class Key(models.Model):
    """``token`` is kept for client keys, which are public; of a secret key only the SHA-256 stays."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="keys", verbose_name=_("project"))
    kind = models.CharField(_("kind"), max_length=6, choices=KeyKind.choices, default=KeyKind.CLIENT)
    name = models.CharField(_("name"), max_length=120, blank=True, help_text=_("Where it is used."))
    prefix = models.CharField(_("begins with"), max_length=12, editable=False)
    token = models.CharField(_("key"), max_length=80, blank=True, editable=False)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    scopes = ArrayField(
        models.CharField(max_length=10, choices=Scope.choices), verbose_name=_("may"), default=list, blank=True
    )
    origins = ArrayField(
        models.CharField(max_length=200),
        verbose_name=_("allowed origins"),
        default=list,
        blank=True,
        help_text=_("Web addresses that may use a client key, such as https://shop.example. Empty: any."),
    )
    created_at = models.DateTimeField(auto_now_add=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("key")
        verbose_name_plural = _("keys")
        ordering = ["project", "-created_at"]

    def __str__(self) -> str:
        return f"{self.prefix}…"


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
            models.Index(fields=["project", "visitor_id", "occurred_at"], name="event_of_visitor"),
            models.Index(fields=["project", "user_id"], name="event_of_user", condition=~models.Q(user_id="")),
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
