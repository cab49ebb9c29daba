"""Visitors who could not be counted: why, and another try for those that were ticked."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import ngettext

from tracking import dues
from tracking.models import Project

# More have the same cause, as a rule; they come when these are settled.
SHOWN = 100


def aside_context(project: Project) -> dict[str, Any]:
    found = dues.aside(project.pk, SHOWN + 1)
    return {"aside": found[:SHOWN], "more": len(found) > SHOWN}


def try_again(request: HttpRequest, project: Project) -> None:
    """Those that were ticked; all of them when all were asked for."""
    everybody = [one.visitor_id for one in dues.aside(project.pk, SHOWN)] if "all" in request.POST else None
    rows = dues.retry(project.pk, request.POST.getlist("visitor") if everybody is None else everybody)
    if rows:
        told = ngettext("%(count)s is tried again now.", "%(count)s are tried again now.", rows) % {"count": rows}
        messages.success(request, told)
    else:
        messages.warning(request, ngettext("Nothing was ticked.", "Nothing was ticked.", 0))
