"""/api/v1/triggers/: the rules by which pages tell events, as drafts, and the versions of them that pages follow."""

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from tracking import publishing
from tracking.api.callers import caller_of
from tracking.api.fields import Strict, asked, ordered
from tracking.api.paging import PageQuestion
from tracking.api.schema import answered, sent
from tracking.api.trigger_examples import (
    BUY_CLICK,
    BUY_CLICK_ANSWER,
    HALF_READ,
    NOTE,
    RESTORED,
    TRIGGER_CHANGE,
    VERSION,
    VERSION_LINE,
)
from tracking.api.trigger_forms import PublishOrder, TriggerForm, VersionForm, VersionLine
from tracking.api.views import ApiView, legal, refusing_twice
from tracking.models import Project, Trigger, TriggerVersion
from tracking.triggers import MOST_TRIGGERS
from tracking.wire.http import Refused

SHOWN = answered("a click", BUY_CLICK_ANSWER)
# In the documentation: a form without fields would have no body there.
WORDLESS = {"application/json": {"type": "object", "additionalProperties": False}}
# What the database's integers hold.
LARGEST_NUMBER = 2**31 - 1


def find_trigger(project: Project, key: str, among: QuerySet[Trigger] | None = None) -> Trigger:
    """Raises ``NotFound``: for another project's trigger as for one that never was."""
    triggers = Trigger.objects.all() if among is None else among
    found = triggers.filter(project=project, key=key).first() if legal(key) else None
    if found is None:
        raise NotFound(_("There is no such trigger."))
    return found


def find_version(project: Project, number: int) -> TriggerVersion:
    fits = number <= LARGEST_NUMBER
    found = TriggerVersion.objects.filter(project=project, number=number).first() if fits else None
    if found is None:
        raise NotFound(_("There is no such version."))
    return found


class TriggersView(ApiView):
    scopes = {"GET": "read", "POST": "manage"}
    ordering = "key"

    @extend_schema(
        operation_id="triggers_list", parameters=[PageQuestion], responses=TriggerForm(many=True), examples=[SHOWN]
    )
    def get(self, request: Request) -> Response:
        """The triggers of the project as drafts, page by page. What pages follow is the newest version."""
        asked(request, PageQuestion)
        return self.page(Trigger.objects.filter(project=self.project), TriggerForm)

    @extend_schema(
        operation_id="triggers_create",
        request=TriggerForm,
        responses={201: TriggerForm},
        examples=[
            sent("a click, with the price of what is bought", BUY_CLICK),
            sent("half of a page read", HALF_READ),
            answered("a click", BUY_CLICK_ANSWER, status=201),
        ],
    )
    def post(self, request: Request) -> Response:
        """A new trigger. Pages follow it once it is published."""
        form = TriggerForm(data=request.data)
        form.is_valid(raise_exception=True)
        if Trigger.objects.filter(project=self.project).count() >= MOST_TRIGGERS:
            detail = _("A project has at most %(most)s triggers: delete one first.") % {"most": MOST_TRIGGERS}
            raise Refused(409, "too_many", detail)
        taken = Refused(409, "already_exists", _("This project already has a trigger with this key."), "key")
        with refusing_twice("trigger_key_once", taken):
            form.save(project=self.project)
        return Response(form.data, 201)


class TriggerView(ApiView):
    scopes = {"GET": "read", "PATCH": "manage", "DELETE": "manage"}

    @extend_schema(operation_id="triggers_read", responses=TriggerForm, examples=[SHOWN])
    def get(self, request: Request, key: str) -> Response:
        """One trigger, as a draft."""
        return Response(TriggerForm(find_trigger(self.project, key)).data)

    @extend_schema(
        operation_id="triggers_change",
        request=TriggerForm(partial=True),
        responses=TriggerForm,
        examples=[sent("switch it off", TRIGGER_CHANGE)],
    )
    def patch(self, request: Request, key: str) -> Response:
        """Change some fields; rows and `params` are replaced as a whole. Pages follow once it is published."""
        with transaction.atomic():
            trigger = find_trigger(self.project, key, Trigger.objects.select_for_update())
            form = TriggerForm(trigger, data=request.data)
            form.is_valid(raise_exception=True)
            form.save()
        return Response(form.data)

    @extend_schema(operation_id="triggers_delete", responses={204: None})
    def delete(self, request: Request, key: str) -> Response:
        """Delete a draft. Pages lose it with the next publishing."""
        find_trigger(self.project, key).delete()
        return Response(status=204)


class PublishView(ApiView):
    scopes = {"POST": "manage"}

    @extend_schema(
        operation_id="triggers_publish",
        request=PublishOrder,
        responses={201: VersionForm, 200: VersionForm},
        examples=[sent("with a note", NOTE), answered("the version", VERSION, status=201)],
    )
    def post(self, request: Request) -> Response:
        """Publish: from now on pages follow these triggers. 200 and the version that they follow if nothing is new."""
        order = ordered(request, PublishOrder)
        made = publishing.publish(self.project.pk, author=caller_of(request).name, note=order["note"])
        return self._told(made)

    def _told(self, made: TriggerVersion | None) -> Response:
        if made is not None:
            return Response(VersionForm(made).data, 201)
        current = TriggerVersion.objects.filter(project=self.project).order_by("-number").first()
        if current is None:
            raise Refused(409, "nothing_to_publish", _("There is no trigger in use to publish."))
        return Response(VersionForm(current).data)


class VersionsQuestion(PageQuestion):
    ordering = serializers.ChoiceField(["created_at", "-created_at"], required=False)


class VersionsView(ApiView):
    scopes = {"GET": "read"}
    ordering = "-number"

    @extend_schema(
        operation_id="triggers_versions",
        parameters=[VersionsQuestion],
        responses=VersionLine(many=True),
        examples=[answered("a version", VERSION_LINE)],
    )
    def get(self, request: Request) -> Response:
        """Who published when, the newest first. Pages follow the newest."""
        asked(request, VersionsQuestion)
        return self.page(TriggerVersion.objects.filter(project=self.project).defer("body"), VersionLine)


class VersionView(ApiView):
    scopes = {"GET": "read"}

    @extend_schema(operation_id="triggers_version", responses=VersionForm, examples=[answered("a version", VERSION)])
    def get(self, request: Request, number: int) -> Response:
        """One version with its triggers, as pages are sent them."""
        return Response(VersionForm(find_version(self.project, number)).data)


class RestoreView(PublishView):
    scopes = {"POST": "manage"}

    @extend_schema(
        operation_id="triggers_restore",
        request=WORDLESS,
        responses={201: VersionForm, 200: VersionForm},
        examples=[sent("nothing", {}), answered("the version", RESTORED, status=201)],
    )
    def post(self, request: Request, number: int) -> Response:  # type: ignore[override]  # its address has a number
        """Bring a version back: it is published anew, and the drafts become it; those it did not have are off.

        200 when pages follow it already; then only the drafts are set to it.
        """
        ordered(request, Strict)
        try:
            wanted = number if number <= LARGEST_NUMBER else 0
            made = publishing.restore(self.project.pk, wanted, author=caller_of(request).name)
        except publishing.NoSuchVersion as error:
            raise NotFound(_("There is no such version.")) from error
        return self._told(made)
