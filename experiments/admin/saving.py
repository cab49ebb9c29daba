"""Saving the form of an experiment: never over what somebody else did while the page was open; and as a new phase."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max
from django.forms import BaseInlineFormSet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext

from experiments import lifecycle
from experiments.admin.entry_words import moment_in_words
from experiments.admin.listing import phase_of
from experiments.admin.states import BEGUN, is_editable, opens_phase
from experiments.models import Experiment, ExperimentGoal, Status, Variant
from experiments.phases import hold_project
from tracking.tenancy import visible


class Saving:
    """Mixed into the admin. The page sends the status, the phase and the time of the save that it was made for."""

    has_change_permission: Callable[..., bool]

    def page_state(self, experiment: Experiment | None) -> dict[str, Any]:
        """What the page sends back of the state it was made for."""
        if experiment is None:
            return {}
        seen_phase = phase.number if opens_phase(experiment) and (phase := phase_of(experiment)) else None
        begins = experiment.starts_at
        return {
            "seen_at": experiment.updated_at.isoformat(),
            "seen_phase": seen_phase,
            "opens_phase": opens_phase(experiment),
            "may_open_phase": experiment.status in BEGUN and not experiment.shipped_variant,
            "starts_in_words": moment_in_words(begins, experiment.project.timezone) if begins else "",
        }

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        rest = (request, object_id, form_url, extra_context)
        if request.method != "POST" or object_id is None or not self.has_change_permission(request):
            return super().changeform_view(*rest)  # type: ignore[misc]  # of the admin mixed into
        with held(request, object_id) as experiment:
            if experiment is not None and _has_moved(request, experiment):
                return _moved_meanwhile(request, experiment)
            try:
                # What was saved before the phase turned out to lack something is taken back.
                with transaction.atomic():
                    return super().changeform_view(*rest)  # type: ignore[misc]  # as above
            except lifecycle.NotReady as missing:
                request.missing = missing.problems  # type: ignore[attr-defined]
                return super().changeform_view(*rest)  # type: ignore[misc]  # as above

    def get_form(self, request: HttpRequest, obj: Experiment | None = None, change: bool = False, **kwargs: Any) -> Any:
        """Once it is known what a new phase lacks, the form says so, with everything as it was entered."""
        form = super().get_form(request, obj, change=change, **kwargs)  # type: ignore[misc]  # as above
        missing = getattr(request, "missing", ())
        return type(form.__name__, (form,), {"missing": missing}) if missing else form

    def save_related(self, request: HttpRequest, form: forms.ModelForm, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)  # type: ignore[misc]  # as above
        if opens_phase(form.instance):
            self._open_phase(request, form.instance)

    def _open_phase(self, request: HttpRequest, experiment: Experiment) -> None:
        """In the transaction of the save: the old phase ends, and the next begins with what was entered."""
        now, seen = timezone.now(), request.POST.get("seen_phase", "")
        lifecycle.new_phase(experiment, at=now, now=now, after=int(seen) if seen.isdecimal() else None)
        told = gettext("A new phase of “%(name)s” has begun. Its numbers start at nothing; the last result is kept.")
        messages.success(request, told % {"name": experiment.name})

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Asks under the lock whether it still is a draft."""
        with held(request, object_id if request.method == "POST" else None):
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
def held(request: HttpRequest, object_id: str | None) -> Iterator[Experiment | None]:
    """The experiment as it is now, None without one; nobody edits, starts or stops it until the block ends."""
    with transaction.atomic():
        found = _read(request, object_id)
        if found is None:
            yield None
            return
        # In the order of ``lifecycle``: the project first, so that two of us cannot wait for each other.
        hold_project(found.project_id)
        yield Experiment.objects.select_for_update().filter(pk=found.pk).first()


def _read(request: HttpRequest, object_id: str | None) -> Experiment | None:
    try:
        own = visible(Experiment.objects.only("project_id"), request.user)
        return own.filter(pk=object_id).first() if object_id is not None else None
    except (ValueError, ValidationError):
        return None


def _has_moved(request: HttpRequest, experiment: Experiment) -> bool:
    """Started, stopped or saved by somebody else since the page was made; or already in another phase."""
    sent = request.POST
    if sent.get("seen_status") != experiment.status:
        return True
    if "seen_at" in sent and sent["seen_at"] != experiment.updated_at.isoformat():
        return True
    if "new_phase" not in sent:
        return False
    newest = experiment.phases.aggregate(last=Max("number"))["last"]
    return sent.get("seen_phase") != str(newest) or bool(experiment.shipped_variant)


def _moved_meanwhile(request: HttpRequest, experiment: Experiment) -> HttpResponse:
    words = {
        Status.RUNNING: gettext("“%(name)s” was started while this page was open, so nothing was saved."),
        Status.PAUSED: gettext("“%(name)s” was paused while this page was open, so nothing was saved."),
        Status.STOPPED: gettext("“%(name)s” was stopped while this page was open, so nothing was saved."),
    }
    other = gettext("“%(name)s” was changed while this page was open, so nothing was saved.")
    same = request.POST.get("seen_status") == experiment.status
    told = (other if same else words.get(Status(experiment.status), other)) % {"name": experiment.name}
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
    if is_editable(experiment) or formset.model is not ExperimentGoal:
        return
    for row in formset.new_objects:
        lifecycle.add_goal(experiment, row)
        told = gettext("“%(goal)s” is being counted from the events so far. It informs; it does not decide.")
        messages.info(request, told % {"goal": row.goal})
