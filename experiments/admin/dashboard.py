"""The first page: what runs now and how it stands; for a new installation, what to do first."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from experiments.admin.listing import phase_of, result_of, with_standing
from experiments.figures import ago, day_number, number
from experiments.models import Experiment, Status
from experiments.moves import LIVE, UNBEGUN
from experiments.wording import standing
from tracking.admin.gate import in_no_project
from tracking.admin.snippets import script_tag
from tracking.models import Goal, Key, KeyKind
from tracking.tenancy import projects_of, visible

# More than these is what the list is for.
SHOWN = 12


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Called by the theme for the admin's index."""
    context["in_no_project"] = in_no_project(request)
    if context["in_no_project"] or not request.user.has_perm("experiments.view_experiment"):
        return context
    own = visible(Experiment.objects.all(), request.user)
    running = list(with_standing(own.filter(status__in=LIVE))[:SHOWN])
    context["running"] = [_line(experiment) for experiment in running]
    context["stopped"] = [_line(experiment) for experiment in with_standing(own.filter(status=Status.STOPPED))[:SHOWN]]
    context["drafts"] = list(own.filter(status__in=UNBEGUN).only("id", "name")[:SHOWN])
    context["steps"] = _steps(request) if not (context["running"] or context["stopped"]) else []
    return context


def _line(experiment: Experiment) -> dict[str, Any]:
    phase, result, now = phase_of(experiment), result_of(experiment), timezone.now()
    _code, words, tone = standing(experiment.status, result.verdict, result.people) if result else ("", "", "flat")
    return {
        "name": experiment.name,
        "project": experiment.project.name,
        "paused": experiment.status == Status.PAUSED,
        "url": reverse("admin:experiments_experiment_result", args=[experiment.pk]),
        "verdict": words,
        "tone": tone,
        "people": number(result.people) if result else "",
        "day": day_number(phase.started_at, phase.ended_at or now) if phase else None,
        "computed": ago(result.computed_at, now) if result else "",
    }


def _steps(request: HttpRequest) -> list[dict[str, Any]]:
    """The way from an empty installation to a running experiment, with what is done already."""
    own, user = visible(Key.objects.all(), request.user), request.user
    key = own.filter(kind=KeyKind.CLIENT, revoked_at=None, expires_at=None).order_by("id").first()
    return [
        {"code": "project", "done": projects_of(user).exists(), "url": reverse("admin:tracking_project_add")},
        {
            "code": "snippet",
            "done": False,
            "snippet": script_tag(settings.PUBLIC_URL, key.token) if key else "",
            "url": reverse("admin:tracking_key_add"),
        },
        {"code": "goal", "done": visible(Goal.objects.all(), user).exists(), "url": reverse("admin:tracking_goal_add")},
        {
            "code": "experiment",
            "done": visible(Experiment.objects.all(), user).exists(),
            "url": reverse("admin:experiments_experiment_add"),
        },
    ]
