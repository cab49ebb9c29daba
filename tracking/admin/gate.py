"""The gate of the admin: everybody meets only what belongs to their own projects.

A row of another project is answered as one that does not exist.
"""

from collections.abc import Iterable
from functools import cached_property
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import get_fields_from_path
from django.db.models import Field, ForeignKey, ManyToManyField, Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.mixins import BaseModelAdminMixin

from tracking.models import Project
from tracking.tenancy import is_visible, projects_of, visible


def only_of(projects: QuerySet[Project]) -> Project | None:
    """The project, when there is just one to choose."""
    found = list(projects.order_by()[:2])
    return found[0] if len(found) == 1 else None


def only_project(request: HttpRequest) -> Project | None:
    """The project of somebody who has just one."""
    return only_of(projects_of(request.user))


def in_no_project(request: HttpRequest) -> bool:
    """Somebody who can only ask an administrator to be added to one."""
    return not (request.user.has_perm("tracking.add_project") or projects_of(request.user).exists())


def without_project(request: HttpRequest) -> HttpResponse:
    """Where a project would be needed: to where one is made, by those who may."""
    if request.user.has_perm("tracking.add_project"):
        messages.info(request, _("First make a project: the site or app that you want to test."))
        return HttpResponseRedirect(reverse("admin:tracking_project_add"))
    messages.info(request, _("You are in no project yet. Ask an administrator to add you to one."))
    return HttpResponseRedirect(reverse("admin:index"))


class OwnForm(forms.ModelForm):
    """Of something in a project. ``projects``: those of whoever sees the page; nobody has any until the admin says."""

    projects: QuerySet[Project] = Project.objects.none()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "project" not in self.fields and self.instance.project_id is None:
            self.instance.project = self.only_project

    @cached_property
    def only_project(self) -> Project | None:
        return only_of(self.projects)


class OwnChoices(admin.RelatedFieldListFilter):
    """A filter by what is in one's own projects."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        ordering = self.field_admin_ordering(field, request, model_admin)
        own = visible(field.remote_field.model._default_manager.all(), request.user).order_by().values("pk")
        found: list[tuple[str, Any]] = field.get_choices(
            include_blank=False, ordering=ordering, limit_choices_to={"pk__in": own}
        )
        return found


class Gate(BaseModelAdminMixin):
    """What pages and the tables within them have in common."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return visible(super().get_queryset(request), request.user)

    def formfield_for_foreignkey(self, db_field: ForeignKey, request: HttpRequest, **kwargs: Any) -> Any:
        return super().formfield_for_foreignkey(db_field, request, **self._own(db_field, request, kwargs))

    def formfield_for_manytomany(self, db_field: ManyToManyField, request: HttpRequest, **kwargs: Any) -> Any:
        return super().formfield_for_manytomany(db_field, request, **self._own(db_field, request, kwargs))

    def _own(self, db_field: Any, request: HttpRequest, kwargs: dict[str, Any]) -> dict[str, Any]:
        rows = kwargs.get("queryset")
        if rows is None:
            rows = self.get_field_queryset(kwargs.get("using"), db_field, request)
        if rows is None:
            rows = db_field.remote_field.model._default_manager.all()
        return {**kwargs, "queryset": visible(rows, request.user)}

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_view_permission(request, obj) and _is_own(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and _is_own(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and _is_own(request, obj)


def _is_own(request: HttpRequest, obj: Any) -> bool:
    """The theme asks with an id where it has not read the row; whoever reads it then goes through the queryset."""
    if not isinstance(obj, Model) or obj.pk is None or getattr(request.user, "is_superuser", False):
        return True
    known: dict[tuple[type, Any], bool] = request.__dict__.setdefault("own_rows", {})
    if (type(obj), obj.pk) not in known:
        known[type(obj), obj.pk] = is_visible(obj, request.user)
    return known[type(obj), obj.pk]


class OfOwnProjects(Gate, ModelAdmin):
    """The base of every page about something in a project."""

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        # Django makes the class anew for each request.
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        form.projects = projects_of(request.user)
        return form

    def get_list_filter(self, request: HttpRequest) -> list[Any]:
        return [
            (one, OwnChoices) if isinstance(one, str) and self._field(one).is_relation else one
            for one in super().get_list_filter(request)
        ]

    def _field(self, path: str) -> Field:
        found: Iterable[Any] = get_fields_from_path(self.model, path)
        return list(found)[-1]

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Nobody chooses where there is no choice."""
        project = only_project(request)
        return {"project": project.pk if project else None, **super().get_changeform_initial_data(request)}

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if self.has_view_or_change_permission(request) and in_no_project(request):
            context = {"opts": self.opts, "title": self.opts.verbose_name_plural}
            frame = self.admin_site.each_context(request)
            return TemplateResponse(request, "tracking/admin/nothing.html", {**frame, **context})
        return super().changelist_view(request, extra_context)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        needs_one = self.model is not Project and self.has_add_permission(request)
        if needs_one and not projects_of(request.user).exists():
            return without_project(request)
        return super().add_view(request, form_url, extra_context)
