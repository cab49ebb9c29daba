"""/api/v1/project/: the project that the key belongs to."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from tracking.api.examples import PROJECT_ANSWER, PROJECT_CHANGE
from tracking.api.fields import StrictMixin
from tracking.api.schema import answered, sent
from tracking.api.views import ApiView
from tracking.models import Project
from tracking.projects import must_be_currency, must_be_host, must_be_timezone

MOST_HOSTS = 100
SHOWN = answered("a project", PROJECT_ANSWER)


@extend_schema_serializer(component_name="Project")
class ProjectForm(StrictMixin, serializers.ModelSerializer[Project]):
    timezone = serializers.CharField(
        max_length=60,
        validators=[must_be_timezone],
        help_text=_("Such as `Europe/Warsaw`; days begin at midnight there."),
    )
    currency = serializers.CharField(
        max_length=3, validators=[must_be_currency], help_text=_("Three capital letters, such as `EUR`.")
    )

    redirect_hosts = serializers.ListField(
        child=serializers.CharField(validators=[must_be_host]),
        max_length=MOST_HOSTS,
        help_text=_(
            "Hosts that redirect variants may lead to, such as `www.shop.example`. When one is taken out, what runs "
            "already keeps leading there until it is stopped or shipped anew."
        ),
    )

    class Meta:
        model = Project
        fields = [
            *(
                "key",
                "name",
                "timezone",
                "currency",
                "redirect_hosts",
                "requires_consent",
                "form_analytics",
                "created_at",
            ),
        ]
        read_only_fields = ["key", "created_at"]

    def update(self, instance: Project, validated_data: dict[str, Any]) -> Project:
        """Only what was named is written: two people who change different fields both have their way."""
        for name, value in validated_data.items():
            setattr(instance, name, value)
        instance.save(update_fields=list(validated_data))
        return instance


class ProjectView(ApiView):
    scopes = {"GET": "read", "PATCH": "manage"}

    @extend_schema(operation_id="project_read", responses=ProjectForm, examples=[SHOWN])
    def get(self, request: Request) -> Response:
        """The project that this key belongs to."""
        return Response(ProjectForm(self.project).data)

    @extend_schema(
        operation_id="project_change",
        request=ProjectForm(partial=True),
        responses=ProjectForm,
        examples=[sent("another time zone", PROJECT_CHANGE), SHOWN],
    )
    def patch(self, request: Request) -> Response:
        """Change its name, time zone, currency or the hosts to redirect to."""
        form = ProjectForm(self.project, data=request.data, partial=True)
        form.is_valid(raise_exception=True)
        form.save()
        return Response(form.data)
