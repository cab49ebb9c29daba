"""What a start would set going, in words."""

from django.utils import timezone
from django.utils.translation import gettext

from experiments.admin.entry_words import audience_line, group_line, moment_in_words, others_line, pages_line
from experiments.bucketing import shares
from experiments.figures import day, number, percent
from experiments.models import Experiment, Role


def plan_in_words(experiment: Experiment) -> list[tuple[str, str]]:
    """A list of labels and sentences."""
    roles = list(experiment.goal_roles.select_related("goal"))
    lines = [
        (gettext("Who"), _crowd(experiment)),
        (gettext("Only if"), audience_line(experiment)),
        (gettext("On"), pages_line(experiment)),
        (gettext("Apart from others"), group_line(experiment)),
        (gettext("Only people of"), others_line(experiment)),
        (gettext("Sees"), _split(experiment)),
        (gettext("Decides"), ", ".join(row.goal.name for row in roles if row.role == Role.PRIMARY)),
        (gettext("Must not suffer"), ", ".join(row.goal.name for row in roles if row.role == Role.GUARDRAIL)),
        (gettext("Informs"), ", ".join(row.goal.name for row in roles if row.role == Role.SECONDARY)),
        (gettext("Until"), _until(experiment)),
    ]
    return [(label, text) for label, text in lines if text]


def _split(experiment: Experiment) -> str:
    variants = list(experiment.variants.all())
    weights = [variant.weight for variant in variants]
    parts = shares(weights) if sum(weights) > 0 else weights
    return ", ".join(f"{variant.name} ({percent(part)})" for variant, part in zip(variants, parts, strict=True))


def _crowd(experiment: Experiment) -> str:
    if experiment.kind == "external":
        return gettext("Whoever the other system assigns in %(project)s") % {"project": experiment.project}
    if experiment.coverage >= 1:
        return gettext("Every visitor of %(project)s") % {"project": experiment.project}
    words = {"share": percent(experiment.coverage), "project": experiment.project}
    return gettext("%(share)s of the visitors of %(project)s; the others see the original") % words


def _until(experiment: Experiment) -> str:
    parts = []
    if experiment.planned_sample:
        parts.append(gettext("%(people)s people have met it") % {"people": number(experiment.planned_sample)})
    if experiment.planned_end and not experiment.stops_by_itself:
        parts.append(gettext("%(day)s has come") % {"day": day(experiment.planned_end, timezone.now())})
    if experiment.planned_end and experiment.stops_by_itself:
        moment = moment_in_words(experiment.planned_end, experiment.project.timezone)
        parts.append(gettext("%(moment)s: then it stops by itself") % {"moment": moment})
    if not parts:
        return gettext("You stop it. Without a plan it takes more people until a winner can be named.")
    return gettext(" and ").join(parts)
