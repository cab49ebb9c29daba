"""The review of goals: which tell nothing, and what to do about it."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext

from tracking.admin.offering import asked_project, may_look, page_context
from tracking.reviewing import review

# Of each finding, how it is called and in which ink.
CODES = {
    "never": ("Never met", "bad"),
    "stale": ("Met no more", "wait"),
    "always": ("Met by everybody", "wait"),
    "duplicate": ("Counted twice", "wait"),
    "same_people": ("Same people", "flat"),
}


class ReviewView:
    """Mixed into the admin."""

    admin_site: Any

    def review_page(self, request: HttpRequest) -> HttpResponse:
        if not may_look(request):
            raise PermissionDenied
        project, projects = asked_project(request)
        found = review(project.pk, timezone.now()) if project else []
        context = {
            **self.admin_site.each_context(request),
            **page_context(request, project, projects, gettext("Review of goals")),
            "findings": [
                {"finding": one, "label": gettext(CODES[one.code][0]), "tone": CODES[one.code][1]} for one in found
            ],
        }
        return TemplateResponse(request, "tracking/admin/offers/review.html", context)
