"""The base of every view of the REST API."""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar

import psycopg
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.views import APIView

from tracking.api.callers import caller_of
from tracking.api.paging import Pages
from tracking.models import SLUG, Project
from tracking.wire.http import Refused


class JsonAlways(BaseContentNegotiation):
    """Whatever a client says it accepts, it gets JSON: it has come to an API."""

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        (renderer,) = renderers
        return renderer, renderer.media_type or "application/json"

    def select_parser(self, request: Request, parsers: Iterable[BaseParser]) -> BaseParser:
        kind = request.content_type.partition(";")[0].strip().lower()
        for parser in parsers:
            if kind in {"", parser.media_type}:
                return parser
        raise Refused(415, "unsupported_media_type", _("Send JSON, with Content-Type: application/json."))


class ApiView(APIView):
    """``scopes``: what a key needs for each method. ``ordering``: a list's usual one. Answers are never cached."""

    scopes: ClassVar[Mapping[str, str]] = {}
    ordering = "-created_at"
    http_method_names = ["get", "head", "post", "patch", "delete"]
    content_negotiation_class = JsonAlways

    @property
    def project(self) -> Project:
        return caller_of(self.request).project

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        # Django reads no body without a length: an order would be carried out without what it says.
        if "HTTP_TRANSFER_ENCODING" in request.META and not request.META.get("CONTENT_LENGTH"):
            raise Refused(411, "length_required", _("Send the body with Content-Length, not in chunks."))

    def page(self, rows: QuerySet[Any], form: type[BaseSerializer[Any]]) -> Response:
        pages = Pages()
        shown = pages.paginate_queryset(rows, self.request, self)
        return pages.get_paginated_response(form(shown, many=True).data)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Response:
        final: Response = super().finalize_response(request, response, *args, **kwargs)
        final.headers["Cache-Control"] = "no-store"
        return final


def legal(key: str) -> bool:
    """Whether anything could have this key; what could not is not even looked for."""
    return re.fullmatch(SLUG.regex, key) is not None


@contextmanager
def refusing_twice(constraint: str, refusal: Refused) -> Iterator[None]:
    """A transaction in which a violation of this constraint becomes ``refusal``."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        cause = error.__cause__
        if isinstance(cause, psycopg.Error) and cause.diag.constraint_name == constraint:
            raise refusal from error
        raise
