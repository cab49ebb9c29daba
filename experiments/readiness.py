"""What keeps an experiment from starting, in the marketer's words."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

import msgspec
from django.utils.translation import gettext as _

from experiments import pages, targeting
from experiments.entry import entry_problems
from experiments.models import Experiment, ExperimentGoal, Role, Variant
from experiments.payloads import PAYLOADS
from experiments.plan import Plan, PlannedVariant
from experiments.plan_building import pages_of
from experiments.redirects import is_allowed
from tracking.models import Level, Project


def problems_before_start(experiment: Experiment, *, at: datetime) -> list[str]:
    """All that keeps it from starting at this moment; empty when it may start."""
    problems = _own_problems(experiment, at)
    return problems if experiment.kind == "external" else problems + entry_problems(experiment)


def problems_before_schedule(experiment: Experiment, *, now: datetime) -> list[str]:
    """Its own problems only: room in an exclusion group and tests that must run before are asked for at the start."""
    if experiment.starts_at is None:
        return [_("Say when it should start."), *_own_problems(experiment, now)]
    late = [_("The scheduled start lies in the past: choose a later time.")] if experiment.starts_at <= now else []
    return late + _own_problems(experiment, experiment.starts_at)


def problems_before_showing(plan: Plan, variants: Iterable[PlannedVariant], project_id: int) -> list[str]:
    """What keeps these variants of a frozen plan from being shown again: the project's hosts may have changed since."""
    if plan.kind != "redirect":
        return []
    return _leading_away(variants, Project.objects.values_list("redirect_hosts", flat=True).get(id=project_id))


def _own_problems(experiment: Experiment, at: datetime) -> list[str]:
    variants = list(experiment.variants.all())
    return [
        *_lacking(experiment, variants, at),
        *_unfit_payloads(experiment, variants),
        *_unfit_audience(experiment),
        *_unfit_pages(experiment),
    ]


def _lacking(experiment: Experiment, variants: Sequence[Variant], at: datetime) -> list[str]:
    roles = list(experiment.goal_roles.select_related("goal"))
    checks = [
        (len(variants) < 2, _("Add at least two variants: the original and one that differs.")),
        (sum(variant.is_control for variant in variants) != 1, _("Mark exactly one variant as the original.")),
        (sum(variant.weight for variant in variants) <= 0, _("Give the variants weights above 0.")),
        (experiment.coverage <= 0, _("The share of traffic is 0, so nobody would take part.")),
        (not any(row.role == Role.PRIMARY for row in roles), _("Choose the primary goal: the one that decides.")),
        (
            _is_unguarded(roles),
            _(
                "The primary goal is a micro goal: add the macro goal it serves as a guardrail, "
                "so that more clicks are not bought with fewer sales."
            ),
        ),
        (
            any(row.goal.project_id != experiment.project_id for row in roles),
            _("A goal belongs to another project."),
        ),
        (
            experiment.planned_end is not None and experiment.planned_end <= at,
            _("The planned end lies before the start: choose a later day."),
        ),
        (
            experiment.stops_by_itself and experiment.planned_end is None,
            _("It should stop at the planned end: say when that is."),
        ),
    ]
    return [sentence for fails, sentence in checks if fails]


def _is_unguarded(roles: Sequence[ExperimentGoal]) -> bool:
    """A micro goal decides, and no macro goal watches over it."""
    micro = any(row.role == Role.PRIMARY and row.goal.level == Level.MICRO for row in roles)
    guarded = any(row.role == Role.GUARDRAIL and row.goal.level == Level.MACRO for row in roles)
    return micro and not guarded


def _unfit_payloads(experiment: Experiment, variants: Sequence[Variant]) -> list[str]:
    check = PAYLOADS[experiment.kind].complaints
    wrong = [
        f"{variant.name}: {complaint}"
        for variant in variants
        for complaint in check(variant.payload, variant.is_control).values()
    ]
    if experiment.kind != "redirect" or wrong:
        return wrong
    return _leading_away(variants, experiment.project.redirect_hosts)


def _leading_away(variants: Iterable[Variant | PlannedVariant], hosts: Collection[str]) -> list[str]:
    targets = [(variant, variant.payload.get("url", "")) for variant in variants]
    told = _("%(name)s: %(address)s is on a host that this project does not list for redirects.")
    return [
        told % {"name": variant.name, "address": address}
        for variant, address in targets
        if address and not is_allowed(address, hosts)
    ]


def _unfit_audience(experiment: Experiment) -> list[str]:
    if experiment.kind == "external":
        narrowed = experiment.condition or experiment.namespace_id or experiment.prerequisites or experiment.pages
        told = _("Another system splits these people: leave audience, pages, exclusion group and other tests to it.")
        return [told] if narrowed else []
    problems = []
    if (complaint := targeting.complaint(experiment.condition)) is not None:
        problems.append(_("Audience: %(complaint)s") % {"complaint": complaint})
    if any(row["experiment"] == experiment.key for row in experiment.prerequisites):
        problems.append(_("A test cannot take only its own people."))
    return problems


def _unfit_pages(experiment: Experiment) -> list[str]:
    try:
        rows = pages_of(experiment.pages)
    except msgspec.ValidationError:
        return [_("The pages cannot be read: enter them again.")]
    if experiment.kind == "redirect" and not any(page.include for page in rows):
        return [_("Say on which pages it runs: otherwise every page is redirected, also the one it leads to.")]
    wrong = zip(rows, pages.complaints(rows), strict=True)
    return [f"{page.pattern}: {complaint}" for page, complaint in wrong if complaint]
