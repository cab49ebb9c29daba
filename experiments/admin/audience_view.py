"""How many of the last visitors the rules of an open page would let in: asked while somebody edits them."""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext, ngettext

from experiments.admin.audience_field import KEEP, groups_in
from experiments.admin.audience_words import attribute_label
from experiments.audience import to_condition, wrong
from experiments.audience_count import LATELY, Matched, count_matching
from experiments.figures import listed, number, percent
from experiments.models import Experiment
from tracking.models import Project
from tracking.tenancy import visible


class AudienceView:
    """Mixed into the admin."""

    has_view_permission: Callable[..., bool]
    has_add_permission: Callable[..., bool]

    def audience_count(self, request: HttpRequest, **_: Any) -> HttpResponse:
        if not (self.has_view_permission(request) or self.has_add_permission(request)):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        project = _named(Project.objects.all(), request, "project")
        condition = self._condition(request)
        lines = []
        if condition is not None and project is not None:
            lines = in_words(count_matching(project.pk, condition, now=timezone.now()))
        answer = JsonResponse({"lines": lines})
        answer["Cache-Control"] = "no-store"
        return answer

    def _condition(self, request: HttpRequest) -> dict[str, Any] | None:
        """Of the rules that are complete: one that is just being written says nothing yet."""
        text = request.POST.get("rules", "")
        if text == KEEP:
            known = _named(Experiment.objects.only("condition"), request, "experiment")
            return dict(known.condition) if known is not None else None
        try:
            groups = groups_in(text)
        except ValidationError:
            return None
        return to_condition(tuple(rule for rule in group if wrong(rule) is None) for group in groups)


def _named(rows: QuerySet[Any], request: HttpRequest, name: str) -> Any:
    """What the page names by its id, if it is there for whoever asks."""
    asked = request.POST.get(name, "")
    is_id = asked.isascii() and asked.isdecimal() and len(asked) < 18
    return visible(rows, request.user).filter(pk=asked).first() if is_id else None


def in_words(matched: Matched) -> list[str]:
    days = LATELY.days
    if not matched.told:
        told = gettext("Nothing is known of the visitors of the last %(days)s days, so nobody can be counted.")
        return [told % {"days": days}]
    words = {"n": number(matched.matching), "of": number(matched.visitors), "days": days}
    sentence = ngettext(
        "About %(n)s of %(of)s visitor matches (last %(days)s days).",
        "About %(n)s of %(of)s visitors match (last %(days)s days).",
        matched.visitors,
    )
    if matched.sampled:
        words["share"] = percent(matched.matching / matched.visitors)
        sentence = gettext(
            "About %(share)s match: %(n)s of %(of)s visitors, taken by chance from the last %(days)s days."
        )
    return [sentence % words, *_silent(matched, days)]


def _silent(matched: Matched, days: int) -> list[str]:
    if not matched.silent:
        return []
    told = ngettext(
        "No visitor of the last %(days)s days told us this yet: %(names)s.",
        "No visitor of the last %(days)s days told us these yet: %(names)s.",
        len(matched.silent),
    )
    return [told % {"days": days, "names": listed([attribute_label(name) for name in matched.silent])}]
