"""A tenant, and the keys to it."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from tracking.models.naming import SLUG


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
    requires_consent = models.BooleanField(
        _("ask for consent first"),
        default=True,
        # A process of the release before knows nothing of it; projects made then go on as they were.
        db_default=False,
        help_text=_("Nothing is kept in a visitor's browser, and nothing told of a visitor, before they agreed."),
    )
    form_analytics = models.BooleanField(
        _("look closely at forms"),
        default=False,
        db_default=False,
        help_text=_("Which fields people linger over, correct or leave. Never what they type."),
    )
    internal_addresses = ArrayField(
        models.CharField(max_length=50),
        verbose_name=_("addresses of your own people"),
        default=list,
        db_default=models.Value([], ArrayField(models.CharField(max_length=50))),
        blank=True,
        help_text=_(
            "What is done from these internet addresses is kept but never counted: your office, your agency, your "
            "testing tools. One address, such as 203.0.113.7, or a range, such as 203.0.113.0/24."
        ),
    )
    honours_dnt = models.BooleanField(
        _("do not measure visitors who ask not to be tracked"),
        default=False,
        db_default=False,
        help_text=_(
            "Some browsers say “Do Not Track”. Global Privacy Control, which more and more laws back, is always heeded."
        ),
    )
    people = models.ManyToManyField(
        settings.AUTH_USER_MODEL,
        blank=True,
        related_name="projects",
        verbose_name=_("people"),
        help_text=_(
            "Who sees this project and works in it. What each of them may do is set with the person. "
            "Administrators see every project anyway."
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
    # A key that was replaced goes on until then, so that both work while pages and servers are changed over.
    expires_at = models.DateTimeField(_("works until"), null=True, blank=True, editable=False)
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True, editable=False)
    requests_a_minute = models.PositiveIntegerField(
        _("requests a minute"),
        null=True,
        blank=True,
        help_text=_("Beyond this, senders are told to wait. Empty: the limit of this installation."),
    )

    class Meta:
        verbose_name = _("key")
        verbose_name_plural = _("keys")
        ordering = ["project", "-created_at"]

    def __str__(self) -> str:
        return f"{self.prefix}…"
