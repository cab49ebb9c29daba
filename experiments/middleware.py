"""``request.microlift`` for pages that Django renders; the setting MICROLIFT_PROJECT names the project."""

import logging
from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import Error
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.cache import patch_cache_control, patch_vary_headers

from experiments.site import COOKIE, LIFE, Visit, store

log = logging.getLogger(__name__)


class MicroliftMiddleware:
    """A response that asked for no variant stays as it is. One that did keeps the visitor, and is no one else's."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        if not getattr(settings, "MICROLIFT_PROJECT", ""):
            raise ImproperlyConfigured(
                "MICROLIFT_PROJECT is not set: write the key of the project whose tests run here"
            )
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        visit = Visit(request, timezone.now())
        request.microlift = visit  # type: ignore[attr-defined]  # the place where templates and views find it
        response = self._get_response(request)
        _keep(visit, request, response)
        _count_when_sent(visit, response)
        return response


def _keep(visit: Visit, request: HttpRequest, response: HttpResponseBase) -> None:
    if not visit.was_asked:
        return
    patch_vary_headers(response, ["Cookie"])
    patch_cache_control(response, private=True)
    if visit.cookie is not None:
        # Not HttpOnly: the browser client reads it, so that both speak of one visitor.
        response.set_cookie(COOKIE, visit.cookie, max_age=LIFE, samesite="Lax", secure=request.is_secure())
        visit.is_kept = True


def _count_when_sent(visit: Visit, response: HttpResponseBase) -> None:
    """After the last byte: a streamed page asks for its variants while it is sent, and nobody waits for a row."""
    close = response.close

    def close_and_count() -> None:
        # A page that failed has shown nobody anything.
        exposures = visit.exposures() if response.status_code < 400 else []
        try:
            store(exposures)
        except Error as error:
            log.warning("%d exposures were not stored: the database did not answer: %s", len(exposures), error)
        finally:
            close()

    response.close = close_and_count  # type: ignore[method-assign]  # what the server calls when all is sent
