"""Long lists, page by page: a cursor neither skips nor repeats a row when others are added meanwhile."""

from typing import Any

from django.core.exceptions import ValidationError as IllegalValue
from django.db import DataError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request

from tracking.api.fields import Strict
from tracking.wire.http import Refused

LARGEST_PAGE = 200
ORDERINGS = ["created_at", "-created_at", "key", "-key"]


class PageQuestion(Strict):
    """What every list may be asked."""

    ordering = serializers.ChoiceField(ORDERINGS, required=False)
    page_size = serializers.IntegerField(required=False, min_value=1, max_value=LARGEST_PAGE)
    cursor = serializers.CharField(required=False, help_text=gettext_lazy("From `next` or `previous` of another page."))


class Pages(CursorPagination):
    """The view checks the arguments first (``PageQuestion``) and names its usual ``ordering``."""

    page_size_query_param = "page_size"
    max_page_size = LARGEST_PAGE

    def get_ordering(self, request: Request, queryset: Any, view: Any) -> tuple[str, ...]:
        return (request.query_params.get("ordering", view.ordering),)

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any] | None:
        try:
            page: list[Any] | None = super().paginate_queryset(queryset, request, view)
        except (NotFound, IllegalValue, ValueError, DataError) as error:
            raise Refused(400, "illegal_cursor", _("This cursor is not one of ours."), "cursor") from error
        return page
