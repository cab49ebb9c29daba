"""A key is replaced by another that may the same; the old one works on for a while, so that nothing stops meanwhile."""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action
from unfold.widgets import UnfoldAdminRadioSelectWidget

from tracking.access import NotInUse, replace_key
from tracking.admin.key_states import moment
from tracking.models import Key, KeyKind

OVERLAPS = {
    "now": (_("No longer: refuse it within seconds"), timedelta(0)),
    "hour": (_("One hour"), timedelta(hours=1)),
    "day": (_("One day"), timedelta(days=1)),
    "week": (_("Seven days"), timedelta(days=7)),
}


class ReplaceForm(forms.Form):
    overlap = forms.ChoiceField(
        label=_("How much longer may the old key be used?"),
        choices=[(code, words) for code, (words, _length) in OVERLAPS.items()],
        initial="day",
        widget=UnfoldAdminRadioSelectWidget,
    )


def shown_once(page: Any, request: HttpRequest, key: Key, token: str) -> HttpResponse:
    """Answered and not redirected to: the token is then in no cookie, no session and no history."""
    context = {
        **page.admin_site.each_context(request),
        "title": gettext("Your new secret key"),
        "opts": page.opts,
        "key": key,
        "token": token,
        "back": reverse("admin:tracking_key_change", args=[key.pk]),
    }
    answer = TemplateResponse(request, "tracking/admin/new_secret.html", context)
    answer["Cache-Control"] = "no-store"
    return answer


class Replacing:
    """Mixed into the admin of keys."""

    admin_site: Any
    opts: Any

    @action(description=_("Replace"), url_path="replace", permissions=["change"], icon="autorenew")
    def replace(self, request: HttpRequest, object_id: str) -> HttpResponse:
        page: Any = self
        key: Key | None = page.get_object(request, object_id)
        if key is None:
            raise Http404
        if not (page.has_change_permission(request, key) and page.has_add_permission(request)):
            raise PermissionDenied
        form = ReplaceForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            return self._replaced(request, key, timezone.now() + OVERLAPS[form.cleaned_data["overlap"]][1])
        return TemplateResponse(request, "tracking/admin/replace_key.html", self._asking(request, key, form))

    def _asking(self, request: HttpRequest, key: Key, form: ReplaceForm) -> dict[str, Any]:
        return {
            **self.admin_site.each_context(request),
            "title": gettext("Replace the key %(key)s?") % {"key": key},
            "opts": self.opts,
            "form": form,
            "is_secret": key.kind == KeyKind.SECRET,
            "back": reverse("admin:tracking_key_change", args=[key.pk]),
        }

    def _replaced(self, request: HttpRequest, key: Key, works_until: Any) -> HttpResponse:
        page: Any = self
        try:
            new, token = replace_key(key, works_until=works_until)
        except NotInUse:
            messages.error(request, _("This key was revoked or replaced already."))
            return HttpResponseRedirect(reverse("admin:tracking_key_change", args=[key.pk]))
        told = {"old": key, "new": new, "moment": moment(works_until)}
        page.log_change(request, key, gettext("Replaced by %(new)s; works until %(moment)s.") % told)
        page.log_addition(request, new, gettext("Made to replace %(old)s.") % told)
        messages.success(request, gettext("%(new)s replaces %(old)s, which works until %(moment)s.") % told)
        if new.kind == KeyKind.SECRET:
            return shown_once(self, request, new, token)
        return HttpResponseRedirect(reverse("admin:tracking_key_change", args=[new.pk]))
