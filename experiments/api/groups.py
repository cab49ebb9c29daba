"""/api/v1/groups/: saved lists of values, which the audience of an experiment may name."""

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from experiments.api.audience_examples import GROUP, GROUP_ANSWER, GROUP_CHANGE
from experiments.api.audience_forms import SavedGroupForm
from experiments.audiences import groups_named
from experiments.models import Experiment, SavedGroup, Status
from tracking.api.fields import asked
from tracking.api.paging import PageQuestion
from tracking.api.schema import answered, sent
from tracking.api.views import ApiView, legal, refusing_twice
from tracking.models import Project
from tracking.wire.http import Refused

SHOWN = answered("a list", GROUP_ANSWER)


def find_group(project: Project, key: str, among: QuerySet[SavedGroup] | None = None) -> SavedGroup:
    """Raises ``NotFound``: for another project's list as for one that never was."""
    groups = SavedGroup.objects.all() if among is None else among
    found = groups.filter(project=project, key=key).first() if legal(key) else None
    if found is None:
        raise NotFound(_("There is no such list."))
    return found


class GroupsView(ApiView):
    scopes = {"GET": "read", "POST": "manage"}
    ordering = "key"

    @extend_schema(
        operation_id="groups_list", parameters=[PageQuestion], responses=SavedGroupForm(many=True), examples=[SHOWN]
    )
    def get(self, request: Request) -> Response:
        """The lists of the project, page by page."""
        asked(request, PageQuestion)
        return self.page(SavedGroup.objects.filter(project=self.project), SavedGroupForm)

    @extend_schema(
        operation_id="groups_create",
        request=SavedGroupForm,
        responses={201: SavedGroupForm},
        examples=[sent("customers", GROUP), answered("a list", GROUP_ANSWER, status=201)],
    )
    def post(self, request: Request) -> Response:
        """A new list. An audience names it: `{"id": {"$inGroup": "customers"}}`."""
        form = SavedGroupForm(data=request.data)
        form.is_valid(raise_exception=True)
        taken = Refused(409, "already_exists", _("This project already has a list with this key."), "key")
        with refusing_twice("saved_group_key_once", taken):
            form.save(project=self.project)
        return Response(form.data, 201)


class GroupView(ApiView):
    scopes = {"GET": "read", "PATCH": "manage", "DELETE": "manage"}

    @extend_schema(operation_id="groups_read", responses=SavedGroupForm, examples=[SHOWN])
    def get(self, request: Request, key: str) -> Response:
        """One list."""
        return Response(SavedGroupForm(find_group(self.project, key)).data)

    @extend_schema(
        operation_id="groups_change",
        request=SavedGroupForm(partial=True),
        responses=SavedGroupForm,
        examples=[sent("other values", GROUP_CHANGE)],
    )
    def patch(self, request: Request, key: str) -> Response:
        """Change some fields; `values` are replaced as a whole. A running phase keeps the list that it started with."""
        with transaction.atomic():
            group = find_group(self.project, key, SavedGroup.objects.select_for_update())
            form = SavedGroupForm(group, data=request.data)
            form.is_valid(raise_exception=True)
            form.save()
        return Response(form.data)

    @extend_schema(operation_id="groups_delete", responses={204: None})
    def delete(self, request: Request, key: str) -> Response:
        """Delete a list that no experiment names, unless in the archive."""
        group = find_group(self.project, key)
        kept = Experiment.objects.filter(project=self.project).exclude(status=Status.ARCHIVED)
        if any(key in groups_named(condition) for condition in kept.values_list("condition", flat=True)):
            raise Refused(409, "in_use", _("The audience of an experiment names this list, so it stays."))
        group.delete()
        return Response(status=204)
