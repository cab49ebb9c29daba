"""New projects, and what a project's settings may be."""

import re
import zoneinfo
from collections.abc import Sequence
from functools import lru_cache

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from tracking.access import create_key
from tracking.models import KeyKind, Project
from tracking.networks import MOST_NETWORKS, network_of

CURRENCY = re.compile(r"[A-Z]{3}")
# Lower case, in ASCII (look-alike letters would pass for another host), perhaps with a port.
HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?::[0-9]{1,5})?")
LONGEST_HOST = 253


@lru_cache(maxsize=1)
def timezones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones() | {"UTC"})


def must_be_timezone(name: str) -> None:
    if name not in timezones():
        raise ValidationError(_("Write a time zone such as Europe/Warsaw."), "illegal_timezone")


def must_be_currency(code: str) -> None:
    if not CURRENCY.fullmatch(code):
        raise ValidationError(_("Write a currency as three capital letters, such as EUR."), "illegal_currency")


def must_be_host(name: str) -> None:
    if len(name) > LONGEST_HOST or not HOST.fullmatch(name):
        told = _("“%(host)s” is not the name of a host, such as www.shop.example.")
        raise ValidationError(told % {"host": name[:60]}, "illegal_host")


def normal_networks(texts: Sequence[str]) -> list[str]:
    """Addresses and ranges of one's own people, each once and as it is usually written."""
    if len(texts) > MOST_NETWORKS:
        raise ValidationError(_("Write %(most)s addresses at most.") % {"most": MOST_NETWORKS}, "too_many_addresses")
    return list(dict.fromkeys(_normal_network(text) for text in texts))


def _normal_network(text: str) -> str:
    try:
        network = network_of(text)
    except ValueError as error:
        told = _("“%(address)s” is neither an address, such as 203.0.113.7, nor a range, such as 203.0.113.0/24.")
        raise ValidationError(told % {"address": text[:60]}, "illegal_address") from error
    return str(network.network_address) if network.prefixlen == network.max_prefixlen else str(network)


def create_project(name: str, *, key: str = "", timezone: str = "UTC", currency: str = "EUR") -> tuple[Project, str]:
    """The project and the token of its first client key. ``key`` is made of the name when empty.

    Raises ``ValidationError``, also for a key that is taken.
    """
    must_be_timezone(timezone)
    must_be_currency(currency)
    key = key or slugify(name)
    if not key:
        raise ValidationError(_("No key can be made of this name: choose one with --key."), "no_key")
    project = Project(name=name, key=key, timezone=timezone, currency=currency)
    with transaction.atomic():
        project.full_clean()
        project.save()
        _row, token = create_key(project, KeyKind.CLIENT, name=_("Web pages"))
    return project, token
