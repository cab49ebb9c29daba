"""The demo shop: an ordinary shop page that uses Microlift as any site would, through the browser client alone."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from experiments.demo.keys import PROJECT
from experiments.demo.scenario import FORM, HERO
from experiments.models import Experiment
from tracking.models import Key, KeyKind

# As strict as a careful shop's own, so that the page also shows that the client lives with it.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'"
)


@require_safe
def shop(request: HttpRequest) -> HttpResponse:
    if not settings.DEMO:
        raise Http404
    keys = Key.objects.filter(project__key=PROJECT, kind=KeyKind.CLIENT, revoked_at=None, expires_at=None)
    content = {
        "client_key": keys.order_by("-created_at").values_list("token", flat=True).first(),
        "experiment": HERO,
        "form_experiment": FORM,
        "results": _results_page(),
    }
    answer = render(request, "experiments/demo/shop.html", content)
    answer["Content-Security-Policy"] = POLICY
    return answer


def _results_page() -> str:
    """Where the results of the page's test are shown; empty while there is no such test."""
    found = Experiment.objects.filter(project__key=PROJECT, key=HERO).values_list("id", flat=True).first()
    return "" if found is None else reverse("admin:experiments_experiment_result", args=[found])
