"""Who may use the admin: Django's own users and groups, in the theme's clothes."""

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as BaseGroupAdmin
from django.contrib.auth.admin import UserAdmin as BaseUserAdmin
from django.contrib.auth.models import Group, User
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

admin.site.unregister(User)
admin.site.unregister(Group)


@admin.register(User)
class UserAdmin(BaseUserAdmin, ModelAdmin):
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
                "description": _("To log in here, somebody needs to be active and staff."),
            },
        ),
        (_("When"), {"fields": ["last_login", "date_joined"], "classes": ["collapse"]}),
    )
    readonly_fields = ["last_login", "date_joined"]

    @admin.display(description=_("name"), ordering="last_name")
    def full_name(self, user: User) -> str:
        return user.get_full_name()


@admin.register(Group)
class GroupAdmin(BaseGroupAdmin, ModelAdmin):
    pass
