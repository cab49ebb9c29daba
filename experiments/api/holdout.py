"""/api/v1/holdout/: the share of visitors who meet no experiment."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from experiments import holdouts
from experiments.api.audience_examples import HOLDOUT, HOLDOUT_ANSWER
from experiments.api.audience_forms import HoldoutForm, shown_holdout
from experiments.api.drafts import telling_what_is_frozen
from experiments.models import Holdout
from tracking.api.fields import ordered
from tracking.api.schema import answered, sent
from tracking.api.views import ApiView


class HoldoutView(ApiView):
    scopes = {"GET": "read", "PATCH": "manage"}

    @extend_schema(
        operation_id="holdout_read", responses=HoldoutForm, examples=[answered("every twentieth", HOLDOUT_ANSWER)]
    )
    def get(self, request: Request) -> Response:
        """The share of visitors who meet no experiment; 0 where there is no holdout."""
        return self._shown(Holdout.objects.filter(project=self.project).first())

    @extend_schema(
        operation_id="holdout_change",
        request=HoldoutForm,
        responses=HoldoutForm,
        examples=[sent("every twentieth", HOLDOUT), answered("every twentieth", HOLDOUT_ANSWER)],
    )
    def patch(self, request: Request) -> Response:
        """Set the share. Experiments that start from now on leave these visitors out; while one does, it is fixed."""
        order = ordered(request, HoldoutForm)
        with telling_what_is_frozen():
            return self._shown(holdouts.set_holdout(self.project, order["share"]))

    def _shown(self, holdout: Holdout | None) -> Response:
        return Response(shown_holdout(holdout, locked=holdouts.is_locked(self.project)))
