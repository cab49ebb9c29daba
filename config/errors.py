"""Errors of verbs and doors into answers: one JSON shape for the whole API, whatever went wrong."""

from collections.abc import Callable
from typing import Any

from django.db import DataError, IntegrityError, InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.utils.translation import gettext as _
from django.views import defaults
from django.views.decorators.csrf import csrf_exempt
from drf_standardized_errors.handler import exception_handler
from rest_framework.response import Response

from experiments.lifecycle import AlreadyMoved, Frozen, IllegalMove, NotReady
from tracking.wire.http import Refused

Errors = list[dict[str, str | None]]
API_PREFIXES = ("/api/", "/v1/", "/ofrep/", "/track/")


def answer(error: Exception, context: Any) -> Response | None:
    """What DRF answers for an exception of a view."""
    for kind, translate in TRANSLATIONS.items():
        if isinstance(error, kind):
            status, errors = translate(error)
            return _response(status, errors)
    return exception_handler(error, context)


def _refused(error: Any) -> tuple[int, Errors]:
    return error.status, [_error(error.code, error.detail, error.attr)]


def _not_ready(error: Any) -> tuple[int, Errors]:
    return 400, [_error("not_ready", problem) for problem in error.problems]


def _as(status: int, code: str) -> Callable[[Any], tuple[int, Errors]]:
    return lambda error: (status, [_error(code, str(error))])


def _said(status: int, code: str, detail: Callable[[], str]) -> Callable[[Any], tuple[int, Errors]]:
    return lambda _error_itself: (status, [_error(code, detail())])


TRANSLATIONS: dict[type[Exception], Callable[[Any], tuple[int, Errors]]] = {
    Refused: _refused,
    NotReady: _not_ready,
    IllegalMove: _as(409, "illegal_move"),
    AlreadyMoved: _as(409, "already_moved"),
    Frozen: _as(409, "frozen"),
    DataError: _said(400, "unstorable", lambda: _("The database cannot hold one of these values.")),
    IntegrityError: _said(409, "conflict", lambda: _("Something else has just changed what this needs. Try again.")),
    OperationalError: _said(503, "unavailable", lambda: _("The database is not answering. Try again soon.")),
    InterfaceError: _said(503, "unavailable", lambda: _("The database is not answering. Try again soon.")),
}


def _error(code: str, detail: str, attr: str | None = None) -> dict[str, str | None]:
    return {"code": code, "detail": detail, "attr": attr}


def _body(status: int, errors: Errors) -> dict[str, Any]:
    return {"type": "server_error" if status >= 500 else "client_error", "errors": errors}


def _response(status: int, errors: Errors) -> Response:
    return Response(_body(status, errors), status, headers={"Retry-After": "5"} if status == 503 else None)


def _plain(status: int, code: str, detail: str) -> JsonResponse:
    content = _body(status, [_error(code, detail)])
    return JsonResponse(content, status=status, headers={"Cache-Control": "no-store"})


@csrf_exempt
def unknown_address(request: HttpRequest) -> JsonResponse:
    """Stands after every address below /api/, so that none is answered in HTML or by a redirect that drops the body."""
    detail = _("There is nothing at this address; see /api/v1/docs/.")
    if not request.path.endswith("/"):
        detail = _("There is nothing at this address. Ours end with a slash; see /api/v1/docs/.")
    return _plain(404, "not_found", detail)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    if request.path.startswith(API_PREFIXES):
        return unknown_address(request)
    return defaults.page_not_found(request, exception)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    if request.path.startswith(API_PREFIXES):
        return _plain(400, "bad_request", _("This request cannot be read."))
    return defaults.bad_request(request, exception)


def fault(request: HttpRequest) -> HttpResponseBase:
    if request.path.startswith(API_PREFIXES):
        return _plain(500, "fault", _("A fault of the server. It has been recorded."))
    return defaults.server_error(request)
