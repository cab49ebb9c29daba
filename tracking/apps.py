"""What the admin calls this part."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _


class TrackingConfig(AppConfig):
    name = "tracking"
    verbose_name = _("Set-up")

    def ready(self) -> None:
        """In modules of these names every floor lists its tables that know visitors, and those of a project."""
        autodiscover_modules("privacy", "tenancy")
