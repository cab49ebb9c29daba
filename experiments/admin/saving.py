"""Saving the form of an experiment: never over a start or a stop that came while the page was open."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.forms import BaseInlineFormSet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext

from experiments import lifecycle
from experiments.models import Experiment, ExperimentGoal, Status, Variant
from experiments.phases import hold_project


class Saving:
    """Mixed into the admin. The page sends the status that it was made for as ``seen_status``."""

    has_change_permission: Callable[..., bool]

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        rest = (request, object_id, form_url, extra_context)
        if request.method != "POST" or object_id is None or not self.has_change_permission(request):
            return super().changeform_view(*rest)  # type: ignore[misc]  # of the admin mixed into
        with held(object_id) as experiment:
            if experiment is not None and request.POST.get("seen_status") != experiment.status:
                return _moved_meanwhile(request, experiment)
            return super().changeform_view(*rest)  # type: ignore[misc]  # of the admin mixed into

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Asks under the lock whether it still is a draft."""
        with held(object_id if request.method == "POST" else None):
            return super().delete_view(request, object_id, extra_context)  # type: ignore[misc]  # as above

    def save_model(self, request: HttpRequest, obj: Experiment, form: forms.ModelForm, change: bool) -> None:
        """Only what the form asks for is written: the status is moved by ``lifecycle`` alone."""
        if not change:
            super().save_model(request, obj, form, change)  # type: ignore[misc]  # of the admin mixed into
            return
        obj.save(update_fields=[*form.fields, "updated_at"])

    def save_formset(
        self, request: HttpRequest, form: forms.ModelForm, formset: BaseInlineFormSet, change: bool
    ) -> None:
        with transaction.atomic():
            if formset.model is Variant:
                _save_variants(form.instance, formset)
                return
            super().save_formset(request, form, formset, change)  # type: ignore[misc]  # of the admin mixed into
            _ask_late(request, form.instance, formset)


@contextmanager
def held(object_id: str | None) -> Iterator[Experiment | None]:
    """The experiment as it is now, None without one; nobody edits, starts or stops it until the block ends."""
    with transaction.atomic():
        found = _read(object_id)
        if found is None:
            yield None
            return
        # In the order of ``lifecycle``: the project first, so that two of us cannot wait for each other.
        hold_project(found.project_id)
        yield Experiment.objects.select_for_update().filter(pk=found.pk).first()


def _read(object_id: str | None) -> Experiment | None:
    try:
        return Experiment.objects.filter(pk=object_id).only("project_id").first() if object_id is not None else None
    except (ValueError, ValidationError):
        return None


def _moved_meanwhile(request: HttpRequest, experiment: Experiment) -> HttpResponse:
    words = {
        Status.RUNNING: gettext("“%(name)s” was started while this page was open, so nothing was saved."),
        Status.STOPPED: gettext("“%(name)s” was stopped while this page was open, so nothing was saved."),
    }
    other = gettext("“%(name)s” was changed while this page was open, so nothing was saved.")
    told = words.get(Status(experiment.status), other) % {"name": experiment.name}
    messages.warning(request, told + " " + gettext("Here it is as it stands now."))
    return HttpResponseRedirect(reverse("admin:experiments_experiment_change", args=[experiment.pk]))


def _save_variants(experiment: Experiment, formset: BaseInlineFormSet) -> None:
    """The original may change places with another variant: so none is one while the rows are written."""
    if formset.has_changed():
        Variant.objects.filter(experiment=experiment).update(is_control=False)
    formset.save()
    kept = [form for form in formset.forms if form.instance.pk and form not in formset.deleted_forms]
    controls = [form.instance.pk for form in kept if form.instance.is_control]
    Variant.objects.filter(pk__in=controls).update(is_control=True)


def _ask_late(request: HttpRequest, experiment: Experiment, formset: BaseInlineFormSet) -> None:
    """A goal added to an experiment that has started is computed from the events it already has."""
    if experiment.status == Status.DRAFT or formset.model is not ExperimentGoal:
        return
    for row in formset.new_objects:
        lifecycle.add_goal(experiment, row)
        told = gettext("“%(goal)s” is being counted from the events so far. It informs; it does not decide.")
        messages.info(request, told % {"goal": row.goal})
