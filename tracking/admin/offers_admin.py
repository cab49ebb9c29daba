"""Three pages that say which goals to have: found on the pages, from the catalogue, and which tell nothing."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse

from tracking.admin.catalogue_view import CatalogueView
from tracking.admin.gate import OfOwnProjects
from tracking.admin.offering import may_look
from tracking.admin.proposals_view import ProposalsView
from tracking.admin.review_view import ReviewView
from tracking.models import PageInventory


@admin.register(PageInventory)
class OffersAdmin(ProposalsView, CatalogueView, ReviewView, OfOwnProjects):
    """What browsers have told of pages is not edited; its list is what can be made of it."""

    def get_custom_urls(self) -> tuple[tuple[str, str, Any], ...]:
        return (
            ("catalogue/", "tracking_catalogue", self._catalogue_by_url),
            ("review/", "tracking_review", self._review_by_url),
        )

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return self.proposals_page(request)

    def _catalogue_by_url(self, request: HttpRequest, model_admin: Any = None) -> HttpResponse:
        return self.catalogue_page(request)

    def _review_by_url(self, request: HttpRequest, model_admin: Any = None) -> HttpResponse:
        return self.review_page(request)

    def has_view_permission(self, request: HttpRequest, obj: PageInventory | None = None) -> bool:
        return may_look(request)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return may_look(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: PageInventory | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: PageInventory | None = None) -> bool:
        return False
