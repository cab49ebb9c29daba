"""The holdout of a project: visitors who meet no test, so that the worth of all tests together can be seen."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import ForeignKey, QuerySet
from django.forms import ModelChoiceField
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from experiments.admin.exclusion import open_tests
from experiments.admin.fields import PercentField
from experiments.figures import listed, percent
from experiments.holdouts import set_holdout
from experiments.models import Holdout
from experiments.moves import Frozen
from tracking.admin.gate import OfOwnProjects
from tracking.models import Project
from tracking.tenancy import projects_of

LARGEST = 50


class HoldoutForm(forms.ModelForm):
    share = PercentField(
        label=_("Share of visitors"),
        initial=0.05,
        max_value=LARGEST,
        help_text=_("5 keeps every twentieth visitor out of all tests that start from now on; 0 keeps nobody out."),
    )

    class Meta:
        model = Holdout
        fields = ["project", "share"]


@admin.register(Holdout)
class HoldoutAdmin(OfOwnProjects):
    form = HoldoutForm
    list_display = ["project", "share_shown", "kept_by"]
    fieldsets = (
        (
            None,
            {
                "fields": ["project", "share"],
                "description": _(
                    "Some visitors see every page as it is, whatever runs. Comparing them with all others shows what "
                    "your tests have brought together. The share stands still while a test runs."
                ),
            },
        ),
    )
    warn_unsaved_form = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[Holdout]:
        return super().get_queryset(request).select_related("project")

    def get_fieldsets(self, request: HttpRequest, obj: Holdout | None = None) -> Any:
        if obj is None or not keepers(obj):
            return super().get_fieldsets(request, obj)
        why = _("It is locked: these tests keep its visitors out, and count on it until they are stopped.")
        return [(None, {"fields": ["project", "share_shown", "kept_by"], "description": why})]

    def get_readonly_fields(self, request: HttpRequest, obj: Holdout | None = None) -> list[str]:
        locked = obj is not None and bool(keepers(obj))
        return [*(["project"] if obj else []), *(["share", "share_shown", "kept_by"] if locked else [])]

    def formfield_for_foreignkey(self, db_field: ForeignKey, request: HttpRequest, **kwargs: Any) -> ModelChoiceField:
        """A project has one holdout at most."""
        if db_field.name == "project":
            kwargs["queryset"] = Project.objects.filter(holdout=None)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        own = projects_of(request.user)
        if own.exists() and not own.filter(holdout=None).exists():
            messages.info(request, _("Every project has its holdout already: change the share there."))
            return HttpResponseRedirect(reverse("admin:experiments_holdout_changelist"))
        return super().add_view(request, form_url, extra_context)

    def has_delete_permission(self, request: HttpRequest, obj: Holdout | None = None) -> bool:
        """A share of 0 does the same, and keeps the seed."""
        return False

    def save_model(self, request: HttpRequest, obj: Holdout, form: forms.ModelForm, change: bool) -> None:
        """A test may have started since the page was opened."""
        if "share" not in form.cleaned_data:
            return
        try:
            written = set_holdout(obj.project, form.cleaned_data["share"])
        except Frozen as error:
            messages.error(request, str(error))
            return
        obj.pk, obj.seed = written.pk, written.seed

    @admin.display(description=_("share of visitors"), ordering="share")
    def share_shown(self, holdout: Holdout) -> str:
        return percent(holdout.share)

    @admin.display(description=_("locked by"))
    def kept_by(self, holdout: Holdout) -> str:
        return listed([f"“{name}”" for name in keepers(holdout)]) or gettext("Nothing: it may be changed")


def keepers(holdout: Holdout) -> list[str]:
    """The open tests that keep it out."""
    if not hasattr(holdout, "kept_out_by"):
        holdout.kept_out_by = [  # type: ignore[attr-defined]  # looked up once a page
            one.experiment.name
            for one in open_tests([holdout.project_id])
            if any(filtered.reason == "holdout" for filtered in one.plan.filters)
        ]
    return list(holdout.kept_out_by)  # type: ignore[attr-defined]  # as above
