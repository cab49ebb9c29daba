"""Why a visitor got a variant, rule by rule, now or at any past time."""

import json
from collections.abc import Callable
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from experiments.admin.entry_words import condition_line, moment_in_words
from experiments.admin.fields import MomentField
from experiments.explaining import Asker, Explanation, explain
from experiments.models import Experiment, SavedGroup
from tracking.attributes import ATTRIBUTES
from tracking.wire.ids import LONGEST_ID, normal_id


class ExplainForm(forms.Form):
    visitor = forms.CharField(
        label=_("Visitor id"),
        max_length=LONGEST_ID,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text=_("In a browser with the script tag: the value of microlift.visitor, up to the ~."),
    )
    user = forms.CharField(
        label=_("User id"), required=False, max_length=LONGEST_ID, widget=UnfoldAdminTextInputWidget,
        help_text=_("If somebody was logged in."),
    )  # fmt: skip
    url = forms.CharField(
        label=_("Address of the page"), required=False, max_length=2000, widget=UnfoldAdminTextInputWidget,
        help_text=_("The whole address. Empty: not known."),
    )  # fmt: skip
    attributes = forms.CharField(
        label=_("What was known of the visitor"),
        required=False,
        max_length=16_000,
        widget=UnfoldAdminTextareaWidget(
            attrs={"rows": 3, "spellcheck": "false", "placeholder": "country = PL\ndeviceType = mobile"}
        ),
        help_text=_(
            "One a line, by the names that developers use. Empty: not known; then rules about it are taken as met."
        ),
    )
    at = MomentField(label=_("When"), required=False)

    def __init__(self, zone: str, *args: Any) -> None:
        super().__init__(*args)
        field = self.fields["at"]
        assert isinstance(field, MomentField)
        field.zone = ZoneInfo(zone)
        field.help_text = gettext("Time of %(zone)s. Empty: now.") % {"zone": zone.replace("_", " ")}

    def clean_visitor(self) -> str:
        return self._id("visitor")

    def clean_user(self) -> str:
        return self._id("user") if self.cleaned_data["user"] else ""

    def _id(self, name: str) -> str:
        found = normal_id(self.cleaned_data[name])
        if found is None:
            raise forms.ValidationError(_("This id names nobody."))
        return found

    def clean_attributes(self) -> dict[str, Any] | None:
        lines = [line for line in str(self.cleaned_data["attributes"]).splitlines() if line.strip()]
        pairs = [(name.strip(), value.strip()) for name, sign, value in (line.partition("=") for line in lines) if sign]
        if len(pairs) < len(lines) or not all(name for name, _value in pairs):
            raise forms.ValidationError(_("Write one attribute a line, such as country = PL."))
        return {name: _typed(name, value) for name, value in pairs} if pairs else None

    @property
    def asker(self) -> Asker:
        """Of a form that is valid."""
        cleaned = self.cleaned_data
        return Asker(cleaned["visitor"], cleaned["user"], cleaned["attributes"], cleaned["url"] or None)


def _typed(name: str, value: str) -> Any:
    """Numbers, true and false as such, but not where the attribute is a text by nature."""
    if name in ATTRIBUTES and ATTRIBUTES[name].type != "boolean":
        return value
    try:
        found = json.loads(value)
    except ValueError:
        return value
    return found if isinstance(found, bool | int | float | str) else value


class ExplainView:
    """Mixed into the admin."""

    admin_site: Any
    opts: Any
    get_object: Callable[..., Experiment | None]
    has_view_permission: Callable[..., bool]

    def explain_page(self, request: HttpRequest, object_id: str, **_: Any) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        experiment = self.get_object(request, object_id)
        if experiment is None:
            raise Http404
        zone = experiment.project.timezone
        form = ExplainForm(zone, request.GET) if "visitor" in request.GET else ExplainForm(zone)
        context: dict[str, Any] = {"experiment": experiment, "form": form, "opts": self.opts, "object": experiment}
        if form.is_bound and form.is_valid():
            moment = form.cleaned_data["at"] or timezone.now()
            lists = dict(SavedGroup.objects.filter(project_id=experiment.project_id).values_list("key", "name"))
            in_words = partial(condition_line, lists=lists)
            found = explain(experiment.project_id, experiment.key, form.asker, at=moment, in_words=in_words)
            context |= {"found": found, **told(experiment, found)}
        context["title"] = gettext("Explain a visitor")
        answer = TemplateResponse(
            request, "experiments/admin/explain.html", {**self.admin_site.each_context(request), **context}
        )
        answer["Cache-Control"] = "no-store"
        return answer


def told(experiment: Experiment, found: Explanation) -> dict[str, Any]:
    """The answer in a sentence, and each step with the sign of how it went; what follows the deciding one is grey."""
    names = {variant.key: variant.name for variant in experiment.variants.all()}
    deciding = next((place for place, step in enumerate(found.steps) if step.passed is False), len(found.steps))
    words = {"variant": names.get(found.variant or "", found.variant or gettext("the page as it is"))}
    sentence = gettext("This visitor is not in the experiment, and gets “%(variant)s”.")
    if found.in_experiment:
        sentence = gettext("This visitor is in the experiment, in “%(variant)s”.")
        if found.assumed:
            sentence = gettext("This visitor gets “%(variant)s”, if what is not known fits.")
    elif found.variant is None:
        sentence = gettext("This visitor gets the page as it is.")
    return {
        "sentence": sentence % words,
        "steps": [
            {"detail": step.detail, "passed": step.passed, "decides": place == deciding, "after": place > deciding}
            for place, step in enumerate(found.steps)
        ],
        "moment": moment_in_words(found.at, experiment.project.timezone),
    }
