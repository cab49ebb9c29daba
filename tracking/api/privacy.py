"""/api/v1/privacy/: a copy of everything about one person, and the end of it."""

from collections.abc import Mapping
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from tracking.api.callers import caller_of
from tracking.api.examples import ERASURE_RECEIPT, PERSON, PERSON_COPY
from tracking.api.fields import Strict, complaint, ordered
from tracking.api.schema import answered, sent
from tracking.api.views import ApiView
from tracking.models.privacy import PrivacyReceipt
from tracking.privacy.erasing import erase_person
from tracking.privacy.exporting import exported
from tracking.privacy.whose import whose
from tracking.wire.ids import LONGEST_ID, normal_id

NOBODY = _("This id names nobody.")


def must_name_somebody(value: str) -> None:
    if normal_id(value) is None:
        raise ValidationError(complaint(NOBODY, "illegal_id"))


@extend_schema_serializer(component_name="PersonAsked")
class PersonAsked(Strict):
    """One of both. All visitors that are linked to it are meant, too."""

    visitor_id = serializers.CharField(
        required=False,
        max_length=LONGEST_ID,
        validators=[must_name_somebody],
        help_text=_("The id that the page keeps."),
    )
    user_id = serializers.CharField(
        required=False, max_length=LONGEST_ID, validators=[must_name_somebody], help_text=_("Your own id, after login.")
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if len(attrs) != 1:
            raise ValidationError({"visitor_id": complaint(_("Name a visitor_id or a user_id."), "one_of_both")})
        return {name: normal_id(value) for name, value in attrs.items()}


@extend_schema_serializer(component_name="PersonCopy")
class PersonCopy(serializers.Serializer[Mapping[str, Any]]):
    receipt = serializers.UUIDField()
    exported_at = serializers.DateTimeField()
    user_id = serializers.CharField(help_text=_("Empty for somebody who never logged in."))
    visitor_ids = serializers.ListField(child=serializers.CharField())
    shared_visitor_ids = serializers.ListField(
        child=serializers.CharField(), help_text=_("Devices that others use, too: only what has the user's id is here.")
    )
    tables = serializers.DictField(
        child=serializers.ListField(child=serializers.DictField()),
        help_text=_("All rows, by the table that keeps them."),
    )


@extend_schema_serializer(component_name="ErasureReceipt")
class ErasureReceipt(serializers.ModelSerializer[PrivacyReceipt]):
    class Meta:
        model = PrivacyReceipt
        fields = ["id", "requested_at", "done_at", "counts"]
        read_only_fields = fields
        extra_kwargs = {
            "done_at": {
                "help_text": _("When the last look was taken; null for about a minute, though all rows are gone.")
            },
            "counts": {"help_text": _("Rows that went, by table.")},
        }


class ExportView(ApiView):
    scopes = {"POST": "manage"}

    @extend_schema(
        operation_id="privacy_export",
        request=PersonAsked,
        responses=PersonCopy,
        examples=[sent("a visitor", PERSON), answered("a copy", PERSON_COPY)],
    )
    def post(self, request: Request) -> Response:
        """Export a person: everything that is kept about them, and of nobody else."""
        asked = ordered(request, PersonAsked)
        person = whose(self.project.pk, **asked)
        return Response(exported(person, asked_by=caller_of(request).name, now=timezone.now()))


class EraseView(ApiView):
    scopes = {"POST": "manage"}

    @extend_schema(
        operation_id="privacy_erase",
        request=PersonAsked,
        responses=ErasureReceipt,
        examples=[sent("a visitor", PERSON), answered("a receipt", ERASURE_RECEIPT)],
    )
    def post(self, request: Request) -> Response:
        """Erase a person: all their events, for good. Events of theirs that still come are dropped.

        Asked again, it gives the same receipt. Results of tests that have ended for good stay; they name nobody.
        """
        asked = ordered(request, PersonAsked)
        receipt = erase_person(self.project.pk, **asked, asked_by=caller_of(request).name, now=timezone.now())
        return Response(ErasureReceipt(receipt).data)
