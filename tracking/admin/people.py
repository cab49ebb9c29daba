"""Who may use the admin: Django's own users and groups, in the theme's clothes.

Nobody makes others more than they are: only people who may no more than oneself can be changed, and only what one may
oneself can be given. Else whoever may change people could take an administrator's password.
"""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as BaseGroupAdmin
from django.contrib.auth.admin import UserAdmin as BaseUserAdmin
from django.contrib.auth.models import Group, Permission, User
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from unfold.mixins import BaseModelAdminMixin

from tracking.models import Project
from tracking.tenancy import projects_of

admin.site.unregister(User)
admin.site.unregister(Group)


def _names(permissions: QuerySet[Permission]) -> set[str]:
    return {f"{app}.{code}" for app, code in permissions.values_list("content_type__app_label", "codename")}


def permissions_of(user: Any) -> QuerySet[Permission]:
    if user.is_superuser:
        return Permission.objects.all()
    own = Permission.objects.filter(user=user) | Permission.objects.filter(group__user=user)
    return Permission.objects.filter(pk__in=own.values("pk"))


def may_all_of(user: Any, other: User | Group) -> bool:
    """Whether ``other`` gives or has nothing that ``user`` has not."""
    if user.is_superuser:
        return True
    if isinstance(other, Group):
        return _names(other.permissions.all()) <= user.get_all_permissions()
    if other.is_superuser or not _names(permissions_of(other)) <= user.get_all_permissions():
        return False
    return not Project.objects.filter(people=other.pk).exclude(pk__in=projects_of(user)).exists()


class NoMoreThanOneself(BaseModelAdminMixin):
    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and self._is_no_more(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and self._is_no_more(request, obj)

    def _is_no_more(self, request: HttpRequest, obj: Any) -> bool:
        return not isinstance(obj, User | Group) or may_all_of(request.user, obj)

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Permissions and groups that one has, or could have made."""
        field = super().formfield_for_manytomany(db_field, request, **kwargs)
        if field is None or request.user.is_superuser:
            return field
        own = permissions_of(request.user)
        rows: QuerySet[Any] = field.queryset
        if rows.model is Permission:
            rows = rows.filter(pk__in=own.values("pk"))
        elif rows.model is Group:
            more = Group.permissions.through.objects.exclude(permission__in=own.values("pk"))
            rows = rows.exclude(pk__in=more.values("group"))
        field.queryset = rows
        return field


@admin.register(User)
class UserAdmin(NoMoreThanOneself, BaseUserAdmin, ModelAdmin):
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ["username", "full_name", "email", "is_staff", "is_superuser", "last_login"]
    list_filter = ["is_staff", "is_superuser", "is_active", "groups"]
    list_filter_submit = True
    fieldsets = (
        (None, {"fields": ["username", "password"]}),
        (_("Who it is"), {"fields": ["first_name", "last_name", "email"]}),
        (
            _("What they may do"),
            {
                "fields": ["is_active", "is_staff", "is_superuser", "groups", "user_permissions"],
                "description": _("To log in here, somebody needs to be active and staff. Projects say who is in them."),
            },
        ),
        (_("When"), {"fields": ["last_login", "date_joined"], "classes": ["collapse"]}),
    )
    readonly_fields = ["last_login", "date_joined"]

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> list[str]:
        """Only administrators make administrators."""
        fixed = list(super().get_readonly_fields(request, obj))
        return fixed if request.user.is_superuser else [*fixed, "is_superuser"]

    @admin.display(description=_("name"), ordering="last_name")
    def full_name(self, user: User) -> str:
        return user.get_full_name()


@admin.register(Group)
class GroupAdmin(NoMoreThanOneself, BaseGroupAdmin, ModelAdmin):  # type: ignore[misc]  # the stubs name a keyword
    pass
