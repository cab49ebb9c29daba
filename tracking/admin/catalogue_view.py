"""The goal catalogue: ready sets to choose from."""

from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from tracking.admin.offering import add, asked_project, may_add, may_look, page_context
from tracking.catalogue import SETS
from tracking.drafts import Draft
from tracking.models import Category, Goal, Project, Stage
from tracking.triggers import TRIGGER_KINDS


class WorthForm(forms.Form):
    worth = forms.DecimalField(
        label=_("What is one of the goals that pay worth to you?"),
        required=False,
        min_value=0,
        max_digits=12,
        decimal_places=2,
        widget=forms.NumberInput(attrs={"class": "ml-input", "step": "0.01", "inputmode": "decimal"}),
    )


class CatalogueView:
    """Mixed into the admin."""

    admin_site: Any

    def catalogue_page(self, request: HttpRequest) -> HttpResponse:
        if not may_look(request):
            raise PermissionDenied
        project, projects = asked_project(request)
        chosen = request.GET.get("set", "")
        chosen = chosen if chosen in SETS else next(iter(SETS))
        form = WorthForm(request.POST or None)
        if request.method == "POST" and project is not None and form.is_valid():
            return self._add(request, project, chosen, form.cleaned_data["worth"])
        rows = Goal.objects.filter(project=project).values_list("event", "measure") if project else []
        there = {f"{event}.{measure}" for event, measure in rows}
        drafts = SETS[chosen].drafts
        context = {
            **self.admin_site.each_context(request),
            **page_context(request, project, projects, gettext("Goal catalogue")),
            "sets": [{"key": key, "label": gettext(one.label), "is_on": key == chosen} for key, one in SETS.items()],
            "help": gettext(SETS[chosen].help),
            "offers": [_offer(draft, there) for draft in drafts],
            "form": form,
        }
        return TemplateResponse(request, "tracking/admin/offers/catalogue.html", context)

    def _add(self, request: HttpRequest, project: Project, chosen: str, worth: Decimal | None) -> HttpResponse:
        if not may_add(request):
            raise PermissionDenied
        wanted = set(request.POST.getlist("pick"))
        add(request, project, [one for one in SETS[chosen].drafts if id_of(one) in wanted], worth=worth)
        return HttpResponseRedirect(request.get_full_path())


def id_of(draft: Draft) -> str:
    return f"{draft.goal.event}.{draft.goal.measure}"


def _offer(draft: Draft, there: set[str]) -> dict[str, Any]:
    goal = draft.goal
    return {
        "id": id_of(draft),
        "name": goal.name.spoken(gettext),
        "macro": goal.level == "macro",
        "stage": Stage(goal.stage).label,
        "category": Category(goal.category).label,
        "share": round(100 * goal.share) if goal.share else None,
        "heard": [gettext(TRIGGER_KINDS[trigger.kind].label) for trigger in draft.triggers],
        "event": goal.event,
        "is_layer": any(trigger.kind == "data_layer" for trigger in draft.triggers),
        "is_there": id_of(draft) in there,
    }
