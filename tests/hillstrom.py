"""The mail test of the Hillstrom data (nobody against men's mail) as tallies: run elsewhere, finished, computed."""

from datetime import UTC, datetime

from django.utils import timezone

from experiments import lifecycle
from experiments.computing import compute
from experiments.models import Experiment, Phase, Tally
from tests.factories import make_experiment, make_goal
from tracking.models import Project

# People, conversions, visits.
COUNTS = {"none": (21306, 122, 2262), "mens": (21307, 267, 3894)}


def make_mail_test(project: Project) -> Experiment:
    sale = make_goal(project, "sale", level="macro")
    goals = [sale, make_goal(project, "visit", leads_to=sale)]
    return make_experiment(project, "mail", kind="external", variants=list(COUNTS), goals=goals)


def run(mail: Experiment) -> Phase:
    lifecycle.start(mail, at=datetime(2026, 1, 5, tzinfo=UTC))
    lifecycle.stop(mail, at=datetime(2026, 1, 19, tzinfo=UTC), now=timezone.now())
    phase = Phase.objects.select_related("experiment__project").get(experiment=mail)
    goals = [None, *(row.goal for row in mail.goal_roles.select_related("goal"))]
    for variant, counts in COUNTS.items():
        for goal, count in zip(goals, counts, strict=True):
            Tally.objects.create(
                phase=phase,
                variant=variant,
                goal=goal,
                day=phase.started_at.date(),
                persons=count,
                total=count,
                squares=count,
            )
    compute(phase.id, timezone.now())
    return phase
