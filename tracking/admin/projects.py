"""Projects: one site or app each. A new one gets a client key at once, so that the page to paste from is ready."""

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth import get_user_model
from django.db.models import Count, ManyToManyField, Prefetch, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminSelect2Widget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from tracking.access import create_key
from tracking.admin.debug_links import DebugLinks
from tracking.admin.gate import OfOwnProjects
from tracking.admin.own_names import Naming, settle_key
from tracking.admin.snippets import installation
from tracking.models import Key, KeyKind, Project
from tracking.projects import must_be_currency, must_be_host, normal_networks

# One that was replaced still works for a while, and nobody should start with it.
IN_USE = Q(keys__revoked_at=None, keys__expires_at=None)
NAMING = Naming(
    otherwise="project",
    same_name=_("There is already a project called “%(name)s”."),
    same_key=_("There is already a project with this key."),
)


class PeopleField(forms.ModelMultipleChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        name = obj.get_full_name()
        return f"{name} ({obj.get_username()})" if name else obj.get_username()


class ProjectForm(forms.ModelForm):
    projects: QuerySet[Project] = Project.objects.none()
    timezone = forms.ChoiceField(
        label=_("Time zone"),
        choices=lambda: [(name, name.replace("_", " ")) for name in sorted(available_timezones())],
        initial="UTC",
        help_text=Project._meta.get_field("timezone").help_text,
        widget=UnfoldAdminSelect2Widget,
    )
    currency = forms.CharField(
        label=_("Currency"),
        initial="EUR",
        max_length=3,
        help_text=Project._meta.get_field("currency").help_text,
        widget=UnfoldAdminTextInputWidget,
    )
    key = forms.CharField(
        label=_("Key"),
        required=False,
        max_length=60,
        validators=Project._meta.get_field("key").validators,
        help_text=_("A short name for developers. It is made from the name and cannot be changed later."),
        widget=UnfoldAdminTextInputWidget,
    )

    redirect_hosts = forms.CharField(
        label=_("Hosts to redirect to"),
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2, "spellcheck": "false", "placeholder": "www.shop.example"}),
        help_text=_(
            "One a line. A variant that sends visitors to another page may lead to these hosts, "
            "and to pages of the same site always. "
            "When one is taken out, what runs already keeps leading there until it is stopped or shipped anew."
        ),
    )

    internal_addresses = forms.CharField(
        label=_("Internet addresses of your own people"),
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2, "spellcheck": "false", "placeholder": "203.0.113.7"}),
        help_text=_(
            "One a line, such as 203.0.113.7, or a range, such as 203.0.113.0/24: your office, your agency, your "
            "testing tools. What is done from there is kept, but never counted. It holds from now on. "
            "Visitors' addresses are compared with these and then forgotten."
        ),
    )

    requires_consent = forms.TypedChoiceField(
        label=_("Do your visitors have to agree before you measure?"),
        choices=[
            (True, _("Yes, ask them first")),
            (False, _("No, measure from the first page")),
        ],
        coerce=lambda answer: answer == "True",
        initial=True,
        widget=UnfoldAdminRadioSelectWidget,
        help_text=_(
            "In the European Union and the United Kingdom they usually have to. Before they agree nothing is kept in "
            "their browser, and nothing told of them. Your consent banner tells us, as the developers' guide says."
        ),
    )

    class Meta:
        model = Project
        fields = [
            *("name", "key", "timezone", "currency", "requires_consent", "honours_dnt", "form_analytics"),
            *("internal_addresses", "redirect_hosts", "people"),
        ]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "redirect_hosts" in self.fields:
            self.initial["redirect_hosts"] = "\n".join(self.instance.redirect_hosts)
        if "internal_addresses" in self.fields:
            self.initial["internal_addresses"] = "\n".join(self.instance.internal_addresses)

    def clean_internal_addresses(self) -> list[str]:
        lines = [line.strip() for line in str(self.cleaned_data["internal_addresses"]).splitlines()]
        return normal_networks([line for line in lines if line])

    def clean_redirect_hosts(self) -> list[str]:
        """A whole address is taken for its host, which is what people copy."""
        lines = [line.strip().lower() for line in str(self.cleaned_data["redirect_hosts"]).splitlines()]
        hosts = [line.partition("://")[2].partition("/")[0] if "://" in line else line for line in lines if line]
        for host in hosts:
            must_be_host(host)
        return list(dict.fromkeys(hosts))

    def clean_currency(self) -> str:
        currency = str(self.cleaned_data["currency"]).upper()
        must_be_currency(currency)
        return currency

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if "key" in self.fields and cleaned.get("name"):
            settle_key(self, cleaned, Project.objects.all(), NAMING, known=self.projects)
        return cleaned


PEOPLE = {"form_class": PeopleField, "widget": UnfoldAdminCheckboxSelectMultipleWidget}


@admin.register(Project)
class ProjectAdmin(DebugLinks, OfOwnProjects):
    form = ProjectForm
    list_display = ["name", "key", "currency", "timezone", "live_keys"]
    search_fields = ["name", "key"]
    prepopulated_fields = {"key": ["name"]}
    add_fieldsets = (
        (
            None,
            {
                "fields": ["name", "key", "timezone", "currency", "requires_consent"],
                "description": _("A project is one site or app. Nothing is shared between projects."),
            },
        ),
    )
    fieldsets = (
        (None, {"fields": ["name", "key", "timezone", "currency"]}),
        (_("Put it on your pages"), {"fields": ["installation"]}),
        (_("Visitors' privacy"), {"fields": ["requires_consent", "honours_dnt", "form_analytics"]}),
        (_("Who works in it"), {"fields": ["people"]}),
        (_("Your own people"), {"fields": ["internal_addresses"]}),
        (_("Redirects"), {"fields": ["redirect_hosts"]}),
    )
    warn_unsaved_form = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[Project]:
        """Each with how many keys are in use, and the client keys among them, newest first."""
        found = super().get_queryset(request).annotate(keys_live=Count("keys", filter=IN_USE))
        client = Key.objects.filter(kind=KeyKind.CLIENT, revoked_at=None, expires_at=None)
        return found.prefetch_related(Prefetch("keys", queryset=client, to_attr="client_keys"))

    def get_readonly_fields(self, request: HttpRequest, obj: Project | None = None) -> list[str]:
        shown = ["installation"] if request.user.is_superuser else ["installation", "people"]
        return shown if obj is None else ["key", *shown]

    def formfield_for_manytomany(self, db_field: ManyToManyField, request: HttpRequest, **kwargs: Any) -> Any:
        """Those who may log in here; administrators need not be added."""
        staff = get_user_model().objects.filter(is_staff=True, is_superuser=False).order_by("username")
        return super().formfield_for_manytomany(db_field, request, **{**kwargs, "queryset": staff, **PEOPLE})

    def get_prepopulated_fields(self, request: HttpRequest, obj: Project | None = None) -> dict[str, list[str]]:
        return self.prepopulated_fields if obj is None else {}

    def has_delete_permission(self, request: HttpRequest, obj: Project | None = None) -> bool:
        """A project holds everything that was ever measured; that is not thrown away by a click."""
        return False

    def save_model(self, request: HttpRequest, obj: Project, form: forms.ModelForm, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if not change:
            if not request.user.is_superuser:
                obj.people.add(request.user.pk or 0)
            create_key(obj, KeyKind.CLIENT, name=gettext("Web pages"))
            messages.info(request, _("A client key was made too. Copy the script tag below into your pages."))

    def response_post_save_add(self, request: HttpRequest, obj: Project) -> HttpResponse:
        """To where the script tag is."""
        return HttpResponseRedirect(reverse("admin:tracking_project_change", args=[obj.pk]))

    @admin.display(description=_("keys in use"), ordering="keys_live")
    def live_keys(self, project: Project) -> int:
        return int(project.keys_live)  # type: ignore[attr-defined]  # annotated in get_queryset

    @admin.display(description=_("script tag"))
    def installation(self, project: Project) -> SafeString | str:
        keys: list[Key] = project.client_keys  # type: ignore[attr-defined]  # prefetched in get_queryset
        if not keys:
            return gettext("This project has no client key in use. Create one under Keys.")
        return installation(settings.PUBLIC_URL, keys[0])
