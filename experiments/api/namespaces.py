"""/api/v1/namespaces/: exclusion groups, in which nobody takes part in two tests."""

from django.db.models import ProtectedError
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from experiments.api.audience_examples import NAMESPACE, NAMESPACE_ANSWER, NAMESPACE_CHANGE
from experiments.api.audience_forms import NamespaceForm
from experiments.models import Namespace
from tracking.api.fields import asked
from tracking.api.paging import PageQuestion
from tracking.api.schema import answered, sent
from tracking.api.views import ApiView, legal, refusing_twice
from tracking.models import Project
from tracking.wire.http import Refused

SHOWN = answered("an exclusion group", NAMESPACE_ANSWER)


def find_namespace(project: Project, key: str) -> Namespace:
    """Raises ``NotFound``: for another project's as for one that never was."""
    found = Namespace.objects.filter(project=project, key=key).first() if legal(key) else None
    if found is None:
        raise NotFound(_("There is no such exclusion group."))
    return found


class NamespacesView(ApiView):
    scopes = {"GET": "read", "POST": "manage"}
    ordering = "key"

    @extend_schema(
        operation_id="namespaces_list",
        parameters=[PageQuestion],
        responses=NamespaceForm(many=True),
        examples=[SHOWN],
    )
    def get(self, request: Request) -> Response:
        """The exclusion groups of the project, page by page."""
        asked(request, PageQuestion)
        return self.page(Namespace.objects.filter(project=self.project), NamespaceForm)

    @extend_schema(
        operation_id="namespaces_create",
        request=NamespaceForm,
        responses={201: NamespaceForm},
        examples=[sent("tests of one page", NAMESPACE), answered("an exclusion group", NAMESPACE_ANSWER, status=201)],
    )
    def post(self, request: Request) -> Response:
        """A new exclusion group. Experiments name it, and take a share of its visitors when they start."""
        form = NamespaceForm(data=request.data)
        form.is_valid(raise_exception=True)
        taken = Refused(409, "already_exists", _("This project already has an exclusion group with this key."), "key")
        with refusing_twice("namespace_key_once", taken):
            form.save(project=self.project)
        return Response(form.data, 201)


class NamespaceView(ApiView):
    scopes = {"GET": "read", "PATCH": "manage", "DELETE": "manage"}

    @extend_schema(operation_id="namespaces_read", responses=NamespaceForm, examples=[SHOWN])
    def get(self, request: Request, key: str) -> Response:
        """One exclusion group."""
        return Response(NamespaceForm(find_namespace(self.project, key)).data)

    @extend_schema(
        operation_id="namespaces_change",
        request=NamespaceForm(partial=True),
        responses=NamespaceForm,
        examples=[sent("another name", NAMESPACE_CHANGE)],
    )
    def patch(self, request: Request, key: str) -> Response:
        """Change its name."""
        form = NamespaceForm(find_namespace(self.project, key), data=request.data)
        form.is_valid(raise_exception=True)
        form.save()
        return Response(form.data)

    @extend_schema(operation_id="namespaces_delete", responses={204: None})
    def delete(self, request: Request, key: str) -> Response:
        """Delete an exclusion group that no experiment names."""
        try:
            find_namespace(self.project, key).delete()
        except ProtectedError as error:
            raise Refused(409, "in_use", _("An experiment is in this exclusion group, so it stays.")) from error
        return Response(status=204)
