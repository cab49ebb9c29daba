"""What names and ids may look like in the tables."""

from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

SLUG = RegexValidator(r"\A[a-z0-9][a-z0-9._-]*\Z", _("Use lower-case letters, digits, dots, dashes and underscores."))
EVENT_NAME = RegexValidator(
    r"\A[A-Za-z$][\w.$: -]*\Z", _("Begin with a letter; then letters, digits, spaces and . _ - : $ are fine.")
)
LONGEST_ID = 200
LONGEST_NAME = 100
