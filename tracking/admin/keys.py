"""Keys: a client key is shown whenever it is wanted, a secret one exactly once, in the answer that creates it."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminTextareaWidget

from tracking.access import create_key, normal_origin
from tracking.admin.gate import OfOwnProjects
from tracking.admin.key_states import last_used, long_words_of, state_of, words_of
from tracking.admin.replacing import Replacing, shown_once
from tracking.admin.snippets import copyable, installation
from tracking.models import Key, KeyKind, Scope

ORIGIN = r"\Ahttps?://[A-Za-z0-9.-]+(:\d+)?\Z"


class KeyForm(forms.ModelForm):
    scopes = forms.MultipleChoiceField(
        label=_("May"),
        choices=Scope.choices,
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text=_("For a secret key. A client key may only assign variants and send events."),
    )
    origins = forms.CharField(
        label=_("Allowed web addresses"),
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text=_("For a client key, one a line, such as https://shop.example. Empty: any page may use it."),
    )

    class Meta:
        model = Key
        fields = ["project", "kind", "name", "scopes", "origins", "requests_a_minute"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk and "origins" in self.fields:
            self.initial["origins"] = "\n".join(self.instance.origins)

    def clean_origins(self) -> list[str]:
        lines = [line for line in self.cleaned_data["origins"].splitlines() if line.strip()]
        origins = list(dict.fromkeys(map(normal_origin, lines)))
        check = forms.RegexField(ORIGIN)
        for origin in origins:
            try:
                check.clean(origin)
            except forms.ValidationError as error:
                raise forms.ValidationError(
                    gettext("%(origin)s is not a web address such as https://shop.example.") % {"origin": origin}
                ) from error
        return origins

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if cleaned.get("kind") == KeyKind.SECRET and not cleaned.get("scopes"):
            self.add_error("scopes", _("Tick at least one: a secret key that may do nothing is of no use."))
        return cleaned


@admin.register(Key)
class KeyAdmin(Replacing, OfOwnProjects):
    form = KeyForm
    list_display = ["begins_with", "kind_chip", "project", "name", "scope_names", "used", "state"]
    list_filter = ["project", "kind", ("revoked_at", admin.EmptyFieldListFilter)]
    list_filter_submit = True
    list_select_related = ["project"]
    search_fields = ["name", "prefix"]
    # Of a key that is there the kind is no field of the form any more, and only what belongs to it is shown.
    conditional_fields = {
        "scopes": "typeof kind == 'undefined' || kind == 'secret'",
        "origins": "typeof kind == 'undefined' || kind == 'client'",
    }
    actions_detail = ["replace", "revoke"]
    add_fieldsets = (
        (
            None,
            {
                "fields": ["project", "kind", "name", "scopes", "origins", "requests_a_minute"],
                "description": _(
                    "A client key goes into web pages and is public. A secret key goes to servers; it is shown once."
                ),
            },
        ),
    )

    def get_fieldsets(self, request: HttpRequest, obj: Key | None = None) -> Any:
        if obj is None:
            return super().get_fieldsets(request, obj)
        common, limit = ["project", "kind", "name", "state_shown", "used"], "requests_a_minute"
        if obj.kind == KeyKind.CLIENT:
            return [(None, {"fields": [*common, "full_key", "origins", limit]}), *self._pages(obj)]
        return [(None, {"fields": [*common, "begins_with", "scope_names", limit]})]

    def _pages(self, key: Key) -> list[tuple[Any, dict[str, Any]]]:
        """A key that was revoked or replaced has no business on pages."""
        return [(_("Put it on your pages"), {"fields": ["snippet"]})] if state_of(key, timezone.now()) == "live" else []

    def get_readonly_fields(self, request: HttpRequest, obj: Key | None = None) -> list[str]:
        shown = ["state_shown", "used", "full_key", "begins_with", "scope_names", "snippet"]
        return shown if obj is None else [*shown, "project", "kind"]

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"kind": KeyKind.CLIENT, "scopes": [Scope.READ], **super().get_changeform_initial_data(request)}

    def has_delete_permission(self, request: HttpRequest, obj: Key | None = None) -> bool:
        """A key is revoked, not deleted: who used it must stay known."""
        return False

    def save_model(self, request: HttpRequest, obj: Key, form: forms.ModelForm, change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
            return
        created, token = create_key(obj.project, KeyKind(obj.kind), scopes=obj.scopes, name=obj.name)
        created.origins = obj.origins if created.kind == KeyKind.CLIENT else []
        created.requests_a_minute = obj.requests_a_minute
        created.save(update_fields=["origins", "requests_a_minute"])
        obj.__dict__.update(created.__dict__)
        request.fresh_token = token  # type: ignore[attr-defined]  # for response_add, in this very request

    def response_add(self, request: HttpRequest, obj: Key, post_url_continue: str | None = None) -> HttpResponse:
        change_page = reverse("admin:tracking_key_change", args=[obj.pk])
        if obj.kind == KeyKind.CLIENT:
            messages.success(request, _("The client key is ready: copy the script tag below into your pages."))
            return HttpResponseRedirect(change_page)
        return shown_once(self, request, obj, request.fresh_token)  # type: ignore[attr-defined]  # set by save_model

    @action(
        description=_("Revoke"),
        url_path="revoke",
        permissions=["change"],
        icon="block",
        variant=ActionVariant.DANGER,
    )
    def revoke(self, request: HttpRequest, object_id: str) -> HttpResponse:
        key = self.get_object(request, object_id)
        if key is None:
            raise Http404
        if not self.has_change_permission(request, key):
            raise PermissionDenied
        change_page = reverse("admin:tracking_key_change", args=[key.pk])
        if request.method == "POST":
            if Key.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=timezone.now()):
                self.log_change(request, key, gettext("Revoked."))
                messages.success(request, _("The key is revoked; requests with it are refused from now on."))
            else:
                messages.info(request, _("This key was revoked already."))
            return HttpResponseRedirect(change_page)
        return self._confirm_revoking(request, key, change_page)

    def _confirm_revoking(self, request: HttpRequest, key: Key, back: str) -> HttpResponse:
        where = gettext("Web pages") if key.kind == KeyKind.CLIENT else gettext("Servers")
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Revoke the key %(key)s?") % {"key": key},
            "opts": self.opts,
            "sentences": [
                gettext("%(where)s that use this key can no longer assign variants or send events.") % {"where": where},
                gettext("This takes effect within seconds and cannot be undone. What was measured stays."),
            ],
            "confirm": gettext("Revoke the key"),
            "danger": True,
            "back": back,
        }
        return TemplateResponse(request, "tracking/admin/confirm.html", context)

    def get_actions_detail(self, request: HttpRequest, object_id: int) -> list[Any]:
        key = self.get_object(request, str(object_id))
        state = state_of(key, timezone.now()) if key is not None else "revoked"
        offered = {"live": {"replace", "revoke"}, "replaced": {"revoke"}}.get(state, set())
        # The theme names an action for its page and its method.
        return [one for one in super().get_actions_detail(request, object_id) if one.method.__name__ in offered]

    @display(description=_("key"), ordering="prefix")
    def begins_with(self, key: Key) -> str:
        return str(key)

    @display(description=_("kind"), ordering="kind", label={"client": "info", "secret": "warning"})
    def kind_chip(self, key: Key) -> tuple[str, str]:
        return key.kind, gettext("Client") if key.kind == KeyKind.CLIENT else gettext("Secret")

    @display(description=_("may"))
    def scope_names(self, key: Key) -> str:
        if key.kind == KeyKind.CLIENT:
            return gettext("Assign variants, send events")
        return ", ".join(str(Scope(scope).label) for scope in key.scopes)

    @display(description=_("last used"), ordering="last_used_at")
    def used(self, key: Key) -> str:
        return last_used(key)

    @display(
        description=_("state"),
        ordering="revoked_at",
        label={"live": "success", "replaced": "warning", "over": "danger", "revoked": "danger"},
    )
    def state(self, key: Key) -> tuple[str, str]:
        state = state_of(key, timezone.now())
        return state, words_of(key, state)

    @admin.display(description=_("state"))
    def state_shown(self, key: Key) -> str:
        """Without the chip, which only lists draw, and so with more words."""
        return long_words_of(key, state_of(key, timezone.now()))

    @admin.display(description=_("key"))
    def full_key(self, key: Key) -> SafeString:
        return copyable(key.token)

    @admin.display(description=_("script tag"))
    def snippet(self, key: Key) -> SafeString:
        return installation(settings.PUBLIC_URL, key)
