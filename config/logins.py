"""Who guesses passwords is locked out for a while, wherever PostgreSQL answers; nothing is kept that names anybody.

Of a name and an address only keyed hashes are stored, and those for a quarter of an hour. A name that nobody has gets
the very same answers, so nobody learns from them which names exist.
"""

import hmac
from ipaddress import IPv6Address
from typing import Any

from axes.handlers.database import AxesDatabaseHandler
from django.conf import settings
from django.db.models import Sum
from django.http import HttpRequest, HttpResponse, QueryDict
from django.template.response import TemplateResponse
from django.utils.translation import gettext

from tracking.wire.http import TRUSTED_PROXIES, Request

# From one address five times as many may fail as of one user: an office shares one.
USERS_OF_AN_ADDRESS = 5


def _hidden(kind: str, text: str) -> bytes:
    return hmac.digest(settings.SECRET_KEY.encode(), f"login {kind} {text}".encode("utf-8", "replace"), "sha256")


def username(request: HttpRequest, credentials: dict[str, Any] | None = None) -> str:
    """Also of what was typed into the wrong field, which may be a password."""
    typed = (credentials or {}).get("username") or request.POST.get("username") or ""
    return _hidden("user", str(typed)).hex()


def address(request: HttpRequest) -> str:
    """In the place of the real one, an address that nobody has."""
    near = Request({**request.META, TRUSTED_PROXIES: settings.TRUSTED_PROXIES}).client_ip
    return str(IPv6Address(b"\xfd" + _hidden("address", near)[:15]))


def locked(request: HttpRequest, _answer: HttpResponse, _credentials: dict[str, Any] | None = None) -> HttpResponse:
    minutes = settings.AXES_COOLOFF_TIME.seconds // 60
    context = {"title": gettext("Too many attempts"), "minutes": minutes}
    answer = TemplateResponse(request, "tracking/admin/locked.html", context, status=429)
    answer["Retry-After"], answer["Cache-Control"] = str(60 * minutes), "no-store"
    return answer.render()


class Logins(AxesDatabaseHandler):  # type: ignore[misc]  # axes has no types, so its class is Any
    """One limit for a user at an address, and a wider one for the address alone."""

    def user_login_failed(
        self, sender: Any, credentials: dict[str, Any], request: HttpRequest | None = None, **more: Any
    ) -> None:
        """Nothing else of who tried is kept: not the browser, and no field of the form."""
        if request is None:
            super().user_login_failed(sender, credentials, request, **more)
            return
        told = request.GET, request.POST
        request.axes_user_agent = request.axes_http_accept = ""  # type: ignore[attr-defined]  # axes puts them there
        request.GET, request.POST = QueryDict(), QueryDict()
        try:
            super().user_login_failed(sender, credentials, request, **more)
        finally:
            request.GET, request.POST = told

    def get_failures(self, request: HttpRequest, credentials: dict[str, Any] | None = None) -> int:
        of_user, of_address = (
            found.aggregate(sum=Sum("failures_since_start"))["sum"] or 0
            for found in self.get_user_attempts(request, credentials)
        )
        return max(of_user, of_address // USERS_OF_AN_ADDRESS)
